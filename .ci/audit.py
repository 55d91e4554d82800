"""Asks the database of advisories about every installed package, where it can be reached.

    pip list --format json | python .ci/audit.py PATH_OF_PIP_AUDIT

A known vulnerability ends with 1, unless `.ci/audited.txt` has its id and a reason. Where the
database cannot be asked that is said in one line, and the answer is 0: no network is no fault.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 150
"""That the whole audit may take."""

KNOWN = Path(__file__).with_name("audited.txt")


def main() -> int:
    installed = json.load(sys.stdin)
    pinned = "".join(f"{each['name']}=={each['version'].split('+')[0]}\n" for each in installed)
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "installed.txt"
        asked.write_text(pinned, encoding="utf-8")
        command = [sys.argv[1], "-r", str(asked), "--no-deps", "--disable-pip", "--format", "json"]
        try:
            answer = subprocess.run(
                [*command, "--progress-spinner", "off"],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            ).stdout
        except (OSError, subprocess.TimeoutExpired) as error:
            return told(0, [f"not audited: {type(error).__name__}"])
    return told(*judged(answer, known_ids(KNOWN.read_text(encoding="utf-8"))))


def judged(answer: str, known: set[str]) -> tuple[int, list[str]]:
    """(exit code, lines to print) for what pip-audit answered, as JSON."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, ["not audited: the database of advisories gave no answer"]
    asked = [each for each in packages if "vulns" in each]
    if not asked:
        return 0, ["not audited: the database of advisories cannot be reached"]
    found = [
        f"{each['name']} {each['version']}: {fault['id']}, mended in "
        f"{', '.join(fault['fix_versions']) or 'no version yet'}"
        for each in asked
        for fault in each["vulns"]
        if not known & {fault["id"], *fault.get("aliases", [])}
    ]
    summary = f"audited: {len(asked)} of {len(packages)} packages, {len(found)} vulnerabilities"
    return int(bool(found)), [*found, summary]


def known_ids(text: str) -> set[str]:
    """The ids in `audited.txt`: the first word of each line that is no comment."""
    lines = (line.strip() for line in text.splitlines())
    return {line.split()[0] for line in lines if line and not line.startswith("#")}


def told(code: int, lines: list[str]) -> int:
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())

"""The audit in CI: a known vulnerability fails, a network that is down does not."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "audit.py"
FAULTY = {
    "name": "young",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}],
}
SOUND = {"name": "old", "version": "2.0", "vulns": []}
UNKNOWN = {"name": "own", "skip_reason": "not found"}


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answered(*packages: dict) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_known_vulnerability_fails_and_is_named(audit):
    code, lines = audit.judged(answered(FAULTY, SOUND, UNKNOWN), set())
    assert code == 1
    assert lines[0] == "young 1.0: PYSEC-1, mended in 1.1"
    assert lines[-1] == "audited: 2 of 3 packages, 1 vulnerabilities"


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_one_that_was_looked_into_does_not_fail(audit, name: str):
    known = audit.known_ids(f"# comment\n\n{name} it is not used here\n")
    assert audit.judged(answered(FAULTY, SOUND), known)[0] == 0


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", "{}", answered(UNKNOWN)])
def test_an_answer_that_is_none_fails_nothing_and_is_said(audit, answer: str):
    code, lines = audit.judged(answer, set())
    assert (code, len(lines)) == (0, 1)
    assert lines[0].startswith("not audited")


@pytest.mark.parametrize(("packages", "code"), [([FAULTY], 1), ([SOUND], 0), ([UNKNOWN], 0)])
def test_the_script_ends_as_it_judges(tmp_path: Path, packages: list[dict], code: int):
    stand_in = tmp_path / "pip-audit"
    stand_in.write_text(f"#!{sys.executable}\nprint({answered(*packages)!r})\n")
    stand_in.chmod(0o755)
    given = json.dumps([{"name": "young", "version": "1.0+local"}])
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), str(stand_in)], input=given, text=True, capture_output=True
    )
    assert ended.returncode == code


def test_a_tool_that_is_not_there_fails_nothing(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "none")], input="[]", text=True,
        capture_output=True,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, "not audited: FileNotFoundError\n")

"""What the readers and the doctor report about a file, without stopping."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]

MOST = 10_000
"""Findings of one kind in one file that are told one by one; a last one counts the others."""

SHOWN = 200
"""Characters of a row or text that a finding shows."""


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know of, and how to mend it.

    An error keeps a row or an item out of the loop; a warning only wants to be seen. `mend` names
    the safe mend that the program can do itself, of those in `core/mending.py`; empty for none.
    `row` is the row itself, shortened.
    """

    severity: Severity
    kind: str
    file: str
    line: int | None
    item_id: str | None
    message: str
    mend: str = ""
    row: str = ""

    def as_dict(self) -> dict[str, str | int | None]:
        return asdict(self)


def shortened(text: str | bytes) -> str:
    """The beginning of a row or text, with a mark where more of it follows."""
    if isinstance(text, bytes):
        text = text[: 4 * SHOWN + 1].decode(errors="replace")
    text = text.strip("\r\n")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def rest_of(severity: Severity, kind: str, file: str, number: int) -> Finding:
    """The finding that counts those of its kind that are not told one by one."""
    message = f"{file or 'There'}: {number:,} more of the kind `{kind}` are not told one by one."
    return Finding(severity, kind, file, None, None, message)


def limited(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first findings of each kind, file and severity, and a count of the others."""
    counts: Counter[tuple[Severity, str, str]] = Counter()
    for finding in findings:
        key = finding.severity, finding.kind, finding.file
        counts[key] += 1
        if counts[key] <= MOST:
            yield finding
    for (severity, kind, file), number in counts.items():
        if number > MOST:
            yield rest_of(severity, kind, file, number - MOST)

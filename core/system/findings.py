"""What the readers and the doctor report about a file, without stopping.

Every kind of finding that the readers and the doctor report: how grave it is, what mends it.
"""

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


@dataclass(frozen=True)
class Kind:
    """A kind of finding. `mend` is the key of the safe mend that it can have, empty for none."""

    name: str
    severity: Severity
    what: str
    mend: str = ""


MENDS = {
    "torn": "Moves the torn line to torn/",
    "save": "Appends the saved labels to their label files",
    "set aside": "Moves the file to set_aside/",
}
"""What each safe mend does."""
KINDS = (
    Kind("unreadable file", "error", "a file that stops everything else"),
    Kind("malformed row", "error", "a row that cannot be read"),
    Kind("empty id", "error", "a label row without an item_id"),
    Kind("unknown label", "error", "a row with a label that the task does not have"),
    Kind("misplaced label", "error", "a row in the file of another label"),
    Kind("stray event", "error", "an event of a batch or label that is not there"),
    Kind("missing item", "error", "an item that was proposed or labeled and left the pool"),
    Kind("torn line", "error", "a last line that a crash cut short", "torn"),
    Kind("conflict", "error", "an item under two labels, and no word in the log"),
    Kind("lacking row", "error", "a saved label that its label file lacks", "save"),
    Kind("empty pool", "error", "no items"),
    Kind("repeated id", "error", "an item_id that the pool has several times"),
    Kind("one id, two texts", "error", "the same, with different texts"),
    Kind("repeated event", "warning", "an event that the log has twice"),
    Kind("torn line", "warning", "a torn line in torn/ that is settled", "set aside"),
    Kind("unfinished file", "warning", "a file whose writing was cut short", "set aside"),
    Kind("leak", "warning", "a training item whose text is held out"),
    Kind("copy", "warning", "an item of the pool or held-out data whose text another has"),
    Kind("near copy", "warning", "nearly the same text in two splits"),
    Kind("repeated id", "warning", "an item that a label file has twice"),
    Kind("id in two splits", "warning", "an item_id that stands in the files of two splits"),
    Kind("one id, two texts", "warning", "a label row whose text is not the pool's"),
    Kind("changed text", "warning", "the same, of an item that a batch proposed"),
    Kind("blank text", "warning", "items without words"),
    Kind("evaluation not random", "warning", "a held-out item that was not drawn at random"),
    Kind("evaluation drawn late", "warning", "held-out data drawn after a strategy or a run"),
    Kind("evaluation changed", "warning", "runs measured by other evaluation data than today's"),
    Kind("run without file", "warning", "a run whose params file is missing"),
    Kind("file without run", "warning", "a params file that no run names", "set aside"),
    Kind("damaged params", "warning", "a params file that cannot be read"),
    Kind("params without space", "warning", "a params file whose space is missing"),
    Kind("damaged space", "warning", "a space that does not hold what its name says"),
    Kind("space without params", "warning", "a space that no params file needs", "set aside"),
    Kind("damaged report", "warning", "a report that cannot be read"),
    Kind("damaged backup", "warning", "a backup that does not give back what it held", "set aside"),
    Kind("no backup", "warning", "labels saved today, and no backup of today"),
    Kind("report without params", "warning", "a report whose params file is gone", "set aside"),
)
"""In the order of the grave ones first."""

"""Findings: what the readers and the doctor report about a file, and every kind that there is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Literal, Self

Severity = Literal["error", "warning"]
MOST = 10_000  # of one kind in one file that are told one by one; a last one counts the others
SHOWN = 200  # characters of a row or text that a finding shows
TOLD = ("file", "line", "item_id", "message", "row")  # by `check --json`, as it is


class Mend(StrEnum):
    """What the program can safely do itself about a finding; `core/doctor.py` does it."""

    NONE = ""
    TORN = "torn"
    SAVE = "save"
    SET_ASIDE = "set aside"

    @property
    def words(self) -> str:
        """What it does, as a button says it."""
        return {
            Mend.TORN: "Move the incomplete line to torn/",
            Mend.SAVE: "Add the saved labels to their label files",
            Mend.SET_ASIDE: "Move the file to set_aside/",
        }.get(self, "")


_E: Severity = "error"
_W: Severity = "warning"
_ASIDE = Mend.SET_ASIDE


class Kind(Enum):
    """Every kind of finding, the grave ones first.

    `title` is its name in answers and files, `shown` the one that people read. `mend` is the safe
    fix that it can have: see `Finding.mend` for whether one has it.
    """

    UNREADABLE_FILE = "unreadable file", _E, "File that cannot be read"
    MALFORMED_ROW = "malformed row", _E, "Row that cannot be read"
    EMPTY_ID = "empty id", _E, "Row without an id"
    UNKNOWN_LABEL = "unknown label", _E, "Row with an unknown label"
    MISPLACED_LABEL = "misplaced label", _E, "Row in the file of another label"
    STRAY_EVENT = "stray event", _E, "Label of a removed category or batch"
    MISSING_ITEM = "missing item", _E, "Labeled or proposed item that is gone"
    TORN_LINE = "torn line", _E, "Incomplete line", Mend.TORN
    CONFLICT = "conflict", _E, "Conflicting labels"
    LACKING_ROW = "lacking row", _E, "Missing row", Mend.SAVE
    EMPTY_POOL = "empty pool", _E, "No items"
    REPEATED_ID = "repeated id", _E, "Id of several rows"
    TWO_TEXTS = "one id, two texts", _E, "Id of several texts"
    REPEATED_EVENT = "repeated event", _W, "Event that is there twice"
    KEPT_LINE = "torn line", _W, "Incomplete line, moved to torn/", _ASIDE
    UNFINISHED_FILE = "unfinished file", _W, "Unfinished file", _ASIDE
    LEAK = "leak", _W, "Test item in the training data"
    COPY = "copy", _W, "Duplicate"
    REPEATED_ROW = "repeated id", _W, "Item that is there twice"
    ID_IN_TWO_SPLITS = "id in two splits", _W, "Id in test and training data"
    OTHER_TEXT = "one id, two texts", _W, "Label of another text"
    CHANGED_TEXT = "changed text", _W, "Text that changed since it was proposed"
    STRAY_ALIAS = "stray alias", _W, "Id without its item"
    BLANK_TEXT = "blank text", _W, "Item without text"
    UNSURE_HEADER = "unsure header", _W, "First line that may be a header"
    PASSED_OVER = "passed over", _W, "File that is ignored"
    WAITING_LINE = "waiting line", _W, "Last line that may still be written"
    NOT_RANDOM = "evaluation not random", _W, "Test item that is not random"
    DRAWN_LATE = "evaluation drawn late", _W, "Test set drawn late"
    BY_ONE_PERSON = "evaluation by one person", _W, "Test set without second opinions"
    UNLIKE_ALL = "unlike all others", _W, "Person who disagrees with everyone"
    LONE_DECISION = "decision without opinions", _W, "Decision without opinions"
    RUN_ALONE = "run without file", _W, "Model without its file"
    STRAY_PARAMS = "file without run", _W, "Unused model file", _ASIDE
    DAMAGED_PARAMS = "damaged params", _W, "Damaged model file"
    NO_SPACE = "params without space", _W, "Model without its features"
    DAMAGED_SPACE = "damaged space", _W, "Damaged features file"
    STRAY_SPACE = "space without params", _W, "Unused features file", _ASIDE
    DAMAGED_REPORT = "damaged report", _W, "Damaged report"
    DAMAGED_BACKUP = "damaged backup", _W, "Damaged backup", _ASIDE
    NO_BACKUP = "no backup", _W, "No backup of today"
    DEFINITIONS = "definitions", _W, "Definitions that cannot be read"
    RETIRED_LABEL = "retired label", _W, "Items of a retired label"
    STRAY_REPORT = "report without params", _W, "Report without its model", _ASIDE

    def __init__(self, title: str, severity: Severity, shown: str, mend: Mend = Mend.NONE) -> None:
        self.title, self.severity, self.shown, self.mend = title, severity, shown, mend


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know of, and how to fix it.

    An error keeps a row or an item out of the loop; a warning only has to be seen. `row` is the
    row itself, shortened. `by_hand` says that a person has to fix it, though its kind has a fix.
    """

    kind: Kind
    file: str
    message: str
    line: int | None = None
    item_id: str | None = None
    row: str = ""
    by_hand: bool = False

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    @property
    def mend(self) -> Mend:
        """The safe mend that the program can do itself, or `Mend.NONE`."""
        return Mend.NONE if self.by_hand else self.kind.mend

    def as_dict(self) -> dict[str, str | int | None]:
        """The finding as `check --json` tells it."""
        named = {"severity": self.severity, "kind": self.kind.title}
        named |= {name: getattr(self, name) for name in TOLD[:-1]}
        return named | {"mend": self.mend.value, "row": self.row}

    @classmethod
    def at(
        cls,
        kind: Kind,
        file: str,
        what: str,
        line: int | None = None,
        item_id: str | None = None,
        row: str = "",
    ) -> Self:
        """The finding whose message says where it is, then `what`."""
        place = file if line is None else f"{file} line {line}"
        return cls(kind, file, f"{place}: {what}", line, item_id, row)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        names = told["kind"], told["severity"]
        kind = next(each for each in Kind if (each.title, each.severity) == names)
        by_hand = bool(kind.mend) and not told["mend"]
        return cls(kind, **{name: told[name] for name in TOLD}, by_hand=by_hand)


def malformed(file: str, line: int, reason: str, row: str) -> Finding:
    """A row of a log or pool file that cannot be read, and is left out."""
    return Finding.at(
        Kind.MALFORMED_ROW, file, f"{reason}. It is left out. Correct the line.", line, row=row
    )


def counted(number: int, noun: str) -> str:
    """`1 item`, `1,200 items`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def shortened(text: str | bytes) -> str:
    """The beginning of a row or text, with a mark where more of it follows."""
    if isinstance(text, bytes):
        text = text[: 4 * SHOWN + 1].decode(errors="replace")
    text = text.strip("\r\n")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def limited(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first findings of each kind and file, and a count of the others."""
    counts: Counter[tuple[Kind, str]] = Counter()
    for finding in findings:
        counts[finding.kind, finding.file] += 1
        if counts[finding.kind, finding.file] <= MOST:
            yield finding
    for (kind, file), number in counts.items():
        if number > MOST:
            more = f"{number - MOST:,} more of the kind `{kind.title}` are not listed."
            yield Finding(kind, file, f"{file or 'There'}: {more}", by_hand=True)

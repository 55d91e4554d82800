"""The logs: what was proposed, what people did, which runs were trained. Only ever appended to.

A record's fields, in their order, are the columns of its file.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, TypeVar, get_args
from uuid import uuid4

from core.errors import LogError
from core.system.append_file import CsvFile, Made, read_records
from core.system.csv_rows import Rows, row_shown
from core.system.findings import Finding, Kind, malformed
from core.system.typed_json import kinds_of
from core.workspace.task import ADJUDICATION, OPINIONS, SPLITS

Action = Literal["label", "undo", "skip", "flag", "save"]
ACTIONS: tuple[str, ...] = get_args(Action)

TAKEN_BACK = "import taken back"
"""The note of an undo, or of a label as it was before, by which an import was taken back."""


@dataclass(frozen=True)
class Proposal:
    """One item of one batch and why it is there: a row of `batches.csv`.

    `score` is what the strategy ranked by, lowest first (see `core/sampling/strategies.py`).
    `predicted` and `confidence` are those of the run then; empty and None before there was one.
    """

    batch_id: str
    created_at: str
    split: str
    annotator: str
    rank: int
    item_id: str
    strategy: str
    score: float | None = None
    predicted: str = ""
    confidence: float | None = None
    run_id: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Event:
    """One thing that a person did: a row of `annotations.csv`.

    `seconds` is what it took them, `definitions` the version that held; older rows have none.
    """

    event_id: str
    batch_id: str
    item_id: str
    action: str
    label: str
    annotator: str
    labeled_at: str
    seconds: float | None = None
    assisted: bool = False
    note: str = ""
    definitions: str = ""


ADDED = {Event: 1}  # how many of a record's last fields older rows of its log lack


@dataclass(frozen=True)
class Alias:
    """An id of an imported row that has the text of an item; without item: not any more."""

    alias_id: str
    item_id: str


@dataclass(frozen=True)
class Run:
    """One trained model and how it did on the evaluation data: a row of `runs.csv`.

    Scores are None where they are not defined, as AUC is when one label only was evaluated.
    The hashes say which training and evaluation items it has seen.
    """

    run_id: str
    created_at: str
    model: str
    counts: str
    seed: int
    fscore: float | None
    auc: float | None
    average_precision: float | None
    precision: float | None
    recall: float | None
    n_training: int
    n_evaluation: int
    seconds: float
    training_hash: str
    evaluation_hash: str
    params_file: str


Record = TypeVar("Record")
"""A frozen dataclass of texts and numbers: one of the three above, or a row of another file."""


@dataclass(frozen=True)
class Logs:
    """Everything that the three logs say, in the order in which it was written."""

    proposals: list[Proposal]
    events: list[Event]
    runs: list[Run]
    findings: list[Finding]

    @cached_property
    def taken_back(self) -> set[tuple[str, str]]:
        """(batch, item) of each proposal whose import was taken back."""
        noted = (event for event in self.events if event.note == TAKEN_BACK)
        return {(x.batch_id, x.item_id) for x in noted if x.action in ("label", "undo")}

    @cached_property
    def asked_again(self) -> dict[tuple[str, str], Proposal]:
        """The proposals for second opinions, repeats and adjudications, by (batch, item)."""
        again = (*OPINIONS, ADJUDICATION)
        return {(p.batch_id, p.item_id): p for p in self.proposals if p.strategy in again}

    @cached_property
    def standing(self) -> list[Proposal]:
        """The proposals for labels: without those whose import was taken back, or asked again."""
        gone = self.taken_back | self.asked_again.keys()
        return [each for each in self.proposals if (each.batch_id, each.item_id) not in gone]

    def split_of(self) -> dict[str, str]:
        """Each batch's split; opinions in it may be on items of others."""
        again = {batch_id: each.split for (batch_id, _), each in self.asked_again.items()}
        return again | {p.batch_id: p.split for p in self.proposals if p.strategy not in OPINIONS}

    def batch(self, batch_id: str) -> list[Proposal]:
        """The proposals of one batch by rank; empty if there is no such batch."""
        found = (each for each in self.proposals if each.batch_id == batch_id)
        return sorted(found, key=lambda proposal: proposal.rank)


def read_logs(batches: CsvFile, annotations: CsvFile, runs: CsvFile) -> Logs:
    """The three logs; rows that cannot be read are findings, never an end."""
    findings: list[Finding] = []
    proposals = read_log(batches, Proposal, findings)
    events = _once(read_log(annotations, Event, findings), annotations.name, findings)
    return Logs(proposals, events, read_log(runs, Run, findings), findings)


def read_aliases(file: CsvFile, findings: list[Finding]) -> dict[str, str]:
    """The item of each alias; the last row of an alias counts."""
    last = {each.alias_id: each.item_id for each in read_log(file, Alias, findings)}
    return {alias_id: item_id for alias_id, item_id in last.items() if item_id}


def read_log(file: CsvFile, record: type[Record], findings: list[Finding]) -> list[Record]:
    """The file's records; every row that is none adds a finding.

    A last line without a line end is left out: it is being written, or torn and will be moved.
    """

    def make(content: Rows, has_header: bool) -> Made[Record]:
        rows = [row for row in content.rows if row.whole]
        header = tuple(rows[0].fields) if has_header and rows else file.header
        if len(header) not in file.widths or header != file.header[: len(header)]:
            columns = ",".join(file.header)
            todo = "Put that header back, or move the file away to begin a new one."
            message = f"{file.name} line 1: the columns are not {columns}. {todo}"
            raise LogError(message, file.name)
        found = [
            malformed(file.name, bad.line, f"the row {bad.reason}", bad.content)
            for bad in content.bad
        ]
        records = []
        for row in rows[has_header:]:
            try:
                records.append(decode(record, row.fields))
            except ValueError as error:
                shown = row_shown(row.fields)
                found.append(malformed(file.name, row.line, f"the row {error}", shown))
        return records, found

    records, found = read_records(file, record, make)
    findings += found
    return records


def append_records(file: CsvFile, records: Iterable[Record]) -> None:
    """The records stand at the end of the log when this returns: all or none."""
    file.append([encode(record) for record in records])


def encode(record: Record) -> list[str]:
    """The record as a row, in the order of its fields."""
    values = (getattr(record, name) for name in kinds_of(type(record)))
    return ["" if x is None else str(int(x) if isinstance(x, bool) else x) for x in values]


def fresh_id(prefix: str, taken: set[str]) -> str:
    """`batch-0003` after two batches: the next number that is not taken."""
    number = len(taken) + 1
    while f"{prefix}-{number:04d}" in taken:
        number += 1
    return f"{prefix}-{number:04d}"


def shown_id(name: str) -> str:
    """A run or batch as people read it: `Model 9` for `run-0009`; any other id as it is."""
    group, _, check = name.rpartition("-check-")
    if group:
        return f"{shown_id(group)}, check {check.lstrip('0')}"
    kind, _, number = name.partition("-")
    is_ours = kind in _KINDS_SHOWN and number.isascii() and number.isdigit()
    return f"{_KINDS_SHOWN[kind]} {int(number)}" if is_ours else name


def now() -> str:
    """This moment in UTC, as all logs write it: `2026-01-31T12:00:00.000Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_event(
    batch_id: str,
    annotator: str,
    action: Action,
    item_id: str = "",
    *,
    label: str = "",
    assisted: bool = False,
    note: str = "",
) -> Event:
    """An event of this moment that no card has sent. Nobody knows how long it took."""
    identity = f"{uuid4().hex}-1", batch_id, item_id
    return Event(*identity, action, label, annotator, now(), None, assisted, note)


def _once(events: list[Event], name: str, findings: list[Finding]) -> list[Event]:
    """The events without later rows of the same id, each of which is a finding."""
    kept: dict[str, Event] = {}
    for event in events:
        if kept.setdefault(event.event_id, event) is not event:
            what = (
                f"event `{event.event_id}` is there twice. The first one counts; there is nothing "
                "to do."
            )
            findings.append(Finding.at(Kind.REPEATED_EVENT, name, what, item_id=event.item_id))
    return list(kept.values())


def decode(record: type[Record], row: Sequence[str]) -> Record:
    """The record of these texts, in the order of its fields.

    Raises ValueError, with the end of a sentence, for a text that its field cannot hold.
    """
    kinds = kinds_of(record)
    if not 0 <= len(kinds) - len(row) <= ADDED.get(record, 0):
        raise ValueError(f"has {len(row)} fields instead of {len(kinds)}")
    return record(*map(_from_text, kinds, row, kinds.values()))


def header_of(record: type[Record]) -> tuple[str, ...]:
    """The columns of the log that holds such records: their fields' names."""
    return tuple(kinds_of(record))


def _from_text(name: str, text: str, kind: object) -> str | int | float | bool | None:
    if kind is str and name not in _CHOICES:
        return text
    parse, what = _PARSERS[kind]
    told = text if len(text) <= 60 else f"{text[:60]}…"
    try:
        value = parse(text)
    except (ValueError, KeyError):
        raise ValueError(f"has `{told}` for {name}, which is not {what}") from None
    choices = _CHOICES.get(name)
    if choices and value not in choices:
        raise ValueError(f"has the {name} `{told}`, which is not one of {', '.join(choices)}")
    return value


def _whole(text: str) -> int:
    """The number, if tables can hold it: those keep 64 bits."""
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError(text)
    return value


_KINDS_SHOWN = {"run": "Model", "batch": "Batch", "adjudication": "Decisions", "bulk": "Group"}
_KINDS_SHOWN |= dict.fromkeys(("overlap", "targeted"), "Second opinions")

_CHOICES = {"action": ACTIONS, "split": SPLITS}  # the fields that hold one of a few words

_PARSERS: dict[object, tuple[Callable[[str], str | int | float | bool | None], str]] = {
    str: (str, "text"),
    int: (_whole, "a whole number of 64 bits"),
    float: (float, "a number"),
    bool: ({"0": False, "1": True}.__getitem__, "0 or 1"),
    float | None: (lambda text: float(text) if text else None, "a number"),
}

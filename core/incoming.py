"""What a table brings: items for the pool, and labels with what is known of them.

Here a table's rows are read, checked and freed of copies; nothing is known of the workspace yet but
its task. `core/intake.py` decides what of it is new there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.csvfile import BadRow
from core.errors import TableError
from core.findings import Finding
from core.foreign import Foreign, guess
from core.foreign_kinds import text_of
from core.guard import unguarded
from core.labels import Labeled
from core.logs import Event, Proposal, now
from core.loop import read_loop
from core.pool import Pool
from core.progress import Pace, Progress, silent
from core.provenance import EXPORT_FIELDS, provenance
from core.task import SPLITS, Task
from core.word_index import hash_keys, keys_of
from core.workspace import open_workspace

SPLIT_NAMES = {
    "train": "training",
    "eval": "evaluation",
    "test": "evaluation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
} | {split: split for split in SPLITS}
"""What people call the splits."""


BLOCK = 65_536
"""Items of a pool that are taken at once."""

PREVIEW = 10
"""Rows that are shown, and by which columns are guessed."""

IMPORTED = "import-"
"""What the name of a batch begins with that an import makes."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what; empty: none does."""

    text: str
    item_id: str = ""
    label: str = ""
    split: str = ""
    strategy: str = ""
    confidence: str = ""
    annotator: str = ""
    labeled_at: str = ""

    def used(self) -> set[str]:
        """The columns that are read as something; all others stay the items' own."""
        return {getattr(self, each.name) for each in fields(self)} - {""}


@dataclass(frozen=True)
class Unsaid:
    """What counts where a table does not say it.

    `labels` maps its words for labels to the task's values, which are known as they are and by
    their names. Without `refuse_unknown` an item under any other word stays unlabeled.
    """

    split: str = "training"
    strategy: str = ""
    annotator: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    refuse_unknown: bool = True


def understood(
    table: Foreign, asked: Mapping[str, str], labels: Mapping[str, str], *, refuse_unknown: bool
) -> tuple[Columns, Unsaid]:
    """What somebody asks for, as columns and what counts for all rows; the rest is guessed.

    `asked` has names of columns by the fields of `Columns`; of split, strategy and annotator what
    is no column's name counts for all rows.
    """
    columns = guess(table.columns, table.head(PREVIEW))
    for_all = {}
    for what, value in asked.items():
        if what in ("split", "strategy", "annotator") and value and value not in table.columns:
            for_all[what] = value
            columns.pop(what, None)
        elif value:
            columns[what] = value
    return Columns(**columns), Unsaid(**for_all, labels=labels, refuse_unknown=refuse_unknown)


@dataclass(frozen=True)
class Wanted:
    """A label that is to be taken over; with its batch's row and its event, or with neither."""

    item: Labeled
    proposal: Proposal | None = None
    event: Event | None = None


@dataclass
class Incoming:
    """The items and labels of one table, without copies, and what could not be read.

    `keys` are 64 bits of each item's text key, `(n_items,)`; `lines` is where each stands.
    `is_export` is true for what Sunlight has written itself: then ids decide what is the same, and
    no label is left out. `ids_made` is true where the table has no ids.
    """

    name: str
    is_export: bool
    own: dict[str, list[str]]
    ids_made: bool = False
    item_ids: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    wanted: list[Wanted] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    rows: int = 0
    copies: int = 0
    disagreeing: list[str] = field(default_factory=list)


def is_export(table: Foreign) -> bool:
    """Whether the table is one that Sunlight has exported, as CSV, JSON lines or Parquet."""
    return table.columns[: len(EXPORT_FIELDS)] == EXPORT_FIELDS


def read_table(
    table: Foreign, columns: Columns, unsaid: Unsaid, task: Task, progress: Progress = silent
) -> Incoming:
    """What the table brings; raises TableError if it lacks a column, or cannot be read."""
    for name in columns.used():
        if name not in table.columns:
            known = ", ".join(f"`{each}`" for each in table.columns)
            raise TableError(f"{table.name} has no column `{name}`. Its columns are {known}.")
    if unsaid.split not in SPLITS:
        raise TableError(f"`{unsaid.split}` is no split. Choose one of: {', '.join(SPLITS)}.")
    reader = _Reader(table, columns, unsaid, task)
    pace = Pace(progress, f"reading {table.name}", None, "rows")
    for block in table.blocks():
        reader.take(block.rows, block.bad)
        pace.add(len(block.rows))
    return reader.finish()


def read_export(table: Foreign, task: Task, progress: Progress = silent) -> Incoming:
    """What an export of Sunlight brings: every label with all that stood with it."""
    is_guarded = table.kind == "csv"
    own = table.columns[len(EXPORT_FIELDS) :]
    own = [unguarded(name) for name in own] if is_guarded else own
    found = Incoming(table.name, True, {name: [] for name in _own_names(own)})
    known: set[str] = set()
    pace = Pace(progress, f"reading {table.name}", None, "rows")
    for block in table.blocks():
        found.bad += block.bad
        found.rows += len(block.rows) + len(block.bad)
        for line, row in block.rows:
            cells = [unguarded(cell) for cell in row] if is_guarded else row
            try:
                wanted = exported(dict(zip(EXPORT_FIELDS, cells, strict=False)), task)
            except ValueError as error:
                found.bad.append(BadRow(line, str(error)))
                continue
            found.wanted.append(wanted)
            if wanted.item.item_id not in known:
                known.add(wanted.item.item_id)
                own_cells = cells[len(EXPORT_FIELDS) :]
                _add_item(found, line, wanted.item.item_id, wanted.item.text, own_cells)
        pace.add(len(block.rows))
    found.keys = hash_keys(found.texts)
    return found


def read_folder(folder: Path, task: Task, progress: Progress = silent) -> Incoming:
    """What a folder in the layout of a workspace brings: its pool, and every label that counts.

    Raises WorkspaceError if there is no such folder, or TaskError, LogError, PoolError.
    """
    loop = read_loop(open_workspace(folder), write_cache=False, progress=progress)
    findings = [*loop.pool_words.pool.findings, *loop.logs.findings, *loop.labels.findings]
    found = Incoming(folder.name, True, {name: [] for name in loop.pool_words.pool.columns})
    found.bad = [_bad_row(each) for each in findings if each.severity == "error"]
    table = provenance(loop)
    for number, row in enumerate(table.to_pylist(), start=1):
        try:
            cells = {name: text_of(row[name]) for name in EXPORT_FIELDS}
            found.wanted.append(exported(cells, task))
        except ValueError as error:
            found.bad.append(BadRow(number, f"among the labels {error}"))
    _add_pool(found, loop.pool_words.pool)
    found.rows = len(found.item_ids) + len(found.bad)
    found.keys = hash_keys(found.texts)
    return found


def exported(said: Mapping[str, str], task: Task) -> Wanted:
    """A row of an export as what it was; raises ValueError, with the end of a sentence."""
    if not said["item_id"].strip():
        raise ValueError("has no item_id")
    if said["label"] not in task.values:
        raise ValueError(f"has the label `{said['label']}`, which is not one of the task's")
    if said["split"] not in SPLITS:
        raise ValueError(f"has the split `{said['split']}`, which is none")
    numbers = {name: _number(said, name) for name in ("confidence", "score", "seconds")}
    of_event = said["event_id"] if said["batch_id"] else ""
    item = Labeled(
        item_id=said["item_id"],
        text=said["text"],
        label=said["label"],
        split=said["split"],
        strategy=said["strategy"],
        confidence=numbers["confidence"],
        annotator=said["annotator"],
        labeled_at=said["labeled_at"],
        batch_id=said["batch_id"],
    )
    if not said["batch_id"]:
        return Wanted(item)
    proposal = Proposal(
        batch_id=said["batch_id"],
        created_at=said["proposed_at"],
        split=said["split"],
        annotator=said["proposed_to"],
        rank=_whole(said, "rank"),
        item_id=said["item_id"],
        strategy=said["strategy"],
        score=numbers["score"],
        predicted=said["predicted"],
        confidence=numbers["confidence"],
        run_id=said["run_id"],
        seed=_whole(said, "seed"),
    )
    if said["assisted"] not in ("", "0", "1"):
        raise ValueError(f"has `{said['assisted']}` for assisted, which is not 0 or 1")
    event = Event(
        event_id=of_event or _event_id(item),
        batch_id=said["batch_id"],
        item_id=said["item_id"],
        action="label",
        label=said["label"],
        annotator=said["annotator"],
        labeled_at=said["labeled_at"],
        seconds=numbers["seconds"],
        assisted=said["assisted"] == "1",
        note=said["note"],
    )
    return Wanted(item, proposal, event)


class _Reader:
    """Goes through a table that others made, block by block."""

    def __init__(self, table: Foreign, columns: Columns, unsaid: Unsaid, task: Task) -> None:
        used = columns.used()
        self._own = [at for at, name in enumerate(table.columns) if name not in used]
        names = _own_names([table.columns[at] for at in self._own])
        own: dict[str, list[str]] = {name: [] for name in names}
        self._found = Incoming(table.name, False, own, ids_made=not columns.item_id)
        self._unsaid, self._task = unsaid, task
        self._at = {
            each.name: table.columns.index(getattr(columns, each.name))
            for each in fields(columns)
            if getattr(columns, each.name)
        }
        self._words = label_words(task) | _meanings(task, unsaid.labels)
        self._place: dict[int, int] = {}
        self._line_of: dict[str, int] = {}
        self._labels: dict[int, Labeled] = {}
        self._differing: set[int] = set()

    def take(self, rows: Sequence[tuple[int, list[str]]], bad: Sequence[BadRow]) -> None:
        """The next rows, and those that could not be read."""
        found = self._found
        found.bad += bad
        found.rows += len(rows) + len(bad)
        text_at = self._at["text"]
        keys = keys_of(pa.array([row[text_at] for _, row in rows], pa.large_string()))
        for (line, row), key in zip(rows, keys.tolist(), strict=True):
            try:
                self._take_row(line, row, key)
            except ValueError as error:
                found.bad.append(BadRow(line, str(error)))

    def finish(self) -> Incoming:
        """What all rows together bring."""
        found = self._found
        found.keys = np.fromiter(self._place, np.uint64, len(self._place))
        agreed = [item for key, item in self._labels.items() if key not in self._differing]
        found.disagreeing = [found.texts[self._place[key]] for key in sorted(self._differing)]
        found.wanted = _with_batches(agreed, found.name)
        return found

    def _take_row(self, line: int, row: list[str], key: int) -> None:
        found, text = self._found, row[self._at["text"]]
        if not text.strip():
            raise ValueError("has no text")
        item_id = row[self._at["item_id"]] if "item_id" in self._at else f"t-{key:016x}"
        if not item_id.strip():
            raise ValueError("has no item_id")
        label = self._label(row)
        item = self._labeled(row, item_id, text, label) if label else None
        if key in self._place:
            found.copies += 1
        elif item_id in self._line_of:
            first = self._line_of[item_id]
            raise ValueError(f"has the item_id `{item_id}` of line {first} with another text")
        else:
            self._place[key] = len(found.texts)
            self._line_of[item_id] = line
            _add_item(found, line, item_id, text, [row[at] for at in self._own])
        if item is not None:
            self._take_label(key, item)

    def _take_label(self, key: int, item: Labeled) -> None:
        earlier = self._labels.setdefault(key, item)
        if (earlier.label, earlier.split) != (item.label, item.split):
            self._differing.add(key)

    def _label(self, row: list[str]) -> str:
        """The task's value for the row's label; empty where it has none."""
        if "label" not in self._at or not row[self._at["label"]].strip():
            return ""
        word = row[self._at["label"]].strip()
        value = self._words.get(word) or self._words.get(word.casefold())
        if value is None and self._unsaid.refuse_unknown:
            known = ", ".join(f"`{each}`" for each in self._task.values)
            raise ValueError(f"has the label `{word[:80]}`, which is not one of {known}")
        return value or ""

    def _labeled(self, row: list[str], item_id: str, text: str, label: str) -> Labeled:
        said = {what: row[at].strip() for what, at in self._at.items()}
        split = SPLIT_NAMES.get((said.get("split") or self._unsaid.split).casefold())
        if split is None:
            raise ValueError(f"has the split `{said['split'][:80]}`, which is none")
        return Labeled(
            item_id=item_id,
            text=text,
            label=label,
            split=split,
            strategy=said.get("strategy") or self._unsaid.strategy,
            confidence=_number(said, "confidence") if "confidence" in said else None,
            annotator=said.get("annotator") or self._unsaid.annotator,
            labeled_at=_time(said.get("labeled_at", "")),
        )


def _with_batches(items: Sequence[Labeled], name: str) -> list[Wanted]:
    """The labels with events and batches of their own where it is known who gave them, or when.

    A batch is one person's, of one split. Its name goes by what is in it: the same table gives the
    same batches at every import.
    """
    content = "\x00".join(f"{x.item_id}\x01{x.label}\x01{x.annotator}" for x in items)
    stem = f"{IMPORTED}{blake2b((name + content).encode(), digest_size=4).hexdigest()}"
    batches: dict[tuple[str, str], list[Labeled]] = {}
    moment, wanted = now(), []
    for item in items:
        if not item.annotator and not item.labeled_at:
            wanted.append(Wanted(item))
            continue
        batch = batches.setdefault((item.annotator, item.split), [])
        batch.append(item)
        number = list(batches).index((item.annotator, item.split)) + 1
        wanted.append(_of_batch(item, f"{stem}-{number}", len(batch), moment))
    return wanted


def _of_batch(item: Labeled, batch_id: str, rank: int, moment: str) -> Wanted:
    proposal = Proposal(
        batch_id=batch_id,
        created_at=moment,
        split=item.split,
        annotator=item.annotator,
        rank=rank,
        item_id=item.item_id,
        strategy=item.strategy,
        score=None,
        predicted="",
        confidence=item.confidence,
        run_id="",
        seed=0,
    )
    event = Event(
        event_id=_event_id(item, batch_id),
        batch_id=batch_id,
        item_id=item.item_id,
        action="label",
        label=item.label,
        annotator=item.annotator,
        labeled_at=item.labeled_at or moment,
        seconds=None,
        assisted=False,
        note="",
    )
    return Wanted(item, proposal, event)


def _event_id(item: Labeled, batch_id: str = "") -> str:
    """The same label of the same import has the same id at every import."""
    said = (batch_id or item.batch_id, item.item_id, item.label, item.annotator, item.labeled_at)
    return f"{blake2b(chr(0).join(said).encode(), digest_size=16).hexdigest()}-1"


def _bad_row(finding: Finding) -> BadRow:
    return BadRow(finding.line or 0, f"of {finding.file} does not count ({finding.kind})")


def _add_pool(found: Incoming, pool: Pool) -> None:
    """Every item of the pool, of several of one id the first; then labeled items that it lacks."""
    known: set[str] = set()
    for start in range(0, len(pool), BLOCK):
        part = pool.table.slice(start, BLOCK)
        ids, texts, *own = (part[name].to_pylist() for name in ("item_id", "text", *pool.columns))
        for at, item_id in enumerate(ids):
            if item_id not in known:
                known.add(item_id)
                cells = [column[at] or "" for column in own]
                _add_item(found, start + at + 1, item_id, texts[at], cells)
    for wanted in found.wanted:
        if wanted.item.item_id not in known:
            known.add(wanted.item.item_id)
            _add_item(found, 0, wanted.item.item_id, wanted.item.text, [""] * len(pool.columns))


def _add_item(found: Incoming, line: int, item_id: str, text: str, own: Sequence[str]) -> None:
    found.lines.append(line)
    found.item_ids.append(item_id)
    found.texts.append(text)
    for column, cell in zip(found.own.values(), own, strict=True):
        column.append(cell)


def label_words(task: Task) -> dict[str, str]:
    """What each label is known by: its value, and its name in small letters."""
    names = {label.name.casefold(): label.value for label in task.labels}
    return names | {value: value for value in task.values}


def _meanings(task: Task, given: Mapping[str, str]) -> dict[str, str]:
    """What words mean by somebody's own account; raises TaskError for a label that is none."""
    for value in given.values():
        task.label(value)
    return {word.casefold(): value for word, value in given.items()} | dict(given)


def _own_names(names: Sequence[str]) -> list[str]:
    """The columns' names as a pool's header can hold them: without commas, quotes, line ends."""
    found: list[str] = []
    for at, name in enumerate(map(_own_name, names), start=1):
        plain = name or f"column {at}"
        taken = {"item_id", "text", *(each.casefold() for each in found)}
        while plain.casefold() in taken:
            plain = f"own_{plain}"
        found.append(plain)
    return found


def _own_name(name: str) -> str:
    return re.sub(r'\s*[,"\r\n]+\s*', " ", name).strip()


def _time(text: str) -> str:
    """A time as the logs write it; one without a time zone is taken for UTC."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise ValueError(
            f"has `{text[:80]}` for when it was labeled, which is no date such as 2026-01-31"
        ) from None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _number(said: Mapping[str, str], name: str) -> float | None:
    try:
        return float(said[name]) if said[name] else None
    except ValueError:
        raise ValueError(f"has `{said[name][:80]}` for {name}, which is not a number") from None


def _whole(said: Mapping[str, str], name: str) -> int:
    try:
        return int(said[name] or 0)
    except ValueError:
        raise ValueError(f"has `{said[name][:80]}` for {name}, no whole number") from None

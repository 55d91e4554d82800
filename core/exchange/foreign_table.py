"""Items and labels of a table that another program wrote, checked and freed of copies."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from core.errors import TableError
from core.exchange.import_types import (
    IMPORTED,
    Columns,
    Defaults,
    ImportedLabel,
    TableContents,
    add_item,
    event_id,
    number,
    own_columns,
)
from core.exchange.tables.reader import SourceTable, guess
from core.pool.words import keys_of
from core.system.csv_rows import BadRow
from core.system.progress import Pace, Progress, silent
from core.workspace.labels import Labeled
from core.workspace.logs import Event, Proposal, now
from core.workspace.task import SPLITS, Task

SPLIT_NAMES = {
    "train": "training",
    "eval": "evaluation",
    "test": "evaluation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
} | {split: split for split in SPLITS}
"""What people call the splits."""

PREVIEW = 10
"""Rows that are shown, and by which columns are guessed."""


def understood(
    table: SourceTable, asked: Columns, labels: Mapping[str, str], *, refuse_unknown: bool
) -> tuple[Columns, Defaults]:
    """(columns as asked for or guessed, what counts for all rows).

    Of split, strategy and annotator what is asked for and is no column's name counts for all rows.
    """
    columns = guess(table.columns, table.head(PREVIEW))
    for_all = {}
    for what, value in asdict(asked).items():
        if what in ("split", "strategy", "annotator") and value and value not in table.columns:
            for_all[what] = value
            columns.pop(what, None)
        elif value:
            columns[what] = value
    return Columns(**columns), Defaults(**for_all, labels=labels, refuse_unknown=refuse_unknown)


def read_table(
    table: SourceTable, columns: Columns, unsaid: Defaults, task: Task, progress: Progress = silent
) -> TableContents:
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


def label_words(task: Task) -> dict[str, str]:
    """What each label is known by: its value, and its name in small letters."""
    names = {label.name.casefold(): label.value for label in task.labels}
    return names | {value: value for value in task.values}


class _Reader:
    """Goes through a table that others made, block by block."""

    def __init__(self, table: SourceTable, columns: Columns, unsaid: Defaults, task: Task) -> None:
        used = columns.used()
        self._own = [at for at, name in enumerate(table.columns) if name not in used]
        names = own_columns([table.columns[at] for at in self._own])
        own: dict[str, list[str]] = {name: [] for name in names}
        self._found = TableContents(table.name, False, own, ids_made=not columns.item_id)
        self._unsaid, self._task = unsaid, task
        used_for = asdict(columns).items()
        self._at = {what: table.columns.index(name) for what, name in used_for if name}
        for value in unsaid.labels.values():
            task.label(value)  # raises TaskError for one that is none
        in_small = {word.casefold(): value for word, value in unsaid.labels.items()}
        self._words = label_words(task) | in_small | dict(unsaid.labels)
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

    def finish(self) -> TableContents:
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
            add_item(found, line, item_id, text, [row[at] for at in self._own])
        if item is not None:
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
            confidence=number(said, "confidence") if "confidence" in said else None,
            annotator=said.get("annotator") or self._unsaid.annotator,
            labeled_at=_time(said.get("labeled_at", "")),
        )


def _with_batches(items: Sequence[Labeled], name: str) -> list[ImportedLabel]:
    """The labels with events and batches of their own where it is known who gave them, or when.

    A batch is one person's, of one split. Its name goes by what is in it: the same table gives the
    same batches at every import.
    """
    content = "\x00".join(f"{x.item_id}\x01{x.label}\x01{x.annotator}" for x in items)
    stem = f"{IMPORTED}{blake2b((name + content).encode(), digest_size=4).hexdigest()}"
    places: dict[tuple[str, str], int] = {}
    sizes: Counter[int] = Counter()
    moment, wanted = now(), []
    for item in items:
        if not item.annotator and not item.labeled_at:
            wanted.append(ImportedLabel(item))
            continue
        place = places.setdefault((item.annotator, item.split), len(places) + 1)
        sizes[place] += 1
        wanted.append(_of_batch(item, f"{stem}-{place}", sizes[place], moment))
    return wanted


def _of_batch(item: Labeled, batch_id: str, rank: int, moment: str) -> ImportedLabel:
    """The label with its row in the batch and its event, both of this moment."""
    what = item.item_id, item.strategy
    proposal = Proposal(
        batch_id, moment, item.split, item.annotator, rank, *what, confidence=item.confidence
    )
    given, at = event_id(item, batch_id), item.labeled_at or moment
    event = Event(given, batch_id, item.item_id, "label", item.label, item.annotator, at)
    return ImportedLabel(item, proposal, event)


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

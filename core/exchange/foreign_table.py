"""Items and labels of a table that another program wrote, checked and freed of copies."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import TableError
from core.exchange.import_types import (
    IMPORTED,
    Defaults,
    ImportedLabel,
    TableContents,
    add_item,
    number,
    of_batch,
    own_columns,
)
from core.exchange.provenance import ALIAS_OF, EXPORT_FIELDS
from core.exchange.table_writers import unguarded
from core.exchange.tables.dates import day_comes_first, moment
from core.exchange.tables.dialect import NONE
from core.exchange.tables.label_cells import (
    JOINERS,
    LabelColumn,
    hold_several,
    label_counts,
    labels_in,
    labels_joined,
    readable,
)
from core.exchange.tables.reader import Doubt, SourceTable
from core.exchange.tables.roles import Columns, guess
from core.pool.hashing import keys_of, made_id
from core.pool.text import is_blank
from core.system.csv_rows import BadRow, is_number
from core.system.progress import Pace, Progress, silent
from core.workspace.labels import Labeled
from core.workspace.logs import now
from core.workspace.task import NONE as NO_LABEL
from core.workspace.task import SPLITS, Task, listed

SPLIT_WORDS = {
    "train": "training",
    "eval": "evaluation",
    "test": "evaluation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
} | {split: split for split in SPLITS}
"""What people call the splits."""

NO_SPLIT = frozenset({"unlabeled", "unlabelled", "unsupervised", "pool", "none"})
"""What they call the split of items without a label that counts."""

PREVIEW = 10  # rows that are shown
AT_ONCE = 2**21  # bytes of a CSV file between two reports of how far it is read, at most

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
"""What people call the characters that stand between cells."""

ROLE_NAMES = {
    "text": "Text", "item_id": "Id", "label": "Label", "split": "Split", "strategy": "Strategy",
    "confidence": "Confidence", "annotator": "Labeled by", "labeled_at": "Labeled at",
}  # fmt: skip
"""What people call the things that a column can hold."""

LEFT_OUT = {"item_id": "made from the texts", "label": "none"}

Asked = Mapping[str, str]  # columns that a person names, by what they hold; empty: none does

DAY_FIRST, MONTH_FIRST = "--day-first", "--month-first"

BETWEEN = "\n\n"  # stands between the parts of a text that comes from several columns


def understood(
    table: SourceTable,
    asked: Asked,
    labels: Mapping[str, str],
    further_texts: Sequence[str] = (),
    *,
    refuse_unknown: bool,
) -> tuple[Columns, Defaults]:
    """(columns as asked for or recognized, what counts for all rows); raises TableError.

    Of split, strategy and annotator what is asked for and is no column's name counts for all rows.
    """
    columns, for_all = recognized(table), {}
    for what, value in asked.items():
        if what in ("split", "strategy", "annotator") and value and value not in table.columns:
            for_all[what] = SPLIT_WORDS.get(value.casefold(), value) if what == "split" else value
            columns.pop(what, None)
        else:
            columns[what] = value
    if not columns.get("text"):
        raise TableError(
            f"{table.name}: no column holds plain texts. Name one with --text: "
            f"{listed(table.columns)}."
        )
    # A column holds one thing: what a person says of it comes before what was recognized.
    said = {*filter(None, asked.values()), *further_texts}
    for what, name in columns.items():
        if what not in asked and name in said:
            columns[what] = ""
    read = Columns(**columns, further_texts=tuple(further_texts))
    return read, Defaults(**for_all, labels=labels, refuse_unknown=refuse_unknown)


def is_export(table: SourceTable) -> bool:
    """Whether the table is one that Sunlight has exported, as CSV, Excel, JSON lines or Parquet."""
    return table.columns[: len(EXPORT_FIELDS) - 1] == EXPORT_FIELDS[:-1]


def recognized(table: SourceTable) -> dict[str, str]:
    """The columns that the table's format defines, else those that are guessed."""
    if is_export(table):
        return {what: what for what in ROLE_NAMES}
    if table.roles:
        return table.roles.roles()
    return guess(table.columns, table.sample, table.structured)


def read_as(table: SourceTable, columns: Columns, *, several: bool = False) -> dict[str, Any]:
    """What was recognized of a table: its form, its columns, and which of them holds what.

    `several` tells that a text can have several labels.
    """
    found = {**table.told(), "columns": list(table.columns), "read_as": columns.roles()}
    found |= {"several": True} if several and columns.label else {}
    return found | ({"further_texts": [*columns.further_texts]} if columns.further_texts else {})


def told_as_read(answer: Mapping[str, Any], left_out: Mapping[str, str] = LEFT_OUT) -> str:
    """What `read_as` has found, in one line, and what is said of roles that no column has."""
    form = [answer["format"] + (f" in {answer['encoding']}" if "encoding" in answer else "")]
    if "delimiter" in answer:
        character = answer["delimiter"]
        if character != NONE:
            form.append(f"separated by {SEPARATORS.get(character, f'`{character}`')}")
        quote = answer["quote"]
        form.append("quotes are part of the text" if quote == NONE else f"quotes {quote}")
    if "sheet" in answer:
        form.append(f"`{answer['sheet']}` of {len(answer['sheets'])} in it")
    if "header" in answer:
        names = "the first row names" if answer["header"] else "no row names"
        form.append(f"{names} the columns")
    if "first_line" in answer:
        form.append(f"from line {answer['first_line']} on")
    roles = {"text": "", **left_out}
    roles |= {what: f"`{name}`" for what, name in answer["read_as"].items()}
    roles["text"] += "".join(f" + `{name}`" for name in answer.get("further_texts", ()))
    roles |= {"label": f"{roles['label']}, several for a text"} if answer.get("several") else {}
    said = "; ".join(f"{ROLE_NAMES[what]}: {name}" for what, name in roles.items())
    decided = answer.get("decided")
    more = f" Of {decided:,} with several annotations the ground truth counts." if decided else ""
    return f"Read as {', '.join(form)}. {said}.{more}"


def read_table(
    table: SourceTable, columns: Columns, unsaid: Defaults, task: Task, progress: Progress = silent
) -> TableContents:
    """What the table brings; raises TableError if it lacks a column, or cannot be read."""
    refuse_columns(table, columns)
    if unsaid.split not in SPLITS:
        raise TableError(f"`{unsaid.split}` is no split. Choose one of: {', '.join(SPLITS)}.")
    if columns.labeled_at and unsaid.day_first is None:
        unsaid = replace(unsaid, day_first=is_day_first(table, columns.labeled_at))
        if unsaid.day_first is None:
            raise TableError(doubt_of_dates(columns.labeled_at).sentence(table.name))
    reader = _Reader(table, columns, unsaid, task)
    pace = Pace(progress, f"reading {table.name}", None, "rows")
    for block in table.blocks(AT_ONCE):
        rows = block.rows
        if is_guarded(table):
            rows = [(line, [*map(unguarded, cells)]) for line, cells in rows]
        reader.take(rows, block.bad)
        pace.add(len(block.rows))
    found = reader.finish()
    if not found.rows:
        raise TableError(f"{table.name} has no rows below its header. Choose a file that has some.")
    return found


def kept_columns(
    table: SourceTable, columns: Columns, *, keep_label: bool = False
) -> dict[str, str]:
    """What each column that stays the items' own is called in the pool, in the table's order.

    What an export says of a label beside its columns of `ROLE_NAMES` is left out.
    """
    used = columns.used() | ({*EXPORT_FIELDS, ALIAS_OF} if is_export(table) else set())
    used -= {columns.label} if keep_label else set()
    names = [name for name in table.columns if name not in used]
    called = [unguarded(name) for name in names] if is_guarded(table) else names
    return dict(zip(names, own_columns(called), strict=True))


def is_guarded(table: SourceTable) -> bool:
    """Whether cells that look like formulas have an apostrophe that is not their own."""
    return table.kind == "csv" and is_export(table)


def row_count(table: SourceTable) -> int:
    """How many rows can be read; raises TableError."""
    return sum(len(block.rows) for block in table.blocks())


def refuse_columns(table: SourceTable, columns: Columns) -> None:
    """Raises TableError if the table lacks one of the columns, or one cannot hold such a thing."""
    for name in columns.used():
        if name not in table.columns:
            raise TableError(
                f"{table.name} has no column `{name}`. Its columns are {listed(table.columns)}."
            )
    texts = (("texts", name) for name in (columns.text, *columns.further_texts))
    for what, name in (*texts, ("ids", columns.item_id)):
        if name in table.structured:
            raise TableError(
                f"{table.name}: the column `{name}` holds lists or objects, no plain {what}. Name "
                f"another one: {listed(table.columns)}."
            )


def texts_at(table: SourceTable, columns: Columns) -> list[int]:
    """Where the table's columns of texts are."""
    return [table.columns.index(name) for name in (columns.text, *columns.further_texts)]


def text_of_row(row: Sequence[str], at: Sequence[int]) -> str:
    """The row's text: of several columns the cells that hold something."""
    if len(at) == 1:
        return row[at[0]]
    return BETWEEN.join(row[place] for place in at if not is_blank(row[place]))


def label_column(table: SourceTable, column: str, several: bool | None = None) -> LabelColumn:
    """What a column of labels holds; raises TableError.

    If nobody says whether a text has several, lists tell it, and in an export `a|b` and `-`.
    """
    at = table.columns.index(column)
    cells = Counter(row[at] for block in table.blocks() for _, row in block.rows)
    if is_guarded(table):
        cells = {unguarded(cell): number for cell, number in cells.items()}
    if several is None:
        several = hold_several(cells, joined=is_export(table))
    empty = ("[]",) if several else ()
    answers = sum(n for cell, n in cells.items() if readable(cell) or cell.strip() in empty)
    return LabelColumn(label_counts(cells, several), several, answers)


def is_day_first(table: SourceTable, column: str) -> bool | None:
    """Whether the dates of a column begin with the day; None if that is open. Raises TableError."""
    at = table.columns.index(column)
    return day_comes_first(row[at] for block in table.blocks() for _, row in block.rows)


def doubt_of_dates(column: str) -> Doubt:
    readings = (DAY_FIRST, "01/02 as 1 February"), (MONTH_FIRST, "01/02 as January 2")
    return Doubt(f"the order of day and month in `{column}`", readings)


def label_words(task: Task) -> dict[str, str]:
    """What each label is known by: its values of today and before, its name in small letters."""
    names = {label.name.casefold(): label.value for label in task.labels}
    return names | {word: value for word, value in task.current.items() if value in task.values}


def meaning(word: str, words: Mapping[str, str]) -> str:
    """The value of the label that a word stands for, by these words; empty if it stands for none.

    A word counts as it is, in small letters, and as the number that `1.0` and `True` stand for.
    """
    small = word.casefold()
    spellings = [word, small]
    if is_number(small) and float(small).is_integer():
        spellings.append(str(int(float(small))))
    if small in ("true", "false"):
        spellings.append(str(int(small == "true")))
    return next(filter(None, map(words.get, spellings)), "")


class _Reader:
    def __init__(self, table: SourceTable, columns: Columns, unsaid: Defaults, task: Task) -> None:
        names = kept_columns(table, columns, keep_label=not unsaid.refuse_unknown)
        self._own = [table.columns.index(name) for name in names]
        own: dict[str, list[str]] = {name: [] for name in names.values()}
        self._found = TableContents(table.name, own, ids_made=not columns.item_id)
        self._unsaid, self._task = unsaid, task
        self._at = {what: table.columns.index(x) for what, x in columns.roles().items()}
        self._texts_at = texts_at(table, columns)
        for value in unsaid.labels.values():
            task.label(value)  # raises TaskError for one that is none
        in_small = {word.casefold(): value for word, value in unsaid.labels.items()}
        self._words = label_words(task) | in_small | dict(unsaid.labels)
        if is_export(table):  # which has retired labels, too
            self._words |= {value: value for value in task.current.values()}
        self._place: dict[int, int] = {}
        self._line_of: dict[str, int] = {}
        self._labels: dict[int, Labeled] = {}
        self._differing: set[int] = set()
        self._split_twice: set[int] = set()

    def take(self, rows: Sequence[tuple[int, list[str]]], bad: Sequence[BadRow]) -> None:
        found = self._found
        found.bad += bad
        found.rows += len(rows) + len(bad)
        texts = [text_of_row(row, self._texts_at) for _, row in rows]
        keys = keys_of(pa.array(texts, pa.large_string()))
        for (line, row), text, key in zip(rows, texts, keys.tolist(), strict=True):
            try:
                self._take_row(line, row, text, key)
            except ValueError as error:
                found.bad.append(BadRow(line, str(error)))

    def finish(self) -> TableContents:
        found = self._found
        found.keys = np.fromiter(self._place, np.uint64, len(self._place))
        undecided = self._differing | self._split_twice
        agreed = [item for key, item in self._labels.items() if key not in undecided]
        found.disagreeing = self._texts(self._differing)
        found.split_twice = self._texts(self._split_twice - self._differing)
        found.wanted = _with_batches(agreed, found.name)
        return found

    def _texts(self, keys: Collection[int]) -> list[str]:
        return [self._found.texts[self._place[key]] for key in sorted(keys)]

    def _take_row(self, line: int, row: list[str], text: str, key: int) -> None:
        found = self._found
        if is_blank(text):
            raise ValueError("has no text")
        item_id = row[self._at["item_id"]] if "item_id" in self._at else made_id(key)
        if not item_id.strip():
            raise ValueError("has no item_id")
        label, at = self._label(row), self._place.get(key)
        of = (item_id, text) if at is None else (found.item_ids[at], found.texts[at])
        item = self._labeled(row, *of, label) if label else None
        if at is not None:
            if item_id in self._line_of:
                found.copies += 1
            else:
                self._line_of[item_id] = line
                found.aliases.append((line, item_id, at))
        elif item_id in self._line_of:
            first = self._line_of[item_id]
            raise ValueError(
                f"has the item_id `{item_id}` of line {first} with another text (--no-id makes "
                "ids from the texts)"
            )
        else:
            self._place[key] = len(found.texts)
            self._line_of[item_id] = line
            add_item(found, line, item_id, text, [row[at] for at in self._own])
        if item is not None:
            earlier = self._labels.setdefault(key, item)
            if earlier.label != item.label:
                self._differing.add(key)
            elif earlier.split != item.split:
                self._split_twice.add(key)

    def _label(self, row: list[str]) -> str:
        """The task's answer for the row's label; empty where it has none."""
        cell = row[self._at["label"]].strip() if "label" in self._at else ""
        says_none = "split" in self._at and row[self._at["split"]].strip().casefold() in NO_SPLIT
        if not cell or says_none:
            return ""
        if self._task.several and cell in (NO_LABEL, "[]"):
            return NO_LABEL
        found = self._joined(cell) if self._task.several else labels_in(cell)
        if len(found) > 1 and not self._task.several:
            raise ValueError(f"has {len(found)} labels, and a text here has one")
        values = [self._value(word.strip()) for word in found]
        if not values or "" in values:
            return ""
        return self._task.answer(values) if self._task.several else values[0]

    def _joined(self, cell: str) -> list[str]:
        """The words in a cell of several: joined by what makes known words of it, else by `|`."""
        if meaning(cell, self._words):
            return [cell]
        for separator in JOINERS:
            words = labels_joined(cell, separator) if separator in cell else [""]
            if all(meaning(word, self._words) for word in words):
                return words
        return labels_joined(cell, JOINERS[0])

    def _value(self, word: str) -> str:
        """The task's value for a word; empty for one that is unknown and may be."""
        value = meaning(word, self._words)
        if not value and not self._unsaid.refuse_unknown:
            self._found.unlabeled_words[word] += 1
        elif not value:
            self._found.refused_words[word] += 1
            raise ValueError(
                f"has the label `{word[:80]}`, which is not one of {listed(self._task.values)}"
            )
        return value

    def _labeled(self, row: list[str], item_id: str, text: str, label: str) -> Labeled:
        said = {what: row[at].strip() for what, at in self._at.items()}
        at = said.get("labeled_at", "")
        split = SPLIT_WORDS.get((said.get("split") or self._unsaid.split).casefold())
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
            labeled_at=at and moment(at, day_first=self._unsaid.day_first is not False),
        )


def _with_batches(items: Sequence[Labeled], name: str) -> list[ImportedLabel]:
    """The labels with events and batches of their own where it is known who gave them, or when.

    A batch is one person's, of one split. Its name goes by what is in it: the same table gives the
    same batches at every import.
    """
    content = "\x00".join(f"{x.item_id}\x01{x.label}\x01{x.annotator}\x01{x.split}" for x in items)
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
        wanted.append(of_batch(item, f"{stem}-{place}", sizes[place], moment))
    return wanted

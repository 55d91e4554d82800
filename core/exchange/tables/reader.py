"""Reader of CSV, JSON, Parquet and Excel tables: rows of texts, each with its line.

Every row is either given or reported. Nothing that a file holds is run, and a file that would fill
the memory is refused.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import TableError
from core.exchange.encodings import SAMPLE_BYTES, as_utf8, recognize
from core.exchange.tables.files import (
    MOST_COLUMNS,
    Cells,
    excel_rows,
    excel_sheets,
    json_columns,
    json_rows,
    parquet_rows,
    too_many_columns,
)
from core.pool.csv_files import ID, TEXT
from core.system.csv_rows import WINDOW, BadRow, read_row_blocks
from core.system.durable import refused_as
from core.workspace.layout import is_number

DELIMITERS = ",\t;|"
"""The first one counts where none divides the rows better."""

SAMPLE_ROWS = 200
"""By which delimiter, header and columns are recognized."""

MOST_CELLS = 100_000_000
"""Of one table: ten million rows of ten columns, some gigabyte."""

USUAL_NAMES = {
    "item_id": ("item_id", "id", "itemid", "guid", "uuid", "key", "doc_id", "example_id"),
    "text": (
        "text", "headline", "headline_text", "title", "content", "body", "sentence", "message",
        "document", "comment", "tweet", "review", "description",
    ),
    "label": ("label", "labels", "class", "category", "target", "annotation", "y"),
    "split": ("split", "set", "subset"),
    "strategy": ("strategy", "sampling_strategy"),
    "confidence": ("confidence",),
    "annotator": ("annotator", "annotators", "user", "labeler", "worker", "author", "labeled_by"),
    "labeled_at": ("labeled_at", "annotated_at", "created_at", "timestamp", "date"),
}  # fmt: skip
"""What people call the columns that the import asks for, the likeliest name first."""

ENDINGS = {
    "csv": (".csv", ".tsv", ".tab", ".txt"),
    "json": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
    "excel": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
}
KINDS = {ending: kind for kind, endings in ENDINGS.items() for ending in endings}
"""By the ending of the file's name."""


@dataclass(frozen=True)
class SourceTable:
    """A table in a file: its columns, and how they are to be read.

    `encoding` and `delimiter` are empty for kinds that know neither; `sheet` for all but Excel.
    """

    path: Path
    kind: str
    columns: tuple[str, ...]
    has_header: bool = True
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        return self.path.name

    def blocks(self, window: int = WINDOW) -> Iterator[Cells]:
        """Every row, with as many cells as there are columns; an empty text where there is none.

        `window` bounds the bytes of a CSV file that are read at a time. Raises TableError.
        """
        width, cells_so_far = len(self.columns), 0
        with _readable(self.path):
            for rows, bad in self._raw(window):
                # Before short rows are filled up: a small file can ask for any number of cells.
                cells_so_far += len(rows) * width
                if cells_so_far > MOST_CELLS:
                    raise TableError(
                        f"{self.name} has more than {MOST_CELLS:,} cells. Leave columns out, or "
                        "bring it in parts."
                    )
                refused = [
                    BadRow(line, f"has {len(cells):,} cells, the table {width:,} columns")
                    for line, cells in rows
                    if len(cells) > width
                ]
                kept = [
                    (line, cells if len(cells) == width else cells + [""] * (width - len(cells)))
                    for line, cells in rows
                    if len(cells) <= width
                ]
                yield Cells(kept, [*bad, *refused])

    def head(self, number: int) -> list[list[str]]:
        """The first rows; raises TableError."""
        return _head(self.blocks(SAMPLE_BYTES), number)

    def _raw(self, window: int) -> Iterator[Cells]:
        if self.kind == "csv":
            with as_utf8(self.path, self.encoding) as plain:
                rows = _csv_rows(plain, self.delimiter, window)
                yield from _without_header(rows, self.has_header)
        elif self.kind == "json":
            yield from json_rows(self.path, self.encoding, self.columns)
        elif self.kind == "parquet":
            yield from parquet_rows(self.path)
        else:
            yield from _without_header(excel_rows(self.path, self.sheet), self.has_header)


@dataclass(frozen=True)
class Reading:
    """How a file is to be read as a table; what is empty, or None, is recognized."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    has_header: bool | None = None


def open_table(path: Path, reading: Reading = Reading()) -> SourceTable:
    """The table in this file, read as asked for.

    Raises TableError if there is no such file, or none that can be read as a table.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise TableError(
            f"{path.name}: files that end in `{path.suffix}` are not known here. Bring one that "
            f"ends in {', '.join(KINDS)}, or a folder in the layout of a workspace."
        )
    with _readable(path):
        if kind == "parquet":
            (_, columns), *_ = next(parquet_rows(path, only_head=True)).rows
            return SourceTable(path, kind, _distinct(columns, path))
        if kind == "excel":
            return _open_excel(path, reading)
        encoding = reading.encoding or recognize(path)
        if kind == "json":
            columns = _distinct(json_columns(path, encoding), path)
            return SourceTable(path, kind, columns, encoding=encoding)
        return _open_delimited(path, encoding, reading)


def guess(name_of: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """The column for each of `USUAL_NAMES` that there is one for, by its name.

    The text is, without a usual name, the column of the longest cells.
    """
    known = {_plain(name): name for name in reversed(name_of)}
    found = {
        what: known[name]
        for what, names in USUAL_NAMES.items()
        for name in reversed(names)  # the likeliest name wins
        if name in known
    }
    if "text" not in found and name_of:
        free = [at for at, name in enumerate(name_of) if name not in found.values()] or [0]
        longest = max(free, key=lambda at: sum(len(row[at]) for row in rows))
        found["text"] = name_of[longest]
    return found


def _open_excel(path: Path, reading: Reading) -> SourceTable:
    sheets = excel_sheets(path)
    if not sheets or (reading.sheet and reading.sheet not in sheets):
        known = ", ".join(f"`{name}`" for name in sheets) or "no sheet at all"
        raise TableError(f"{path.name} has no sheet `{reading.sheet}`. It has {known}.")
    sheet = reading.sheet or sheets[0]
    columns, has_header = _columns(_head(excel_rows(path, sheet)), reading.has_header, path)
    return SourceTable(path, "excel", columns, has_header, sheet=sheet, sheets=tuple(sheets))


def _open_delimited(path: Path, encoding: str, reading: Reading) -> SourceTable:
    with as_utf8(path, encoding) as plain:
        delimiter = reading.delimiter or _delimiter(plain)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise TableError(f"{path.name}: `{delimiter}` cannot divide cells. Give one character.")
        head = _head(_csv_rows(plain, delimiter))
    columns, has_header = _columns(head, reading.has_header, path)
    return SourceTable(path, "csv", columns, has_header, encoding, delimiter)


def _csv_rows(path: Path, delimiter: str, window: int = SAMPLE_BYTES) -> Iterator[Cells]:
    """The rows of a UTF-8 file."""
    for rows, bad in read_row_blocks(path, delimiter, window):
        yield Cells([(row.line, row.fields) for row in rows], bad)


def _without_header(blocks: Iterator[Cells], has_header: bool) -> Iterator[Cells]:
    for rows, bad in blocks:
        yield Cells(rows[has_header:], bad)
        has_header = has_header and not rows


def _delimiter(path: Path) -> str:
    """The one that divides most of the first rows into the same number of cells, two or more."""

    def fits(delimiter: str) -> tuple[float, int]:
        widths = Counter(map(len, _head(_csv_rows(path, delimiter))))
        width, rows = max(widths.items(), key=lambda each: (each[0] > 1, each[1]), default=(1, 0))
        return (rows / max(widths.total(), 1), width) if width > 1 else (0.0, 1)

    return max(DELIMITERS, key=fits)


def _head(blocks: Iterator[Cells], number: int = SAMPLE_ROWS) -> list[list[str]]:
    """The first rows."""
    return list(islice((cells for block in blocks for _, cells in block.rows), number))


def _columns(
    head: Sequence[Sequence[str]], has_header: bool | None, path: Path
) -> tuple[tuple[str, ...], bool]:
    """(names of the columns, whether the first row has them)."""
    if not head:
        raise TableError(f"{path.name} has no rows. Bring a file that holds some.")
    width = max(map(len, head))
    if width > MOST_COLUMNS:
        raise too_many_columns(path)
    if has_header is None:
        has_header = _is_header(head[0], head[1:])
    if not has_header:
        return tuple(f"column {at + 1}" for at in range(width)), False
    return _distinct(head[0], path), True


def _is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a first row names columns: with a usual name, or unlike all that stands below it.

    One that begins as those of a pool and of an export do names columns, whatever follows.
    """
    if tuple(first[:2]) == (ID, TEXT):
        return True
    names = [_plain(cell) for cell in first]
    if not all(names) or len(set(names)) < len(names) or any(map(is_number, first)):
        return False
    if any(name in usual for name in names for usual in USUAL_NAMES.values()):
        return True
    below = [[row[at] for row in others if at < len(row)] for at in range(len(first))]
    return any(cells and all(map(is_number, cells)) for cells in below)


def _distinct(names: Sequence[str], path: Path) -> tuple[str, ...]:
    """The names, one by its number where there is none; raises TableError if two are the same."""
    found = [name.strip() or f"column {at}" for at, name in enumerate(names, start=1)]
    times = Counter(name.casefold() for name in found)
    for name in found:
        if times[name.casefold()] > 1:
            raise TableError(
                f"{path.name} has two columns `{name}`. Rename one of them, and bring it again."
            )
    return tuple(found)


def _plain(name: str) -> str:
    return "_".join(name.strip().casefold().replace("-", " ").split())


def _readable(path: Path) -> AbstractContextManager[None]:
    """Turns what the disk refuses into a TableError."""
    return refused_as(TableError, path.name, "Give the path of a readable file.")

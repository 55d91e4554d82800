"""Tables that people have, whatever program wrote them, as rows of texts with their places.

Every row is either given or reported. Nothing that a file holds is run, and a file that would fill
the memory is refused.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import TableError
from core.exchange.encodings import SAMPLE_BYTES, as_utf8, recognize
from core.exchange.table_formats import (
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

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
"""By the ending of the file's name."""


@dataclass(frozen=True)
class TableBlock:
    """Some rows, each with the number of its line, and those that could not be read."""

    rows: list[tuple[int, list[str]]]
    bad: list[BadRow]


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

    def blocks(self, window: int = WINDOW) -> Iterator[TableBlock]:
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
                yield TableBlock(kept, [*bad, *refused])

    def head(self, number: int) -> list[list[str]]:
        """The first rows; raises TableError."""
        rows = (cells for block in self.blocks(SAMPLE_BYTES) for _, cells in block.rows)
        return list(islice(rows, number))

    def _raw(self, window: int) -> Iterator[Cells]:
        if self.kind == "csv":
            yield from _delimited(self, window)
        elif self.kind == "json":
            yield from json_rows(self.path, self.encoding, self.columns)
        elif self.kind == "parquet":
            yield from parquet_rows(self.path)
        else:
            yield from _without_header(excel_rows(self.path, self.sheet), self.has_header)


def open_table(
    path: Path,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    has_header: bool | None = None,
) -> SourceTable:
    """The table in this file; what is not given is recognized.

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
            return _open_excel(path, sheet, has_header)
        encoding = encoding or recognize(path)
        if kind == "json":
            return SourceTable(
                path, kind, _distinct(json_columns(path, encoding), path), True, encoding
            )
        return _open_delimited(path, encoding, delimiter, has_header)


def guess(name_of: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """The column for each of `USUAL_NAMES` that there is one for, by its name.

    The text is, without a usual name, the column of the longest cells.
    """
    known = {_plain(name): name for name in reversed(name_of)}
    found = {
        what: next((known[name] for name in names if name in known), "")
        for what, names in USUAL_NAMES.items()
    }
    if not found["text"] and name_of:
        free = [at for at, name in enumerate(name_of) if name not in found.values()] or [0]
        longest = max(free, key=lambda at: sum(len(row[at]) for row in rows))
        found["text"] = name_of[longest]
    return {what: name for what, name in found.items() if name}


def _open_excel(path: Path, sheet: str, has_header: bool | None) -> SourceTable:
    sheets = excel_sheets(path)
    if not sheets or (sheet and sheet not in sheets):
        known = ", ".join(f"`{name}`" for name in sheets) or "no sheet at all"
        raise TableError(f"{path.name} has no sheet `{sheet}`. It has {known}.")
    sheet = sheet or sheets[0]
    blocks = excel_rows(path, sheet)
    head = [cells for _, cells in islice(_rows_of(blocks), SAMPLE_ROWS)]
    columns, has_header = _columns(head, has_header, path)
    return SourceTable(path, "excel", columns, has_header, sheet=sheet, sheets=tuple(sheets))


def _open_delimited(
    path: Path, encoding: str, delimiter: str, has_header: bool | None
) -> SourceTable:
    with as_utf8(path, encoding) as plain:
        delimiter = delimiter or _delimiter(plain)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise TableError(f"{path.name}: `{delimiter}` cannot divide cells. Give one character.")
        head = _sample(plain, delimiter)
    columns, has_header = _columns(head, has_header, path)
    return SourceTable(path, "csv", columns, has_header, encoding, delimiter)


def _delimited(table: SourceTable, window: int) -> Iterator[Cells]:
    with as_utf8(table.path, table.encoding) as plain:
        is_first = table.has_header
        for rows, bad in read_row_blocks(plain, table.delimiter, window):
            numbered = [(row.line, row.fields) for row in rows]
            yield Cells(numbered[is_first:], bad)
            is_first = is_first and not rows


def _without_header(blocks: Iterator[Cells], has_header: bool) -> Iterator[Cells]:
    for rows, bad in blocks:
        yield Cells(rows[has_header:], bad)
        has_header = has_header and not rows


def _delimiter(path: Path) -> str:
    """The one that divides most of the first rows into the same number of cells, two or more."""

    def fits(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in _sample(path, delimiter))
        width, rows = max(widths.items(), key=lambda each: (each[0] > 1, each[1]), default=(1, 0))
        return (rows / max(widths.total(), 1), width) if width > 1 else (0.0, 1)

    return max(DELIMITERS, key=fits)


def _sample(path: Path, delimiter: str) -> list[list[str]]:
    """The cells of the first rows of a UTF-8 file."""
    blocks = read_row_blocks(path, delimiter, SAMPLE_BYTES)
    rows = (row for found, _ in blocks for row in found)
    return [row.fields for row in islice(rows, SAMPLE_ROWS)]


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
    if not all(names) or len(set(names)) < len(names) or any(map(_is_number, first)):
        return False
    if any(name in usual for name in names for usual in USUAL_NAMES.values()):
        return True
    below = [[row[at] for row in others if at < len(row)] for at in range(len(first))]
    return any(cells and all(map(_is_number, cells)) for cells in below)


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


def _rows_of(blocks: Iterator[Cells]) -> Iterator[tuple[int, list[str]]]:
    for block in blocks:
        yield from block.rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    return "_".join(name.strip().casefold().replace("-", " ").split())


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what the disk refuses into a TableError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise TableError(f"{path.name}: {reason}. Give the path of a readable file.") from error

"""Reader of CSV, JSON, Parquet and Excel tables: rows of texts, each with its line.

Every row is either given or reported. Where two readings are about as good, both are told.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from core.errors import TableError
from core.exchange.tables import files
from core.exchange.tables.dialect import NONE, SAMPLE_ROWS, Dialect
from core.exchange.tables.encodings import SAMPLE_BYTES
from core.exchange.tables.files import Cells, Record
from core.exchange.tables.roles import Columns
from core.exchange.tables.tool_formats import ToolFormat
from core.system.csv_rows import WINDOW, BadRow, read_row_blocks
from core.system.durable import refused_as

MOST_CELLS = 100_000_000  # of one table: ten million rows of ten columns, some gigabyte

ENDINGS = {
    "csv": (".csv", ".tsv", ".tab", ".txt"),
    "json": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
    "excel": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
}
KINDS = {ending: kind for kind, endings in ENDINGS.items() for ending in endings}
"""By the ending of the file's name, which may stand before one of `PACKED`."""

HEADER, NO_HEADER = "--header", "--no-header"


@dataclass(frozen=True)
class Reading:
    """How a file is to be read as a table; what is empty, or None, is recognized.

    `delimiter` and `quote` may be `none`. `sheet` is that of a workbook, or a file of a zip
    archive. `named` are columns that somebody asks for: a first row that has one is the header.
    Without `tools` no format of another tool is looked for.
    """

    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    sheet: str = ""
    has_header: bool | None = None
    named: tuple[str, ...] = ()
    tools: bool = True


RECOGNIZED = Reading()  # nothing is said: all of it is recognized


@dataclass(frozen=True)
class Doubt:
    """Two readings, each as (option, how it reads); `likely` counts where nobody says which."""

    about: str
    readings: tuple[tuple[str, str], ...]
    likely: str = ""

    def sentence(self, file: str) -> str:
        options = "; ".join(f"{option} reads {shown}" for option, shown in self.readings)
        return f"{file}: {self.about} can be read in two ways. Choose one: {options}."


@dataclass(frozen=True, eq=False)
class SourceTable:
    """A table in a file: its columns, and how they are to be read.

    `encoding`, `delimiter` and `quote` are empty for kinds that know none; `sheet` for all but
    workbooks and zip archives. `fields` are what records call the columns. `roles` are the columns
    that a tool's format defines; columns that are `structured` hold lists or objects; `raw` is the
    table without the `tool`. `plain` is the file itself, or a copy that is unpacked, in UTF-8, and
    has the usual line ends; it goes with the table. `decided` counts texts of several people's
    labels one of which is marked.
    """

    path: Path
    kind: str
    plain: Path
    columns: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    format: str = ""
    has_header: bool = True
    encoding: str = ""
    dialect: Dialect = field(default_factory=Dialect)
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    workbook_sheet: str = ""
    roles: Columns | None = None
    structured: frozenset[str] = frozenset()
    doubts: tuple[Doubt, ...] = ()
    tool: ToolFormat | None = field(default=None, repr=False)
    raw: "SourceTable | None" = field(default=None, repr=False)
    decided: int = 0
    owner: object = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def delimiter(self) -> str:
        return self.dialect.delimiter if self.kind == "csv" else ""

    @cached_property
    def sample(self) -> list[list[str]]:
        """The first rows, by which columns are guessed; raises TableError."""
        return self.head(SAMPLE_ROWS)

    def told(self) -> dict[str, object]:
        """What was recognized, by the names of the options that say it otherwise."""
        found: dict[str, object] = {"format": self.format}
        if self.encoding:
            found["encoding"] = self.encoding
        if self.kind == "csv":
            found |= {"delimiter": self.delimiter or NONE, "quote": self.dialect.quote or NONE}
        if self.kind in ("csv", "excel") and not self.tool:
            found["header"] = self.has_header
        if self.dialect.first_line > 1:
            found["first_line"] = self.dialect.first_line
        if self.sheets:
            found |= {"sheet": self.sheet, "sheets": list(self.sheets)}
        return found | ({"decided": self.decided} if self.decided else {})

    def refuse_doubts(self) -> None:
        """Raises TableError if two readings are about as good, and nobody said which."""
        for doubt in self.doubts:
            if not doubt.likely:
                raise TableError(doubt.sentence(self.name))

    def blocks(self, window: int = WINDOW) -> Iterator[Cells]:
        """Every row, as long as there are columns, `window` bytes at a time; raises TableError."""
        width, cells_so_far = len(self.columns), 0
        with readable(self.path):
            for rows, bad in self._raw(window):
                # Before short rows are filled up: a small file can ask for any number of cells.
                cells_so_far += len(rows) * width
                if cells_so_far > MOST_CELLS:
                    raise TableError(
                        f"{self.name} has more than {MOST_CELLS:,} cells. Leave columns out, or "
                        "import it in parts."
                    )
                found = Cells([], [*bad])
                for line, cells in rows:
                    if len(cells) > width:
                        reason = f"has {len(cells):,} cells, the table {width:,} columns"
                        found.bad.append(BadRow(line, reason))
                    else:
                        found.rows.append((line, cells + [""] * (width - len(cells))))
                yield found

    def head(self, number: int) -> list[list[str]]:
        """The first rows; raises TableError."""
        return [cells for _, cells in first_rows(self.blocks(2**18), number)]

    def _raw(self, window: int) -> Iterator[Cells]:
        if self.tool and self.raw:
            records = records_of(self.raw, window)
            yield from files.record_cells(records, self.fields, self.tool.rows)
        elif self.kind in ("json", "parquet"):
            yield from files.record_cells(records_of(self, window), self.fields)
        else:
            if self.kind == "csv":
                blocks = csv_rows(self.plain, self.dialect, window)
            else:
                first = self.dialect.first_line
                blocks = files.excel_rows(self.plain, self.name, self.workbook_sheet, first)
            skip = self.has_header
            for rows, bad in blocks:
                yield Cells(rows[skip:], bad)
                skip = skip and not rows


def records_of(table: SourceTable, window: int) -> Iterator[Record]:
    """The table's rows as (line, {column: value}, why there is none)."""
    if table.kind == "json":
        yield from files.json_records(table.plain, table.name)
    elif table.kind == "parquet":
        yield from files.parquet_records(table.plain, table.name)
    else:
        for block in table.blocks(window):
            for line, cells in block.rows:
                yield Record(line, dict(zip(table.columns, cells, strict=True)))
            for bad in block.bad:
                yield Record(bad.line, None, bad.reason)


def csv_rows(path: Path, dialect: Dialect, window: int = SAMPLE_BYTES) -> Iterator[Cells]:
    """The rows of a UTF-8 file, from the table's first line on."""
    first = dialect.first_line
    blocks = read_row_blocks(path, dialect.divided_by, window, quotes=dialect.quotes)
    for rows, bad in blocks:
        yield Cells(
            [(row.line, row.fields) for row in rows if row.line >= first],
            [each for each in bad if each.line >= first],
        )


def first_rows(blocks: Iterator[Cells], number: int = SAMPLE_ROWS) -> list[tuple[int, list[str]]]:
    """The first rows, each with its line."""
    return list(islice((row for block in blocks for row in block.rows), number))


def readable(path: Path) -> AbstractContextManager[None]:
    """Turns what the disk refuses into a TableError."""
    return refused_as(TableError, path.name, "Give the path of a readable file.")

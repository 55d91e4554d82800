"""Reader of CSV, JSON, Parquet and Excel tables: rows of texts, each with its line.

Every row is either given or reported. What was recognized is told, and each thing can be said
otherwise; where two readings are about as good, both are told. Nothing that a file holds is run,
and a file that would fill the memory is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from core.errors import TableError
from core.exchange.tables.containers import PACKED, member, unpack
from core.exchange.tables.dialect import (
    NONE,
    SAMPLE_ROWS,
    Dialect,
    header_of,
    recognize_dialect,
    title_rows,
)
from core.exchange.tables.encodings import SAMPLE_BYTES, Encoding, as_utf8, recognize
from core.exchange.tables.files import (
    MOST_COLUMNS,
    Cells,
    Record,
    excel_rows,
    excel_sheets,
    is_json_lines,
    json_records,
    parquet_columns,
    parquet_records,
    parquet_rows,
    record_cells,
    record_columns,
    too_many_columns,
)
from core.exchange.tables.roles import Columns
from core.exchange.tables.tool_formats import (
    FASTTEXT,
    LEAST_SHARE,
    ROLES,
    ToolFormat,
    fasttext_row,
    recognize_tool,
)
from core.system.csv_rows import WINDOW, BadRow, Quotes, read_row_blocks
from core.system.durable import refused_as
from core.system.process import folder_of

MOST_CELLS = 100_000_000
"""Of one table: ten million rows of ten columns, some gigabyte."""

ENDINGS = {
    "csv": (".csv", ".tsv", ".tab", ".txt"),
    "json": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
    "excel": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
}
KINDS = {ending: kind for kind, endings in ENDINGS.items() for ending in endings}
"""By the ending of the file's name, which may stand before one of `PACKED`."""

FORMAT_NAMES = {"csv": "CSV", "json": "JSON", "parquet": "Parquet", "excel": "Excel"}

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


@dataclass(frozen=True)
class Doubt:
    """Two readings that are about as good: what they are about, and (option, how it reads) each."""

    about: str
    readings: tuple[tuple[str, str], ...]

    def sentence(self, file: str) -> str:
        """What a person is asked."""
        options = "; ".join(f"{option} reads {shown}" for option, shown in self.readings)
        return f"{file}: {self.about} is in doubt. Say which: {options}."


@dataclass(frozen=True, eq=False)
class SourceTable:
    """A table in a file: its columns, and how they are to be read.

    `encoding`, `delimiter` and `quote` are empty for kinds that know none; `sheet` for all but
    workbooks and zip archives. `roles` are the columns that a tool's format defines; columns that
    are `structured` hold lists or objects; `raw` is the table without the `tool`. `plain`
    is the file itself, or a copy that is unpacked, in UTF-8, and has the usual line ends; it goes
    with the table.
    """

    path: Path
    kind: str
    columns: tuple[str, ...]
    plain: Path
    format: str
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
        return found

    def refuse_doubts(self) -> None:
        """Raises TableError if two readings are about as good, and nobody said which."""
        if self.doubts:
            raise TableError(self.doubts[0].sentence(self.name))

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
        return [cells for _, cells in _head(self.blocks(2**18), number)]

    def reads_better(self) -> str:
        """The options by which more rows would be read; empty if there are none.

        Raises TableError.
        """
        if self.kind != "csv" or self.tool:
            return ""
        bad, rows = self._misfits(self)
        unquoted = replace(self.dialect, quotes=Quotes("" if self.dialect.quote else '"'))
        for other in (recognize_dialect(self.plain, self.plain.suffix.lower()), unquoted):
            width = max((len(cells) for _, cells in _head(_csv_rows(self.plain, other))), default=1)
            columns = self.columns
            if other.delimiter != self.dialect.delimiter:
                columns = tuple(map(str, range(width)))
            fits, _ = self._misfits(replace(self, dialect=other, columns=columns))
            if fits < bad and fits <= rows // 100:
                return _options(self.dialect, other)
        return ""

    @staticmethod
    def _misfits(table: "SourceTable") -> tuple[int, int]:
        """(rows that cannot be read, all rows)."""
        bad = rows = 0
        for block in table.blocks():
            bad += len(block.bad)
            rows += len(block.rows) + len(block.bad)
        return bad, rows

    def _raw(self, window: int) -> Iterator[Cells]:
        if self.tool and self.raw:
            records = _records_of(self.raw, window)
            yield from record_cells(records, self.columns, self.tool.rows)
        elif self.kind == "csv":
            rows = _csv_rows(self.plain, self.dialect, window)
            yield from _without_header(rows, self.has_header)
        elif self.kind == "json":
            yield from record_cells(json_records(self.plain, self.name), self.columns)
        elif self.kind == "parquet":
            yield from parquet_rows(self.plain, self.name)
        else:
            rows = _from_line(
                excel_rows(self.plain, self.name, self.workbook_sheet), self.dialect.first_line
            )
            yield from _without_header(rows, self.has_header)


def open_table(path: Path, reading: Reading = Reading()) -> SourceTable:
    """The table in this file, read as asked for.

    Raises TableError if there is no such file, or none that can be read as a table.
    """
    if not path.is_file():
        what = "is a folder, no file" if path.is_dir() else "is not there"
        raise TableError(f"{path.name} {what}. Give the path of a table: {path}.")
    endings = [ending.lower() for ending in path.suffixes]
    owner = _Owner()
    plain, sheets, sheet = path, (), reading.sheet
    with _readable(path):
        if endings and endings[-1] in PACKED:
            sheet, sheets = member(path, reading.sheet, tuple(KINDS))
            plain = unpack(path, sheet, folder_of(owner))
            ending = Path(sheet).suffix.lower()
            sheet = sheet if sheets else reading.sheet
        else:
            ending = endings[-1] if endings else ""
        kind = KINDS.get(ending)
        if kind is None:
            raise TableError(
                f"{path.name}: files that end in `{ending}` are not known here. Bring one that "
                f"ends in {', '.join(KINDS)}, perhaps packed as .gz or .zip, or a folder in the "
                "layout of a workspace."
            )
        common = {"path": path, "owner": owner, "sheets": sheets, "sheet": sheet if sheets else ""}
        if kind == "parquet":
            return _open_parquet(plain, reading, common)
        if kind == "excel":
            return _open_excel(plain, reading, common)
        encoding, doubts = reading.encoding, ()
        if not encoding:
            found = recognize(plain)
            encoding, doubts = found.name, _encoding_doubts(found)
        plain = _as_plain(plain, encoding, folder_of(owner))
        common |= {"encoding": encoding, "doubts": doubts}
        if kind == "json" or (kind == "csv" and is_json_lines(plain)):
            return _open_json(plain, reading, common)
        return _open_delimited(plain, ending, reading, common)


class _Owner:
    """Its temporary folders go when it does."""


def _open_parquet(plain: Path, reading: Reading, common: Mapping[str, Any]) -> SourceTable:
    name = common["path"].name
    columns, structured = parquet_columns(plain, name)
    table = SourceTable(
        **common,
        kind="parquet",
        columns=_distinct(columns),
        plain=plain,
        format="Parquet",
        structured=frozenset(structured),
    )
    return _as_tool(table, reading)


def _open_excel(plain: Path, reading: Reading, common: Mapping[str, Any]) -> SourceTable:
    path = common["path"]
    sheets = excel_sheets(plain, path.name)
    asked = "" if common["sheets"] else reading.sheet  # of an archive it named the workbook
    if not sheets or (asked and asked not in sheets):
        known = ", ".join(f"`{name}`" for name in sheets) or "no sheet at all"
        raise TableError(f"{path.name} has no sheet `{asked}`. It has {known}.")
    sheet = asked or sheets[0]
    rows = _head(excel_rows(plain, path.name, sheet))
    top = title_rows(rows)
    first_line = rows[top][0] if top else 1
    columns, has_header, doubts = _columns([cells for _, cells in rows[top:]], reading, path)
    return SourceTable(
        **common | ({} if common["sheets"] else {"sheet": sheet, "sheets": tuple(sheets)}),
        kind="excel",
        columns=columns,
        plain=plain,
        format="Excel",
        has_header=has_header,
        dialect=Dialect(first_line=first_line),
        workbook_sheet=sheet,
        doubts=doubts,
    )


def _open_json(plain: Path, reading: Reading, common: Mapping[str, Any]) -> SourceTable:
    name = common["path"].name
    columns, structured = record_columns(json_records(plain, name), name)
    table = SourceTable(
        **common,
        kind="json",
        columns=_distinct(columns),
        plain=plain,
        format="JSON",
        structured=frozenset(structured),
    )
    return _as_tool(table, reading)


def _open_delimited(
    plain: Path, ending: str, reading: Reading, common: Mapping[str, Any]
) -> SourceTable:
    path = common["path"]
    if reading.tools and _is_fasttext(plain):
        records = ToolFormat("fastText", lambda record: iter([fasttext_row(record["line"])]))
        table = SourceTable(
            **common, kind="csv", columns=("line",), plain=plain, format="", has_header=False,
            dialect=Dialect("", Quotes("")),
        )  # fmt: skip
        return _of_tool(table, records)
    dialect = recognize_dialect(
        plain, ending, _asked(reading.delimiter, path), _asked(reading.quote, path)
    )
    head = _head(_csv_rows(plain, dialect))
    if not dialect.delimiter and ending == ".txt" and reading.has_header is None:
        is_named = header_of([cells for _, cells in head], reading.named) if head else None
        reading = replace(reading, has_header=bool(is_named))  # most are lists without a heading
    columns, has_header, doubts = _columns([cells for _, cells in head], reading, path)
    form = "CSV" if dialect.delimiter else "a text in each line"
    table = SourceTable(
        **common | {"doubts": (*common["doubts"], *doubts)},
        kind="csv",
        columns=columns,
        plain=plain,
        format=form,
        has_header=has_header,
        dialect=dialect,
    )
    return _as_tool(table, reading)


def _as_tool(table: SourceTable, reading: Reading) -> SourceTable:
    """The table as another labeling tool meant it, if it is an export of one."""
    if not reading.tools or (table.kind == "csv" and not table.has_header):
        return table
    sample = list(islice(_records_of(table, SAMPLE_BYTES), SAMPLE_ROWS))
    found = recognize_tool([record for _, record, _ in sample if record])
    return _of_tool(table, found) if found else table


def _of_tool(table: SourceTable, tool: ToolFormat) -> SourceTable:
    """The table whose columns are those of the tool's rows: the roles first, then the others."""
    names: dict[str, None] = {}
    structured: set[str] = set()
    for _, record, _ in _records_of(table, WINDOW):
        for row in tool.rows(record) if record else ():
            for name, value in row.items():
                names[name] = None
                if isinstance(value, list):
                    structured.add(name)
    roles = {what: name for what, name in asdict(ROLES).items() if name in names}
    ordered = [*roles.values(), *(name for name in names if name not in roles.values())]
    return replace(
        table,
        columns=_distinct(ordered),
        format=tool.name,
        roles=Columns(**{"text": "text", **roles}),
        structured=frozenset(structured),
        tool=tool,
        raw=table,
    )


def _records_of(table: SourceTable, window: int) -> Iterator[Record]:
    """The table's rows as (line, {column: value}, why there is none)."""
    if table.kind == "json":
        yield from json_records(table.plain, table.name)
    elif table.kind == "parquet":
        yield from parquet_records(table.plain, table.name)
    else:
        for block in table.blocks(window):
            for line, cells in block.rows:
                yield Record(line, dict(zip(table.columns, cells, strict=True)))
            for bad in block.bad:
                yield Record(bad.line, None, bad.reason)


def _as_plain(path: Path, encoding: str, folder: Path) -> Path:
    """The text in UTF-8 with the usual line ends: the file itself, or a copy in this folder."""
    with as_utf8(path, encoding) as text:
        if text != path:
            path = text.rename(folder / f"text{path.suffix}")
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if b"\r" not in sample or b"\n" in sample:
        return path
    copy = folder / f"lines{path.suffix}"
    with path.open("rb") as source, copy.open("wb") as target:
        while data := source.read(SAMPLE_BYTES):
            target.write(data.replace(b"\r", b"\n"))
    return copy


def _is_fasttext(plain: Path) -> bool:
    """Whether most of the first lines begin with a label as fastText writes it."""
    with plain.open("rb") as file:
        lines = [line for line in file.read(SAMPLE_BYTES).splitlines()[:SAMPLE_ROWS] if line]
    labeled = sum(line.startswith(FASTTEXT.encode()) for line in lines)
    return bool(lines) and labeled >= LEAST_SHARE * len(lines)


def _options(one: Dialect, other: Dialect) -> str:
    """What makes one dialect the other."""
    found = []
    if other.delimiter != one.delimiter:
        found.append(f"--delimiter '{other.delimiter or NONE}'")
    if other.quote != one.quote:
        found.append(f"--quote '{other.quote or NONE}'")
    return " ".join(found)


def _asked(character: str, path: Path) -> str | None:
    """The delimiter or quote that somebody named, empty for `none`; None if nobody did."""
    if not character:
        return None
    if character == NONE:
        return ""
    if len(character) != 1 or character in "\r\n":
        raise TableError(
            f"{path.name}: `{character}` cannot divide or quote cells. Give one character, or "
            f"`{NONE}`."
        )
    return character


def _encoding_doubts(found: Encoding) -> tuple[Doubt, ...]:
    """The doubt about a code page, with the first line in which each reading differs."""
    if found.is_sure:
        return ()
    names = (found.name, *found.alternatives)
    readings = [
        (f"--encoding {name}", lines[0] if lines else "the same")
        for name, lines in zip(names, found.samples, strict=True)
    ]
    return (Doubt("its encoding", tuple(readings)),)


def _csv_rows(path: Path, dialect: Dialect, window: int = SAMPLE_BYTES) -> Iterator[Cells]:
    """The rows of a UTF-8 file, from the table's first line on."""
    first = dialect.first_line
    blocks = read_row_blocks(path, dialect.divided_by, window, quotes=dialect.quotes)
    for rows, bad in blocks:
        yield Cells(
            [(row.line, row.fields) for row in rows if row.line >= first],
            [each for each in bad if each.line >= first],
        )


def _from_line(blocks: Iterator[Cells], first: int) -> Iterator[Cells]:
    for rows, bad in blocks:
        yield Cells([row for row in rows if row[0] >= first], bad)


def _without_header(blocks: Iterator[Cells], has_header: bool) -> Iterator[Cells]:
    for rows, bad in blocks:
        yield Cells(rows[has_header:], bad)
        has_header = has_header and not rows


def _head(blocks: Iterator[Cells], number: int = SAMPLE_ROWS) -> list[tuple[int, list[str]]]:
    """The first rows, each with its line."""
    return list(islice((row for block in blocks for row in block.rows), number))


def _columns(
    head: Sequence[Sequence[str]], reading: Reading, path: Path
) -> tuple[tuple[str, ...], bool, tuple[Doubt, ...]]:
    """(names of the columns, whether the first row has them, the doubt about it)."""
    if not head:
        raise TableError(f"{path.name} has no rows. Bring a file that holds some.")
    width = max(map(len, head))
    if width > MOST_COLUMNS:
        raise too_many_columns(path.name)
    has_header, doubts = reading.has_header, ()
    if has_header is None:
        has_header = header_of(head, reading.named)
    if has_header is None:
        shown = ", ".join(f"`{cell[:40]}`" for cell in head[0][:6])
        readings = (HEADER, f"{shown} as names"), (NO_HEADER, f"{shown} as data")
        doubts = (Doubt("its first row", readings),)
    if not has_header:
        return tuple(f"column {at + 1}" for at in range(width)), False, doubts
    names, wider = list(head[0]), [row for row in head[1:] if len(row) == len(head[0]) + 1]
    if 2 * len(wider) > len(head) - 1:
        # A delimiter at the end of each row; or R, which names no column of row names.
        names = ["", *names] if any(row[-1] for row in wider) else [*names, ""]
    return _distinct(names), True, doubts


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, a column by its number where it has none, the second `a` as `a (2)`."""
    found: dict[str, str] = {}
    for at, given in enumerate(names, start=1):
        name = given.strip() or f"column {at}"
        called, number = name, 1
        while called.casefold() in found:
            number += 1
            called = f"{name} ({number})"
        found[called.casefold()] = called
    return tuple(found.values())


def _readable(path: Path) -> AbstractContextManager[None]:
    """Turns what the disk refuses into a TableError."""
    return refused_as(TableError, path.name, "Give the path of a readable file.")

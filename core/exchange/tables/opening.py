"""Opening of a file as a table: kind, encoding, dialect, header and columns, recognized or said."""

import gzip
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from core.errors import TableError
from core.exchange.tables import files, reader, tool_formats
from core.exchange.tables.dialect import (
    NONE,
    SAMPLE_ROWS,
    Dialect,
    header_of,
    recognize_dialect,
    title_rows,
)
from core.exchange.tables.encodings import SAMPLE_BYTES, Encoding, as_utf8, recognize
from core.exchange.tables.reader import KINDS, RECOGNIZED, Doubt, Reading, SourceTable
from core.exchange.tables.roles import Columns, is_usual
from core.system.csv_rows import WINDOW, Quotes
from core.system.process import folder_of

PACKED = (".gz", ".zip")

AT_ONCE = 2**20

SIGNATURES = {
    b"%PDF-": "a PDF. Save its table as CSV",
    b"PK\x03\x04": "a workbook or an archive. Let its name end in .xlsx, .ods or .zip",
    b"\xd0\xcf\x11\xe0": "an old Office file. Let its name end in .xls if it is a workbook",
    b"PAR1": "a Parquet file. Let its name end in .parquet",
    b"\x1f\x8b": "packed. Let its name end in .gz",
    b"<!DOCTYPE html": "a web page. Download the table itself",
    b"<html": "a web page. Download the table itself",
}
"""How files begin that are no text tables, whatever they are called, and what to do about each."""


def open_table(path: Path, reading: Reading = RECOGNIZED) -> SourceTable:
    """The table in this file, read as asked for; raises TableError if there is none."""
    if not path.is_file():
        what = "is not there"
        if path.is_dir():
            what = "is a folder. Import its tables one by one; of a workspace, import its export"
        raise TableError(f"{path.name} {what}. Give the path of a table, not {path}.")
    owner, plain, sheets, inside = _Owner(), path, (), ""
    ending = path.suffix.lower()
    with reader.readable(path):
        if ending in PACKED:
            inside, sheets = member(path, reading.sheet, tuple(KINDS))
            plain = unpack(path, inside, folder_of(owner))
            ending = Path(inside).suffix.lower()
        kind = KINDS.get(ending)
        if kind is None:
            raise TableError(
                f"{path.name}: files that end in `{ending}` cannot be imported. Choose one that "
                f"ends in {', '.join(KINDS)}, perhaps packed as .gz or .zip, or a folder laid "
                "out as a workspace."
            )
        table = SourceTable(
            path, kind, plain, sheets=sheets, sheet=inside if sheets else "", owner=owner
        )
        if kind == "parquet":
            return _open_records(table, reading)
        if kind == "excel":
            _refuse_other_kinds(plain, path.name, is_workbook=True)
            return _open_excel(table, reading)
        _refuse_other_kinds(plain, path.name)
        found = Encoding(reading.encoding) if reading.encoding else recognize(plain)
        plain = _as_plain(plain, found.name, folder_of(owner))
        doubts = _encoding_doubts(found)
        table = replace(table, plain=plain, encoding=found.name, doubts=doubts)
        if kind == "json" or files.is_json_lines(plain):
            return _open_records(replace(table, kind="json"), reading)
        return _open_delimited(table, ending, reading)


def _refuse_other_kinds(plain: Path, name: str, *, is_workbook: bool = False) -> None:
    """Raises TableError for no text, or for a text that is called a workbook, as some write it."""
    with plain.open("rb") as file:
        begin = file.read(2**12)
    for signature, what in SIGNATURES.items():
        if not is_workbook and begin.lower().startswith(signature.lower()):
            raise TableError(f"{name} is not a table of texts but {what}.")
    if is_workbook and begin and min(begin) > 8:
        raise TableError(
            f"{name} is called a workbook, but is plain text or a web page. If it is a table, let "
            "its name end in .csv; or save it as a workbook."
        )


class _Owner:
    """Its temporary folders go when it does."""


def _open_excel(table: SourceTable, reading: Reading) -> SourceTable:
    name, plain = table.name, table.plain
    with files.workbook(plain, name) as book:
        sheets = list(book.sheet_names)
    asked = "" if table.sheets else reading.sheet  # of an archive it named the workbook
    if not sheets or (asked and asked not in sheets):
        known = ", ".join(f"`{each}`" for each in sheets) or "no sheet at all"
        raise TableError(f"{name} has no sheet `{asked}`. It has {known}.")
    sheet = asked or sheets[0]
    rows = reader.first_rows(files.excel_rows(plain, name, sheet))
    top = title_rows(rows)
    head = [cells for _, cells in rows[top:]]
    if not table.sheets:
        table = replace(table, sheet=sheet, sheets=tuple(sheets))
    dialect = Dialect(first_line=rows[top][0] if top else 1)
    table = replace(table, format="Excel", dialect=dialect, workbook_sheet=sheet)
    return _with_columns(table, head, reading)


def _open_records(table: SourceTable, reading: Reading) -> SourceTable:
    if table.kind == "json":
        form, records = "JSON", files.json_records(table.plain, table.name)
        columns, structured = files.record_columns(records, table.name)
    else:
        form, (columns, structured) = "Parquet", files.parquet_columns(table.plain, table.name)
    return _as_tool(replace(table, format=form, **_named(columns, structured)), reading)


def _open_delimited(table: SourceTable, ending: str, reading: Reading) -> SourceTable:
    path, plain = table.path, table.plain
    if reading.tools and _is_fasttext(plain):
        whole = Dialect("", Quotes(""))
        lines = replace(table, columns=("line",), has_header=False, dialect=whole)
        return _of_tool(lines, tool_formats.FASTTEXT_LINES)
    dialect = recognize_dialect(
        plain, ending, _asked(reading.delimiter, path), _asked(reading.quote, path)
    )
    head = [cells for _, cells in reader.first_rows(reader.csv_rows(plain, dialect))]
    is_list = not dialect.delimiter and ending == ".txt"
    form = "CSV" if dialect.delimiter else "one text per line"
    table = replace(table, format=form, dialect=dialect)
    return _as_tool(_with_columns(table, head, reading, is_list), reading)


def _as_tool(table: SourceTable, reading: Reading) -> SourceTable:
    """The table as another labeling tool meant it, if it is an export of one."""
    if not reading.tools or (table.kind == "csv" and not table.has_header):
        return table
    sample = list(islice(reader.records_of(table, SAMPLE_BYTES), SAMPLE_ROWS))
    found = tool_formats.recognize_tool([record for _, record, _ in sample if record])
    return _of_tool(table, found) if found else table


def _of_tool(table: SourceTable, tool: tool_formats.ToolFormat) -> SourceTable:
    """The table whose columns are those of the tool's rows: the roles first, then the others."""
    names: dict[str, None] = {}
    structured: set[str] = set()
    decided = 0
    for _, record, _ in reader.records_of(table, WINDOW):
        decided += bool(record) and tool_formats.is_decided(record)
        for row in tool.rows(record) if record else ():
            # Tasks that another program made for the tool may have no ids yet.
            names |= dict.fromkeys(x for x in row if x != "id" or row[x] not in (None, ""))
            structured |= {name for name, value in row.items() if isinstance(value, list)}
    roles = {what: name for what, name in asdict(tool_formats.ROLES).items() if name in names}
    ordered = [*roles.values(), *(name for name in names if name not in roles.values())]
    return replace(
        table,
        **_named(ordered, structured),
        format=tool.name,
        roles=Columns(**{"text": "text", **roles}),
        tool=tool,
        raw=table,
        decided=decided,
    )


def _as_plain(path: Path, encoding: str, folder: Path) -> Path:
    """The text in UTF-8 with the usual line ends: the file itself, or a copy in this folder."""
    path = as_utf8(path, encoding, folder)
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
    with plain.open("rb") as file:
        lines = [line for line in file.read(SAMPLE_BYTES).splitlines()[:SAMPLE_ROWS] if line]
    labeled = sum(line.startswith(tool_formats.FASTTEXT.encode()) for line in lines)
    return bool(lines) and 2 * labeled > len(lines)


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
    """The doubt about a code page, with a line as each of them reads it."""
    if not found.alternatives:
        return ()
    names = (f"--encoding {name}" for name in (found.name, *found.alternatives))
    return (Doubt("its encoding", tuple(zip(names, found.samples, strict=True))),)


def _with_columns(
    table: SourceTable, head: Sequence[Sequence[str]], reading: Reading, is_list: bool = False
) -> SourceTable:
    """The table with the columns of its first rows, and the doubt whether the first names them."""
    if not head:
        raise TableError(f"{table.name} has no rows. Choose a file that has some.")
    width = max(map(len, head))
    if width > files.MOST_COLUMNS:
        raise files.too_many_columns(table.name)
    has_header, doubts = reading.has_header, table.doubts
    if has_header is None:
        has_header = header_of(head, reading.named)
        has_header = bool(has_header) if is_list else has_header
        first = next(iter(head[0]), "")
        is_told = width > 1 or len(head) < 2 or is_usual(first) or first in reading.named
        if has_header is None or not is_told:
            shown = ", ".join(f"`{cell[:40]}`" for cell in head[0][:6])
            readings = (reader.HEADER, f"{shown} as names"), (reader.NO_HEADER, f"{shown} as data")
            likely = {True: reader.HEADER, False: reader.NO_HEADER}.get(has_header, "")
            doubts = (*doubts, Doubt("its first row", readings, likely))
    if not has_header:
        names = tuple(f"column {at + 1}" for at in range(width))
        return replace(table, columns=names, has_header=False, doubts=doubts)
    names, wider = list(head[0]), [row for row in head[1:] if len(row) == len(head[0]) + 1]
    if 2 * len(wider) > len(head) - 1:
        # A delimiter at the end of each row; or R, which names no column of row names.
        names = ["", *names] if any(row[-1] for row in wider) else [*names, ""]
    return replace(table, columns=_distinct(names), has_header=True, doubts=doubts)


def _named(fields: Sequence[str], structured: Collection[str]) -> dict[str, Any]:
    """What a table of records is told of its columns, whose names may not differ in case alone."""
    columns = _distinct(fields)
    held = frozenset(x for x, field in zip(columns, fields, strict=True) if field in structured)
    return {"columns": columns, "fields": tuple(fields), "structured": held}


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


def member(path: Path, asked: str, endings: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """(the file to unpack, as asked for or the first of such an ending, all that could be)."""
    if path.suffix.lower() == ".gz":
        return path.stem, ()
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise TableError(f"{path.name} is not a readable zip archive: {error}.") from error
    shown = (x for x in names if Path(x).name[:1] != "." and not x.startswith("__MACOSX/"))
    tables = tuple(x for x in shown if x.lower().endswith(tuple(endings)))
    if (asked and asked not in tables) or not tables:
        known = ", ".join(f"`{name}`" for name in tables or names[:20]) or "nothing"
        what = f"file `{asked}`" if asked else "table"
        raise TableError(f"{path.name} holds no {what}. It holds {known}.")
    return asked or tables[0], tables


def unpack(path: Path, name: str, folder: Path) -> Path:
    """The file of this name, unpacked into the folder; raises TableError for one too large."""
    target, total = folder / f"table{Path(name).suffix.lower()}", 0
    is_gzip = path.suffix.lower() == ".gz"
    try:
        with (
            gzip.open(path) if is_gzip else zipfile.ZipFile(path).open(name) as source,
            target.open("wb") as file,
        ):
            while data := source.read(AT_ONCE):
                total += len(data)
                if total > files.MOST_UNPACKED:
                    raise TableError(
                        f"{path.name} would unpack to more than 4 GB. Import it in parts."
                    )
                file.write(data)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError) as error:
        raise TableError(
            f"{path.name} cannot be unpacked: {error}. Unpack it, and import the file in it."
        ) from error
    return target

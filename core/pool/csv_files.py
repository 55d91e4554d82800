"""The pool's CSV files, read in blocks of rows: memory does not grow with the file.

DuckDB reads a file fast; whenever it stumbles, or something looks odd, the careful reader goes
over that file row by row, so that each bad row is reported with its line.
"""

import codecs
import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import PoolError
from core.pool.folder import DELIMITERS
from core.pool.header import ID, TEXT, Header, may_be_header, read_header
from core.system.csv_rows import BadRow, Row, parse_rows, read_row_blocks, readable, row_shown
from core.system.findings import Finding, Kind, malformed
from core.system.parallel import ROWS_AT_ONCE

CSV_OPTIONS = """header = false, auto_detect = false, null_padding = true,
    quote = '"', escape = '"'"""

AT_ONCE = 2**23  # bytes that are looked at at a time
OTHER_DELIMITERS = ";\t|,"  # what may divide the cells instead, if it divides the header
HEAD, HEAD_LINES = 2**20, 20  # bytes, and lines, that a file is recognized by

FOREIGN = {
    codecs.BOM_UTF16_LE: "is UTF-16. Save it as UTF-8",
    codecs.BOM_UTF16_BE: "is UTF-16. Save it as UTF-8",
    b"PK\x03\x04": "is a zip archive or an Excel file. Save it as CSV",
    b"\x1f\x8b": "is compressed. Unpack it",
}
"""What a file begins with that is no CSV, whatever its name says."""


class NotPlainError(Exception):
    """A file, or a part of it, is not for the fast reader."""


@dataclass(frozen=True)
class PoolFile:
    """A CSV file of the pool, and what its first rows say.

    Its header ends with line `header_lines`, 0 without one. It has no ids if `columns` have no
    `item_id`; then its items are named by their texts. Of a file that is `unread` no row is taken.
    """

    path: Path
    delimiter: str = ","
    columns: tuple[str, ...] = (ID, TEXT)
    header_lines: int = 0
    findings: tuple[Finding, ...] = ()
    unread: bool = False

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


def open_pool_file(path: Path) -> PoolFile:
    """The file with its columns; raises PoolError if it or its header cannot be read.

    What divides its cells is told by its name, unless another sign divides a plain header.
    """
    file = PoolFile(path, DELIMITERS[path.suffix.lower()])
    with readable(file.name, PoolError), path.open("rb") as source:
        head = source.read(HEAD)
    if reason := _foreign(head):
        told = Finding.at(Kind.PASSED_OVER, file.name, f"the file {reason}; it is ignored.")
        return replace(file, findings=(told,), unread=True)
    *lines, _ = head.split(b"\n", HEAD_LINES)  # a line without its end is none yet
    head = b"".join(line + b"\n" for line in lines)
    found = parse_rows(head, delimiter=file.delimiter)
    for delimiter in dict.fromkeys((file.delimiter, *OTHER_DELIMITERS)):
        row = _first_row(head, delimiter)
        header = read_header(row.fields) if row else None
        if header and (delimiter == file.delimiter or len(header.columns) > 1):
            return _with_header(replace(file, delimiter=delimiter), row, header)
    if found.bad and not _first_row(head, file.delimiter):
        _refuse_bad_header(file, found.bad[0])
        return file
    return replace(file, findings=(*_missed_headers(file.name, found.rows),))


def _first_row(head: bytes, delimiter: str) -> Row | None:
    """The first row of a file that begins like this; None if there is none, or it is a bad one."""
    found = parse_rows(head, delimiter=delimiter)
    rows, bad = found.rows[:1], found.bad[:1]
    return rows[0] if rows and not (bad and bad[0].line < rows[0].line) else None


def _foreign(head: bytes) -> str:
    """Why a file that begins like this is not read, and how to mend it; empty if it is."""
    for mark, reason in FOREIGN.items():
        if head.startswith(mark):
            return reason
    line, end, _ = head.partition(b"\n")
    if len(line) > 3 and not (any(line[::2]) and any(line[1::2])):
        return FOREIGN[codecs.BOM_UTF16_LE]  # without its mark
    if not end and re.search(rb"\r[^\n]", line):
        return "ends its lines as old Macs did. Save it with other line ends"
    return ""


def _refuse_bad_header(file: PoolFile, row: BadRow) -> None:
    """Raises PoolError for a header that is no row: the first item would be taken for it."""
    cells = [cell.strip().strip('"') for cell in row.content.split(file.delimiter)]
    if read_header(cells):
        raise PoolError(
            f"{file.name} line {row.line}: the header is not valid UTF-8, or has a quote that is "
            "not closed. Fix the line.",
            file.name,
        )


def _with_header(file: PoolFile, row: Row, header: Header) -> PoolFile:
    names = header.columns
    if len(set(names)) < len(names):
        raise PoolError(
            f"{file.name} line {row.line}: the header has a repeated column. Name each once.",
            file.name,
        )
    doubts = (Finding.at(Kind.UNSURE_HEADER, file.name, doubt, row.line) for doubt in header.doubts)
    lines = row.line + sum(cell.count("\n") for cell in row.fields)
    return replace(file, columns=names, header_lines=lines, findings=(*doubts,))


def _missed_headers(name: str, rows: Sequence[Row]) -> Iterator[Finding]:
    """Rows at the beginning of a file that may be its header, and are read as items."""
    below = [row.fields for row in rows[1:]]
    for row in rows:
        header = read_header(row.fields)
        is_one = {ID, TEXT}.issubset(header.columns) if header else row is rows[0]
        if is_one and (header or may_be_header(row.fields, below)):
            what = (
                "this may be a header, and is read as an item. If it is one, call the columns "
                "item_id and text, in the file's first line."
            )
            yield Finding.at(Kind.UNSURE_HEADER, name, what, row.line, row=row_shown(row.fields))


def plain_blocks(
    path: Path, columns: Sequence[str], skip: int = 0, delimiter: str = ","
) -> Iterator[pa.RecordBatch]:
    """The rows of a file by DuckDB, as texts; raises NotPlainError if any is not plain."""
    import duckdb  # a quarter of a second, and a pool that was read before needs none of it

    # DuckDB would take `*`, `?` and `[` for a pattern of several files.
    is_odd = glob.has_magic(str(path)) or _goes_on(path, skip)
    differ_by_case_alone = len({name.casefold() for name in columns}) != len(columns)
    if is_odd or differ_by_case_alone or _has_lone_return(path):
        raise NotPlainError
    quoted = [name.replace("'", "''") for name in columns]
    declared = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in quoted) + "}"
    options = f"{CSV_OPTIONS}, delim = '{delimiter}', skip = {skip}"
    query = f"FROM read_csv(?, columns = {declared}, {options})"
    with duckdb.connect(config={"threads": 2}) as connection:
        # After two seconds it would stand on the standard output, amid an answer in JSON.
        connection.execute("SET enable_progress_bar = false")
        try:
            found = connection.sql(query, params=[str(path)])
            for batch in found.to_arrow_reader(_rows_at_once(path)):
                yield _plain_batch(batch, columns)
        # What is wrong behind the first block comes out of Arrow's stream, as an OSError.
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise NotPlainError from error


def careful_blocks(
    path: Path, file: PoolFile, *, is_start: bool = True, lines_before: int = 0
) -> Iterator[tuple[pa.RecordBatch, list[Finding]]]:
    """The rows of a file, or of a later part of one, with a finding for each that is left out."""
    skip = is_start and file.header_lines > 0
    for rows, bad in read_row_blocks(path, file.delimiter):
        findings = [
            malformed(file.name, lines_before + row.line, f"the row {row.reason}", row.content)
            for row in bad
        ]
        kept = []
        for row in rows[1:] if skip and rows else rows:
            reason = _refusal(row.fields, file)
            if reason:
                shown = row_shown(row.fields)
                findings.append(malformed(file.name, lines_before + row.line, reason, shown))
            else:
                kept.append(row)
        skip = skip and not rows
        yield _as_batch(kept, file.columns), findings


def _as_batch(rows: Sequence[Row], columns: Sequence[str]) -> pa.RecordBatch:
    fields = [(row.fields + [""] * len(columns))[: len(columns)] for row in rows]
    values = zip(*fields, strict=True) if fields else [()] * len(columns)
    arrays = [pa.array(column, pa.large_string()) for column in values]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _rows_at_once(path: Path) -> int:
    """`ROWS_AT_ONCE` rows, or fewer where the first ones are long: this bounds the memory."""
    with path.open("rb") as file:
        first = file.read(AT_ONCE)
    return min(ROWS_AT_ONCE, 1 + AT_ONCE * first.count(b"\n") // max(len(first), 1))


def _plain_batch(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """DuckDB's rows, with empty texts for missing ones; raises NotPlainError for no items."""
    # DuckDB folds the case of names; ours stay.
    found = dict(zip(columns, batch.columns, strict=True))
    if found[TEXT].null_count:
        raise NotPlainError
    if ID in found:
        ids = found[ID]
        if ids.null_count or pc.any(pc.equal(pc.utf8_trim_whitespace(ids), "")).as_py():
            raise NotPlainError
    arrays = [pc.fill_null(column.cast(pa.large_string()), "") for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _refusal(fields: list[str], file: PoolFile) -> str | None:
    """Why these fields are no item; None if they are one, perhaps with empty ones behind them."""
    columns = file.columns
    if len(fields) <= columns.index(TEXT):
        return "the row has no text"
    if ID in columns and not "".join(fields[columns.index(ID) :][:1]).strip():
        return "the item_id is empty"
    if file.header_lines and any(fields[len(columns) :]):
        return f"the row has {len(fields)} fields, the header {len(columns)}"
    return None


def _goes_on(path: Path, lines: int) -> bool:
    """Whether one of the first lines ends within quotes: DuckDB would take both for one line."""
    with path.open("rb") as file:
        return any(line.count(b'"') % 2 for line in islice(file, lines))


def _has_lone_return(path: Path) -> bool:
    """DuckDB takes a carriage return alone for a line end, Python's `csv` does not."""
    before = b""
    with path.open("rb") as file:
        while data := file.read(AT_ONCE):
            if re.search(rb"\r[^\n]", before + data):
                return True
            before = data[-1:]
    return before == b"\r"

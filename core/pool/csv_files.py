"""The pool's CSV files, read in blocks of rows: memory does not grow with the file.

DuckDB reads a file fast; whenever it stumbles, or something looks odd, the careful reader goes
over that file row by row, so that each bad row is reported with its line.
"""

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import PoolError
from core.system.csv_rows import Row, parse_rows, read_row_blocks, row_shown
from core.system.findings import Finding, malformed
from core.system.parallel import ROWS_AT_ONCE

ID, TEXT = "item_id", "text"
CSV_OPTIONS = """header = false, auto_detect = false, null_padding = true,
    delim = ',', quote = '"', escape = '"'"""

AT_ONCE = 2**23
"""Bytes that are looked at at a time."""


class NotPlainError(Exception):
    """A file, or a part of it, is not for the fast reader."""


@dataclass(frozen=True)
class PoolFile:
    """A CSV file of the pool, and what its first row says."""

    path: Path
    columns: tuple[str, ...]
    has_header: bool

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


def open_pool_file(path: Path) -> PoolFile:
    """The file with its columns. Raises PoolError if it or its header cannot be read."""
    name = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as source:
            first = source.readline(2**20)
    except OSError as error:
        raise PoolError(f"{name}: {error.strerror}. Make the file readable.", name) from error
    text = first.decode("utf-8-sig", errors="replace").strip("\r\n")
    found = parse_rows(first).rows
    fields = found[0].fields if found else text.split(",")
    names = [field.strip().strip('"').strip() for field in fields]
    if names[:2] != [ID, TEXT]:
        return PoolFile(path, (ID, TEXT), has_header=False)
    if not found:  # the careful reader would take the first item for it
        raise PoolError(
            f"{name} line 1: the header is not valid UTF-8, or has a quote that is not closed. "
            "Mend the line.",
            name,
        )
    if len(set(names)) != len(names) or "" in names:
        raise PoolError(
            f"{name} line 1: the header has an empty or repeated column. Name each once.", name
        )
    return PoolFile(path, tuple(names), has_header=True)


def plain_blocks(path: Path, columns: Sequence[str], skip: int = 0) -> Iterator[pa.RecordBatch]:
    """The rows of a file by DuckDB, all columns as texts, without the first `skip` lines.

    Raises NotPlainError as soon as anything is not as plain as it should be.
    """
    import duckdb  # a quarter of a second, and a pool that was read before needs none of it

    if _differ_only_by_case(columns) or _has_lone_return(path) or glob.has_magic(str(path)):
        raise NotPlainError  # DuckDB would take `*`, `?` and `[` for a pattern of several files
    declared = "{" + ", ".join(f"'{_quoted(name)}': 'VARCHAR'" for name in columns) + "}"
    query = f"FROM read_csv(?, columns = {declared}, {CSV_OPTIONS}, skip = {skip})"
    with duckdb.connect(config={"threads": 2}) as connection:
        # After two seconds it would stand on the standard output, amid an answer in JSON.
        connection.execute("SET enable_progress_bar = false")
        try:
            found = connection.sql(query, params=[str(path)])
            for batch in found.to_arrow_reader(_rows_at_once(path)):
                _require_plain(batch)
                yield _filled(batch, columns)
        except (duckdb.Error, pa.ArrowException) as error:
            raise NotPlainError from error


def careful_blocks(
    path: Path, file: PoolFile, *, is_start: bool = True, lines_before: int = 0
) -> Iterator[tuple[pa.RecordBatch, list[Finding]]]:
    """The rows of a file, or of a later part of one, with a finding for each that is left out."""
    skip = is_start and file.has_header
    for rows, bad in read_row_blocks(path):
        findings = [
            malformed(file.name, lines_before + row.line, f"the row {row.reason}", row.content)
            for row in bad
        ]
        kept = []
        for row in rows[1:] if skip and rows else rows:
            reason = _refusal(row.fields, len(file.columns), file.has_header)
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


def _require_plain(batch: pa.RecordBatch) -> None:
    ids, texts = batch.column(0), batch.column(1)
    if ids.null_count or texts.null_count:
        raise NotPlainError
    if pc.any(pc.equal(pc.utf8_trim_whitespace(ids), "")).as_py():
        raise NotPlainError


def _filled(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """The rows with empty texts for missing ones; DuckDB folds the case of names: ours stay."""
    arrays = [pc.fill_null(column.cast(pa.large_string()), "") for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _refusal(fields: list[str], width: int, has_header: bool) -> str | None:
    """Why these fields are no item; None if they are one. Further fields need a header."""
    if len(fields) < 2:
        return "the row has no text"
    if not fields[0].strip():
        return "the item_id is empty"
    if has_header and len(fields) > width:
        return f"the row has {len(fields)} fields, the header {width}"
    return None


def _differ_only_by_case(columns: Sequence[str]) -> bool:
    """DuckDB folds the case of names, and would refuse such columns."""
    return len({name.casefold() for name in columns}) != len(columns)


def _has_lone_return(path: Path) -> bool:
    """DuckDB takes a carriage return alone for a line end, Python's `csv` does not."""
    before = b""
    with path.open("rb") as file:
        while data := file.read(AT_ONCE):
            data = before + data
            before = b"\r" if data.endswith(b"\r") else b""
            if re.search(rb"\r(?!\n)", data.removesuffix(b"\r")):
                return True
    return bool(before)


def _quoted(name: str) -> str:
    return name.replace("'", "''")

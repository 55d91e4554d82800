"""Writers of tables, part by part: CSV, JSON lines, Parquet, Excel, by a file's ending."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import BytesIO
from itertools import chain, count
from math import isfinite
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core.errors import ExportError
from core.exchange.provenance import Cell, Row
from core.system.durable import new_file, refused_as
from core.system.parallel import row_blocks

STARTERS = "=+@\t\r\n＝＋－＠"
"""What a formula, or a cell that a spreadsheet trims into one, begins with, but for `-`: alone it
is none, and means that a text has no label."""

_RUNS = re.compile(f"'*[{STARTERS}]|'+-|-(?s:.)")
_GUARDED = re.compile(f"'+[-{STARTERS}]")

ROWS_AT_ONCE = 8_192  # rows that are taken out of a table at once

EPOCH = datetime(2000, 1, 1)

MOST_SHEET_ROWS = 1_048_575  # below the one that names the columns
LONGEST_SHEET_TEXT = 32_767  # characters that a cell of a sheet can hold


def written_to(out: Path, parts: Iterator[pa.Table]) -> None:
    """The parts stand in the new file, in the format of its ending, or ExportError and nothing."""
    first = next(parts, None)
    if first is None:
        raise ExportError("The table has no rows. Nothing was written; choose one that has some.")
    todo = "Free some space, or choose another place."
    with refused_as(ExportError, f"{out} cannot be written", todo), new_file(out) as file:
        WRITERS[out.suffix.lower()](file, first.schema, chain([first], parts))


def as_bytes(table: pa.Table, ending: str) -> bytes:
    file = BytesIO()
    WRITERS[ending](file, table.schema, [table])
    return file.getvalue()


def json_rows(table: pa.Table) -> Iterator[Row]:
    """The table's rows, each as `json_row`."""
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        yield from map(json_row, batch.to_pylist())


def json_row(row: Row) -> Row:
    """The row with texts for numbers that JSON and sheets have not."""
    is_odd = (x for x, value in row.items() if isinstance(value, float) and not isfinite(value))
    return row | {name: repr(row[name]) for name in is_odd}


def json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_items(sheet: pa.Table, rows: NDArray[np.integer], file: BinaryIO, ending: str) -> None:
    """Writes these rows of the sheet, in this order, block by block, in the ending's format."""
    parts = (sheet.take(pa.array(rows[start:stop])) for start, stop in row_blocks(len(rows)))
    WRITERS[ending](file, sheet.schema, parts)


def _csv(file: BinaryIO, schema: pa.Schema, parts: Iterable[pa.Table]) -> None:
    guarded = guarded_table(schema.empty_table()).schema
    with pyarrow.csv.CSVWriter(file, guarded) as writer:
        for part in parts:
            writer.write_table(guarded_table(part))


def _json_lines(file: BinaryIO, schema: pa.Schema, parts: Iterable[pa.Table]) -> None:
    for part in parts:
        file.writelines(f"{json_text(row)}\n".encode() for row in json_rows(part))


def _parquet(file: BinaryIO, schema: pa.Schema, parts: Iterable[pa.Table]) -> None:
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(part)


def _excel(file: BinaryIO, schema: pa.Schema, parts: Iterable[pa.Table]) -> None:
    """A workbook of one sheet; raises ExportError for more than that can hold."""
    with Workbook(file, {"constant_memory": True}) as book:
        book.set_properties({"created": EPOCH})  # the same rows give the same file
        sheet, lines = book.add_worksheet("items"), count()
        _write_row(sheet, next(lines), schema.names)
        for row in chain.from_iterable(map(json_rows, parts)):
            _write_row(sheet, next(lines), row.values())


def _write_row(sheet: Worksheet, line: int, row: Iterable[Cell]) -> None:
    if line > MOST_SHEET_ROWS:
        raise ExportError(f"A sheet holds {MOST_SHEET_ROWS:,} rows; there are more. Export as CSV.")
    for at, value in enumerate(row):
        if isinstance(value, str) and len(value) > LONGEST_SHEET_TEXT:
            raise ExportError(
                f"A cell of a sheet holds {LONGEST_SHEET_TEXT:,} characters; row {line:,} has a "
                f"text of {len(value):,}. Export as CSV."
            )
        if isinstance(value, str):
            sheet.write_string(line, at, value)
        elif value is not None and float(f"{value:.16G}") != value:
            sheet.write_string(line, at, repr(value))  # a sheet holds 16 digits
        elif value is not None:
            sheet.write_number(line, at, value + 0)  # a sheet has no -0.0


WRITERS: dict[str, Callable[[BinaryIO, pa.Schema, Iterable[pa.Table]], None]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
    ".xlsx": _excel,
}
"""By the ending of the file's name."""


def guarded(cell: str) -> str:
    """The cell as no spreadsheet runs it; `unguarded` gives it back."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def guarded_table(table: pa.Table) -> pa.Table:
    """The table with every text, and every column's name, guarded; numbers stay numbers."""
    columns = [_guarded_column(column) for column in table.columns]
    return pa.table(columns, names=[guarded(name) for name in table.column_names])


def _guarded_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    return pc.replace_substring_regex(column, f"^({_RUNS.pattern})", r"'\1")

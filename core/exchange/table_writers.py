"""Writers of large tables, part by part: CSV, JSON lines, Parquet, Excel, by a file's ending.

Of a large pool never more than a block is held beside the file itself.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from core.errors import ExportError
from core.exchange.export_formats import open_sheet
from core.exchange.formula_guard import guarded_table
from core.query.row_set import RowSet
from core.system.durable import new_file, refused_as
from core.system.parallel import row_blocks

Write = Callable[[pa.Table], None]

LEFT_BEHIND = ("place", "n_words")
"""Columns that mean something only here, or that everybody can count."""

FIRST = ("item_id", "text")


def written_to(out: Path, parts: Iterator[pa.Table]) -> None:
    """The parts stand in the new file, in the format of its ending, when this returns, or nothing.

    Raises ExportError if it cannot be written, or if there is no part.
    """
    first = next(parts, None)
    if first is None:
        raise ExportError(f"There are no rows to write to {out.name}.")
    todo = "Free some space, or choose another place."
    with (
        refused_as(ExportError, f"{out} cannot be written", todo),
        new_file(out) as file,
        WRITERS[out.suffix.lower()](file, first.schema) as write,
    ):
        for part in chain([first], parts):
            write(part)


def write_csv(sheet: pa.Table, places: RowSet, file: BinaryIO) -> None:
    """Writes a header and a row per item; every text in quotes, nothing for null.

    A text that a spreadsheet would run as a formula is guarded, any other stands as it is.
    """
    _write(sheet, places, file, ".csv")


def write_parquet(sheet: pa.Table, places: RowSet, file: BinaryIO) -> None:
    """Writes the items as Parquet, a group of rows for each block."""
    _write(sheet, places, file, ".parquet")


def _write(sheet: pa.Table, places: RowSet, file: BinaryIO, ending: str) -> None:
    with WRITERS[ending](file, arranged(sheet.slice(0, 0)).schema) as write:
        for block in blocks(sheet, places):
            write(block)


def blocks(sheet: pa.Table, places: RowSet) -> Iterator[pa.Table]:
    """The rows of the sheet at these places, in its order, by parts."""
    for start, stop in row_blocks(len(sheet)):
        part = sheet.slice(start, stop - start)
        is_left = places.holds(np.arange(start, stop))
        if is_left.any():
            yield arranged(part.filter(pa.array(is_left)))


def arranged(sheet: pa.Table) -> pa.Table:
    """The sheet as it is taken away: id, text, the pool's own columns, then what is known."""
    last = sheet.column_names.index("predicted") + 1
    known = [name for name in sheet.column_names[:last] if name not in (*FIRST, *LEFT_BEHIND)]
    return sheet.select([*FIRST, *sheet.column_names[last:], *known])


@contextmanager
def _csv(file: BinaryIO, schema: pa.Schema) -> Iterator[Write]:
    """Every text in quotes, nothing for null; what a spreadsheet would run is guarded."""
    guarded = guarded_table(schema.empty_table()).schema
    with pyarrow.csv.CSVWriter(file, guarded) as writer:
        yield lambda part: writer.write_table(guarded_table(part))


@contextmanager
def _json_lines(file: BinaryIO, schema: pa.Schema) -> Iterator[Write]:
    """An object a line."""

    def write(part: pa.Table) -> None:
        for row in part.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    yield write


@contextmanager
def _parquet(file: BinaryIO, schema: pa.Schema) -> Iterator[Write]:
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        yield writer.write_table


@contextmanager
def _excel(file: BinaryIO, schema: pa.Schema) -> Iterator[Write]:
    with open_sheet(file, "predictions", schema.names) as write_row:

        def write(part: pa.Table) -> None:
            for row in part.to_pylist():
                write_row(row.values())

        yield write


WRITERS: dict[str, Callable[[BinaryIO, pa.Schema], AbstractContextManager[Write]]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
    ".xlsx": _excel,
}
"""By the ending of the file's name."""

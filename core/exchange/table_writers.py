"""Writers of large tables, part by part: CSV, JSON lines, Parquet, Excel, by a file's ending."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from core.errors import ExportError
from core.exchange.export_formats import open_sheet
from core.exchange.formula_guard import guarded_table
from core.system.durable import new_file, refused_as

Write = Callable[[pa.Table], None]


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

"""Nothing is lost on the way out: the files say what the workspace says, whatever it holds."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings

from core.errors import ExportError
from core.export import export_files
from core.guard import unguarded
from core.loop import Loop, read_loop
from core.provenance import provenance
from tests.worlds import World, worlds

Rows = list[list[str]]
"""The names of the columns, then a row per label, as texts; numbers as `repr`."""


def said(table: pa.Table) -> Rows:
    return [table.column_names, *([_text(x) for x in row.values()] for row in table.to_pylist())]


def _text(value: str | float | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


def of_csv(content: bytes) -> Rows:
    rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    return [[unguarded(cell) for cell in row] for row in rows]


def of_json_lines(content: bytes) -> Rows:
    rows = [json.loads(line) for line in content.decode().split("\n") if line]
    return [[*rows[0]], *([_text(value) for value in row.values()] for row in rows)]


def of_parquet(content: bytes) -> Rows:
    return said(pq.read_table(io.BytesIO(content)))


READERS = {"csv": of_csv, "jsonl": of_json_lines, "parquet": of_parquet}


def exported(loop: Loop, form: str) -> bytes | None:
    """The file of this format; None where there is nothing to export."""
    try:
        return next(export_files(loop, form))[1]
    except ExportError:
        return None


@given(worlds())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_files_say_what_the_workspace_says(world: World):
    with TemporaryDirectory() as folder:
        loop = read_loop(world.build(Path(folder) / "first"), write_cache=False)
        expected = said(provenance(loop))
        for form, read in READERS.items():
            content = exported(loop, form)
            assert len(expected) == 1 if content is None else read(content) == expected

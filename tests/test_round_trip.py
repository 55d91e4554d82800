"""Nothing is lost on the way out: files say what the workspace says, and make it anew."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.errors import ExportError
from core.export import export_files
from core.guard import unguarded
from core.logs import Event, Proposal
from core.loop import Loop, read_loop
from core.provenance import EXPORT_FIELDS, provenance
from core.workspace import Workspace
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
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_files_say_what_the_workspace_says(world: World):
    with TemporaryDirectory() as folder:
        loop = read_loop(world.build(Path(folder) / "first"), write_cache=False)
        expected = said(provenance(loop))
        for form, read in READERS.items():
            content = exported(loop, form)
            assert len(expected) == 1 if content is None else read(content) == expected


def restored(rows: Rows, folder: Path) -> Workspace:
    """A new workspace of what an export says, written as the design says that it is."""
    head, *rows = rows
    own = head[len(EXPORT_FIELDS) :]
    told = [dict(zip(head, row, strict=True)) for row in rows]
    items = {row["item_id"]: row for row in reversed(told)}
    pool = [[item, row["text"], *(row[name] for name in own)] for item, row in items.items()]
    by_log = [row for row in told if row["batch_id"]]
    return World(
        [["item_id", "text", *own], *pool],
        [(row["split"], row["label"], _label_row(row)) for row in told],
        [_proposal(row) for row in by_log],
        [_event(row) for row in by_log],
    ).build(folder)


def _label_row(row: dict[str, str]) -> list[str]:
    return [row[name] for name in ("item_id", "text", "label", "strategy", "confidence")]


def _proposal(row: dict[str, str]) -> Proposal:
    return Proposal(
        row["batch_id"], row["proposed_at"], row["split"], row["proposed_to"], int(row["rank"]),
        row["item_id"], row["strategy"], _number(row["score"]), row["predicted"],
        _number(row["confidence"]), row["run_id"], int(row["seed"]),
    )  # fmt: skip


def _event(row: dict[str, str]) -> Event:
    return Event(
        row["event_id"], row["batch_id"], row["item_id"], "label", row["label"],
        row["annotator"], row["labeled_at"], _number(row["seconds"]), row["assisted"] == "1",
        row["note"],
    )  # fmt: skip


def _number(text: str) -> float | None:
    return float(text) if text else None


@given(worlds(), some.sampled_from(sorted(READERS)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_workspace_made_of_an_export_is_exported_the_same(world: World, form: str):
    with TemporaryDirectory() as folder:
        first = exported(read_loop(world.build(Path(folder) / "a"), write_cache=False), form)
        if first is None:
            return
        again = restored(READERS[form](first), Path(folder) / "b")
        assert exported(read_loop(again, write_cache=False), form) == first

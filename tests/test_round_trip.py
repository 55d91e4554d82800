"""Nothing is lost on the way out: files say what the workspace says, and bring its labels back."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from core.errors import ExportError
from core.exchange.exporter import export_files
from core.exchange.import_types import of_batch
from core.exchange.importer import import_data
from core.exchange.provenance import FLOATS, provenance
from core.exchange.table_writers import unguarded
from core.exchange.tables.opening import open_table
from core.workspace.labels import Labeled, append_labels
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records, now
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import NONE, SEPARATOR
from tests.exchange.test_importer import labels_of
from tests.worlds import TASK, World, worlds

Rows = list[list[str]]
"""The names of the columns, then a row per label, as texts; numbers as `repr`."""


def said(table: pa.Table) -> Rows:
    return [table.column_names, *([_text(x) for x in row.values()] for row in table.to_pylist())]


def _text(value: str | float | list[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return SEPARATOR.join(value) or NONE
    return value if isinstance(value, str) else repr(value)


def of_csv(content: bytes) -> Rows:
    rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    names, *rows = [[unguarded(cell) for cell in row] for row in rows]
    floats = [names.index(name) for name in FLOATS]
    return [
        names,
        *([_number(x) if at in floats else x for at, x in enumerate(row)] for row in rows),
    ]


def _number(text: str) -> str:
    return repr(float(text)) if text else text


def of_json_lines(content: bytes) -> Rows:
    rows = [json.loads(line) for line in content.decode().split("\n") if line]
    return [[*rows[0]], *([_text(value) for value in row.values()] for row in rows)]


def of_parquet(content: bytes) -> Rows:
    return said(pq.read_table(io.BytesIO(content)))


READERS = {"csv": of_csv, "jsonl": of_json_lines, "parquet": of_parquet}


def exported(snapshot: Snapshot, form: str) -> bytes | None:
    """The file of this format; None where there is nothing to export."""
    try:
        return next(export_files(snapshot, form))[1]
    except ExportError:
        return None


@given(worlds())
def test_files_say_what_the_workspace_says(world: World):
    with TemporaryDirectory() as folder:
        snapshot = read_snapshot(world.build(Path(folder) / "first"), write_cache=False)
        expected = said(provenance(snapshot, retired=True))
        for form, read in READERS.items():
            content = exported(snapshot, form)
            assert len(expected) == 1 if content is None else read(content) == expected


ENDINGS = {"csv": ".csv", "excel": ".xlsx", "jsonl": ".jsonl", "parquet": ".parquet"}


def imported(content: bytes, form: str, folder: Path, task: str = TASK) -> Workspace:
    """A new workspace into which this file was brought."""
    folder.mkdir()
    (folder / "task.toml").write_text(task, encoding="utf-8")
    path = folder.with_suffix(ENDINGS[form])
    path.write_bytes(content)
    workspace = open_workspace(folder)
    import_data(workspace, open_table(path))
    return workspace


LABELED = [
    ("a", "=1+1 is a formula", "1", "training", "low confidence", "ada"),
    ("=b", '\'quoted, "twice"', "not it", "evaluation", "random", "@bob"),
    ("c", "line\nend", "=é", "validation", "random", "ada"),
    ("d", "nobody's", "1", "training", "outlier", ""),
]  # of each item: id, text, label, split, strategy, annotator


@pytest.mark.parametrize("form", ENDINGS)
def test_labels_splits_and_annotators_come_back(form: str, tmp_path: Path):
    world = World([["item_id", "text"], *(row[:2] for row in LABELED)], [], [], [])
    first = world.build(tmp_path / "first")
    items = [Labeled(*row[:5], annotator=row[5]) for row in LABELED]
    brought = [of_batch(x, f"b{x.split}", 1, now()) for x in items if x.annotator]
    append_labels(first, items)
    append_records(first.batches, [each.proposal for each in brought])
    append_records(first.annotations, [each.event for each in brought])
    content = exported(read_snapshot(first), form)
    again = imported(content, form, tmp_path / "again")
    assert labels_of(again) == labels_of(first) == {*LABELED}
    import_data(again, open_table((tmp_path / "again").with_suffix(ENDINGS[form])))
    assert exported(read_snapshot(again), "jsonl").count(b"\n") == len(LABELED)


NAMES = ("0", "-", "=x", "'=x", "a  b", "a b", "a_b", "a\x1fb", "Label", "pool_label", "it's", "é")


@pytest.mark.parametrize("form", ENDINGS)
def test_columns_of_any_name_come_back(form: str, tmp_path: Path):
    pool = [["item_id", "text", *NAMES], ["i", "Quake", *map(str, range(len(NAMES)))]]
    world = World(pool, [("training", "1", ["i", "Quake", "1"])], [], [])
    first = exported(read_snapshot(world.build(tmp_path / "a"), write_cache=False), form)
    again = imported(first, form, tmp_path / "b")
    assert exported(read_snapshot(again, write_cache=False), form) == first


def test_columns_that_no_header_of_a_pool_can_hold_come_in_under_others(tmp_path: Path):
    pool = [["item_id", "text", "a b", "c"], ["i", "Quake", "x", "y"]]
    world = World(pool, [("training", "1", ["i", "Quake", "1"])], [], [])
    first = exported(read_snapshot(world.build(tmp_path / "a"), write_cache=False), "csv")
    edited = first.replace(b'"a b","c"\n', b'"a b","a,b"\n')
    again = read_snapshot(imported(edited, "csv", tmp_path / "b"), write_cache=False)
    assert again.pool_words.pool.columns == ["a b", "own_a b"]


def test_a_csv_file_comes_back_as_a_spreadsheet_of_another_language_saves_it(tmp_path: Path):
    world = World(
        [["item_id", "text", "größe"], ["i", "Beben an der Küste", "groß"], ["j", "Ruhe", "klein"]],
        [("training", "1", ["i", "Beben an der Küste", "1", "random", "0.75"]),
         ("training", "not it", ["j", "Ruhe", "not it", "random", "0.5"])],
        [], [],
    )  # fmt: skip
    first = exported(read_snapshot(world.build(tmp_path / "a"), write_cache=False), "csv")
    rows = list(csv.reader(io.StringIO(first.decode(), newline="")))
    floats = [rows[0].index(name) for name in FLOATS]
    for row in rows[1:]:
        for at in floats:
            row[at] = row[at].replace(".", ",")
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    for name, encoding in (("mark", "utf-8-sig"), ("old", "cp1252")):
        again = imported(text.getvalue().encode(encoding), "csv", tmp_path / name)
        assert exported(read_snapshot(again, write_cache=False), "csv") == first


@pytest.mark.parametrize("form", READERS)
def test_an_id_that_begins_with_a_byte_order_mark_comes_back(form: str, tmp_path: Path):
    rows = [("training", "1", [item, f"Quake {item}", "1"]) for item in ("\ufeffx", "x")]
    world = World([["item_id", "text"]], rows, [], [])
    first = exported(read_snapshot(world.build(tmp_path / "a"), write_cache=False), form)
    assert [row[0] for row in READERS[form](first)] == ["item_id", "\ufeffx", "x"]
    again = imported(first, form, tmp_path / "b")
    assert exported(read_snapshot(again, write_cache=False), form) == first

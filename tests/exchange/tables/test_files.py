"""A small file that claims to hold more than a machine has is refused before it is unpacked."""

import json
import zipfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import TableError
from core.exchange.tables import files as table_formats
from core.exchange.tables.files import text_of
from core.exchange.tables.opening import open_table
from tests.tables import write_sheet


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "bomb.xlsx"
    write_sheet(path, [["text"], ["a"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", bytes(2**22))
    assert path.stat().st_size < 2**16
    assert open_table(path).columns == ("text",)
    monkeypatch.setattr(table_formats, "MOST_UNPACKED", 2**20)
    with pytest.raises(TableError, match=r"bomb\.xlsx would unpack to more than"):
        open_table(path)


def test_a_parquet_file_of_too_much_text_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"text": ["x" * 1000] * 5000}), path)
    assert path.stat().st_size < 2**16
    monkeypatch.setattr(table_formats, "MOST_AT_ONCE", 2**20)
    with pytest.raises(TableError, match=r"bomb\.parquet: 5,000 of its rows hold over"):
        list(open_table(path).blocks())


def test_a_deeply_nested_json_file_is_reported(tmp_path: Path):
    path = tmp_path / "deep.jsonl"
    path.write_text('{"text": "a"}\n' + "[" * 200_000 + "\n", encoding="utf-8")
    bad = [row for block in open_table(path).blocks() for row in block.bad]
    assert [row.line for row in bad] == [2]


def test_half_a_character_is_reported(tmp_path: Path):
    path = tmp_path / "half.jsonl"
    path.write_text('{"text": "a"}\n{"text": "\\ud800"}\n', encoding="utf-8")
    bad = [row for block in open_table(path).blocks() for row in block.bad]
    assert [(row.line, row.reason) for row in bad] == [
        (2, "has half a character, which cannot be saved")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (7.0, "7"),
        (0.1, "0.1"),
        (10**20, "100000000000000000000"),
        (datetime(2026, 1, 31, 12), "2026-01-31T12:00:00"),
        (["ä"], '["ä"]'),
    ],
)
def test_values_become_the_cells_that_a_csv_file_would_hold(value: object, text: str):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ('["one text", "and another"]', ("text",), [["one text"], ["and another"]]),
        ('{"rows": [{"text": "one"}, 3, "two"]}', ("text",), [["one"], ["two"]]),
        ('{"columns": ["a", "b"], "data": [1, 2]}', ("columns", "data"), [["a", "1"], ["b", "2"]]),
        (
            '{"kind": "list", "data": {"children": [{"data": {"title": "a"}}], "more": null}}',
            ("data.title",),
            [["a"]],
        ),
        (
            '{"title": "a text", "replies": {"items": [{"text": "b"}]}}',
            ("title", "replies.items"),
            [["a text", '[{"text": "b"}]']],
        ),
        ('{"text": {"0": "a", "1": "b"}, "id": {}}', ("text", "id"), [["a", ""], ["b", ""]]),
    ],
)
def test_json_of_odd_shapes_is_read_or_told(
    tmp_path: Path, text: str, columns: tuple[str, ...], rows: list[list[str]]
):
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    table = open_table(path)
    blocks = list(table.blocks())
    assert table.columns == columns
    assert [cells for block in blocks for _, cells in block.rows] == rows
    assert [x.reason for block in blocks for x in block.bad] == (
        ["is not a JSON object"] if "3," in text else []
    )


def test_a_line_may_be_a_text(tmp_path: Path):
    path = tmp_path / "texts.jsonl"
    path.write_text('"one text"\n"and another"\n', encoding="utf-8")
    assert open_table(path).head(9) == [["one text"], ["and another"]]


def test_quoted_lines_of_a_csv_file_are_no_json(tmp_path: Path):
    path = tmp_path / "texts.csv"
    path.write_text('"text"\n"one text"\n"and, another"\n', encoding="utf-8")
    table = open_table(path)
    assert (table.kind, table.columns) == ("csv", ("text",))
    assert table.head(9) == [["one text"], ["and, another"]]


@pytest.mark.parametrize("levels", [1, 19, 20, 21, 300])
def test_objects_in_objects_become_columns_to_a_depth(tmp_path: Path, levels: int):
    path = tmp_path / "deep.jsonl"
    inner = '{"a":' * levels + '"x"' + "}" * levels
    path.write_text(f'{{"text": "one", "of": {inner}}}\n' * 2, encoding="utf-8")
    table = open_table(path)
    assert table.columns == ("text", "of" + ".a" * min(levels, 20))
    assert table.head(1)[0][1].count("{") == max(0, levels - 20)


def test_fields_that_differ_in_case_or_spaces_alone_keep_their_cells(tmp_path: Path):
    rows = [{"Text": "a", "text": "b", "note ": ["c"]}, {"text": "d"}]
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    for name in ("in.jsonl", "in.parquet"):
        table = open_table(tmp_path / name)
        assert table.columns == ("Text", "text (2)", "note")
        assert table.head(9) == [["a", "b", '["c"]'], ["", "d", ""]]
        assert table.structured == {"note"}


def test_a_parquet_file_with_two_columns_of_one_name_is_refused(tmp_path: Path):
    columns = [pa.array(["a"]), pa.array(["b"])]
    pq.write_table(pa.table(columns, names=["text", "text"]), tmp_path / "in.parquet")
    with pytest.raises(TableError, match="two columns `text`"):
        open_table(tmp_path / "in.parquet")

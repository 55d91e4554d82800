"""A small file that claims to hold more than a machine has is refused before it is unpacked."""

import zipfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import TableError
from core.exchange.tables import files as table_formats
from core.exchange.tables.files import text_of
from core.exchange.tables.reader import open_table
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
        (2, "has half a character, which no file can hold")
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

"""Every row of a table that somebody has is read, or reported with its line."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TableError
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading, SourceTable
from core.exchange.tables.roles import guess
from tests.tables import KINDS, delimited, write_sheet, write_table

COLUMNS = ("id", "text", "topic")
ROWS = [
    ["a1", 'Flood, "worst ever", hits coast', "=1+1"],
    ["a2", "Überschwemmung\u2028 an der Küste 🌊", ""],
    ["007", "two\nlines; and | more\ttabs", "-3"],
]
TYPED = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def rows_of(table: SourceTable) -> list[list[str]]:
    return [cells for block in table.blocks() for _, cells in block.rows]


def bad_of(table: SourceTable) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for block in table.blocks() for row in block.bad]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_cells_as_they_are(tmp_path: Path, kind: str):
    table = open_table(write_table(tmp_path, kind, COLUMNS, ROWS))
    assert table.columns == COLUMNS
    assert rows_of(table) == ROWS
    assert bad_of(table) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognized(tmp_path: Path, delimiter: str):
    path = tmp_path / "table.csv"
    path.write_text(delimited([COLUMNS, *ROWS], delimiter), encoding="utf-8", newline="")
    table = open_table(path)
    assert table.delimiter == delimiter
    assert rows_of(table) == ROWS


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12)
@given(texts=st.lists(TYPED.filter(str.strip), min_size=1, max_size=5))
def test_any_text_a_person_can_type_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, kind: str, texts: list[str]
):
    rows = [[f"r{at}", text, "x"] for at, text in enumerate(texts)]
    path = write_table(tmp_path_factory.mktemp("typed"), kind, COLUMNS, rows)
    assert rows_of(open_table(path)) == rows


def test_a_sheet_can_be_named(tmp_path: Path):
    write_sheet(tmp_path / "book.xlsx", [COLUMNS, *ROWS], "Labels")
    assert open_table(tmp_path / "book.xlsx", Reading(sheet="Labels")).sheet == "Labels"
    with pytest.raises(TableError, match=r"has no sheet `Other`\. It has `Labels`"):
        open_table(tmp_path / "book.xlsx", Reading(sheet="Other"))


def test_a_row_too_wide_is_reported_with_its_line(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_text("id,text\na,one\nb,two,three\nc,four\n", encoding="utf-8")
    assert bad_of(open_table(path)) == [(3, "has 3 cells, the table 2 columns")]
    assert rows_of(open_table(path)) == [["a", "one"], ["c", "four"]]


def test_lines_that_are_no_objects_are_reported(tmp_path: Path):
    path = tmp_path / "table.jsonl"
    path.write_text('{"text": "a"}\n[1]\n{"text": \n\n{"text": "b"}\n', encoding="utf-8")
    assert [line for line, _ in bad_of(open_table(path))] == [2, 3]
    assert rows_of(open_table(path)) == [["a"], ["b"]]


def test_a_table_without_header_is_read_from_its_first_row(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_text("n1,flood hits coast\nn2,council meets\n", encoding="utf-8")
    table = open_table(path)
    assert not table.has_header
    assert len(rows_of(table)) == 2


@pytest.mark.parametrize("name", ["table.exe", "missing.csv", "missing.parquet", "missing.xlsx"])
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, name: str):
    with pytest.raises(TableError, match=name):
        open_table(tmp_path / name)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_is_refused(tmp_path: Path, kind: str):
    path = tmp_path / f"empty.{kind}"
    path.write_bytes(b"")
    with pytest.raises(TableError, match="empty"):
        open_table(path)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=400))
def test_random_bytes_raise_nothing_but_a_table_error(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: bytes
):
    path = tmp_path_factory.mktemp("random") / f"table.{kind}"
    path.write_bytes(data)
    read_or_refuse(path)


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_raise_nothing_but_a_table_error(tmp_path: Path, kind: str):
    whole, draw = write_table(tmp_path, kind, COLUMNS, ROWS).read_bytes(), random.Random(kind)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path = tmp_path / f"mutated.{kind}"
        path.write_bytes(data[: draw.choice([len(data), draw.randrange(len(data))])])
        read_or_refuse(path)


def read_or_refuse(path: Path) -> None:
    """Either every row has as many cells as there are columns, or the file is refused by name."""
    try:
        table = open_table(path)
        assert all(len(row) == len(table.columns) for row in rows_of(table))
    except TableError as error:
        if path.name not in str(error):
            raise


def test_columns_are_guessed_by_usual_names_else_by_length():
    usual = guess(["ID", "Headline", "Label"], [])
    assert usual == {"item_id": "ID", "text": "Headline", "label": "Label"}
    assert guess(["a", "b"], [["x", "a long text"]]) == {"text": "b"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_of_too_many_columns_is_refused(tmp_path: Path, kind: str):
    path = write_table(tmp_path, kind, [f"c{at}" for at in range(1_001)], [["x"] * 1_001])
    with pytest.raises(TableError, match="more than 1,000 columns"):
        open_table(path)


def test_a_small_file_that_asks_for_very_many_cells_is_refused(tmp_path: Path):
    path = tmp_path / "wide.csv"
    header = ",".join(["text", *(f"c{at}" for at in range(999))])
    path.write_text(header + "\n" + "".join(f"t{at}\n" for at in range(100_001)))
    table = open_table(path, Reading(delimiter=","))
    with pytest.raises(TableError, match="more than 100,000,000 cells"):
        list(table.blocks())


@pytest.mark.parametrize(
    ("begins", "says"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "a PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml", "end in .xlsx"),
        (b"<!doctype HTML>\n<html><body>Not found</body></html>", "a web page"),
        (b"PAR1\x15\x04", "end in .parquet"),
    ],
)
def test_a_file_of_another_kind_is_told_whatever_its_name(tmp_path: Path, begins: bytes, says: str):
    path = tmp_path / "table.csv"
    path.write_bytes(begins)
    with pytest.raises(TableError, match=rf"table\.csv is not a table of texts but .*{says}"):
        open_table(path)


def test_the_text_is_neither_a_date_nor_a_word_that_repeats(tmp_path: Path):
    """Longer than the texts, both of them; as in a well-known set of messages without a header."""
    path = tmp_path / "messages.csv"
    rows = [
        ["4", f"Mon Apr 06 22:19:{at:02d} PDT 2009", "a query that is the same in all", f"so {at}"]
        for at in range(20)
    ]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    table = open_table(path)
    assert guess(table.columns, table.sample)["text"] == "column 4"


@pytest.mark.parametrize(
    ("head", "first", "found"),
    [
        ("Ticket", ["T00017", "T00018", "T00019"], "Ticket"),
        ("", ["0", "1", "2"], None),  # the index of pandas: another table has the same numbers
        ("target", ["0", "1", "2"], None),
        ("year", ["2019", "2020", "2021"], None),
        ("Ticket", ["T1", "T1", "T2"], None),
    ],
)
def test_a_first_column_is_the_id_where_it_numbers_things(
    tmp_path: Path, head: str, first: list[str], found: str | None
):
    path = tmp_path / "t.csv"
    rows = [f"{number},a text of its own {at}" for at, number in enumerate(first)]
    path.write_text("\n".join([f"{head},text", *rows]) + "\n", encoding="utf-8")
    table = open_table(path)
    assert guess(table.columns, table.sample).get("item_id") == found


def test_backslashes_before_quotes_are_known_where_no_row_reads_without(tmp_path: Path):
    path = tmp_path / "escaped.csv"
    rows = [f'{at},"One, two, {at} said \\"yes\\", ok"' for at in range(12)]
    path.write_text("\n".join(["id,text", *rows]) + "\n", encoding="utf-8")
    table = open_table(path)
    assert table.columns == ("id", "text")
    assert table.head(1) == [["0", 'One, two, 0 said "yes", ok']]


def test_a_text_that_is_called_a_workbook_is_told(tmp_path: Path):
    path = tmp_path / "export.xls"
    path.write_text("id\ttext\n1\thello there\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"export\.xls is called a workbook, but is plain text"):
        open_table(path)

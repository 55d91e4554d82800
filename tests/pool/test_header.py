"""Headers that people write: understood, in doubt, or none."""

import pytest

from core.pool.header import may_be_header, read_header


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("item_id,text", "item_id,text"),
        ("id,text", "item_id,text"),
        ("ID,Text", "item_id,text"),
        (" Item-ID , TEXT ", "item_id,text"),
        ("text,id", "text,item_id"),
        ("Headline,GUID,Date", "text,item_id,Date"),
        ("label,id,text", "label,item_id,text"),
        ("key,comment", "item_id,text"),
        ("id,text,2019,2020", "item_id,text,2019,2020"),
        (",id,text", "column 1,item_id,text"),
        ("id,text,", "item_id,text,column 3"),
        ("id,text,title", "item_id,text,title"),
        ("item_id,text,Text,id", "item_id,text,Text,id"),
        ("text", "text"),
        ("Headline", "text"),
        ("text,label", "text,label"),
        ("label,text", "label,text"),
        ("date,headline", "date,text"),
        (",text", "column 1,text"),
        ("text,source", "text,source"),
        ("headline,agency", "text,agency"),
        ("source,text", "source,text"),
        ("Nr.,Frage,Texto", "item_id,Frage,text"),
    ],
)
def test_a_plain_header_names_id_and_text_in_any_order_and_case(row: str, columns: str):
    header = read_header(row.split(","))
    assert header
    assert (",".join(header.columns), header.doubts) == (columns, ())


@pytest.mark.parametrize(
    ("row", "columns", "doubt"),
    [
        ("id,Frage", "item_id,text", "`Frage` is taken for it; call the right one text"),
        ("id,date,Frage", "item_id,date,text", "no column has a usual name of a text. `Frage` is"),
        ("id,title,body", "item_id,text,body", "`body` may be the text too. `title` is taken"),
        ("uuid,key,text", "item_id,key,text", "`key` may be the item_id too. `uuid` is taken"),
    ],
)
def test_what_may_be_meant_otherwise_is_a_doubt(row: str, columns: str, doubt: str):
    header = read_header(row.split(","))
    assert header
    assert ",".join(header.columns) == columns
    assert [doubt in told for told in header.doubts] == [True]


@pytest.mark.parametrize(
    "row",
    [
        "1,The river rose",
        "b,text",
        "7,text",
        "a7,Great phone,review",
        "title,Welcome back",
        "lfd,text",
        "Nummer,Schlagzeile",
        "id",
        "id,label",
        "",
    ],
)
def test_what_may_be_an_item_is_no_header(row: str):
    assert read_header(row.split(",")) is None


@pytest.mark.parametrize(
    ("row", "below", "may_be"),
    [
        ("lfd,text", ["1,a"], True),
        ("title,Welcome back", [], True),
        ("Nummer,Schlagzeile", ["1,a", "2,b"], True),
        ("Nummer,Schlagzeile", ["1,a", "x,b"], False),
        ("a7,Great phone,review", ["a8,Good,review"], False),
        ("7,text", ["8,b", "9,c"], False),
    ],
)
def test_a_row_may_be_a_header_by_its_names_or_by_the_numbers_below(
    row: str, below: list[str], may_be: bool
):
    assert may_be_header(row.split(","), [each.split(",") for each in below]) == may_be

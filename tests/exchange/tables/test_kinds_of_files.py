"""Kinds of files that people have, each read as it is meant, or refused with the way on.

All inputs are made up here. Each case stands for a kind: a text that is read, with its label.
"""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import TableError
from core.exchange.foreign_table import understood
from core.exchange.tables.label_cells import labels_in
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading, SourceTable
from tests.tables import write_sheet

Pairs = list[tuple[str, list[str]]]

RIVER = "A river rose above its old bridge"
BUS = "The council wants a new bus, at last"
STORM = "Two villages had no power, said the mayor"


def pairs(table: SourceTable) -> Pairs:
    """(text, labels) of each row, as the command would take them."""
    columns, _ = understood(table, {}, {}, refuse_unknown=True)
    text_at = table.columns.index(columns.text)
    label_at = table.columns.index(columns.label) if columns.label else None
    return [
        (row[text_at], labels_in(row[label_at]) if label_at is not None else [])
        for block in table.blocks()
        for _, row in block.rows
    ]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


TEXTS = [(RIVER, []), (BUS, []), (STORM, [])]
LABELED = [(RIVER, ["1"]), (BUS, ["0"]), (STORM, ["1"])]

DELIMITED: Mapping[str, tuple[str, str, Pairs]] = {
    "an index without a name": (
        "t.csv", f',text,label\n0,{RIVER},1\n1,"{BUS}",0\n2,"{STORM}",1\n', LABELED,
    ),
    "row names of R": (
        "t.csv", f'"text","label"\n"1","{RIVER}",1\n"2","{BUS}",0\n"3","{STORM}",1\n', LABELED,
    ),
    "columns without names of pandas": (
        "t.csv", f',0,1\n0,{RIVER},x\n1,"{BUS}",y\n2,"{STORM}",x\n', TEXTS,
    ),
    "header words of another language": (
        "t.csv", f'tunnus;lausunto\nk1;{RIVER}\nk2;{BUS}\nk3;{STORM}\n', TEXTS,
    ),
    "empty header cells": ("t.csv", f'a1,a2,,\nx,{RIVER},,\ny,"{BUS}",,\nx,"{STORM}",,\n', TEXTS),
    "one text a line": ("t.txt", f"{RIVER}\n{BUS}\n{STORM}\n", TEXTS),
    "one text a line, each with a comma": ("t.txt", "Yes, this\nNo, that\nOh, well\n",
        [("Yes, this", []), ("No, that", []), ("Oh, well", [])]),
    "one text a line, blank lines between": ("t.txt", f"{RIVER}\n\n{BUS}\n\n\n{STORM}", TEXTS),
    "one column with a heading": ("t.csv", f"comment\n{RIVER}\n{BUS}\n{STORM}\n", TEXTS),
    "one column, quoted": ("t.csv", f'comment\n"{RIVER}"\n"{BUS}"\n"{STORM}"\n', TEXTS),
    "one column of tabs": ("t.tsv", f"comment\n{RIVER}\n{BUS}\n{STORM}\n", TEXTS),
    "a table in a .txt": ("t.txt", f"id\ttext\n1\t{RIVER}\n2\t{BUS}\n3\t{STORM}\n", TEXTS),
    "a table of semicolons in a .txt": (
        "t.txt", f"id;text\n1;{RIVER}\n2;{BUS}\n3;{STORM}\n", TEXTS,
    ),
    "quotes that are apostrophes": (
        "t.csv", f"k;'{RIVER}';1\nk;'{BUS}';0\nk;'{STORM}';1\n", TEXTS,
    ),
    "apostrophes that are none": (
        "t.csv", "text;label\n'Tis over;1\nIt's fine;0\nThe boys' bus;1\n",
        [("'Tis over", ["1"]), ("It's fine", ["0"]), ("The boys' bus", ["1"])],
    ),
    "quotes that mean nothing": (
        "t.tsv", f'text\tlabel\n"Ha", he said\t1\nSo "what"\t0\n{STORM}\t1\n',
        [('"Ha", he said', ["1"]), ('So "what"', ["0"]), (STORM, ["1"])],
    ),
    "line ends of an old Mac": ("t.csv", f'id,text\r1,{RIVER}\r2,"{BUS}"\r3,"{STORM}"\r', TEXTS),
    "a line that names the delimiter": (
        "t.csv", f"sep=|\r\nid|text\r\n1|{RIVER}\r\n2|{BUS}\r\n3|{STORM}\r\n", TEXTS,
    ),
    "comments": (
        "t.csv", f'# made by hand\n# twice, at least\nid,text\n1,{RIVER}\n2,"{BUS}"\n3,"{STORM}"\n',
        TEXTS,
    ),
    "a title": (
        "t.csv", f'Survey of spring;;\n;;\nid;text;label\n1;{RIVER};1\n2;{BUS};0\n3;{STORM};1\n',
        LABELED,
    ),
    "hashtags are no comments": (
        "t.txt", "#flood in town\n#bus again\nno tag here\n",
        [("#flood in town", []), ("#bus again", []), ("no tag here", [])],
    ),
    "numbers and words for labels": (
        "t.csv", f'text,label\n{RIVER},1.0\n"{BUS}",False\n"{STORM}",\n',
        [(RIVER, ["1.0"]), (BUS, ["False"]), (STORM, [])],
    ),
    "coordinates are no labels": (
        "t.csv", f'text,y\n{RIVER},1.25\n"{BUS}",0.5\n"{STORM}",2\n', TEXTS,
    ),
    "fastText": (
        "t.txt", f"__label__a {RIVER}\n__label__b __label__c {BUS}\n__label__a {STORM}\n",
        [(RIVER, ["a"]), (BUS, ["b", "c"]), (STORM, ["a"])],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", DELIMITED)
def test_a_delimited_text_is_read_as_it_is_meant(tmp_path: Path, kind: str):
    name, content, expected = DELIMITED[kind]
    table = open_table(written(tmp_path, name, content))
    assert [doubt for doubt in table.doubts if not doubt.likely] == []
    assert pairs(table) == expected
    assert not [bad for block in table.blocks() for bad in block.bad]


@pytest.mark.parametrize(
    ("fault", "quote", "n_bad"), [('"Gut" said she\t1\n', "", 0), ('"Not closed\t0\n', '"', 4)]
)
def test_quotes_that_mean_nothing_far_behind_are_recognized(
    tmp_path: Path, fault: str, quote: str, n_bad: int
):
    # More than the sample, and more than the block that is read at a time.
    rows = "".join(f"{RIVER} number {at}\t{at % 2}\n" for at in range(20_000))
    table = open_table(written(tmp_path, "t.tsv", f"text\tlabel\n{rows}" + fault * 4))
    bad = [bad for block in table.blocks(2**16) for bad in block.bad]
    assert (table.dialect.quote, len(bad)) == (quote, n_bad)


@pytest.mark.parametrize(
    ("content", "named"),
    [("v2,v1\nfine,a\nwell,b\n", ("v2",)), ("alpha;beta\nx;y\n", ("beta",))],
)
def test_a_column_that_is_named_makes_its_row_the_header(
    tmp_path: Path, content: str, named: tuple[str, ...]
):
    path = written(tmp_path, "t.csv", content)
    assert open_table(path).doubts
    table = open_table(path, Reading(named=named))
    assert (table.has_header, table.doubts) == (True, ())


def test_a_first_row_in_doubt_is_asked_about_and_can_be_said(tmp_path: Path):
    path = written(tmp_path, "t.csv", "alpha\nbeta\ngamma\n")
    table = open_table(path)
    with pytest.raises(
        TableError, match=r"its first row can be read in two ways.*--header.*--no-header"
    ):
        table.refuse_doubts()
    assert len(pairs(open_table(path, Reading(has_header=False)))) == 3
    assert len(pairs(open_table(path, Reading(has_header=True)))) == 2


@pytest.mark.parametrize("asked", ["--", "ab", "\n"])
def test_a_delimiter_or_quote_of_several_characters_is_refused(tmp_path: Path, asked: str):
    path = written(tmp_path, "t.csv", "id,text\n1,a\n")
    for reading in (Reading(delimiter=asked), Reading(quote=asked)):
        with pytest.raises(TableError, match="Give one character, or `none`"):
            open_table(path, reading)


def test_delimiter_and_quotes_can_be_said(tmp_path: Path):
    path = written(tmp_path, "t.csv", "text,label\n\"a\",1\n'b',0\n")
    assert pairs(open_table(path, Reading(quote="none")))[0][0] == '"a"'
    whole = open_table(path, Reading(delimiter="none", has_header=False, quote="none"))
    assert pairs(whole)[0] == ("text,label", [])


TASK = {
    "id": 7,
    "data": {"article": RIVER, "meta": {"page": 3}},
    "annotations": [
        {"completed_by": {"id": 4, "email": "ada@example.org"},
         "created_at": "2026-01-31T12:00:00Z",
         "result": [{"from_name": "kind", "to_name": "article", "type": "choices",
                     "value": {"choices": ["water"]}}]},
        {"completed_by": 5, "was_cancelled": True, "result": []},
    ],
    "predictions": [{"result": [{"value": {"choices": ["fire"]}}]}],
}  # fmt: skip
FLAT = {
    "article": RIVER, "id": 7, "kind": "water", "annotator": 4, "annotation_id": 9,
    "created_at": "2026-01-31T12:00:00Z", "updated_at": "", "lead_time": 2.5,
}  # fmt: skip
CHOICE = {
    "text": RIVER, "_input_hash": 1, "_task_hash": 2, "answer": "accept", "accept": ["water"],
    "options": [{"id": "water", "text": "Water"}, {"id": "fire", "text": "Fire"}],
    "_annotator_id": "ada", "_timestamp": 1_769_860_800,
}  # fmt: skip
EXAMPLE = {"id": 3, "text": RIVER, "label": ["water"], "Comments": []}
BY_USER = {"id": 3, "text": RIVER, "meta": {}, "annotations": [{"label": "water", "user": 2}]}

TOOLS: Mapping[str, tuple[str, dict]] = {
    "Label Studio": ("Label Studio JSON", TASK),
    "Label Studio, flat": ("Label Studio, one row per annotation", FLAT),
    "Prodigy": ("Prodigy", CHOICE),
    "Prodigy, one label": ("Prodigy", {**CHOICE, "accept": ["water"]}),
    "doccano": ("doccano", EXAMPLE),
    "doccano, by user": ("doccano", BY_USER),
}


@pytest.mark.parametrize("ending", ["jsonl", "json"])
@pytest.mark.parametrize("tool", TOOLS)
def test_another_tools_format_is_known_by_its_keys(tmp_path: Path, tool: str, ending: str):
    name, record = TOOLS[tool]
    content = json.dumps(record) + "\n" if ending == "jsonl" else json.dumps([record], indent=1)
    table = open_table(written(tmp_path, f"t.{ending}", content * (1 if ending == "json" else 3)))
    assert table.format == name
    assert set(map(str, pairs(table))) == {str((RIVER, ["water"]))}
    assert "fire" not in str(table.head(9)) or tool.startswith("Prodigy")


def test_who_and_when_come_from_the_format_alone(tmp_path: Path):
    table = open_table(written(tmp_path, "t.json", json.dumps([TASK])))
    columns, _ = understood(table, {}, {}, refuse_unknown=True)
    assert (columns.annotator, columns.labeled_at, columns.item_id) == (
        "annotator", "labeled_at", "id",
    )  # fmt: skip
    row = dict(zip(table.columns, table.head(1)[0], strict=True))
    assert row["annotator"] == "ada@example.org"
    assert row["meta.page"] == "3"
    plain = open_table(written(tmp_path, "t.csv", f"text,author,date\n{RIVER},Ada,2026-01-31\n"))
    columns, _ = understood(plain, {}, {}, refuse_unknown=True)
    assert (columns.annotator, columns.labeled_at) == ("", "")


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_what_was_not_accepted_is_no_label(tmp_path: Path, answer: str):
    records = [CHOICE, {**CHOICE, "text": BUS, "answer": answer}]
    table = open_table(written(tmp_path, "t.jsonl", "\n".join(map(json.dumps, records))))
    assert pairs(table) == [(RIVER, ["water"]), (BUS, [])]


def test_every_annotation_of_a_task_is_a_row(tmp_path: Path):
    task = {**TASK, "annotations": [TASK["annotations"][0]] * 2}
    undone = {"id": 8, "data": {"article": BUS}, "annotations": []}
    table = open_table(written(tmp_path, "t.json", json.dumps([task, undone])))
    assert pairs(table) == [(RIVER, ["water"]), (RIVER, ["water"]), (BUS, [])]


def test_an_export_of_a_tool_can_be_read_as_a_plain_table(tmp_path: Path):
    path = written(tmp_path, "t.jsonl", json.dumps(CHOICE))
    table = open_table(path, Reading(tools=False))
    assert table.format == "JSON"
    assert "_timestamp" in table.columns


def test_flat_tables_of_tools_are_known_as_csv_too(tmp_path: Path):
    names = list(FLAT)
    rows = [names, [str(FLAT[name]) for name in names]]
    content = "\n".join(",".join(row) for row in rows)
    assert pairs(open_table(written(tmp_path, "a.csv", content))) == [(RIVER, ["water"])]
    ordered = sorted(names)
    content = "\n".join(",".join(str(x) for x in row) for row in
                        [ordered, *[[FLAT[n] for n in ordered]] * 3])  # fmt: skip
    assert pairs(open_table(written(tmp_path, "b.csv", content)))[0] == (RIVER, ["water"])


@pytest.mark.parametrize(
    "content",
    [
        {"data": [{"text": RIVER, "label": "1"}, {"text": BUS, "label": "0"}], "version": 2},
        {"columns": ["text", "label"], "index": [0, 1], "data": [[RIVER, "1"], [BUS, "0"]]},
        {"text": {"0": RIVER, "1": BUS}, "label": {"0": "1", "1": "0"}},
        {"a": {"text": RIVER, "label": "1"}, "b": {"text": BUS, "label": "0"}},
        {"text": [RIVER, BUS], "label": ["1", "0"]},
        {
            "features": [{"name": "text"}],
            "rows": [{"row": {"text": RIVER, "label": 1}}, {"row": {"text": BUS, "label": 0}}],
        },
    ],
)  # fmt: skip
@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_around_the_records_is_seen_through(
    tmp_path: Path, content: dict, indent: int | None
):
    path = written(tmp_path, "t.json", json.dumps(content, indent=indent))
    assert pairs(open_table(path)) == [(RIVER, ["1"]), (BUS, ["0"])]


def test_nested_fields_have_dotted_names_and_lists_are_no_texts(tmp_path: Path):
    nested = {"doc": {"body": RIVER}, "tags": ["a", "b"], "n": 1}
    table = open_table(written(tmp_path, "t.jsonl", json.dumps(nested)))
    assert table.columns == ("doc.body", "tags", "n")
    assert pairs(table) == [(RIVER, [])]
    talk = {"messages": [{"role": "user", "content": RIVER}], "n": 1}
    table = open_table(written(tmp_path, "u.jsonl", json.dumps(talk)))
    with pytest.raises(TableError, match="no column holds plain texts"):
        pairs(table)


def test_what_marks_parts_of_a_text_is_no_label():
    for spans in ('[[0, 5, "PER"]]', '[{"start": 0, "end": 5, "label": "PER"}]'):
        with pytest.raises(ValueError, match="marks parts of a text"):
            labels_in(spans)
    assert labels_in("['a', 'b']") == ["a", "b"]
    assert labels_in("[sic] a bracket") == ["[sic] a bracket"]


def test_parquet_gives_bytes_objects_lists_and_names_of_classes(tmp_path: Path):
    features = {"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}
    table = pa.table(
        {
            "body": pa.array([RIVER.encode(), BUS.encode(), STORM.encode()], pa.binary()),
            "label": pa.array([1, 0, -1], pa.int64()),
            "meta": pa.array([{"page": 1}, {"page": 2}, None]),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    ).replace_schema_metadata({"huggingface": json.dumps(features)})
    path = tmp_path / "t.parquet"
    pq.write_table(table, path)
    found = open_table(path)
    assert pairs(found) == [(RIVER, ["yes"]), (BUS, ["no"]), (STORM, [])]
    assert {"meta.page", "tags", "kind"} <= set(found.columns)
    assert found.structured == {"tags"}


@pytest.mark.parametrize("name", ["t.csv.gz", "t.zip", "t.jsonl.gz", "t.json.zip"])
def test_packed_tables_are_unpacked(tmp_path: Path, name: str):
    is_json = "json" in name
    content = (
        json.dumps({"text": RIVER, "label": "1"}) if is_json else f"text,label\n{RIVER},1\n"
    ).encode()
    if name.endswith(".gz"):
        packed = gzip.compress(content)
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("readme.md", "no table")
            archive.writestr("__MACOSX/._t.csv", "none either")
            archive.writestr("in/t.json" if is_json else "in/t.csv", content)
            archive.writestr("in/z.csv", "text\nanother table\n")
        packed = buffer.getvalue()
    table = open_table(written(tmp_path, name, packed))
    assert pairs(table) == [(RIVER, ["1"])]
    if name.endswith(".zip"):
        assert table.sheets == (table.sheet, "in/z.csv")
        other = open_table(tmp_path / name, Reading(sheet="in/z.csv"))
        assert pairs(other) == [("another table", [])]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.zip"])
def test_packed_files_are_bounded_and_damage_is_told(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
):
    content = b"text\n" + b"x" * 2**22
    if name.endswith(".gz"):
        packed = gzip.compress(content)
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", content)
        packed = buffer.getvalue()
    path = written(tmp_path, name, packed)
    monkeypatch.setattr("core.exchange.tables.files.MOST_UNPACKED", 2**20)
    with pytest.raises(TableError, match="would unpack to more than"):
        open_table(path)
    for cut in (len(packed) // 2, 30):
        with pytest.raises(TableError, match=r"t\.(csv\.gz|zip)"):
            open_table(written(tmp_path, name, packed[:cut]))


def test_a_sheet_below_a_title_is_found(tmp_path: Path):
    path = tmp_path / "t.xlsx"
    write_sheet(path, [["Spring survey"], [""], ["no", "Answer"], ["1", RIVER], ["2", BUS]])
    table = open_table(path)
    assert table.columns == ("no", "Answer")
    assert pairs(table) == [(RIVER, []), (BUS, [])]


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path: Path):
    with pytest.raises(TableError, match="is not there"):
        open_table(tmp_path / "t.parquet")
    with pytest.raises(TableError, match="is a folder"):
        open_table(tmp_path)


ODD = (None, True, 0, 1.5, "x", "", [], {}, [None], [[1]], [{}], {"value": None}, {"a": {"b": []}})


def with_one_odd(value: object, draw: random.Random) -> object:
    """The value with something odd in place of one of its parts."""
    if draw.random() < 0.2 or not isinstance(value, dict | list) or not value:
        return draw.choice(ODD)
    if isinstance(value, list):
        at = draw.randrange(len(value))
        return [*value[:at], with_one_odd(value[at], draw), *value[at + 1 :]]
    name = draw.choice(list(value))
    return {**value, name: with_one_odd(value[name], draw)}


@pytest.mark.parametrize("tool", TOOLS)
def test_records_with_odd_parts_are_read_or_refused(tmp_path: Path, tool: str):
    draw, record = random.Random(tool), TOOLS[tool][1]
    for _ in range(150):
        records = [record, with_one_odd(record, draw), record, record, record, record]
        path = written(tmp_path, "t.json", json.dumps(records))
        try:
            table = open_table(path)
            columns, _ = understood(table, {}, {}, refuse_unknown=True)
            assert columns.text in table.columns
            assert all(len(row) == len(table.columns) for row in table.head(20))
        except TableError:
            pass

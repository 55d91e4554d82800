"""Several labels for one text, as the programs of this field write them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.exchange.foreign_table import (
    label_column,
    label_words,
    read_table,
    recognized,
    understood,
)
from core.exchange.import_types import TableContents
from core.exchange.tables.label_cells import label_counts, labels_in
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import SourceTable
from core.workspace.task import Label, Task
from core.workspace.task_file import labels_of_words, task_text
from core.workspace.task_toml import parse_task
from tests.label_worlds import label_tables

TEXTS = ("the river rose above its bridge", "the council wants a bus", "no power since the storm")
GIVEN = (("water", "roads"), ("roads",), ())
ANSWERS = ["water|roads", "roads", "-"]


def task_of(*values: str, several: bool = True) -> Task:
    wishes = [Label(value) for value in values]
    return parse_task(task_text("t", "", wishes, dict.fromkeys(SPLITS, 9), several=several), "t")


SPLITS = ("evaluation", "validation", "training")
TASK = task_of("water", "roads", "power")


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def rows_of(labels: Sequence[object], head: str = "text,labels") -> str:
    quoted = [str(label).replace('"', '""') for label in labels]
    rows = [f'{text},"{label}"' for text, label in zip(TEXTS, quoted, strict=True)]
    return "\n".join([head, *rows, ""])


def records(**fields: Sequence[object]) -> list[dict[str, object]]:
    columns = {"text": TEXTS, **fields}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def annotation(labels: Sequence[str]) -> dict[str, object]:
    choice = {"value": {"choices": labels}, "from_name": "topic", "to_name": "text"}
    return {"completed_by": 1, "result": [choice | {"type": "choices"}] if labels else []}


STUDIO = [
    {"id": at, "data": {"text": text}, "annotations": [annotation(labels)]}
    for at, (text, labels) in enumerate(zip(TEXTS, GIVEN, strict=True))
]
CHOICES = [json.dumps({"choices": list(x)}) if len(x) > 1 else "".join(x) or "[]" for x in GIVEN]
OPTIONS = [{"id": label, "text": label.title()} for label in TASK.values]
PRODIGY = {"answer": ["accept"] * 3, "_input_hash": range(3), "options": [OPTIONS] * 3}
CLASSES = {"names": ["roads", "water", "power"], "_type": "ClassLabel"}
NUMBERS = [[1, 0], [0], []]
HUGGING_FACE = {
    "features": [{"name": "labels", "type": {"feature": CLASSES, "_type": "Sequence"}}],
    "rows": [{"row_idx": at, "row": row} for at, row in enumerate(records(labels=NUMBERS))],
}

FILES = {
    "joined by bars": ("t.csv", rows_of(["water|roads", "roads", "-"])),
    "joined by semicolons": ("t.csv", rows_of(["water; roads", "roads", "[]"])),
    "joined as doccano does": ("t.csv", rows_of(["water#roads", "roads", "-"], "text,label")),
    "lists in CSV": ("t.csv", rows_of(['["water", "roads"]', '["roads"]', "[]"])),
    "lists as Python prints them": ("t.csv", rows_of(["['roads', 'water']", "['roads']", "[]"])),
    "lists in JSON lines": ("t.jsonl", lines(*records(labels=GIVEN))),
    "doccano": ("t.jsonl", lines(*records(id=range(3), label=GIVEN, Comments=[[]] * 3))),
    "doccano CSV": (
        "t.csv",
        f"id,text,Comments,label\n1,{TEXTS[0]},,water#roads\n2,{TEXTS[1]},,roads\n3,{TEXTS[2]},,-\n",
    ),
    "Prodigy": ("t.jsonl", lines(*records(accept=GIVEN, **PRODIGY))),
    "Label Studio": ("t.json", json.dumps(STUDIO)),
    "fastText": (
        "t.txt",
        "".join(
            " ".join([*(f"__label__{x}" for x in labels), text]) + "\n"
            for labels, text in zip(GIVEN, TEXTS, strict=True)
        )
        + "".join(f"__label__power there is no power in street {n}\n" for n in range(9)),
    ),
    "the rows of Hugging Face": ("t.json", json.dumps(HUGGING_FACE)),
}  # fmt: skip


def opened(folder: Path, name: str, content: str) -> tuple[SourceTable, str]:
    """The table and the column of its labels."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    table = open_table(path)
    return table, recognized(table)["label"]


def read(table: SourceTable, task: Task) -> TableContents:
    columns, unsaid = understood(table, {}, {}, refuse_unknown=True)
    return read_table(table, columns, unsaid, task)


@pytest.mark.parametrize("kind", FILES)
def test_each_tools_way_to_say_several_labels_is_read(tmp_path: Path, kind: str):
    table, column = opened(tmp_path, *FILES[kind])
    found = read(table, TASK)
    assert not found.bad
    assert [each.item.label for each in found.wanted][:3] == ANSWERS
    counts, _, number = label_column(table, column, several=True)
    assert (counts["roads"], counts["water"]) == (2, 1)
    assert number == len(found.wanted)


@pytest.mark.parametrize("kind", FILES)
def test_lists_tell_by_themselves_that_there_are_several(tmp_path: Path, kind: str):
    table, column = opened(tmp_path, *FILES[kind])
    assert label_column(table, column).several == ("joined" not in kind)


@pytest.mark.parametrize("is_list", [True, False])
def test_classes_of_hugging_face_are_named(tmp_path: Path, is_list: bool):
    feature = [CLASSES] if is_list else {"feature": CLASSES, "_type": "List"}
    told = json.dumps({"info": {"features": {"labels": feature}}}).encode()
    columns = pa.table({"text": TEXTS, "labels": pa.array(NUMBERS, pa.list_(pa.int64()))})
    path = tmp_path / "t.parquet"
    pq.write_table(columns.replace_schema_metadata({b"huggingface": told}), path)
    found = read(open_table(path), TASK)
    assert [each.item.label for each in found.wanted] == ANSWERS


def test_a_task_of_one_label_refuses_two_with_line_and_reason(tmp_path: Path):
    table, _ = opened(tmp_path, *FILES["lists in JSON lines"])
    task = task_of("water", "roads", "power", several=False)
    found = read(table, task)
    assert [(row.line, row.reason) for row in found.bad] == [
        (1, "has 2 labels, and a text here has one")
    ]
    assert [each.item.label for each in found.wanted] == ["roads"]  # an empty list is no label


def test_the_first_character_that_a_column_joins_labels_by_is_meant():
    cells = {"oil, gas|water;x": 2, "water;x|-": 1, "[]": 4}
    assert label_counts(cells, several=True) == {"oil, gas": 2, "water;x": 3}
    assert label_counts({"a, b; c": 1, "c#d": 1}, several=True) == {"a, b": 1, "c": 1, "c#d": 1}
    assert label_counts({"a#b, c": 1}, several=True) == {"a": 1, "b, c": 1}
    assert label_counts({'["a", "b"]': 1, "c, d": 1}, several=True) == {"a": 1, "b": 1, "c, d": 1}


def test_an_unknown_label_of_several_is_named_and_leaves_no_half_answer(tmp_path: Path):
    table, _ = opened(tmp_path, *FILES["joined by bars"])
    found = read(table, task_of("roads", "power"))
    assert "has the label `water`" in found.bad[0].reason
    assert [each.item.label for each in found.wanted] == ["roads", "-"]


def test_a_label_is_known_by_its_name_and_its_former_value():
    named = 'name = "Needs/Water"\nwas = ["thirst"]'
    text = "several = true\n" + label_tables({"w": named, "r": "", "x": "retired = true"})
    words = label_words(parse_task(text, "t"))
    assert words == {"needs/water": "w", "w": "w", "thirst": "w", "r": "r"}


def test_a_label_with_a_bar_gets_a_value_without_it_and_keeps_its_name(tmp_path: Path):
    lists = [["oil|gas", "water"], ["oil|gas"], ["-"]]
    table, column = opened(tmp_path, "t.jsonl", lines(*records(labels=lists)))
    wishes = labels_of_words(label_column(table, column).counts, several=True)
    assert [(x.value, x.name) for x in wishes] == [("oil/gas", "oil|gas"), ("water", "water")]
    targets = dict.fromkeys(SPLITS, 9)
    task = parse_task(task_text("t", "", wishes, targets, several=True), "t")
    assert [x.item.label for x in read(table, task).wanted] == ["oil/gas|water", "oil/gas"]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("deep", [20, 450, 100_000])
def test_a_cell_of_lists_in_lists_is_refused_and_the_rest_comes_in(
    tmp_path: Path, deep: int, several: bool
):
    cell = '[{""label"":' * deep + '[""roads""]' + "}]" * deep
    path = tmp_path / "t.csv"
    path.write_text(f'text,label\na,"{cell}"\nb,water\nc,roads\n', encoding="utf-8")
    table = open_table(path)
    assert set(label_column(table, "label").counts) >= {"water", "roads"}
    columns, unsaid = understood(table, {"label": "label"}, {}, refuse_unknown=True)
    found = read_table(table, columns, unsaid, task_of("water", "roads", "power", several=several))
    assert [wanted.item.text for wanted in found.wanted] == ["b", "c"]
    assert [bad.line for bad in found.bad] == [2]


@pytest.mark.parametrize("status", ["draft", "discarded"])
def test_a_response_that_was_not_submitted_is_no_label(status: str):
    given = {"value": "water", "user_id": "ada", "status": "submitted"}
    assert labels_in(json.dumps([given, {**given, "value": "roads", "status": status}])) == [
        "water"
    ]

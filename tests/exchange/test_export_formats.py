"""The files of other tools, read back by readers of their own."""

import csv
import io
import json
import math
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from core.exchange.export_formats import LAYOUTS, yaml_text
from core.exchange.provenance import EXPORT_FIELDS, FLOATS, WHOLE, Cell
from core.workspace.task import Task
from core.workspace.task_toml import parse_task

TASK = """
title = "$5 <of> \\"news\\" \\u0001: {}"
[[labels]]
value = "1"
name = "about & beyond"
file = "yes.csv"
positive = true
[[labels]]
value = "not it"
file = "no.csv"
[[labels]]
value = "not_it"
file = "other.csv"
"""
TEXTS = some.text(some.characters(codec="utf-8"))


@pytest.fixture
def task() -> Task:
    return parse_task(TASK, "task.toml")


def table_of(*rows: dict[str, Cell]) -> pa.Table:
    """Rows of an export, with nothing where a row says nothing."""
    kinds = dict.fromkeys(FLOATS, pa.float64()) | dict.fromkeys(WHOLE, pa.int64())
    fields = [(name, kinds.get(name, pa.string())) for name in (*EXPORT_FIELDS, "pool_Label")]
    empty = {name: "" if kind == pa.string() else None for name, kind in fields}
    return pa.Table.from_pylist([empty | row for row in rows], pa.schema(fields))


ROWS = (
    {"item_id": "a", "text": "Quake", "label": "not it", "split": "evaluation"},
    {"item_id": "b", "text": "=1+1", "label": "1", "split": "training", "confidence": math.inf,
     "predicted": "1", "run_id": "run-1", "annotator": "Ann", "labeled_at": "2026-01-01T00:00:00Z",
     "seconds": 1.5, "seed": -7, "assisted": 1},
    {"item_id": "c", "text": "Two\nlines", "label": "not_it", "split": "training",
     "predicted": "gone", "confidence": 0.1},
)  # fmt: skip


def files(form: str, task: Task, *rows: dict[str, Cell]) -> dict[str, bytes]:
    return dict(LAYOUTS[form].files(table_of(*(rows or ROWS)), task, {}))


def test_csv_guards_texts_and_spells_numbers(task: Task):
    text = files("csv", task)["labels.csv"].decode()
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head[:-1]) == EXPORT_FIELDS
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["text"] for row in told] == ["Quake", "'=1+1", "Two\nlines"]
    assert [row["confidence"] for row in told] == ["", "inf", "0.1"]
    assert (told[1]["seed"], told[1]["assisted"], told[0]["seed"]) == ("-7", "1", "")


def test_json_lines_are_valid_json_without_a_guard(task: Task):
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    lines = files("jsonl", task)["labels.jsonl"].decode().split("\n")[:-1]
    rows = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [row["text"] for row in rows] == ["Quake", "=1+1", "Two\nlines"]
    assert [row["confidence"] for row in rows] == [None, "inf", 0.1]


def test_parquet_is_the_table_packed_with_zstd(task: Task):
    file = pq.ParquetFile(io.BytesIO(files("parquet", task)["labels.parquet"]))
    assert file.read().equals(table_of(*ROWS))
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_label_studio_tasks_fit_their_configuration(task: Task):
    found = files("label-studio", task)
    view = ElementTree.fromstring(found["labeling_config.xml"])
    choices = view.find("Choices")
    assert view.find("Header").get("value") == 'Task: $5 <of> "news" \ufffd: {}'
    assert [each.get("alias") for each in choices] == ["1", "not it", "not_it"]
    assert choices[0].get("value") == "about & beyond"
    for each, row in zip(json.loads(found["tasks.json"]), ROWS, strict=True):
        [annotation] = each["annotations"]
        [result] = annotation["result"]
        assert (result["from_name"], result["to_name"]) == (choices.get("name"), "text")
        assert result["value"]["choices"] == [row["label"]]
        assert each["data"]["text"] == row["text"]
        # A name that is no user of theirs would stop the whole import.
        assert "completed_by" not in annotation


def test_label_studio_is_told_who_when_and_what_was_predicted(task: Task):
    first, second, third = json.loads(files("label-studio", task)["tasks.json"])
    assert second["data"]["annotator"] == "Ann"
    assert second["annotations"][0]["created_at"] == "2026-01-01T00:00:00Z"
    assert second["annotations"][0]["lead_time"] == 1.5
    [prediction] = second["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("run-1", "inf")
    assert prediction["result"][0]["value"]["choices"] == ["1"]
    # What is not a label of the configuration would be refused.
    assert "predictions" not in first
    assert "predictions" not in third


def test_hugging_face_has_a_file_per_split_that_its_head_describes(task: Task):
    found = files("huggingface", task)
    assert [*found] == [
        "data/train-00000-of-00001.parquet",
        "data/test-00000-of-00001.parquet",
        "README.md",
    ]
    _, head, rest = found["README.md"].decode().split("---\n")
    told = yaml.safe_load(head)
    assert rest == ""
    assert told["pretty_name"] == '$5 <of> "news" \x01: {}'
    splits = {each["split"]: each["path"] for each in told["configs"][0]["data_files"]}
    assert splits == {"train": "data/train-*", "test": "data/test-*"}


def test_hugging_face_labels_are_numbers_of_named_classes(task: Task):
    found = files("huggingface", task)
    table = pq.read_table(io.BytesIO(found["data/train-00000-of-00001.parquet"]))
    assert table["label"].to_pylist() == [0, 2]
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features.pop("label") == {"names": ["1", "not it", "not_it"], "_type": "ClassLabel"}
    kinds = {name: each["dtype"] for name, each in features.items()}
    arrow = {"string": pa.string(), "float64": pa.float64(), "int64": pa.int64()}
    assert {name: arrow[kind] for name, kind in kinds.items()} == {
        field.name: field.type for field in table.schema if field.name != "label"
    }


@given(TEXTS)
def test_yaml_gives_every_text_back(text: str):
    assert yaml.safe_load(yaml_text(text)) == text

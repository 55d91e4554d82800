"""Several labels for one text, in the files of each format and back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli.exchange_commands import workspace_for
from core.exchange.exporter import export
from core.exchange.foreign_table import label_column, understood
from core.exchange.importer import ImportResult, import_data
from core.exchange.imports import read_records, take_back
from core.exchange.tables.opening import open_table
from core.workspace.definitions import (
    definitions_text,
    hash_of,
    keep_definitions,
)
from core.workspace.labels import Labels
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records, new_event
from core.workspace.snapshot import read_snapshot
from tests.label_worlds import label_tables
from tests.worlds import new_proposal

TASK = "several = true\n" + label_tables(
    {
        "needs/water": "",
        "needs/food": 'name = "Food & drink"\nwas = ["hunger"]',
        "roads": "",
        "old": "retired = true",
    }
)
TEXTS = {"a": "No water and no food", "b": "A road is closed", "c": "Nothing new", "d": "Thirst"}
ANSWERS = {"a": "needs/water|needs/food", "b": "roads|old", "c": "-", "d": "old"}
TODAY = {"a": "needs/water|needs/food", "b": "roads", "c": "-"}


def build(folder: Path, *, labeled: bool = True) -> Workspace:
    (folder / "unlabeled_data").mkdir(parents=True)
    (folder / "task.toml").write_text(TASK)
    rows = [f'{item},"{text}","a word before"\n' for item, text in TEXTS.items()]
    (folder / "unlabeled_data" / "p.csv").write_text("item_id,text,before\n" + "".join(rows))
    workspace = open_workspace(folder)
    if labeled:
        proposals = [new_proposal("b1", "ann", "training", item, "random") for item in TEXTS]
        append_records(workspace.batches, proposals)
        given = [new_event("b1", "ann", "label", x, label=ANSWERS[x]) for x in TEXTS]
        keep_definitions(workspace)
        version = hash_of(definitions_text(workspace.task))
        append_records(workspace.annotations, [replace(x, definitions=version) for x in given])
    return workspace


def answers(workspace: Workspace) -> dict[str, str]:
    """What counts for each item, with the labels that are retired."""
    task, labels = workspace.task, labels_of(workspace)
    every = {item.item_id: item for item in (*labels.items, *labels.retired)}
    return {key: task.answer((*task.chosen(x.label), *x.retired)) for key, x in every.items()}


def versions(workspace: Workspace) -> set[str]:
    return {event.definitions for event in read_snapshot(workspace).logs.events}


def labels_of(workspace: Workspace) -> Labels:
    return read_snapshot(workspace).labels


def bring(workspace: Workspace, path: Path, *, several: bool | None = None) -> ImportResult:
    table = open_table(path)
    columns, unsaid = understood(table, {}, {}, refuse_unknown=True)
    return import_data(workspace, table, columns, unsaid)


OWN = {"csv": "labels.csv", "excel": "t.xlsx", "jsonl": "t.jsonl", "parquet": "t.parquet"}
TOOLS = {
    "label-studio": "tasks.json",
    "huggingface": "data/train-00000-of-00001.parquet",
}


@pytest.mark.parametrize("form", OWN)
def test_exports_bring_every_label_back(tmp_path: Path, form: str):
    first, file = build(tmp_path / "w"), tmp_path / OWN[form]
    export(read_snapshot(first), file, form)
    again = build(tmp_path / "again", labeled=False)
    assert bring(again, file).labels == 4
    assert answers(again) == ANSWERS
    assert bring(again, file).labels == 0
    take_back(again, *read_records(again))
    assert answers(again) == {}


@pytest.mark.parametrize("form", TOOLS)
def test_files_for_other_tools_hold_todays_labels(tmp_path: Path, form: str):
    export(read_snapshot(build(tmp_path / "w")), tmp_path / "out", form)
    again = build(tmp_path / "again", labeled=False)
    bring(again, tmp_path / "out" / TOOLS[form])
    assert answers(again) == TODAY


@pytest.mark.parametrize("form", OWN)
def test_an_export_tells_a_new_workspace_its_labels(tmp_path: Path, form: str):
    file = tmp_path / OWN[form]
    export(read_snapshot(build(tmp_path / "w")), file, form)
    table = open_table(file)
    assert label_column(table, "label").several
    with workspace_for(tmp_path / "new", table, "label") as new:
        import_data(new, table)
    assert new.task.several
    assert {*new.task.values} == {"needs/water", "needs/food", "roads", "old"}
    assert {x: {*new.task.chosen(y)} for x, y in answers(new).items()} == {
        x: {*new.task.chosen(y)} for x, y in ANSWERS.items()
    }


@pytest.mark.parametrize("named", [True, False])
def test_an_import_that_was_cut_short_is_completed(tmp_path: Path, named: bool):
    table = tmp_path / "t.jsonl"
    rows = [
        {"id": x, "text": TEXTS[x], "label": [each for each in answer.split("|") if each != "-"]}
        | ({"annotator": "bob"} if named else {})
        for x, answer in TODAY.items()
    ]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = {"annotator": "annotator"} if named else {}

    def brought() -> ImportResult:
        source = open_table(table)
        columns, unsaid = understood(source, asked, {}, refuse_unknown=True)
        return import_data(workspace, source, columns, unsaid)

    workspace = build(tmp_path / "w", labeled=False)
    assert brought().labels == 3
    whole = answers(workspace)
    assert whole == TODAY
    for cut in ("training_data/food.csv", "annotations.csv", "batches.csv"):
        (workspace.path / cut).unlink(missing_ok=True)
    done = brought()
    assert (done.labels, done.differing) == (3 if named else 1, [])
    assert answers(workspace) == whole
    assert len(read_records(workspace)) == 1
    assert brought().labels == 0


def test_another_answer_of_somebody_stays(tmp_path: Path):
    workspace = build(tmp_path / "w", labeled=False)
    file = workspace.path / "training_data" / "water.csv"
    file.parent.mkdir()
    file.write_text(f"a,{TEXTS['a']},needs/water\n")
    table = tmp_path / "t.csv"
    table.write_text(f"id,text,label\na,{TEXTS['a']},hunger|roads\n")
    assert bring(workspace, table).differing == ["a"]
    assert answers(workspace) == {"a": "needs/water"}

"""A small workspace that version 0.6.0 made: it opens, and its params files score as they did."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.doctor import examine
from core.errors import RunError, TaskError
from core.evaluation.runs import find_run, load_run
from core.models.predict import score_texts
from core.sampling.next_batch import BatchRequest, preview, propose
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import new_event
from core.workspace.snapshot import Snapshot, open_snapshot

MADE = Path(__file__).with_name("workspaces") / "0.6.0"
EXPECTED = json.loads((MADE / "expected.json").read_text(encoding="utf-8"))
NEXT = json.loads((MADE / "next.json").read_text(encoding="utf-8"))
RUNS = [run for run, told in EXPECTED["runs"].items() if told["model"] != "hidden"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("expected.json", "next.json")
    return Path(shutil.copytree(MADE, tmp_path / "older", ignore=ignored))


@pytest.fixture
def snapshot(folder: Path) -> Snapshot:
    return open_snapshot(folder)


def test_nothing_is_amiss_and_no_file_changes(folder: Path):
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    open_snapshot(folder)
    assert examine(folder) == []
    assert {path: path.read_bytes() for path in files} == files


def test_it_stands_where_it_stood(snapshot: Snapshot):
    assert snapshot.stage == "active learning"
    counts = {split: len(items) for split, items in snapshot.labels.splits.items()}
    assert counts == {"evaluation": 20, "validation": 0, "training": 40}
    assert [run.run_id for run in snapshot.logs.runs] == list(EXPECTED["runs"])


def test_what_is_labeled_in_it_is_added_to_the_files_that_are_there(folder: Path):
    log = folder / "annotations.csv"
    before = log.read_bytes()
    snapshot = open_snapshot(folder)
    batch = propose(snapshot, "ann", BatchRequest(mix={"random": 2}))
    item = batch.proposals[0].item_id
    given = new_event(batch.batch_id, "ann", "label", item, label="1")
    done = [given, new_event(batch.batch_id, "ann", "save")]
    assert Inbox(snapshot.workspace).receive(done).refused == []
    assert log.read_bytes().startswith(before)
    assert examine(folder) == []
    now = open_snapshot(folder)
    assert now.labels.by_id[item].definitions
    assert {event.definitions for event in now.logs.events[:-2]} == {""}


@pytest.mark.parametrize("run_id", RUNS)
def test_its_models_score_as_they_did(snapshot: Snapshot, run_id: str):
    model = load_run(snapshot, find_run(snapshot, run_id))
    scores = score_texts(model, EXPECTED["texts"])
    np.testing.assert_allclose(scores, EXPECTED["runs"][run_id]["probability"], atol=1e-6)


def test_without_an_encoder_the_next_batch_is_the_same(folder: Path):
    with (folder / "task.toml").open("a", encoding="utf-8") as file:
        file.write('\n[model]\nencoder = ""\n')
    batch = preview(open_snapshot(folder))
    assert batch.run_id == NEXT["run_id"]
    assert [(each.rank, each.item_id, each.strategy) for each in batch.proposals] == [
        (each["rank"], each["item_id"], each["strategy"]) for each in NEXT["items"]
    ]
    scores = [each["score"] for each in NEXT["items"]]
    np.testing.assert_allclose([each.score for each in batch.proposals], scores, atol=1e-6)


def test_a_hidden_model_is_told_in_plain_words(snapshot: Snapshot):
    (run_id,) = EXPECTED["runs"].keys() - set(RUNS)
    with pytest.raises(RunError, match=r"`hidden`.*`linear`"):
        load_run(snapshot, find_run(snapshot, run_id))


def test_a_task_with_the_hidden_model_is_told_in_plain_words(folder: Path):
    task = folder / "task.toml"
    text = task.read_text(encoding="utf-8") + '\n[model]\nname = "hidden"\n'
    task.write_text(text, encoding="utf-8")
    with pytest.raises(TaskError, match=r"`hidden`.*`linear`"):
        open_workspace(folder)

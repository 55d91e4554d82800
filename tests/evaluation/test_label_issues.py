from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.label_issues import disagreeing_duplicates, find_label_issues
from core.evaluation.report import OutOfFold, kept_out_of_fold
from core.evaluation.runs import labeled_texts, read_report, train
from core.features.sources import feature_source
from core.models.training import learn
from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, Logs, Proposal
from core.workspace.opinions import SECOND_LOOK, read_words, settled
from core.workspace.snapshot import read_snapshot
from core.workspace.task import Label
from core.workspace.task_toml import default_task
from tests.models.test_explain import a_model

LABELS = ("a", "b", "c")


def labeled(item_id: str, label: str) -> Labeled:
    return Labeled(item_id, f"text {item_id}", label, "training")


def unseen_of(labels: tuple[str, ...], ids: list[str], probability: np.ndarray) -> OutOfFold:
    return kept_out_of_fold(replace(a_model(), labels=labels), ids, probability)


def test_doubts_are_the_labels_that_were_not_predicted_least_probable_first():
    draw = np.random.default_rng(0)
    probability = draw.dirichlet([1, 1, 1], 200)
    ids = [f"i{at}" for at in range(200)]
    items = [labeled(item, draw.choice(LABELS)) for item in ids]
    found = find_label_issues(items, unseen_of(LABELS, ids, probability), {"i3"})
    column = [LABELS.index(item.label) for item in items]
    expected = sorted(
        (probability[at, column[at]], ids[at])
        for at in range(200)
        if probability[at].argmax() != column[at] and ids[at] != "i3"
    )
    assert [doubt.item.item_id for doubt in found] == [item for _, item in expected]
    assert [doubt.probability for doubt in found] == pytest.approx([p for p, _ in expected])
    assert all(doubt.predicted != doubt.item.label for doubt in found)


def test_what_the_run_did_not_know_is_not_in_doubt():
    unseen = unseen_of(("a", "b"), ["i0", "i1"], np.array([[0.9, 0.1], [0.2, 0.8]]))
    items = [labeled("i0", "b"), labeled("i1", "c"), labeled("i2", "a")]
    assert [doubt.item.item_id for doubt in find_label_issues(items, unseen)] == ["i0"]
    assert find_label_issues([replace(items[0], label="a")], unseen) == []


def test_the_last_word_settles_a_label_or_opens_it_again():
    events = [
        word("i1", note=SECOND_LOOK),
        word("i2", note=SECOND_LOOK),
        word("i2"),
        word("i3", note=SECOND_LOOK),
        word("i3", "undo"),
        word("i4"),
        word("i1", "flag", "?"),
    ]
    logs = Logs([Proposal("b", "2026", "training", "ann", 1, "i1", "random")], events, [], [])
    task = replace(default_task(), labels=(Label("a"), Label("b")))
    assert settled(read_words(logs, task, [])) == {"i1"}


def word(item_id: str, action: str = "label", note: str = "") -> Event:
    return Event("e", "b", item_id, action, "a", "ann", "2026", None, False, note)


def ids_of(groups: list[list[Labeled]]) -> list[list[str]]:
    return [[item.item_id for item in group] for group in groups]


def test_the_same_text_under_different_labels_is_found_through_case_and_white_space():
    rows = [
        ("a", "Flood hits  village", "1"),
        ("b", "fire", "0"),
        ("c", "flood HITS village ", "0"),
        ("d", "fire", "0"),
        ("e", "FIRE!", "1"),
        ("f", "storm", "0"),
        ("g", "\uff33torm", "1"),  # a wide letter
        ("h", "Flood hits village", "1"),
    ]
    items = [Labeled(item_id, text, label, "training") for item_id, text, label in rows]
    assert ids_of(disagreeing_duplicates(items)) == [["a", "c", "h"], ["f", "g"]]
    assert ids_of(disagreeing_duplicates(iter(items), {"f", "g", "a"})) == [["a", "c", "h"]]
    assert disagreeing_duplicates([]) == []


def test_a_run_keeps_what_was_said_of_each_training_item_out_of_fold(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    unseen = train(snapshot).report.out_of_fold
    task = snapshot.workspace.task
    items = labeled_texts(snapshot.labels.usable_training, task)
    learned = learn(task.model, feature_source(snapshot, task.model), items, task.seed)
    assert unseen.item_ids == tuple(item.item_id for item in snapshot.labels.usable_training)
    assert unseen.labels == task.values
    assert pytest.approx(learned.out_of_fold, rel=1e-6) == np.array(unseen.probability).T
    assert read_report(snapshot, snapshot.logs.runs[-1]).out_of_fold is not None

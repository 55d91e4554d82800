"""What runs say of the evaluation items: the report and the model agree, scikit-learn is judge."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from core.evaluation.intervals import Bootstrap, Interval, resampled
from core.evaluation.run_scores import (
    ACTIVE,
    RANDOM,
    EvaluationPredictions,
    predictions_from_report,
    predictions_of_model,
    resample,
    shared,
    stages,
    worst_misses,
)
from core.evaluation.runs import load_run, read_report
from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot


@pytest.fixture
def snapshot(demo_folder: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo_folder), write_cache=False)


def answers(snapshot: Snapshot, place: int = -1) -> EvaluationPredictions:
    report = read_report(snapshot, snapshot.logs.runs[place])
    return predictions_from_report(
        report, snapshot.labels.splits["evaluation"], snapshot.workspace.task
    )


def made_up(seed: int, n_labels: int = 2, number: int = 120) -> EvaluationPredictions:
    draw = np.random.default_rng(seed)
    given, of_label = np.random.default_rng(0).integers(0, n_labels, number), np.eye(n_labels)
    raw = draw.dirichlet(np.ones(n_labels), number) + 0.35 * of_label[given]
    raw /= raw.sum(axis=1, keepdims=True)
    items = tuple(Labeled(f"i{at:03}", "", str(x), "evaluation") for at, x in enumerate(given))
    targets, predicted = (of_label[x].astype(bool) for x in (given, raw.argmax(axis=1)))
    return EvaluationPredictions(items, targets, predicted, raw, raw)


def drawn(found: EvaluationPredictions, label: int) -> Bootstrap:
    return resample(found, label, resampled(len(found)))


def differences(
    before: EvaluationPredictions, after: EvaluationPredictions, label: int
) -> dict[str, Interval]:
    first, second = (drawn(each, label) for each in shared(before, after))
    return second.over(first)


def test_a_report_says_what_its_model_says(snapshot: Snapshot):
    model = load_run(snapshot, snapshot.logs.runs[-1])
    items, task = snapshot.labels.splits["evaluation"], snapshot.workspace.task
    said, asked = answers(snapshot), predictions_of_model(model, items, task)
    assert said.raw == pytest.approx(asked.raw, abs=1e-5)
    assert said.calibrated == pytest.approx(asked.calibrated, abs=1e-5)
    assert (said.predicted == asked.predicted).all()
    assert (said.targets == asked.targets).all()


def test_only_items_that_the_run_was_asked_about_are_answered(snapshot: Snapshot):
    items = snapshot.labels.splits["evaluation"]
    report, task = read_report(snapshot, snapshot.logs.runs[0]), snapshot.workspace.task
    new = replace(items[0], item_id="new")
    assert predictions_from_report(report, [new, *items[:5]], task).items == tuple(items[:5])
    assert not len(predictions_from_report(report, [new], task))


@pytest.mark.parametrize("label", [0, 1, 2])
def test_intervals_hold_the_scores_of_scikit_learn(label: int):
    found = made_up(1, n_labels=3)
    actual, score = found.targets[:, label], found.raw[:, label]
    predicted = found.predicted[:, label]
    intervals = drawn(found, label).intervals()
    expected = {
        "fscore": metrics.f1_score(actual, predicted),
        "precision": metrics.precision_score(actual, predicted),
        "recall": metrics.recall_score(actual, predicted),
        "auc": metrics.roc_auc_score(actual, score),
        "average_precision": metrics.average_precision_score(actual, score),
    }
    assert intervals.keys() == expected.keys()
    for name, value in expected.items():
        assert intervals[name].value == pytest.approx(value)
        assert intervals[name].low < value < intervals[name].high


def test_differences_are_paired_and_of_shared_items():
    first, second = made_up(1), made_up(2)
    found = differences(first.only([i.item_id for i in first.items[:100]]), second, 0)
    actual = first.targets[:100, 0]
    for name, score in (
        ("auc", metrics.roc_auc_score),
        ("average_precision", metrics.average_precision_score),
    ):
        value = score(actual, second.raw[:100, 0]) - score(actual, first.raw[:100, 0])
        assert found[name].value == pytest.approx(value)
    same = differences(first, first, 0)
    assert all(each.low == each.high == 0 for each in same.values())


def test_a_label_without_probabilities_has_the_scores_of_its_predictions():
    found = made_up(1, n_labels=3)
    found.raw[:, 2] = np.nan
    assert not found.knows(2)
    assert set(drawn(found, 2).intervals()) == {"fscore", "precision", "recall"}
    assert set(differences(found, found, 2)) == {"fscore", "precision", "recall"}


def test_one_label_only_has_neither_auc_nor_an_error():
    found = made_up(1).only(
        [item.item_id for item in made_up(1).items if item.label == "1"],
    )
    assert "auc" not in drawn(found, 1).intervals()
    assert differences(found, found, 0) == {}


@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_the_worst_misses_are_those_that_the_model_was_surest_of(n_labels: int):
    found = made_up(3, n_labels)
    misses = worst_misses(found, 10)
    wrong = [at for at, row in enumerate(found.raw) if not found.targets[at, row.argmax()]]
    expected = sorted(wrong, key=lambda at: found.raw[at][found.targets[at]])[:10]
    assert misses.tolist() == expected


def test_the_first_run_of_the_demo_learned_from_random_labels_alone(snapshot: Snapshot):
    assert list(stages(snapshot).values()) == [RANDOM, ACTIVE, ACTIVE]


def test_chosen_items_in_label_files_make_every_run_active(snapshot: Snapshot):
    training = [Labeled("x", "x", "1", "training", strategy="outlier"), *snapshot.labels.splits]
    splits = {**snapshot.labels.splits, "training": training[:1]}
    changed = replace(snapshot, labels=replace(snapshot.labels, splits=splits))
    assert set(stages(changed).values()) == {ACTIVE}

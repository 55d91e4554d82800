"""Figures of tasks with a positive label, of many without, and of several for a text.

scikit-learn is the oracle.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from core.cli import answers
from core.evaluation import run_scores, runs
from core.evaluation.intervals import BinaryPredictions, label_means, resampled, scores_of
from core.evaluation.label_issues import find_label_issues
from core.evaluation.metrics import (
    as_table,
    confused_pairs,
    confusion,
    macro_cut,
)
from core.evaluation.report import load_report, report_path, row_scores, score_names
from core.models.predict import score_texts
from core.workspace.snapshot import Snapshot
from tests.label_worlds import BINARY, KINDS, MANY, SEVERAL, THEMES, labeled_snapshot


@pytest.fixture(params=KINDS)
def snapshot(tmp_path: Path, request: pytest.FixtureRequest) -> Snapshot:
    return labeled_snapshot(tmp_path, request.param)


def tables_of(snapshot: Snapshot, trained: runs.Trained) -> tuple[np.ndarray, ...]:
    """(probability, predicted, actual) of the evaluation items."""
    items, task = snapshot.labels.splits["evaluation"], snapshot.workspace.task
    probability = score_texts(trained.model, [item.text for item in items])
    predicted = as_table(trained.model.columns.predicted(probability), len(task.values))
    return probability, predicted, as_table(runs.columns(items, task), len(task.values))


def test_the_figures_of_every_task_are_scikit_learns(snapshot: Snapshot):
    trained, task = runs.train(snapshot), snapshot.workspace.task
    figures = trained.report.figures["evaluation"]
    probability, predicted, actual = tables_of(snapshot, trained)
    macro = theirs.precision_recall_fscore_support(
        actual, predicted, average="macro", zero_division=0
    )
    aucs = [theirs.roc_auc_score(a, p) for a, p in zip(actual.T, probability.T, strict=True)]
    aps = theirs.average_precision_score(actual, probability, average=None)
    each = theirs.precision_recall_fscore_support(actual, predicted, zero_division=0)
    for column, value in enumerate(task.values):
        scores = figures.labels[value]
        found = (scores.precision, scores.recall, scores.fscore, scores.support)
        assert found == pytest.approx([numbers[column] for numbers in each])
        assert scores.auc == pytest.approx(aucs[column])
        assert scores.average_precision == pytest.approx(aps[column])
        for name, interval in scores.intervals.items():
            assert interval.low <= interval.value <= interval.high
            assert interval.value == pytest.approx(getattr(scores, name))
    assert figures.macro_fscore == pytest.approx(macro[2])
    assert figures.micro_fscore == pytest.approx(
        theirs.f1_score(actual, predicted, average="micro")
    )
    assert figures.accuracy == pytest.approx(theirs.accuracy_score(actual, predicted))
    row, run = row_scores(figures), trained.run
    if task.positive:
        at = task.positive_index
        at_cut = figures.at_threshold
        assert (at_cut.precision, at_cut.recall, at_cut.fscore) == pytest.approx(
            [numbers[at] for numbers in each[:3]]
        )
        half = as_table(
            trained.model.columns.most_probable.predicted(probability), len(task.values)
        )
        half = theirs.precision_recall_fscore_support(actual, half, zero_division=0)
        headline = (half[2][at], aucs[at], aps[at], half[0][at], half[1][at])
    else:
        headline = (macro[2], np.mean(aucs), np.mean(aps), macro[0], macro[1])
    assert tuple(row.values()) == pytest.approx(headline)
    assert (run.fscore, run.auc, run.average_precision) == tuple(row.values())[:3]
    assert set(score_names(task)) == set(row) <= set(figures.intervals)
    counts = json.loads(run.counts)
    given = as_table(runs.columns(snapshot.labels.usable_training, task), len(task.values)).sum(
        axis=0
    )
    assert counts == dict(zip(task.values, given.tolist(), strict=True))


def test_the_headline_is_named():
    assert [score_names(task_of(kind))["fscore"] for kind in KINDS] == [
        "F-score",
        "macro F",
        "macro F",
    ]


def task_of(kind: str):
    from core.workspace.task_toml import parse_task
    from tests.label_worlds import task_text

    return parse_task(task_text(kind), "task.toml")


CELLS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=20)


def bits(numbers: list[int]) -> np.ndarray:
    return np.array(numbers)[:, None] >> np.arange(3) & 1 > 0


@example([(0, 0)])
@example([(1, 3), (2, 2)])
@example([(1, 1), (0, 1)])
@given(CELLS)
def test_macro_scores_of_tables_are_scikit_learns(pairs):
    predicted, actual = (bits(each) for each in zip(*pairs, strict=True))
    there = np.flatnonzero(predicted.any(axis=0) | actual.any(axis=0))
    expected = 0.0, 0.0, 0.0
    if len(there):
        # One column alone is two classes to scikit-learn, of which the label is one.
        which, average = (there, "macro") if len(there) > 1 else (there[0], "binary")
        expected = theirs.precision_recall_fscore_support(
            actual[:, which], predicted[:, which], average=average, zero_division=0
        )
    found = macro_cut(predicted, actual)
    assert (found.precision, found.recall, found.fscore) == pytest.approx(expected[:3])


def test_scores_of_samples_are_those_of_the_items_written_out():
    draw = np.random.default_rng(4)
    score, actual = draw.random((60, 3)).round(1), draw.random((60, 3)) < [0.5, 0.97, 0.03]
    model, counts = BinaryPredictions(score, score > 0.5), resampled(60, 30)
    found = label_means(model, actual, counts)
    for row, times in enumerate(counts):
        at = np.repeat(np.arange(60), times)
        expected = macro_cut(model.predicted[at], actual[at])
        assert found["fscore"][row] == pytest.approx(expected.fscore)
        alone = [
            theirs.roc_auc_score(actual[at, label], score[at, label])
            for label in range(3)
            if 0 < actual[at, label].sum() < len(at)
        ]
        assert found["auc"][row] == pytest.approx(np.mean(alone))
    assert set(scores_of(model, actual, counts, ["auc"])) == {"auc"}
    assert scores_of(model, actual & False, counts) == {}


def test_of_one_label_a_text_confused_pairs_are_the_largest_cells_of_the_matrix():
    draw = np.random.default_rng(1)
    actual, predicted = draw.integers(0, 5, 300), draw.integers(0, 5, 300)
    cells = confusion(predicted, actual, 5)
    found = confused_pairs(as_table(predicted, 5), as_table(actual, 5), most=100)
    assert {(a, p): n for a, p, n in found} == {
        (a, p): cells[a, p] for a in range(5) for p in range(5) if a != p and cells[a, p]
    }
    assert [n for *_, n in found] == sorted((n for *_, n in found), reverse=True)
    assert confused_pairs(as_table(predicted, 5), as_table(actual, 5), most=3) == found[:3]


def test_of_several_labels_a_pair_is_a_missed_one_with_one_too_many():
    actual = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], bool)
    predicted = np.array([[0, 1, 0], [0, 1, 1], [0, 0, 1]], bool)
    assert confused_pairs(predicted, actual) == [(0, 1, 1), (0, 2, 1)]


def test_every_run_can_be_compared_with_another(snapshot: Snapshot):
    trained, task = runs.train(snapshot), snapshot.workspace.task
    items, label = snapshot.labels.splits["evaluation"], task.positive_index
    found = run_scores.predictions_of_model(trained.model, items, task)
    samples = resampled(len(found))
    scored = run_scores.resample(found, label, samples)
    figures = trained.report.figures["evaluation"]
    intervals = scored.intervals()
    row = row_scores(figures)
    if task.positive:
        row |= vars(figures.at_threshold)
    for name, value in row.items():
        assert intervals[name].value == pytest.approx(value)
    same = scored.over(scored)
    assert same["fscore"].value == same["fscore"].high == 0
    assert len(run_scores.worst_misses(found, 5)) == min(5, found.wrong.sum())
    assert found.wrong.sum() == round((1 - figures.accuracy) * len(items))
    from_report = run_scores.predictions_from_report(trained.report, items, task)
    assert np.array_equal(from_report.predicted, found.predicted)
    assert run_scores.is_enough(trained.report, task) == (task.positive is not None)


def test_worst_misses_of_several_labels_are_most_surely_wrong(tmp_path: Path):
    snapshot = labeled_snapshot(tmp_path, SEVERAL)
    trained = runs.train(snapshot)
    items = snapshot.labels.splits["evaluation"]
    found = run_scores.predictions_of_model(trained.model, items, snapshot.workspace.task)
    believed = np.where(found.targets, found.raw, 1 - found.raw).min(axis=1)
    worst = run_scores.worst_misses(found, 3)
    assert believed[worst].tolist() == sorted(believed[found.wrong])[:3]


def test_label_issues_are_answers_that_differ(snapshot: Snapshot):
    report = runs.train(snapshot).report
    items = snapshot.labels.usable_training
    found = find_label_issues(items, report.out_of_fold)
    unseen = report.out_of_fold.answers
    expected = {x.item_id for x in items if unseen[x.item_id][0] != x.label}
    assert {issue.item.item_id for issue in found} == expected
    assert [issue.probability for issue in found] == sorted(issue.probability for issue in found)
    for issue in found:
        assert (issue.predicted, issue.confidence) == unseen[issue.item.item_id]
        assert 0 <= issue.probability <= 1


def test_what_is_printed_names_the_headline_and_every_label(snapshot: Snapshot):
    trained, task = runs.train(snapshot), snapshot.workspace.task
    figures = trained.report.figures["evaluation"]
    told = answers.figures_json(figures, trained.report.threshold, task)
    assert json.loads(json.dumps(told))["macro_fscore"] == figures.macro_fscore
    assert {value: each["name"] for value, each in told["labels"].items()} == {
        label.value: label.name for label in task.labels
    }
    lines = "\n".join(answers.figures_text(figures, trained.report.threshold, task))
    assert ("macro AUC" in lines) == (task.positive is None)
    assert ("exact match" in lines) == task.several
    assert ("at its threshold" in lines) == (task.positive is not None)
    name = "F" if task.positive else "macro F"
    assert answers.run_text(trained.run, task).startswith(f"run-0001: {name} ")


def test_a_report_of_any_task_is_kept_and_one_from_before_is_read(snapshot: Snapshot):
    run = runs.keep(snapshot, trained := runs.train(snapshot))
    params = snapshot.workspace.path / run.params_file
    assert load_report(params) == trained.report
    assert runs.read_report(snapshot, run) == trained.report
    content = json.loads(report_path(params).read_text())
    for figures in content["figures"].values():
        del figures["micro_fscore"], figures["unknown"]
        for scores in figures["labels"].values():
            del scores["intervals"]
    content["out_of_fold"].pop("thresholds")
    report_path(params).write_text(json.dumps(content))
    before = load_report(params)
    assert before.figures["evaluation"].labels[THEMES[0]].intervals == {}
    assert before.said == trained.report.said


@pytest.mark.parametrize("kind", [BINARY, MANY])
def test_predictions_of_a_label_that_is_retired_are_left_out(tmp_path: Path, kind: str):
    snapshot = labeled_snapshot(tmp_path, kind)
    report = runs.train(snapshot).report
    items, task = snapshot.labels.splits["evaluation"], snapshot.workspace.task
    said = replace(report.said, predicted=("", *report.said.predicted[1:]))
    found = run_scores.predictions_from_report(replace(report, said=said), items, task)
    assert len(found) == len(items) - 1

"""Views of the Metrics page on one run."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation import metrics
from core.evaluation.intervals import cut_intervals, wilson
from core.evaluation.run_scores import EvaluationPredictions, worst_misses
from core.features.attribution import fine_pieces_of
from core.pool.tokens import PAIRS
from core.workspace.logs import Run, shown_id
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui.cache import runs
from pages.ui.components.figure import show_figure
from pages.ui.components.items import item_html, show_items
from pages.ui.components.messages import say_empty
from pages.ui.components.scores import metric, span
from pages.ui.escape_markdown import plain
from pages.ui.metrics import charts, score_tables

FEWEST_BINS, MOST_BINS, IN_A_BIN = 5, 10, 5
"""Bins of probabilities, and items of the rarer kind for each."""

MISSES = 10

MOST_IN_A_MATRIX = 20  # labels of which each pair has a cell


@dataclass(frozen=True)
class Look:
    """What is looked at: a run's answers, one label against the others.

    Without a label it is all of them.
    """

    snapshot: Snapshot
    run: Run
    answers: EvaluationPredictions
    label: int | None

    @property
    def task(self) -> Task:
        return self.snapshot.workspace.task

    @property
    def name(self) -> str:
        return self.task.labels[self.label].name

    @property
    def actual(self) -> np.ndarray:
        return self.answers.actual(self.label)

    @property
    def score(self) -> np.ndarray:
        """P(label) of each item, not calibrated."""
        return self.answers.raw[:, self.label]


def has_many(task: Task) -> bool:
    """Whether there is more to see than one label against another."""
    return len(task.labels) > 2 or task.several


def can_rank(look: Look) -> bool:
    """Whether curves can be drawn; says why where they cannot."""
    if not look.answers.knows(look.label):
        say_empty(
            f"{plain(shown_id(look.run.run_id))} has no probabilities of {plain(look.name)}: its "
            "model file is gone. Train again to see them."
        )
        return False
    if look.actual.all() or not look.actual.any():
        say_empty("Curves need test items with the label and without. Label more test items.")
        return False
    return True


def show_ranking(look: Look) -> None:
    if not can_rank(look):
        return
    rates, found = ("false positive rate", "true positive rate"), ("recall", "precision")
    left, right = st.columns(2, gap="large")
    with left:
        aid = "Closer to the top left corner is better; the dashed line is guessing."
        points = _corner_points(look, metrics.roc_curve, rates, 1)
        show_figure("roc", "ROC curve", aid, charts.curves, points, *rates)
    with right:
        aid = "Precision (how many hits are right) at each recall (how many are found)."
        points = _corner_points(look, metrics.precision_recall_curve, found, 0)
        of = *found, float(look.actual.mean())
        show_figure("precision-recall", "Precision and recall", aid, charts.curves, points, *of)


def _corner_points(
    look: Look, curve_of: Callable[..., pd.DataFrame], names: Sequence[str], along: int
) -> pd.DataFrame:
    """The curve where it has corners in the score `along`, numbered."""
    points = curve_of(look.score, look.actual)[[*names, "threshold"]]
    points = points[corners(points[names[along]])].clip(upper=1.0)  # thresholds may begin above all
    return points.assign(place=range(len(points)))


def corners(values: Sequence[float]) -> np.ndarray:
    """Where a curve changes its value, before or after; a straight line needs no points between."""
    changes = np.diff(values) != 0
    return np.append(True, changes) | np.append(changes, True)


@st.fragment
def show_threshold(look: Look) -> None:
    """The confusion matrix at a threshold that can be moved."""
    if not can_rank(look):
        return
    report = runs.report(look.snapshot, look.run)
    asked = f"Predict {plain(look.name)} above this probability"
    is_headline = look.label == look.task.positive_index and not look.task.several
    own = round(report.threshold, 2) if report and is_headline else 0.5
    threshold = st.slider(asked, 0.0, 1.0, own, 0.01, key="metrics_cut")
    if report and is_headline:
        st.caption(
            f"The model's own threshold is {report.threshold:.2f}. Choosing one here, on the test "
            "set, makes the scores look too good."
        )
    predicted = look.score >= threshold
    show_cut(predicted, look.actual)
    left, right = st.columns(2, gap="large")
    with left:
        is_one_of_two = not has_many(look.task)
        other = look.task.labels[1 - look.label].name if is_one_of_two else f"not {look.name}"
        cells = metrics.confusion(~predicted * 1, ~look.actual * 1, 2)
        title = f"Confusion matrix at {threshold:.2f}"
        show_confusion("confusion", title, cells, [look.name, other])
    with right:
        aid = "Where the F-score is flat, the threshold hardly matters. The grey line is yours."
        points = cut_points(look).assign(chosen=threshold)
        show_figure("cuts", "Scores at each threshold", aid, charts.cuts, points)


def show_labels(look: Look) -> None:
    """Of more than two labels: which is taken for which, and the scores of each."""
    names, answers = [label.name for label in look.task.labels], look.answers
    score_tables.show_table(score_tables.label_table(look.snapshot, answers))
    if not look.task.several and len(names) < MOST_IN_A_MATRIX:
        both = answers.predicted.argmax(axis=1), answers.targets.argmax(axis=1)
        cells = metrics.confusion(*both, len(names))
        show_confusion("labels", "Which labels are mixed up", cells, names)
        return
    st.header("Which labels are mixed up", anchor=False)
    pairs = metrics.confused_pairs(answers.predicted, answers.targets)
    if not pairs:
        st.caption("No test item got one label in place of another.")
        return
    rows = [(names[actual], names[wrong], items) for actual, wrong, items in pairs]
    table = pd.DataFrame(rows, columns=["True label", "Predicted instead", "Items"])
    st.dataframe(table, hide_index=True, key="metrics_pairs")


def show_cut(predicted: np.ndarray, actual: np.ndarray) -> None:
    found = cut_intervals(predicted, actual)
    for column, name in zip(st.columns(3), ("fscore", "precision", "recall"), strict=True):
        each, title = found.get(name), score_tables.SCORES[name].capitalize()
        value = f"{each.value:.2f}" if each else "–"
        metric(column, title, value, span(each) or "never predicted")


def cut_points(look: Look) -> pd.DataFrame:
    curve = metrics.precision_recall_curve(look.score, look.actual)
    wide = curve[corners(curve["recall"])]
    return wide[["threshold", "F-score", "precision", "recall"]].melt("threshold", var_name="score")


def show_confusion(figure: str, title: str, cells: np.ndarray, names: list[str]) -> None:
    rows = [
        (row, column, int(cells[i, j]), cells[i, j] / max(cells[i].sum(), 1))
        for i, row in enumerate(names)
        for j, column in enumerate(names)
    ]
    shown = pd.DataFrame(rows, columns=["true label", "predicted", "items", "share of row"])
    aid = "Each row is a true label: what its items were predicted to be."
    show_figure(figure, title, aid, charts.confusion, shown, tuple(names))


def show_probabilities(look: Look) -> None:
    if not look.answers.knows(look.label):
        can_rank(look)  # it says why not
        return
    aid = "On the dashed line, 70% confident means right 70% of the time. Bars are 95% intervals."
    bins = reliability_bins(look)
    show_figure("calibration", "Calibration", aid, charts.reliability, bins)


def reliability_bins(look: Look) -> pd.DataFrame:
    """Share of the label by mean probability, raw and calibrated, with intervals."""
    kinds = zip(charts.KIND_COLORS, (look.answers.raw, look.answers.calibrated), strict=True)
    rows, rarer = [], min(int(look.actual.sum()), int((~look.actual).sum()))
    number = int(np.clip(rarer // IN_A_BIN, FEWEST_BINS, MOST_BINS))
    for kind, probability in kinds:
        found = metrics.reliability(probability[:, look.label], look.actual, number)
        for mean, hits, items in zip(*(found[name] for name in found), strict=True):
            share = wilson(hits, items)
            rows.append((kind, mean, share.value, share.low, share.high, int(items)))
    names = ["probabilities", "probability", "share", "low", "high", "items"]
    return pd.DataFrame(rows, columns=names)


@st.fragment
def show_worst_errors(look: Look) -> None:
    places = worst_misses(look.answers, MISSES)
    wrong = int(look.answers.wrong.sum())
    if not wrong:
        say_empty(
            f"{plain(shown_id(look.run.run_id))} is right on all {len(look.answers):,} test items."
        )
        return
    model, is_sure = runs.model(look.snapshot, look.run), look.answers.knows(look.label)
    shown = "All" if len(places) == wrong else f"{len(places)} of"
    order = ", the most confident first" if is_sure else ""
    st.caption(
        f"{shown} {wrong:,} wrong predictions{order}. These are test items. Do not hunt for "
        "similar ones, or your scores become too optimistic."
    )
    texts = [look.answers.items[place].text for place in places]
    splitting = model.source.splitting if model else PAIRS
    known = model.known(p for t in texts for p in fine_pieces_of(t, splitting)) if model else None
    told = [error_facts(look, place) for place in places]
    show_items([item_html(*each, known, splitting) for each in zip(texts, told, strict=True)])
    if known is not None:
        st.caption("Underlined words are new to the model.")


def error_facts(look: Look, place: int) -> list[str]:
    answers, task, item = look.answers, look.task, look.answers.items[place]
    sure = ""
    if not task.several:
        confidence = answers.raw[place, answers.predicted[place].argmax()]
        sure = "" if np.isnan(confidence) else f", {confidence:.0%} confident"
    predicted = task.answer(itertools.compress(task.values, answers.predicted[place]))
    told = f"predicted: {task.name_of(predicted)}{sure}"
    return [f"Label: {task.name_of(item.label)}", told, item.item_id]

"""Views of the Metrics page on one run, with a second one beside it where curves are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation import metrics
from core.evaluation.intervals import cut_intervals, wilson
from core.evaluation.run_scores import EvaluationPredictions
from core.evaluation.slices import THIN, Slice, slices
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui.cache import runs
from pages.ui.components.controls import choose_one
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import say_empty
from pages.ui.components.scores import interval_text, metric, span
from pages.ui.escape_markdown import plain
from pages.ui.metrics import charts, score_tables

NARROW = 2
"""Bins of the histogram for each bin of the calibration curve."""


@dataclass(frozen=True)
class Look:
    """What is looked at: a run's answers, perhaps a second run's, one label against the others."""

    snapshot: Snapshot
    run: Run
    answers: EvaluationPredictions
    other: Run | None
    label: int

    @property
    def task(self) -> Task:
        return self.snapshot.workspace.task

    @property
    def name(self) -> str:
        """The label's name."""
        return self.task.labels[self.label].name

    @property
    def actual(self) -> np.ndarray:
        return self.answers.actual(self.label)

    @property
    def score(self) -> np.ndarray:
        """P(label) of each item, not calibrated."""
        return self.answers.raw[:, self.label]


def look_at(snapshot: Snapshot, run: Run, other: Run | None, label: int) -> Look | None:
    """What the run says; None if nobody knows."""
    answers = runs.evaluation_predictions(snapshot, run)
    return None if answers is None else Look(snapshot, run, answers, other, label)


def can_rank(look: Look) -> bool:
    """Whether curves can be drawn; says why where they cannot."""
    if not look.answers.knows(look.label):
        say_empty(
            f"The report of {look.run.run_id} keeps no probabilities of {look.name}, and its model "
            "is gone. Train again to see them."
        )
        return False
    if look.actual.all() or not look.actual.any():
        say_empty(
            "Curves need evaluation items of both kinds: with the label and without. Label more "
            "evaluation data."
        )
        return False
    return True


def show_ranking(look: Look) -> None:
    """ROC and precision-recall curves of both runs."""
    if not can_rank(look):
        return
    rates = ["false positive rate", "true positive rate"]
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            "roc",
            "ROC curve",
            "The further above the dashed line of a coin, the better the model ranks items.",
            charts.roc,
            _corner_points(look, metrics.roc_curve, rates, 1),
        )
    with right:
        show_figure(
            "precision-recall",
            "Precision and recall",
            f"Of the items that it calls {look.name}, how many are, for each share of them that it "
            "finds.",
            charts.precision_recall,
            _corner_points(look, metrics.precision_recall_curve, ["recall", "precision"], 0),
            float(look.actual.mean()),
        )


def _corner_points(
    look: Look, curve_of: Callable[..., object], names: Sequence[str], along: int
) -> pd.DataFrame:
    """Both runs' curves where they have corners in the score `along`, numbered along each."""
    both = [(look.run, look.answers)]
    beside = look.other and runs.evaluation_predictions(look.snapshot, look.other)
    if beside and beside.knows(look.label):
        both.append((look.other, beside))
    frames = []
    for run, answers in both:
        curve = curve_of(answers.raw[:, look.label], answers.actual(look.label))
        if curve is not None:
            fields = [*names, "threshold"]
            points = pd.DataFrame({name: getattr(curve, name.replace(" ", "_")) for name in fields})
            points["threshold"] = points["threshold"].clip(upper=1.0)  # it may begin above all
            points = points[corners(points[names[along]])]
            frames.append(points.assign(run=run.run_id, place=range(len(points))))
    return pd.concat(frames, ignore_index=True)


def corners(values: Sequence[float]) -> np.ndarray:
    """Where a curve changes its value, before or after; a straight line needs no points between."""
    changes = np.diff(values) != 0
    return np.append(True, changes) | np.append(changes, True)


@st.fragment
def show_threshold(look: Look) -> None:
    """The confusion matrix at a threshold that can be moved; of more than two labels all first."""
    if len(look.task.labels) > 2:
        show_labels(look)
    if not can_rank(look):
        return
    report = runs.report(look.snapshot, look.run)
    asked = f"Call it {plain(look.name)} from this probability on"
    threshold = st.slider(asked, 0.0, 1.0, 0.5, 0.01, key="metrics_cut")
    if report and look.label == look.task.positive_index:
        st.caption(
            f"The run's own threshold is {report.threshold:.2f}, chosen on the training items. One "
            "that is chosen here, on the evaluation items, flatters the score."
        )
    predicted = look.score >= threshold
    show_cut(predicted, look.actual)
    left, right = st.columns(2, gap="large")
    with left:
        is_one_of_two = len(look.task.labels) == 2
        other = look.task.labels[1 - look.label].name if is_one_of_two else f"not {look.name}"
        cells = metrics.confusion(~predicted * 1, ~look.actual * 1, 2)
        title = f"Confusion matrix at {threshold:.2f}"
        show_confusion("confusion", title, cells, [look.name, other])
    with right:
        show_figure(
            "cuts",
            "Scores at each threshold",
            "Where F is flat, the threshold hardly matters; the grey line is the chosen one.",
            charts.cuts,
            cut_points(look).assign(chosen=threshold),
        )


def show_labels(look: Look) -> None:
    """Of more than two labels: which is taken for which, and the scores of each."""
    names = [label.name for label in look.task.labels]
    cells = metrics.confusion(look.answers.predicted, look.answers.targets, len(names))
    show_confusion("labels", "Which label is taken for which", cells, names)
    table = score_tables.label_table(names, cells)
    score_tables.show_table(table, ["precision", "recall", "F-score"])


def show_cut(predicted: np.ndarray, actual: np.ndarray) -> None:
    """Precision, recall and F-score of these predictions, each with its interval."""
    found = cut_intervals(predicted, actual)
    for column, name in zip(st.columns(3), ("fscore", "precision", "recall"), strict=True):
        each, title = found.get(name), score_tables.SCORES[name].capitalize()
        value = f"{each.value:.2f}" if each else "–"
        metric(column, title, value, span(each) or "nothing is called so")


def cut_points(look: Look) -> pd.DataFrame:
    """F-score, precision and recall by threshold, one row for each and each corner."""
    curve = metrics.precision_recall_curve(look.score, look.actual)
    named = {"threshold": curve.threshold, "F-score": curve.fscore}
    named |= {"precision": curve.precision, "recall": curve.recall}
    wide = pd.DataFrame(named)[corners(curve.recall)]
    return wide.melt("threshold", var_name="score")


def show_confusion(figure: str, title: str, cells: np.ndarray, names: list[str]) -> None:
    """A confusion matrix: the rows are the true labels."""
    rows = [
        (row, column, int(cells[i, j]), cells[i, j] / max(cells[i].sum(), 1))
        for i, row in enumerate(names)
        for j, column in enumerate(names)
    ]
    show_figure(
        figure,
        title,
        "Each row is a true label: how many of its items got each answer.",
        charts.confusion,
        pd.DataFrame(rows, columns=["true label", "answer", "items", "share of row"]),
        tuple(names),
    )


def show_probabilities(look: Look) -> None:
    """Histogram and calibration, and the figures of every set of items."""
    if look.answers.knows(look.label):
        _show_distributions(look)
    else:
        can_rank(look)  # it says why not
    report = runs.report(look.snapshot, look.run)
    if report:
        with st.expander("Can its probabilities be believed?"):
            st.caption(
                "Error: the mean gap between a probability and the share of positive items, by ten "
                "bins. Strategies choose by the raw ones, which rank alike."
            )
            table = score_tables.calibration_table(report)
            score_tables.show_table(table, table.columns[2:])


def _show_distributions(look: Look) -> None:
    """The histogram of probabilities per true label, and whether they can be believed."""
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            "histogram",
            "Probabilities by true label",
            f"P({look.name}) of the items of each true label: the less they overlap, the better.",
            charts.histogram,
            histogram_bins(look),
            look.task.labels,
        )
    with right:
        show_figure(
            "calibration",
            "Calibration",
            "On the dashed line a probability is a share: of items at 0.7, seven in ten are "
            f"{look.name}. Bars hold 95%.",
            charts.reliability,
            reliability_bins(look),
        )
        st.caption(plain(calibration_sentence(look)))


def calibration_sentence(look: Look) -> str:
    """Error and Brier score of the raw probabilities with intervals, and of the calibrated ones."""
    found = runs.score_intervals(look.snapshot, look.run, look.label)
    calibrated = look.answers.calibrated[:, look.label]
    error = metrics.calibration_error(calibrated, look.actual)
    brier = metrics.brier(calibrated, look.actual)
    return (
        f"Expected calibration error {interval_text(found['calibration_error'], '.3f')}, "
        f"calibrated {error:.3f}. Brier score {interval_text(found['brier'], '.3f')}, "
        f"calibrated {brier:.3f}. Low is good; with few items the error is too high by chance."
    )


def histogram_bins(look: Look) -> pd.DataFrame:
    """Items of each true label by probability: bins as wide bars, side by side."""
    number, labels, frames = metrics.BINS * NARROW, look.task.labels, []
    place = np.minimum((look.score * number).astype(int), number - 1)
    for at, label in enumerate(labels):
        counts = np.bincount(place[look.answers.actual(at)], minlength=number)
        left = (np.arange(number) + at / len(labels)) / number
        named = {
            "true label": label.name,
            "bin": [f"{each / number:.2f} to {(each + 1) / number:.2f}" for each in range(number)],
            "from": left,
            "to": left + 1 / number / len(labels),
            "items": counts,
            "share": counts / max(counts.sum(), 1),
        }
        frames.append(pd.DataFrame(named))
    return pd.concat(frames, ignore_index=True)


def reliability_bins(look: Look) -> pd.DataFrame:
    """Share of the label by mean probability, raw and calibrated, with intervals."""
    kinds = zip(charts.KIND_COLORS, (look.answers.raw, look.answers.calibrated), strict=True)
    rows = []
    for kind, probability in kinds:
        found = metrics.reliability(probability[:, look.label], look.actual)
        for mean, hits, items in zip(found.probability, found.positives, found.items, strict=True):
            share = wilson(hits, items)
            rows.append((kind, mean, share.value, share.low, share.high, int(items)))
    names = ["probabilities", "probability", "share", "low", "high", "items"]
    return pd.DataFrame(rows, columns=names)


@st.fragment
def show_slices(look: Look) -> None:
    """F-score and recall of groups of items, by what is known of them."""
    groupings = runs.slice_groups(look.snapshot, look.run)
    if not groupings:
        say_empty(
            "Here you will see the scores of groups: by length, by annotator, by columns of the "
            "pool. The evaluation items are all of one kind so far."
        )
        return
    by = choose_one("By", list(groupings), "metrics_slices")
    found = slices(groupings[by], look.answers.predicted == look.label, look.actual)
    show_figure(
        "slices",
        f"Scores by {by}",
        f"Where bars overlap, groups cannot be told apart. Pale and hollow: thin, fewer than "
        f"{THIN} items of {look.name}. Large groups first.",
        charts.slices,
        slice_points(found),
        tuple(map(slice_name, found)),
    )
    empty = [each.group for each in found if each.recall is None]
    if empty:
        told = f"Without an item of {look.name}, and so without scores: {', '.join(empty)}."
        st.caption(plain(told))


def slice_name(found: Slice) -> str:
    """The slice in the chart, with how many items it stands on."""
    told = f"{found.group} ({found.positives:,} of {found.items:,})"
    return f"{told} thin" if found.is_thin else told


def slice_points(found: list[Slice]) -> pd.DataFrame:
    """One row for each slice and score that is defined."""
    rows = []
    for each in found:
        of = each.items, each.positives, each.is_thin
        for name, score in (("F-score", each.fscore), ("recall", each.recall)):
            if score:
                rows.append((slice_name(each), name, score.value, score.low, score.high, *of))
    names = ["group", "score", "value", "low", "high", "items", "positives", "thin"]
    return pd.DataFrame(rows, columns=names)

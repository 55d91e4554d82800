"""Scores of runs with their intervals, as tables and charts take them."""

from collections.abc import Iterable
from operator import attrgetter

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.intervals import Difference
from core.evaluation.report import AT_THRESHOLD, Report
from core.evaluation.report import SCORE_NAMES as SCORES
from core.evaluation.run_scores import BRIER, CALIBRATION_ERROR, stages
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from pages.ui.cache import runs
from pages.ui.components.scores import report_intervals, span

OF_PROBABILITIES = {BRIER: "Brier score (low is good)", CALIBRATION_ERROR: "ECE (low is good)"}

CURVES = ("fscore", "auc", "average_precision")

SETS = {
    "evaluation": "evaluation items",
    "validation": "validation items",
    "out of fold": "training items, each by a model that did not see it",
}


def curve_points(snapshot: Snapshot) -> pd.DataFrame:
    """One row for each run and score of `CURVES`: value, low, high; no interval, no ends."""
    rows = []
    for run in snapshot.logs.runs:
        ends = report_intervals(runs.report(snapshot, run))
        for score in CURVES:
            value, found = getattr(run, score), ends.get(score)
            low, high = (found.low, found.high) if found else (None, None)
            rows.append((run.run_id, run.model, run.n_training, SCORES[score], value, low, high))
    names = ["run_id", "model", "n_training", "score", "value", "low", "high"]
    points = pd.DataFrame(rows, columns=names).dropna(subset="value", ignore_index=True)
    points["stage"] = points["run_id"].map(stages(snapshot))
    points["evaluation set"] = points["run_id"].map(evaluation_sets(snapshot))
    return points


def evaluation_sets(snapshot: Snapshot) -> dict[str, str]:
    """What to call the evaluation items that each run was measured by, by run id."""
    names: dict[str, str] = {}
    for run in snapshot.logs.runs:
        name = f"evaluation set {len(names) + 1}: {run.n_evaluation:,} items"
        names.setdefault(run.evaluation_hash, name)
    return {run.run_id: names[run.evaluation_hash] for run in snapshot.logs.runs}


def evaluation_size(snapshot: Snapshot) -> tuple[int, int]:
    """How many evaluation items there are today, and how many of them are positive."""
    labels = [item.label for item in snapshot.labels.splits["evaluation"]]
    return len(labels), labels.count(snapshot.workspace.task.positive.value)


def gain_sentence(snapshot: Snapshot, before: Run, after: Run) -> str | None:
    """Whether the later run is better, and how sure that is; None if that cannot be said."""
    label = snapshot.workspace.task.positive_index
    found = runs.score_differences(snapshot, before, after, label).get("average_precision")
    if found is None:
        return None
    told = f"Average precision, the same items for both: {after.run_id} "
    if found.is_clear:
        return f"{told}{found} than {before.run_id}: more than chance explains."
    return f"{told}and {before.run_id} {found}. {noise_sentence(snapshot, found)}"


def noise_sentence(snapshot: Snapshot, found: Difference) -> str:
    """How large a gain has to be to be told from noise by these evaluation items."""
    half = (found.interval.high - found.interval.low) / 2
    if not half:
        return "They rank these items alike."
    (items, positives), name = evaluation_size(snapshot), snapshot.workspace.task.positive.name
    return (
        f"With {items:,} evaluation items, {positives:,} of them {name}, a gain below "
        f"about {half:.2f} cannot be told from noise; four times as many items would halve that."
    )


def score_table(snapshot: Snapshot, run: Run, other: Run | None, label: int) -> pd.DataFrame:
    """Every score of a run with its interval, and what it has over the other run.

    For the positive label the F-score at the run's own threshold has a row of its own.
    """
    is_positive = label == snapshot.workspace.task.positive_index
    report = runs.report(snapshot, run)
    kept = report_intervals(report)
    found = runs.score_intervals(snapshot, run, label)
    if is_positive and run.evaluation_hash == runs.evaluation_hash(snapshot):
        found = found | kept
    names = SCORES | OF_PROBABILITIES
    rows = [
        (name, found[score].value, span(found[score]))
        for score, name in names.items()
        if score in found
    ]
    if not found and is_positive:
        rows = [(name, getattr(run, score), "") for score, name in SCORES.items()]
    figures = report and report.figures.get("evaluation")
    if figures and is_positive:
        name = f"F-score at the threshold {report.threshold:.2f}"
        rows.insert(1, (name, figures.at_threshold.fscore, span(kept.get(AT_THRESHOLD))))
    table = pd.DataFrame(rows, columns=["score", "value", "95% interval"])
    if other is None:
        return table
    differences = runs.score_differences(snapshot, other, run, label)
    told = {names[score]: difference_told(each) for score, each in differences.items()}
    beside = [told.get(score, "") for score in table["score"]]
    return table.assign(**{f"beside {other.run_id}": beside})


def difference_told(found: Difference) -> str:
    """`+0.052 (+0.010 to +0.094)`, or that it may be none."""
    each = found.interval
    if each.low == each.value == each.high == 0:
        return "the same"
    ends = f"({each.low:+.3f} to {each.high:+.3f})"
    return f"{each.value:+.3f} {ends}" if found.is_clear else f"cannot be told apart {ends}"


def label_table(names: list[str], cells: np.ndarray) -> pd.DataFrame:
    """Precision, recall and F-score of each label, of a confusion matrix."""
    hits, given, true = np.diag(cells), cells.sum(axis=0), cells.sum(axis=1)
    with np.errstate(invalid="ignore"):
        precision, recall, fscore = hits / given, hits / true, 2 * hits / (given + true)
    named = {"label": names, "items": true, "precision": precision, "recall": recall}
    return pd.DataFrame(named | {"F-score": fscore})


def calibration_table(report: Report) -> pd.DataFrame:
    """How far probabilities are from shares, raw and calibrated, on each set of items."""
    shown = {
        "items": "n_items",
        "error, raw": "calibration_error_raw",
        "error, calibrated": "calibration_error_calibrated",
        "F at 0.5": "at_half.fscore",
        "F at threshold": "at_threshold.fscore",
    }
    shown_of = attrgetter(*shown.values())
    rows = [(SETS[split], *shown_of(figures)) for split, figures in report.figures.items()]
    return pd.DataFrame(rows, columns=["on", *shown])


def show_table(table: pd.DataFrame, scores: Iterable[str]) -> None:
    """The table, with three digits in the columns that hold scores."""
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(table, hide_index=True, column_config=dict.fromkeys(scores, number))

"""Scores of runs with their intervals, as tables and charts take them."""

from operator import attrgetter

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.intervals import Interval
from core.evaluation.report import AT_THRESHOLD, Report
from core.evaluation.report import SCORE_NAMES as SCORES
from core.evaluation.run_scores import BRIER, CALIBRATION_ERROR, stages
from core.workspace.logs import Run, shown_id
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLIT_NAMES
from pages.ui.cache import runs
from pages.ui.components.scores import report_intervals, span

LOW = "(lower is better)"
OF_PROBABILITIES = {BRIER: f"Brier score {LOW}", CALIBRATION_ERROR: f"calibration error {LOW}"}

VERSIONS = {
    "created_at": "Trained",
    "model": "Type",
    "n_training": "Training labels",
    "n_evaluation": "Test items",
    **{score: name[:1].upper() + name[1:] for score, name in SCORES.items()},
    "seconds": "Seconds",
    "seed": "Seed",
}

SETS = SPLIT_NAMES | {"out of fold": "training data, by models that did not see the item"}


def curve_points(snapshot: Snapshot) -> pd.DataFrame:
    """One row for each run and score of the curves: value, low, high; no interval, no ends."""
    rows = []
    for run in snapshot.logs.runs:
        ends = report_intervals(runs.report(snapshot, run))
        for score in ("fscore", "auc", "average_precision"):
            value, found = getattr(run, score), ends.get(score)
            low, high = (found.low, found.high) if found else (None, None)
            rows.append((run.run_id, run.model, run.n_training, SCORES[score], value, low, high))
    names = ["run_id", "model", "n_training", "score", "value", "low", "high"]
    points = pd.DataFrame(rows, columns=names).dropna(subset="value", ignore_index=True)
    points["version"] = points["run_id"].map(shown_id)
    points["stage"] = points["run_id"].map(stages(snapshot))
    points["evaluation set"] = points["run_id"].map(evaluation_sets(snapshot))
    return points


def evaluation_sets(snapshot: Snapshot) -> dict[str, str]:
    """What to call the test set of each run, by run id."""
    names: dict[str, str] = {}
    for run in snapshot.logs.runs:
        name = f"test set {len(names) + 1}: {run.n_evaluation:,} items"
        names.setdefault(run.evaluation_hash, name)
    return {run.run_id: names[run.evaluation_hash] for run in snapshot.logs.runs}


def evaluation_size(snapshot: Snapshot) -> tuple[int, int]:
    labels = [item.label for item in snapshot.labels.splits["evaluation"]]
    return len(labels), labels.count(snapshot.workspace.task.positive.value)


def gain_sentence(snapshot: Snapshot, before: Run, after: Run) -> str | None:
    """Whether the later run is better, and how sure that is; None if that cannot be said."""
    label = snapshot.workspace.task.positive_index
    found = runs.score_differences(snapshot, before, after, label).get("average_precision")
    if found is None:
        return None
    first, second = shown_id(before.run_id), shown_id(after.run_id)
    told = found.as_difference()
    if found.is_clear:
        return f"Average precision of {second} is {told} than of {first}: more than chance."
    told, half = f"Average precision of {second} and {first}: {told}.", (found.high - found.low) / 2
    if not half:
        return f"{told} They rank the test items alike."
    (items, positives), name = evaluation_size(snapshot), snapshot.workspace.task.positive.name
    return (
        f"{told} With {items:,} test items, {positives:,} of them {name}, a gain below about "
        f"{half:.2f} is too small to measure. Four times as many items would halve that."
    )


def score_table(snapshot: Snapshot, run: Run, other: Run | None, label: int) -> pd.DataFrame:
    """Every score of a run with its interval, and what it has over the other run."""
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
        name = f"F-score at threshold {report.threshold:.2f}"
        rows.insert(1, (name, figures.at_threshold.fscore, span(kept.get(AT_THRESHOLD))))
    table = pd.DataFrame(rows, columns=["Score", "Value", "95% interval"])
    if other is None:
        return table
    differences = runs.score_differences(snapshot, other, run, label)
    told = {names[score]: difference_told(each) for score, each in differences.items()}
    compared = [told.get(score, "not compared") for score in table["Score"]]
    return table.assign(**{f"Compared with {shown_id(other.run_id)}": compared})


def difference_told(found: Interval) -> str:
    """`+0.052 (+0.010 to +0.094)`, or that it may be none."""
    if found.low == found.value == found.high == 0:
        return "the same"
    ends = f"({found.low:+.3f} to {found.high:+.3f})"
    return f"{found.value:+.3f} {ends}" if found.is_clear else f"no clear difference {ends}"


def label_table(names: list[str], cells: np.ndarray) -> pd.DataFrame:
    hits, given, true = np.diag(cells), cells.sum(axis=0), cells.sum(axis=1)
    with np.errstate(invalid="ignore"):
        precision, recall, fscore = hits / given, hits / true, 2 * hits / (given + true)
    named = {"Label": names, "Items": true, "Precision": precision, "Recall": recall}
    return pd.DataFrame(named | {"F-score": fscore})


def calibration_table(report: Report) -> pd.DataFrame:
    """How far probabilities are from shares, raw and calibrated, on each set of items."""
    shown = {
        "Items": "n_items",
        "Error, raw": "calibration_error_raw",
        "Error, calibrated": "calibration_error_calibrated",
        "F-score at 0.5": "at_half.fscore",
        "F-score at threshold": "at_threshold.fscore",
    }
    shown_of = attrgetter(*shown.values())
    rows = [(SETS[split], *shown_of(figures)) for split, figures in report.figures.items()]
    return pd.DataFrame(rows, columns=["Data", *shown])


def show_table(table: pd.DataFrame) -> None:
    """The table, with three digits in the columns that hold scores, and local times."""
    scores, columns = table.select_dtypes("floating").columns, st.column_config
    moment = {"format": "D MMM YYYY, HH:mm", "timezone": st.context.timezone}
    formats = dict.fromkeys(scores, columns.NumberColumn(format="%.3f"))
    formats["Seconds"] = columns.NumberColumn(format="%.1f")
    formats["Trained"] = columns.DatetimeColumn(**moment)
    st.dataframe(table, hide_index=True, column_config=formats)


def show_versions(snapshot: Snapshot) -> None:
    every = pd.DataFrame(snapshot.logs.runs)
    moments = pd.to_datetime(every["created_at"], utc=True, errors="coerce", format="ISO8601")
    table = every[[*VERSIONS]].assign(created_at=moments).rename(columns=VERSIONS)
    table.insert(0, "Version", every["run_id"].map(shown_id))
    sets = evaluation_sets(snapshot)
    if len(set(sets.values())) > 1:
        table["Test set"] = every["run_id"].map(sets)
    show_table(table.iloc[::-1])

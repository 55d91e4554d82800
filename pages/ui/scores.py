"""Scores of runs with their intervals, as tables and charts take them."""

import pandas as pd

from core.logs import Run
from core.loop import Loop
from core.report import AT_THRESHOLD, Figures, Report, gain_between
from core.statistics import Interval
from pages.ui import cache

SCORES = {
    "fscore": "F-score",
    "auc": "AUC",
    "average_precision": "average precision",
    "precision": "precision",
    "recall": "recall",
}
"""Fields of a run and what they are called."""

CURVES = ("fscore", "auc", "average_precision")

SETS = {
    "evaluation": "evaluation items",
    "validation": "validation items",
    "out of fold": "training items, each by a model that did not see it",
}


def interval(report: Report | None, score: str) -> Interval | None:
    """The score's interval on the evaluation data; None for a run that has none."""
    figures = report and report.figures.get("evaluation")
    return figures.intervals.get(score) if figures else None


def span(found: Interval | None) -> str:
    """`0.52 to 0.68`, or nothing."""
    return f"{found.low:.2f} to {found.high:.2f}" if found else ""


def curve_points(loop: Loop) -> pd.DataFrame:
    """One row for each run and score of `CURVES`: value, low, high; no interval, no ends."""
    return pd.DataFrame(
        [
            {
                "run_id": run.run_id,
                "model": run.model,
                "n_training": run.n_training,
                "score": SCORES[score],
                "value": getattr(run, score),
                "low": found and found.low,
                "high": found and found.high,
            }
            for run in loop.logs.runs
            for report in [cache.report(loop, run)]
            for score in CURVES
            for found in [interval(report, score)]
            if getattr(run, score) is not None
        ],
        columns=["run_id", "model", "n_training", "score", "value", "low", "high"],
    )


def gain_sentence(loop: Loop, before: Run, after: Run) -> str | None:
    """Whether the later run is better, and how sure that is; None if that cannot be said."""
    reports = [cache.report(loop, run) for run in (before, after)]
    if not all(reports):
        return None
    items = {item.item_id: item.label for item in loop.labels.splits["evaluation"]}
    positive = loop.workspace.task.positive.value
    found = gain_between(*reports, items, positive, "average_precision")
    if found is None:
        return None
    told = str(found) if found.is_clear else f"and {before.run_id} {found}"
    return f"Average precision, the same items for both: {after.run_id} {told}" + (
        f" than {before.run_id}." if found.is_clear else "."
    )


def score_table(run: Run, report: Report | None) -> pd.DataFrame:
    """Every score of a run with its interval; the F-score at the threshold in a row of its own."""
    rows = [(name, getattr(run, score), interval(report, score)) for score, name in SCORES.items()]
    figures = report and report.figures.get("evaluation")
    if figures:
        name = f"F-score at the threshold {report.threshold:.2f}"
        rows.insert(1, (name, figures.at_threshold.fscore, interval(report, AT_THRESHOLD)))
    return pd.DataFrame(
        [(name, value, span(found)) for name, value, found in rows],
        columns=["score", "value", "95% interval"],
    )


def calibration_table(report: Report) -> pd.DataFrame:
    """How far probabilities are from shares, raw and calibrated, on each set of items."""
    return pd.DataFrame(
        [calibration_row(SETS[split], figures) for split, figures in report.figures.items()],
        columns=["on", "items", "error, raw", "error, calibrated", "F at 0.5", "F at threshold"],
    )


def calibration_row(name: str, figures: Figures) -> tuple[str | int | float | None, ...]:
    """One set of items in that table."""
    return (
        name,
        figures.n_items,
        figures.calibration_error_raw,
        figures.calibration_error_calibrated,
        figures.at_half.fscore,
        figures.at_threshold.fscore,
    )

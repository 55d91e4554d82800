"""Views of the Metrics page on one run and a second one beside it: ranking and probabilities."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.intervals import wilson
from core.evaluation.metrics import (
    BINS,
    brier,
    calibration_error,
    precision_recall_curve,
    reliability,
    roc_curve,
)
from core.evaluation.run_scores import EvaluationPredictions
from pages.ui.cache import runs
from pages.ui.components.figure import show_figure
from pages.ui.escape_markdown import plain
from pages.ui.metrics import charts
from pages.ui.metrics.look import Look, can_rank

NARROW = 2
"""Bins of the histogram for each bin of the calibration curve."""


def show_ranking(look: Look) -> None:
    """ROC and precision-recall curves of both runs."""
    if not can_rank(look):
        return
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            "roc",
            "ROC curve",
            "The further above the dashed line of a coin, the better the model ranks items.",
            charts.roc,
            _of_both(look, roc_points),
        )
    with right:
        show_figure(
            "precision-recall",
            "Precision and recall",
            f"Of the items that it calls {look.name}, how many are, for each share of them that it "
            "finds.",
            charts.precision_recall,
            _of_both(look, precision_recall_points),
            float(look.actual.mean()),
        )


def roc_points(answers: EvaluationPredictions, label: int) -> pd.DataFrame:
    """The corners of the ROC curve."""
    curve = roc_curve(answers.raw[:, label], answers.actual(label))
    names = "false_positive_rate", "true_positive_rate", "threshold"
    return _corner_points(curve, names, "true_positive_rate")


def precision_recall_points(answers: EvaluationPredictions, label: int) -> pd.DataFrame:
    """The corners of the precision-recall curve."""
    curve = precision_recall_curve(answers.raw[:, label], answers.actual(label))
    return _corner_points(curve, ("recall", "precision", "threshold"), "recall")


def _corner_points(curve: object, names: Sequence[str], along: str) -> pd.DataFrame:
    """These fields of the curve where it has corners; no rows and no columns without a curve."""
    if curve is None:
        return pd.DataFrame()
    found = pd.DataFrame({name.replace("_", " "): getattr(curve, name) for name in names})
    found["threshold"] = found["threshold"].clip(upper=1.0)  # it may begin above all scores
    return found[corners(getattr(curve, along))]


def corners(values: np.ndarray) -> np.ndarray:
    """Where a curve changes its value, before or after; a straight line needs no points between."""
    changes = np.diff(values) != 0
    return np.concatenate([[True], changes]) | np.concatenate([changes, [True]])


def _of_both(
    look: Look, points_of: Callable[[EvaluationPredictions, int], pd.DataFrame]
) -> pd.DataFrame:
    """The points of the run and of the one beside it, numbered along each curve."""
    both = [(look.run, look.answers)]
    if look.other and look.other_answers and look.other_answers.knows(look.label):
        both.append((look.other, look.other_answers))
    frames = [
        points_of(answers, look.label).assign(
            run=run.run_id, place=lambda frame: np.arange(len(frame))
        )
        for run, answers in both
    ]
    return pd.concat([frame for frame in frames if "threshold" in frame], ignore_index=True)


def show_probabilities(look: Look) -> None:
    """The histogram of probabilities per true label, and whether they can be believed."""
    if not look.answers.knows(look.label) or not len(look.answers):
        can_rank(look)
        return
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
    told = [
        f"{name} {each.value:.3f} ({each.low:.3f} to {each.high:.3f}), calibrated {other:.3f}"
        for name, each, other in (
            (
                "Expected calibration error",
                found["calibration_error"],
                calibration_error(calibrated, look.actual),
            ),
            ("Brier score", found["brier"], brier(calibrated, look.actual)),
        )
    ]
    return f"{'. '.join(told)}. Low is good; with few items the error is too high by chance."


def histogram_bins(look: Look) -> pd.DataFrame:
    """Items of each true label by probability: bins as wide bars, side by side."""
    number = BINS * NARROW
    place = np.minimum((look.score * number).astype(int), number - 1)
    labels = look.task.labels
    rows = []
    for at, label in enumerate(labels):
        counts = np.bincount(place[look.answers.actual(at)], minlength=number)
        for each in range(number):
            left = (each + at / len(labels)) / number
            rows.append(
                {
                    "true label": label.name,
                    "bin": f"{each / number:.2f} to {(each + 1) / number:.2f}",
                    "from": left,
                    "to": left + 1 / number / len(labels),
                    "items": int(counts[each]),
                    "share": counts[each] / max(counts.sum(), 1),
                }
            )
    return pd.DataFrame(rows)


def reliability_bins(look: Look) -> pd.DataFrame:
    """Share of the label by mean probability, raw and calibrated, with intervals."""
    kinds = zip(charts.KIND_COLORS, (look.answers.raw, look.answers.calibrated), strict=True)
    rows = []
    for kind, probability in kinds:
        found = reliability(probability[:, look.label], look.actual)
        for mean, hits, items in zip(found.probability, found.positives, found.items, strict=True):
            share = wilson(hits, items)
            rows.append((kind, mean, share.value, share.low, share.high, int(items)))
    return pd.DataFrame(
        rows, columns=["probabilities", "probability", "share", "low", "high", "items"]
    )

"""How well a model does on items of known labels: F-score, AUC, average precision, calibration.

Figures of all labels are made from tables `(n_items, n_labels)`, True where an item has the label
or is predicted to have it: `as_table` gives them for one label a text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.evaluation.intervals import (
    BinaryPredictions,
    Interval,
    cut_intervals,
    label_means,
    scores_of,
)
from core.pool.bags import Mask

BINS = 10
MOST_PAIRS = 20


@dataclass(frozen=True)
class Cut:
    """F-score, precision and recall of predictions, as those of all scores above a threshold."""

    fscore: float | None
    precision: float
    recall: float | None


@dataclass(frozen=True)
class LabelScores:
    """One label against all others, where the model predicts it; None: undefined.

    `support` counts the items that have it. `intervals` are of F-score, precision and recall, and
    of AUC and average precision where the task has no positive label; empty in older reports.
    """

    fscore: float | None
    precision: float
    recall: float | None
    support: int
    auc: float | None
    average_precision: float | None
    intervals: Mapping[str, Interval] = field(default_factory=dict)


def cut(predicted: NDArray[np.bool_], actual: NDArray[np.bool_]) -> Cut:
    """Precision (0 without a call), recall and F1 (van Rijsbergen 1979); None without positives."""
    hits = int((predicted & actual).sum())
    precision = hits / int(predicted.sum()) if predicted.any() else 0.0
    if not actual.any():
        return Cut(None, precision, None)
    recall = hits / int(actual.sum())
    return Cut(2 * hits / int(predicted.sum() + actual.sum()), precision, recall)


def as_table(columns: NDArray[np.integer], n_labels: int) -> Mask:
    """Columns of labels `(n_items,)` as a table `(n_items, n_labels)`; a table stays as it is."""
    return columns if columns.ndim == 2 else columns[:, None] == np.arange(n_labels)


def label_scores(
    probability: NDArray[np.floating], predicted: Mask, actual: Mask
) -> tuple[LabelScores, ...]:
    """The scores of each label, from probabilities and two tables, all `(n_items, n_labels)`."""
    return tuple(
        LabelScores(
            **vars(cut(called, has)),
            support=int(has.sum()),
            auc=auc(score, has),
            average_precision=average_precision(score, has),
            intervals=cut_intervals(called, has),
        )
        for score, called, has in zip(probability.T, predicted.T, actual.T, strict=True)
    )


def macro_cut(predicted: Mask, actual: Mask) -> Cut:
    """The means over the labels that are true or predicted, as scikit-learn's with zeros."""
    once = np.ones((1, len(actual)), np.int32)
    found = label_means(BinaryPredictions(predicted, predicted), actual, once, ())
    return Cut(*(float(found[name][0]) for name in ("fscore", "precision", "recall")))


def micro_fscore(predicted: Mask, actual: Mask) -> float:
    """The F-score of all labels of all items together; with one label a text, the accuracy."""
    return cut(predicted.ravel(), actual.ravel()).fscore or 0.0


def exact_match(predicted: Mask, actual: Mask) -> float:
    """The share of items whose labels are all right."""
    return float((predicted == actual).all(axis=1).mean())


def confused_pairs(
    predicted: Mask, actual: Mask, most: int = MOST_PAIRS
) -> list[tuple[int, int, int]]:
    """(true column, predicted column, items) of the labels that are confused, most often first.

    Of several labels for a text, a pair is one that it has and is not predicted, with one that is
    predicted and it has not.
    """
    missed, wrong = actual & ~predicted, predicted & ~actual
    items = np.rint(missed.T.astype(np.float32) @ wrong.astype(np.float32)).astype(np.int64)
    order = np.argsort(-items, axis=None, kind="stable")[:most]
    pairs = zip(*np.unravel_index(order, items.shape), items.ravel()[order], strict=True)
    return [(int(a), int(p), int(number)) for a, p, number in pairs if number]


def auc(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> float | None:
    """P(a positive item scores above another), ties one half (Hanley and McNeil 1982), or None."""
    return _ranking(score, actual).get("auc")


def average_precision(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> float | None:
    """Area under precision and recall by steps (Buckley and Voorhees 2000); None: no positives."""
    return _ranking(score, actual).get("average_precision")


def _ranking(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> dict[str, float]:
    once, model = np.ones((1, len(actual)), np.int32), BinaryPredictions(score, actual)
    found = scores_of(model, actual, once, ("auc", "average_precision"))
    return {name: float(values[0]) for name, values in found.items()}


def roc_curve(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> pd.DataFrame | None:
    """The ROC curve (Fawcett 2006) from (0, 0) to (1, 1), with the lowest score called positive.

    None without both kinds of items.
    """
    if actual.all() or not actual.any():
        return None
    hits, chosen = _cumulative(score, actual)
    false = chosen - hits
    rates = {
        "false positive rate": np.append(0.0, false / false[-1]),
        "true positive rate": np.append(0.0, hits / hits[-1]),
    }
    return pd.DataFrame(rates | {"threshold": np.append(np.inf, _distinct(score))})


def precision_recall_curve(
    score: NDArray[np.floating], actual: NDArray[np.bool_]
) -> pd.DataFrame | None:
    """Recall, precision and F-score at each distinct score as the threshold, the highest first.

    None without positive items.
    """
    if not actual.any():
        return None
    hits, chosen = _cumulative(score, actual)
    scores = {"recall": hits / hits[-1], "precision": hits / chosen}
    scores["F-score"] = 2 * hits / (hits[-1] + chosen)
    return pd.DataFrame(scores | {"threshold": _distinct(score)})


def reliability(
    score: NDArray[np.floating], actual: NDArray[np.bool_], number: int = BINS
) -> pd.DataFrame:
    """The reliability diagram: mean probability, positives and items of each bin that holds any."""
    place = bins(score, number)
    items, sums = np.bincount(place), np.bincount(place, score)
    positives = np.bincount(place[actual], minlength=len(items))
    held = items > 0
    found = {"probability": sums[held] / items[held], "positives": positives[held]}
    return pd.DataFrame(found | {"items": items[held]})


def confusion(
    predicted: NDArray[np.integer], targets: NDArray[np.integer], n_labels: int
) -> NDArray[np.int64]:
    """The confusion matrix: items of each true label (row) with each prediction (column)."""
    cells = targets * n_labels + predicted
    return np.bincount(cells, minlength=n_labels**2).reshape(n_labels, n_labels)


def kappa(first: NDArray[np.integer], second: NDArray[np.integer]) -> float | None:
    """How far two models or people agree beyond chance: Cohen's kappa (1960) of their columns.

    At most 1; None if both give one and the same label to all items, which shows nothing.
    """
    n_labels = int(max(first.max(initial=0), second.max(initial=0))) + 1
    shares = confusion(second, first, n_labels) / max(len(first), 1)
    expected = float(shares.sum(axis=1) @ shares.sum(axis=0))
    if not len(first) or expected >= 1:
        return None
    return (float(np.trace(shares)) - expected) / (1 - expected)


def bins(score: NDArray[np.floating], number: int = BINS) -> NDArray[np.int64]:
    """Each probability's bin of so many equally wide ones."""
    return np.minimum((score * number).astype(np.int64), number - 1)


def _distinct(score: NDArray[np.floating]) -> NDArray[np.float64]:
    """The distinct scores from the highest down."""
    return np.unique(score)[::-1].astype(np.float64)


def _cumulative(
    score: NDArray[np.floating], actual: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(positives, items) with at least each distinct score, from the highest score down."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    return np.cumsum(actual[order])[ends], ends + 1

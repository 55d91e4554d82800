"""How well a model does on items of known labels: F-score, AUC, average precision, calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True)
class Cut:
    """F-score, precision and recall of predictions, as those of all scores above a threshold."""

    fscore: float | None
    precision: float
    recall: float | None


@dataclass(frozen=True)
class LabelScores:
    """One label against all others, predicted where it is the most probable; None: undefined.

    `support` counts the items that have it.
    """

    fscore: float | None
    precision: float
    recall: float | None
    support: int
    auc: float | None
    average_precision: float | None


@dataclass(frozen=True)
class Roc:
    """The ROC curve: one point for each distinct score, from (0, 0) to (1, 1).

    `threshold` is the lowest score that is called positive there; at the first point no score is.
    """

    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    threshold: NDArray[np.float64]


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall at each distinct score as the threshold, from the highest score down."""

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    threshold: NDArray[np.float64]

    @property
    def fscore(self) -> NDArray[np.float64]:
        """The F-score at each threshold."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / np.where(total > 0, total, 1)


@dataclass(frozen=True)
class Reliability:
    """By bins of width 0.1 that hold items: mean probability, positive items, all items."""

    probability: NDArray[np.float64]
    positives: NDArray[np.int64]
    items: NDArray[np.int64]


def cut(predicted: NDArray[np.bool_], actual: NDArray[np.bool_]) -> Cut:
    """Precision, recall and F-score of these predictions; None where no item is positive.

    The F-score is F1, the harmonic mean of both (van Rijsbergen 1979). Without a positive
    prediction precision is 0 by convention.
    """
    hits = int((predicted & actual).sum())
    precision = hits / int(predicted.sum()) if predicted.any() else 0.0
    if not actual.any():
        return Cut(None, precision, None)
    recall = hits / int(actual.sum())
    return Cut(2 * hits / int(predicted.sum() + actual.sum()), precision, recall)


def label_scores(
    probability: NDArray[np.floating], targets: NDArray[np.integer]
) -> tuple[LabelScores, ...]:
    """The scores of each label, from `(n_items, n_labels)` probabilities and the true columns."""
    predicted = probability.argmax(axis=1)
    found = []
    for column, score in enumerate(probability.T):
        actual = targets == column
        found.append(
            LabelScores(
                **vars(cut(predicted == column, actual)),
                support=int(actual.sum()),
                auc=auc(score, actual),
                average_precision=average_precision(score, actual),
            )
        )
    return tuple(found)


def macro_fscore(predicted: NDArray[np.integer], targets: NDArray[np.integer]) -> float:
    """The mean F-score of the labels that are true or predicted somewhere, as scikit-learn has it.

    A label that is only predicted counts as 0.
    """
    labels = np.union1d(predicted, targets)
    scores = [cut(predicted == label, targets == label).fscore or 0.0 for label in labels]
    return float(np.mean(scores))


def calibration_error(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> float | None:
    """The mean gap between a probability and the share of positive items, by ten bins of width 0.1.

    The expected calibration error of Naeini, Cooper and Hauskrecht 2015; None without items.
    """
    if not len(score):
        return None
    place = bins(score)
    gaps = np.bincount(place, score, BINS) - np.bincount(place, actual, BINS)
    return float(np.abs(gaps).sum() / len(score))


def brier(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> float | None:
    """The mean squared distance of the probability from 1 or 0 (Brier 1950); None without items."""
    return float(np.square(score - actual).mean()) if len(score) else None


def auc(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> float | None:
    """P(a positive item scores above a negative one), ties counting one half.

    The area under the ROC curve (Hanley and McNeil 1982); None without both kinds of items.
    """
    if actual.all() or not actual.any():
        return None
    hits, chosen = _cumulative(score, actual)
    false = chosen - hits
    area = np.trapezoid(np.append(0, hits), np.append(0, false))
    return float(area / (hits[-1] * false[-1]))


def average_precision(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> float | None:
    """The area under the precision-recall curve, by steps; None without positives.

    The sum over thresholds of precision times the gain in recall (Buckley and Voorhees 2000).
    """
    if not actual.any():
        return None
    hits, chosen = _cumulative(score, actual)
    gained = np.diff(hits, prepend=0) / hits[-1]
    return float((gained * hits / chosen).sum())


def roc_curve(score: NDArray[np.floating], actual: NDArray[np.bool_]) -> Roc | None:
    """The receiver operating characteristic (Fawcett 2006); None without both kinds of items."""
    if actual.all() or not actual.any():
        return None
    hits, chosen = _cumulative(score, actual)
    false = chosen - hits
    return Roc(
        np.concatenate([[0.0], false / false[-1]]),
        np.concatenate([[0.0], hits / hits[-1]]),
        np.concatenate([[np.inf], _distinct(score)]),
    )


def precision_recall_curve(
    score: NDArray[np.floating], actual: NDArray[np.bool_]
) -> PrecisionRecall | None:
    """The precision-recall curve; None without positive items."""
    if not actual.any():
        return None
    hits, chosen = _cumulative(score, actual)
    return PrecisionRecall(hits / hits[-1], hits / chosen, _distinct(score))


def reliability(
    score: NDArray[np.floating], actual: NDArray[np.bool_], number: int = BINS
) -> Reliability:
    """The reliability diagram: how often items of about each probability are positive, by bins."""
    place = bins(score, number)
    items, sums = np.bincount(place), np.bincount(place, score)
    positives = np.bincount(place[actual], minlength=len(items))
    held = items > 0
    return Reliability(sums[held] / items[held], positives[held], items[held])


def confusion(
    predicted: NDArray[np.integer], targets: NDArray[np.integer], n_labels: int
) -> NDArray[np.int64]:
    """The confusion matrix: items of each true label (row) with each prediction (column)."""
    cells = targets * n_labels + predicted
    return np.bincount(cells, minlength=n_labels**2).reshape(n_labels, n_labels)


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

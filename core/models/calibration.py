"""Calibration of probabilities, and the thresholds of the best F-score.

Calibration is worked out on out-of-fold predictions of the training items: each item's probability
comes from a model that did not see it, so no label has to be kept aside for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Indices, Mask
from core.workspace.task import LEAST_TEXTS

FOLDS, FEWER = 5, 3
MANY_LABELS, MANY_ITEMS = 30, 3_000  # from both on fewer folds do: log-losses are no higher
MIN_ITEMS = 4  # items of each label below which out-of-fold predictions tell nothing
NEVER_REACHED = 2.0  # threshold of a label that is never predicted: the model has not learned it

SMALLEST = 1e-7
"""A probability of 0 would be infinitely wrong; 32 bits tell none smaller from 0 beside 1."""

NEWTON_STEPS = 100
ODDS, HALVINGS = 30.0, 60
"""A shift of log-odds lies between -ODDS and ODDS, and is found by so many halvings."""

Probabilities = NDArray[np.floating]


@dataclass(frozen=True)
class Calibration:
    """Calibrated probability: softmax of `scale` times the log-probability, plus the label's shift.

    For two labels this is Platt's sigmoid of the log-odds (Platt 1999, "Probabilistic Outputs for
    Support Vector Machines"); for more it is temperature scaling with a bias for each label
    (Alexandari, Kundaje and Shrikumar 2020). Without shifts nothing is changed. With `scales`, one
    for each of several labels that a text can have, it is Platt's sigmoid of each label's log-odds.
    """

    scale: float = 1.0
    shifts: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()

    def __call__(self, probability: Probabilities) -> Probabilities:
        """The calibrated probabilities, `(n_items, n_labels)`."""
        if not self.shifts:
            return probability
        if self.scales:
            odds = _logarithm(probability) - _logarithm(1 - probability)
            found = 1 / (1 + np.exp(-(odds * self.scales + self.shifts)))
            return np.where(probability > 0, found, 0).astype(probability.dtype)
        scores = self.scale * _logarithm(probability) + np.array(self.shifts)
        return softmax(scores).astype(probability.dtype)

    def brought(self, parts: Sequence[Sequence[int]]) -> "Calibration":
        """The calibration in today's columns, each the mean of its parts'; exact unless merged."""
        if not self.shifts:
            return self

        def mean(of: tuple[float, ...], empty: float) -> tuple[float, ...]:
            return tuple(fmean(of[part] for part in each) if each else empty for each in parts)

        if self.scales:
            return Calibration(self.scale, mean(self.shifts, 0.0), mean(self.scales, 1.0))
        return Calibration(self.scale, mean(self.shifts, -np.inf))


UNCHANGED = Calibration()


def parts_held_out(targets: Indices, n_labels: int, seed: int) -> list[Indices]:
    """The items cut into parts, each of which is predicted by a model of the others.

    No parts if a label has too few items, or there is one label only. With several labels for a
    text, `targets` is a table, and labels with too few items are left aside.
    """
    n_folds = FEWER if n_labels >= MANY_LABELS and len(targets) >= MANY_ITEMS else FOLDS
    if targets.ndim == 2:
        # Each text counts for the rarest of its labels, so that rare ones are spread evenly.
        taught = targets[:, learnable(targets)]
        rare_first = np.argsort(taught.sum(axis=0), kind="stable")
        has = np.pad(taught[:, rare_first], ((0, 0), (0, 1)), constant_values=True)
        targets = has.argmax(axis=1)
    else:
        fewest = int(np.bincount(targets, minlength=n_labels).min())
        n_folds = min(n_folds, fewest) if fewest >= MIN_ITEMS else 0
    fold = stratified_folds(targets, max(n_folds, 1), seed)
    return [np.flatnonzero(fold == number) for number in range(n_folds)]


def stratified_folds(targets: Indices, n_folds: int, seed: int) -> Indices:
    """A fold for each item; each label is spread over the folds as evenly as it can be."""
    order = np.random.default_rng(seed).permutation(len(targets))
    order = order[np.argsort(targets[order], kind="stable")]
    fold = np.empty(len(targets), np.int64)
    fold[order] = np.arange(len(targets)) % n_folds
    return fold


def learnable(targets: Mask) -> Mask:
    """Which labels of a table can be learned, `(n_labels,)`: enough texts have them, enough not."""
    have = targets.sum(axis=0)
    return (have >= LEAST_TEXTS) & (len(targets) - have >= LEAST_TEXTS)


def fit_label_by_label(probability: Probabilities, targets: Mask) -> Calibration:
    """Platt's calibration of each label of a table; nothing is changed of one without odds."""
    found = []
    for score, has in zip(probability.T, targets.T, strict=True):
        both = np.stack([score, 1 - score], axis=1)
        found.append(fit_calibration(both, (~has).astype(np.int64)) if score.any() else UNCHANGED)
    shifts = tuple(each.shifts[0] if each.shifts else 0.0 for each in found)
    return Calibration(1.0, shifts, tuple(each.scale for each in found))


def fit_calibration(probability: Probabilities, targets: Indices) -> Calibration:
    """The calibration of the least log-loss on these items, each label of which occurs.

    The targets are smoothed as Platt does it: a label of n items has an aim of (n + 1) / (n + 2),
    however many others share the rest. Nothing is changed if the scale is below 0: that would turn
    the ranking around.
    """
    scores = _logarithm(probability)
    n_labels = scores.shape[1]
    counts = np.bincount(targets, minlength=n_labels)[targets]
    own = np.eye(n_labels)[targets]
    aims = own + (1 - n_labels * own) / ((counts + 2) * (n_labels - 1))[:, None]
    parameters = _newton(scores, aims)
    if parameters[0] <= 0:
        return UNCHANGED
    return Calibration(float(parameters[0]), (*parameters[1:].tolist(), 0.0))


def best_threshold(score: Probabilities, actual: Mask) -> float:
    """The cut of the best F-score, between two scores; of several the one nearest to 0.5."""
    values, group = np.unique(score, return_inverse=True)
    hits = np.cumsum(np.bincount(group, actual, len(values))[::-1])[::-1]
    chosen = np.cumsum(np.bincount(group, minlength=len(values))[::-1])[::-1]
    fscore = 2 * hits / (chosen + actual.sum())
    cuts = (values + np.concatenate([[0], values[:-1]])) / 2
    best = np.flatnonzero(fscore == fscore.max())
    return float(cuts[best[np.abs(cuts[best] - 0.5).argmin()]])


def expected_threshold(
    score: Probabilities, probability: Probabilities, weights: Probabilities, share: float
) -> float:
    """The cut of the best expected F-score, between two scores; all arrays are `(n_items,)`.

    `probability` is calibrated on labels that a model chose, so its odds are shifted until its
    weighted mean is `share`, the positives' share in (0, 1) (Saerens and others 2002). Of the k
    items of the highest scores, 2 * sum of p / (k + sum of all p) is F (Ye and others 2012).
    """
    order = np.argsort(-score, kind="stable")
    score, weight = score[order], weights[order]
    odds = _logarithm(probability[order]) - _logarithm(1 - probability[order])
    low, high = -ODDS, ODDS
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        p = 1 / (1 + np.exp(-(odds + middle)))
        low, high = (low, middle) if np.average(p, weights=weight) > share else (middle, high)
    fscore = 2 * np.cumsum(p * weight) / (np.cumsum(weight) + (p * weight).sum())
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # equal scores go together
    best = last[fscore[last].argmax()]
    return float((score[best] + (score[best + 1] if best + 1 < len(score) else 0)) / 2)


def _newton(scores: NDArray[np.float64], aims: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scale of the scores and the shifts of all labels but the last: those of the least loss.

    The loss is the cross-entropy between `aims` and the softmax of the scaled and shifted scores.
    """
    parameters = np.zeros(scores.shape[1])

    def moved(by: NDArray[np.float64]) -> NDArray[np.float64]:
        return by[0] * scores + np.append(by[1:], 0.0)

    loss = _cross_entropy(moved(parameters), aims)
    for _ in range(NEWTON_STEPS):
        share = softmax(moved(parameters))
        weighed, wrong = share * scores, share - aims
        gradient = np.append((wrong * scores).sum(), wrong[:, :-1].sum(axis=0))
        # A shift adds 1 to its label alone: second moments are those of the scale, and a diagonal.
        mean = np.column_stack([weighed.sum(axis=1), share[:, :-1]])
        curvature = np.diag(mean.sum(axis=0)) - mean.T @ mean
        curvature[0, 0] += (weighed * scores).sum() - weighed.sum()
        curvature[0, 1:] += weighed[:, :-1].sum(axis=0)
        curvature[1:, 0] = curvature[0, 1:]
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(parameters)), gradient)
        while (new := _cross_entropy(moved(parameters - step), aims)) > loss:
            step = step / 2
            if np.abs(step).max() < 1e-9:
                return parameters
        parameters, loss = parameters - step, new
        if np.abs(step).max() < 1e-9:
            break
    return parameters


def _cross_entropy(scores: NDArray[np.float64], aims: NDArray[np.float64]) -> float:
    return -float((aims * np.log(np.maximum(softmax(scores), 1e-300))).sum())


def _logarithm(probability: Probabilities) -> NDArray[np.float64]:
    return np.log(np.maximum(probability.astype(np.float64), SMALLEST))


def softmax(scores: Probabilities) -> Probabilities:
    """Probabilities from scores, `(n_items, n_labels)`."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

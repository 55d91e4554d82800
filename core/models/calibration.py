"""Calibration of probabilities, and the threshold of the best F-score.

Both are worked out on out-of-fold predictions of the training items: each item's probability comes
from a model that did not see it, so no label has to be kept aside for them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Indices, Mask

FOLDS = 5
MIN_ITEMS = 4
"""Items of each label below which out-of-fold predictions tell nothing."""

SMALLEST = 1e-7
"""A probability of 0 would be infinitely wrong; 32 bits tell none smaller from 0 beside 1."""

NEWTON_STEPS = 100

Probabilities = NDArray[np.floating]


@dataclass(frozen=True)
class Calibration:
    """Calibrated probability: softmax of `scale` times the log-probability, plus the label's shift.

    For two labels this is Platt's sigmoid of the log-odds (Platt 1999, "Probabilistic Outputs for
    Support Vector Machines"); for more it is temperature scaling with a bias for each label
    (Alexandari, Kundaje and Shrikumar 2020). Without shifts nothing is changed.
    """

    scale: float = 1.0
    shifts: tuple[float, ...] = ()

    def __call__(self, probability: Probabilities) -> Probabilities:
        """The calibrated probabilities, `(n_items, n_labels)`."""
        if not self.shifts:
            return probability
        scores = self.scale * _logarithm(probability) + np.array(self.shifts)
        return softmax(scores).astype(probability.dtype)


UNCHANGED = Calibration()


def parts_held_out(targets: Indices, n_labels: int, seed: int) -> list[Indices]:
    """The items cut into parts, each of which is predicted by a model of the others.

    No parts if a label has too few items, or there is one label only.
    """
    counts = np.bincount(targets, minlength=n_labels)
    if (counts < MIN_ITEMS).any():
        return []
    fold = stratified_folds(targets, min(FOLDS, int(counts.min())), seed)
    return [np.flatnonzero(fold == number) for number in range(fold.max() + 1)]


def stratified_folds(targets: Indices, n_folds: int, seed: int) -> Indices:
    """A fold for each item; each label is spread over the folds as evenly as it can be."""
    order = np.random.default_rng(seed).permutation(len(targets))
    order = order[np.argsort(targets[order], kind="stable")]
    fold = np.empty(len(targets), np.int64)
    fold[order] = np.arange(len(targets)) % n_folds
    return fold


def fit_calibration(probability: Probabilities, targets: Indices) -> Calibration:
    """The calibration of the least log-loss on these items, each label of which occurs.

    The targets are smoothed as Platt does it: a label of n items is aimed at with a probability of
    (n + 1) / (n + n_labels). Nothing is changed if the scale is below 0: that would turn the
    ranking around.
    """
    scores = _logarithm(probability)
    n_items, n_labels = scores.shape
    counts = np.bincount(targets, minlength=n_labels)[targets]
    aims = (np.eye(n_labels)[targets] * counts[:, None] + 1) / (counts + n_labels)[:, None]
    # What a parameter adds to each label's score: the scale, and all shifts but the last's.
    slopes = np.zeros((n_items, n_labels, n_labels))
    slopes[:, :, 0] = scores
    slopes[:, np.arange(n_labels - 1), np.arange(1, n_labels)] = 1
    parameters = _newton(slopes, aims)
    if parameters[0] <= 0:
        return UNCHANGED
    return Calibration(float(parameters[0]), (*parameters[1:].tolist(), 0.0))


def best_threshold(score: Probabilities, actual: Mask) -> float:
    """Where to cut the positive label's probability for the best F-score on these items.

    In the middle between two neighboring scores; of several best cuts the one nearest to 0.5.
    """
    values, group = np.unique(score, return_inverse=True)
    hits = np.cumsum(np.bincount(group, actual, len(values))[::-1])[::-1]
    chosen = np.cumsum(np.bincount(group, minlength=len(values))[::-1])[::-1]
    fscore = 2 * hits / (chosen + actual.sum())
    cuts = (values + np.concatenate([[0], values[:-1]])) / 2
    best = np.flatnonzero(fscore == fscore.max())
    return float(cuts[best[np.abs(cuts[best] - 0.5).argmin()]])


def _newton(slopes: NDArray[np.float64], aims: NDArray[np.float64]) -> NDArray[np.float64]:
    """The parameters of the least cross-entropy between `aims` and the softmax of their scores."""
    parameters = np.zeros(slopes.shape[2])
    loss = _cross_entropy(slopes @ parameters, aims)
    for _ in range(NEWTON_STEPS):
        share = softmax(slopes @ parameters)
        gradient = np.einsum("il,ilp->p", share - aims, slopes)
        mean = np.einsum("il,ilp->ip", share, slopes)
        curvature = np.einsum("il,ilp,ilq->pq", share, slopes, slopes) - mean.T @ mean
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(parameters)), gradient)
        while (new := _cross_entropy(slopes @ (parameters - step), aims)) > loss:
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

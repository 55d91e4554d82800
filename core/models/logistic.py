"""Logistic regression: the whole of it is one smooth convex function, so Newton finds the minimum.

The objective is scikit-learn's: C times the sum of the items' weighted negative log-likelihoods,
plus half the sum of the squared weights; the intercepts are free.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.features.base import Features
from core.models.minimize import Table, minimize

C = 3.0
"""From 1 to 10, cross-validated scores of the training items lie within 0.011 of each other."""

GRADIENT = 1e-7
"""Of the mean loss, where the search stops: probabilities are then within 1e-6."""


@dataclass(frozen=True)
class Fit:
    """Weights `(n_columns, n_outputs)` and `(n_dense, n_outputs)`, intercepts `(n_outputs,)`."""

    sparse: NDArray[np.float64]
    dense: NDArray[np.float64]
    bias: NDArray[np.float64]


def balanced_weights(targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """A weight for each item, so that every label that occurs weighs the same; 1 on average."""
    _, label, counts = np.unique(targets, return_inverse=True, return_counts=True)
    return (len(targets) / (len(counts) * counts))[label]


def fit_logistic(
    features: Features, n_columns: int, targets: NDArray[np.int64], start: Fit | None = None
) -> Fit:
    """The minimum for targets 0 to n - 1, each of which occurs, with balanced labels.

    Of two labels it has one output, the log-odds of target 0; of more, one output each, with
    intercepts that add up to 0. `start` only shortens the way: there is one minimum.
    """
    loss = _Loss(features, n_columns, targets)
    begin = np.zeros((loss.design.n_rows, loss.truth.shape[1]))
    if start is not None:
        begin = np.concatenate([start.sparse, start.dense, start.bias[None]])
    found = minimize(loss, begin, GRADIENT)
    bias = found[-1]
    # The same number added to all intercepts changes no probability.
    bias = bias - bias.mean() if len(bias) > 1 else bias
    return Fit(found[:n_columns], found[n_columns:-1], bias)


class _Loss:
    """The objective, divided by C and the number of items, as a function of all weights.

    `truth` is `(n_items, n_outputs)`, 1 where an item has the output's label.
    """

    def __init__(self, features: Features, n_columns: int, targets: NDArray[np.int64]) -> None:
        n_labels = int(targets.max()) + 1
        self.truth = np.eye(n_labels)[targets][:, : 1 if n_labels == 2 else n_labels]
        self.weights = balanced_weights(targets)[:, None] / len(targets)
        self.design = _Design(features, n_columns)
        self.penalty = np.full((self.design.n_rows, 1), 1 / (C * len(targets)))
        self.penalty[-1] = 0  # the intercept is free

    def value(self, point: Table) -> tuple[float, Table]:
        """The loss, and its gradient."""
        losses, probability = _losses(self.design.product(point), self.truth)
        pull = self.penalty * point
        value = (self.weights[:, 0] * losses).sum() + (pull * point).sum() / 2
        errors = self.weights * (probability - self.truth)
        return float(value), self.design.transposed(errors) + pull

    def curvature(self, point: Table) -> tuple[Callable[[Table], Table], Table]:
        """The second derivatives as a product, and their diagonal."""
        probability = _losses(self.design.product(point), self.truth)[1]

        def times(table: Table) -> Table:
            change = probability * self.design.product(table)
            change = change - probability * change.sum(axis=1, keepdims=True)
            return self.design.transposed(self.weights * change) + self.penalty * table

        spread = self.weights * probability * (1 - probability)
        return times, self.design.transposed(spread, squared=True) + self.penalty


def _losses(scores: Table, truth: Table) -> tuple[Table, Table]:
    """Each item's negative log-likelihood `(n_items,)`; probabilities `(n_items, n_outputs)`."""
    # One output is two of which the second is always 0.
    every = scores if scores.shape[1] > 1 else np.pad(scores, ((0, 0), (0, 1)))
    top = every.max(axis=1, keepdims=True)
    total = np.log(np.exp(every - top).sum(axis=1, keepdims=True)) + top
    found = truth * scores
    return total[:, 0] - found.sum(axis=1), np.exp(scores - total)


class _Design:
    """The items as a matrix: its product with a table, and that of its transpose.

    The table's rows are the sparse columns, the dense ones and the intercept.
    """

    def __init__(self, features: Features, n_columns: int) -> None:
        lengths = features.bags.lengths
        self.ids = features.bags.ids.astype(np.int64)
        self.row = np.repeat(np.arange(len(features)), lengths)
        self.values = features.values.astype(np.float64)
        self.filled = lengths > 0
        self.firsts = features.bags.offsets[:-1][self.filled]
        self.dense = np.pad(features.dense.astype(np.float64), ((0, 0), (0, 1)), constant_values=1)
        self.n_columns = n_columns

    @property
    def n_rows(self) -> int:
        """How many rows the table has."""
        return self.n_columns + self.dense.shape[1]

    def product(self, table: Table) -> Table:
        """The matrix times a table, `(n_items, n_outputs)`."""
        return np.stack([self._times(column) for column in table.T], axis=1)

    def transposed(self, errors: Table, *, squared: bool = False) -> Table:
        """The transpose, or that of the matrix' squares, times `(n_items, n_outputs)`."""
        values, dense = (self.values**2, self.dense**2) if squared else (self.values, self.dense)
        columns = []
        for error in errors.T:
            sparse = np.bincount(self.ids, values * error.take(self.row), self.n_columns)
            columns.append(np.concatenate([sparse, np.einsum("ij,i->j", dense, error)]))
        return np.stack(columns, axis=1)

    def _times(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        # By einsum, which calls no BLAS: see `minimize`.
        sums = np.einsum("ij,j->i", self.dense, column[self.n_columns :])
        if len(self.firsts):
            parts = self.values * column.take(self.ids)
            sums[self.filled] += np.add.reduceat(parts, self.firsts)
        return sums

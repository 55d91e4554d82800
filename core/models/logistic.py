"""Logistic regression by Newton's method: the minimum of one smooth convex function.

The objective is scikit-learn's: C times the sum of the items' weighted negative log-likelihoods,
plus half the sum of the squared weights; the intercepts are free.

Each step of the truncated Newton method goes to where the function would be least if it were the
parabola that it resembles at the point. That place is searched with conjugate gradients, the more
carefully the nearer the minimum is (Nocedal and Wright 2006, algorithms 7.1 and 5.3, with a
preconditioner). Near the minimum each step doubles the number of right digits.

Written out, since the first optimizer that a process takes from torch.optim imports torch's
compiler: 1.4 seconds and 70 megabytes, for each call of the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.features.base import Features

Matrix = NDArray[np.float64]
MOST_STEPS = 100
MOST_TURNS = 1_000
"""Conjugate directions in one step; a hundred are many."""
MOST_HALVINGS = 40
DECREASE = 1e-4
"""Of what the slope promises, the share that a step must bring, as Nocedal and Wright choose it."""
CARE = 0.03
"""How much of the gradient the first step may leave, where it goes to the parabola's bottom. With
more care there are fewer steps, and the search in each takes longer: from 0.03 to 0.1 the whole
takes the same time, at 0.5 twice as long near the minimum."""


class Convex(Protocol):
    """A convex function of a table of numbers."""

    def value(self, point: Matrix) -> tuple[float, Matrix]:
        """The function there, and its gradient."""

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """(the matrix of second derivatives there times a table, the matrix' diagonal)."""


def minimize(function: Convex, start: Matrix, gradient_below: float) -> Matrix:
    """Where no part of the gradient is above `gradient_below`, or no step leads further down."""
    point = start
    value, gradient = function.value(point)
    first = _dot(gradient, gradient)
    for _ in range(MOST_STEPS):
        if np.abs(gradient).max(initial=0) <= gradient_below:
            break
        care = min(CARE, (_dot(gradient, gradient) / first) ** 0.25)
        step = _parabola_bottom(*function.curvature(point), gradient, care)
        found = _step(function, point, value, gradient, step)
        if found is None:
            break
        point, value, gradient = found
    return point


def _parabola_bottom(
    times: Callable[[Matrix], Matrix], diagonal: Matrix, gradient: Matrix, care: float
) -> Matrix:
    """The step after which `care` of the gradient would be left.

    The preconditioner is the root of the diagonal: on text it takes half the turns that the
    diagonal itself takes, which makes too much of the rare columns.
    """
    scale = diagonal**-0.5
    step, left = np.zeros_like(gradient), -gradient
    scaled = scale * left
    direction, size = scaled, _dot(left, scaled)
    enough = care**2 * size
    for _ in range(MOST_TURNS):
        if size <= enough:
            break
        bent = times(direction)
        length = size / _dot(direction, bent)
        step = step + length * direction
        left = left - length * bent
        scaled = scale * left
        before, size = size, _dot(left, scaled)
        direction = scaled + size / before * direction
    return step


def _step(
    function: Convex, point: Matrix, value: float, gradient: Matrix, step: Matrix
) -> tuple[Matrix, float, Matrix] | None:
    """(point, value, gradient) after the step or half, a quarter … of it; None: none leads down."""
    slope, size = _dot(gradient, step), 1.0
    for _ in range(MOST_HALVINGS):
        trial = point + size * step
        new_value, new_gradient = function.value(trial)
        if new_value <= value + DECREASE * size * slope:
            return trial, new_value, new_gradient
        size /= 2
    return None


def _dot(one: Matrix, other: Matrix) -> float:
    """Without BLAS, whose threads take longer to meet than vectors this short take to multiply."""
    return float((one * other).sum())


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
    return _fit(_Loss(_Design(features, n_columns), targets), n_columns, start)


def fit_each_label(
    features: Features, n_columns: int, targets: NDArray[np.bool_], start: Fit | None = None
) -> Fit:
    """The minimum of each label `(n_items, n_labels)` against the rest, balanced: its log-odds."""
    design = _Design(features, n_columns)
    fits = [Fit(np.empty((n_columns, 0)), np.empty((design.n_dense, 0)), np.empty(0))]
    for label, has in enumerate(targets.T):
        begin = None
        if start is not None:
            begin = Fit(*(part[..., label : label + 1] for part in vars(start).values()))
        fits.append(_fit(_Loss(design, 1 - has.astype(np.int64)), n_columns, begin))
    parts = zip(*(vars(fit).values() for fit in fits), strict=True)
    return Fit(*(np.concatenate(part, axis=-1) for part in parts))


def _fit(loss: "_Loss", n_columns: int, start: Fit | None) -> Fit:
    begin = np.zeros((loss.design.n_rows, loss.truth.shape[1]))
    if start is not None:
        begin = np.concatenate([start.sparse, start.dense, start.bias[None]])
    found = minimize(loss, begin, GRADIENT)
    bias = found[-1]
    # The same number added to all intercepts changes no probability.
    bias = bias - bias.mean() if len(bias) > 1 else bias
    return Fit(found[:n_columns], found[n_columns:-1], bias)


class _Loss:
    """The objective over C and the number of items; `truth` is `(n_items, n_outputs)`, 1 or 0."""

    def __init__(self, design: "_Design", targets: NDArray[np.int64]) -> None:
        n_labels = int(targets.max()) + 1
        self.truth = np.eye(n_labels)[targets][:, : 1 if n_labels == 2 else n_labels]
        self.weights = balanced_weights(targets)[:, None] / len(targets)
        self.design = design
        self.penalty = np.full((self.design.n_rows, 1), 1 / (C * len(targets)))
        self.penalty[-1] = 0  # the intercept is free

    def value(self, point: Matrix) -> tuple[float, Matrix]:
        """The loss, and its gradient."""
        losses, probability = _losses(self.design.product(point), self.truth)
        pull = self.penalty * point
        value = (self.weights[:, 0] * losses).sum() + (pull * point).sum() / 2
        errors = self.weights * (probability - self.truth)
        return float(value), self.design.transposed(errors) + pull

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """The second derivatives as a product, and their diagonal."""
        probability = _losses(self.design.product(point), self.truth)[1]

        def times(table: Matrix) -> Matrix:
            change = probability * self.design.product(table)
            change = change - probability * change.sum(axis=1, keepdims=True)
            return self.design.transposed(self.weights * change) + self.penalty * table

        spread = self.weights * probability * (1 - probability)
        return times, self.design.transposed(spread, squared=True) + self.penalty


def _losses(scores: Matrix, truth: Matrix) -> tuple[Matrix, Matrix]:
    """Each item's negative log-likelihood `(n_items,)`; probabilities `(n_items, n_outputs)`."""
    # One output is two of which the second is always 0.
    every = scores if scores.shape[1] > 1 else np.pad(scores, ((0, 0), (0, 1)))
    top = every.max(axis=1, keepdims=True)
    total = np.log(np.exp(every - top).sum(axis=1, keepdims=True)) + top
    found = truth * scores
    return total[:, 0] - found.sum(axis=1), np.exp(scores - total)


class _Design:
    """The items as a matrix of sparse columns, dense ones and the intercept, times a table."""

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
    def n_dense(self) -> int:
        """How many dense columns there are, without the intercept."""
        return self.dense.shape[1] - 1

    @property
    def n_rows(self) -> int:
        """How many rows the table has."""
        return self.n_columns + self.dense.shape[1]

    def product(self, table: Matrix) -> Matrix:
        """The matrix times a table, `(n_items, n_outputs)`."""
        products = []
        for column in table.T:
            # By einsum, which calls no BLAS: see `minimize`.
            sums = np.einsum("ij,j->i", self.dense, column[self.n_columns :])
            if len(self.firsts):
                parts = self.values * column.take(self.ids)
                sums[self.filled] += np.add.reduceat(parts, self.firsts)
            products.append(sums)
        return np.stack(products, axis=1)

    def transposed(self, errors: Matrix, *, squared: bool = False) -> Matrix:
        """The transpose, or that of the matrix' squares, times `(n_items, n_outputs)`."""
        values, dense = (self.values**2, self.dense**2) if squared else (self.values, self.dense)
        columns = []
        for error in errors.T:
            sparse = np.bincount(self.ids, values * error.take(self.row), self.n_columns)
            columns.append(np.concatenate([sparse, np.einsum("ij,i->j", dense, error)]))
        return np.stack(columns, axis=1)

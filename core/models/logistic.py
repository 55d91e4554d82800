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

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.features.base import Features

Matrix = NDArray[np.float64]
MOST_STEPS = 100
MOST_TURNS = 1_000  # conjugate directions in one step; a hundred are many
MOST_HALVINGS = 40
DECREASE = 1e-4
"""Of what the slope promises, the share that a step must bring, as Nocedal and Wright choose it."""
CARE = 0.03
"""How much of the gradient the first step may leave, where it goes to the parabola's bottom. With
more care there are fewer steps, and the search in each takes longer: from 0.03 to 0.1 the whole
takes the same time, at 0.5 twice as long near the minimum."""


class Convex(Protocol):
    """A convex function of a table of numbers, or one of each column, `(n_outputs,)`."""

    def value(self, point: Matrix) -> tuple[Matrix, Matrix]:
        """The function there, and its gradient."""

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """(the matrix of second derivatives there times a table, the matrix' diagonal)."""


def minimize(
    function: Convex, start: Matrix, gradient_below: float, axis: int | None = None
) -> Matrix:
    """Where no part of the gradient is above `gradient_below`, or no step leads further down.

    With `axis` 0 each column has a function of its own, and all of them are gone down at once.
    """
    point = start
    value, gradient = function.value(point)
    first = _dot(gradient, gradient, axis)
    for _ in range(MOST_STEPS):
        is_open = np.abs(gradient).max(axis=axis, initial=0) > gradient_below
        if not is_open.any():
            break
        care = np.minimum(CARE, (_dot(gradient, gradient, axis) / first) ** 0.25)
        step = _parabola_bottom(*function.curvature(point), gradient, care, is_open, axis)
        found = _step(function, point, value, gradient, step, axis)
        if found is None:
            break
        point, value, gradient = found
    return point


def _parabola_bottom(
    times: Callable[[Matrix], Matrix],
    diagonal: Matrix,
    gradient: Matrix,
    care: Matrix,
    is_open: Matrix,
    axis: int | None,
) -> Matrix:
    """The step after which `care` of the gradient would be left; none where nothing is open.

    The preconditioner is the root of the diagonal: on text it takes half the turns that the
    diagonal itself takes, which makes too much of the rare columns.
    """
    scale = diagonal**-0.5
    step, left = np.zeros_like(gradient), -gradient
    scaled = scale * left
    direction, size = scaled, _dot(left, scaled, axis)
    enough = care**2 * size
    for _ in range(MOST_TURNS):
        goes_on = is_open & (size > enough)
        if not goes_on.any():
            break
        bent = times(direction)
        length = np.where(goes_on, size, 0) / np.where(goes_on, _dot(direction, bent, axis), 1)
        step = step + length * direction
        left = left - length * bent
        scaled = scale * left
        before, size = size, _dot(left, scaled, axis)
        direction = scaled + np.where(goes_on, size, 0) / np.where(goes_on, before, 1) * direction
    return step


def _step(
    function: Convex, point: Matrix, value: Matrix, gradient: Matrix, step: Matrix, axis: int | None
) -> tuple[Matrix, Matrix, Matrix] | None:
    """(point, value, gradient) after the step or half, a quarter … of it; None: none leads down."""
    slope = _dot(gradient, step, axis)
    size = np.ones_like(slope)
    for _ in range(MOST_HALVINGS):
        trial = point + size * step
        new_value, new_gradient = function.value(trial)
        is_lower = new_value <= value + DECREASE * size * slope
        if is_lower.all():
            return (trial, new_value, new_gradient) if (size * slope).any() else None
        size = np.where(is_lower, size, size / 2)
    return None


def _dot(one: Matrix, other: Matrix, axis: int | None) -> Matrix:
    """Without BLAS, whose threads take longer to meet than vectors this short take to multiply."""
    return (one * other).sum(axis=axis)


MANY = 9  # labels from which on products of all outputs at once are faster than one after the other
AT_ONCE = 32  # labels of a text that are fitted at once: ten tables of so many columns are kept
C = 3.0  # from 1 to 10, cross-validated scores of the training items lie within 0.011 of each other
GRADIENT = 1e-7  # of the mean loss, where the search stops: probabilities are then within 1e-6


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
    return _fit(_Loss(_design(features, n_columns, int(targets.max()) + 1), targets), start)


def fit_each_label(
    features: Features, n_columns: int, targets: NDArray[np.bool_], start: Fit | None = None
) -> Fit:
    """The minimum of each label `(n_items, n_labels)` against the rest, balanced: its log-odds."""
    design = _design(features, n_columns, MANY + 1)
    fits = [Fit(np.empty((n_columns, 0)), np.empty((design.n_dense, 0)), np.empty(0))]
    for first in range(0, targets.shape[1], AT_ONCE):
        some = slice(first, first + AT_ONCE)
        begin = start and Fit(*(part[..., some] for part in vars(start).values()))
        fits.append(_fit(_EachLoss(design, targets[:, some]), begin, axis=0))
    parts = zip(*(vars(fit).values() for fit in fits), strict=True)
    return Fit(*(np.concatenate(part, axis=-1) for part in parts))


def _fit(loss: "_Loss", start: Fit | None, axis: int | None = None) -> Fit:
    begin = np.zeros((loss.design.n_rows, loss.truth.shape[1]))
    if start is not None:
        begin = np.concatenate([start.sparse, start.dense, start.bias[None]])
    found = minimize(loss, begin, GRADIENT, axis)
    bias, n_columns = found[-1], loss.design.n_columns
    # The same number added to all intercepts changes no probability.
    bias = bias - bias.mean() if len(bias) > 1 and axis is None else bias
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
        return value, self.design.transposed(errors) + pull

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """The second derivatives as a product, and their diagonal."""
        probability = _losses(self.design.product(point), self.truth)[1]

        def times(table: Matrix) -> Matrix:
            change = probability * self.design.product(table)
            change = change - probability * change.sum(axis=1, keepdims=True)
            return self.design.transposed(self.weights * change) + self.penalty * table

        spread = self.weights * probability * (1 - probability)
        return times, self.design.transposed(spread, squared=True) + self.penalty


class _EachLoss(_Loss):
    """As many objectives as there are labels, one for each column: that of its log-odds."""

    def __init__(self, design: "_Design", targets: NDArray[np.bool_]) -> None:
        self.truth, self.design = targets.astype(np.float64), design
        shares = [balanced_weights(has.astype(np.int64)) for has in targets.T]
        self.weights = np.stack(shares, axis=1) / len(targets)
        self.penalty = np.full((design.n_rows, 1), 1 / (C * len(targets)))
        self.penalty[-1] = 0

    def value(self, point: Matrix) -> tuple[Matrix, Matrix]:
        """The loss of each label, `(n_labels,)`, and the gradients."""
        scores, pull = self.design.product(point), self.penalty * point
        losses = np.logaddexp(0, scores) - self.truth * scores
        value = (self.weights * losses).sum(axis=0) + (pull * point).sum(axis=0) / 2
        errors = self.weights * (_sigmoid(scores) - self.truth)
        return value, self.design.transposed(errors) + pull

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """The second derivatives as a product, and their diagonal."""
        probability = _sigmoid(self.design.product(point))
        spread = self.weights * probability * (1 - probability)

        def times(table: Matrix) -> Matrix:
            bent = self.design.transposed(spread * self.design.product(table))
            return bent + self.penalty * table

        return times, self.design.transposed(spread, squared=True) + self.penalty


def _sigmoid(scores: Matrix) -> Matrix:
    return 1 / (1 + np.exp(-scores))


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


class _WideDesign(_Design):
    """The same for many outputs at once: sparse columns by torch, dense ones by BLAS."""

    def __init__(self, features: Features, n_columns: int) -> None:
        super().__init__(features, n_columns)
        # A column may stand in a row several times.
        keys, at = np.unique(self.row * max(n_columns, 1) + self.ids, return_inverse=True)
        row, ids = np.divmod(keys, max(n_columns, 1))
        values = np.bincount(at, self.values, len(keys))
        order, shape = np.argsort(ids, kind="stable"), (len(features), n_columns)
        self.sparse = _csr(row, ids, values, shape)
        turned = (ids[order], row[order]), values[order], shape[::-1]
        self.turned = [_csr(*turned[0], turned[1] ** power, turned[2]) for power in (1, 2)]

    def product(self, table: Matrix) -> Matrix:
        """As `_Design.product`."""
        sparse = self.sparse @ torch.from_numpy(table[: self.n_columns])
        return self.dense @ table[self.n_columns :] + sparse.numpy()

    def transposed(self, errors: Matrix, *, squared: bool = False) -> Matrix:
        """As `_Design.transposed`."""
        sparse = self.turned[squared] @ torch.from_numpy(errors)
        dense = (self.dense**2 if squared else self.dense).T @ errors
        return np.concatenate([sparse.numpy(), dense])


def _csr(
    rows: NDArray[np.int64], ids: NDArray[np.int64], values: Matrix, shape: tuple[int, int]
) -> torch.Tensor:
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
    parts = map(torch.from_numpy, (ends, ids, values))
    with warnings.catch_warnings(action="ignore"):  # torch says that these matrices are new
        return torch.sparse_csr_tensor(*parts, size=shape, check_invariants=False)


def _design(features: Features, n_columns: int, n_outputs: int) -> _Design:
    """The items as a matrix, in the way that is faster for so many outputs."""
    return (_WideDesign if n_outputs > MANY else _Design)(features, n_columns)

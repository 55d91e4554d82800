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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.features.base import Features
from core.system.parallel import in_order

Matrix = NDArray[np.float64]
MOST_STEPS = 100
MOST_TURNS = 1_000  # conjugate directions in one step; a hundred are many
MOST_HALVINGS = 40
DECREASE = 1e-4
"""Of what the slope promises, the share that a step must bring, as Nocedal and Wright choose it."""
CARE = 0.3
"""How much of the gradient the first steps may leave, where they go to the parabola's bottom. With
more care there are fewer steps, and the search in each takes longer: at 0.03 both take twice."""
BEYOND = 3  # times below its end, the gradient that the last step is to leave
FURTHER = 0.25
"""Of the slope at the start, what may be left after a step, or have come up on the other side; else
the step is made as long as a parabola through both slopes tells, at most four times."""


class Convex(Protocol):
    """A convex function of a table of numbers, or one of each column, `(n_outputs,)`."""

    def value(self, point: Matrix) -> tuple[Matrix, Matrix]:
        """The function there, and its gradient."""

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """(the matrix of second derivatives there times a table, the matrix' diagonal)."""


def minimize(
    function: Convex,
    start: Matrix,
    gradient_below: float,
    most_care: float = CARE,
    axis: int | None = None,
) -> Matrix:
    """Where no part of the gradient is above `gradient_below`, or no step leads further down.

    With `axis` 0 each column has a function of its own, and all of them are gone down at once.
    """
    point = start
    value, gradient = function.value(point)
    first = _dot(gradient, gradient, axis)
    for _ in range(MOST_STEPS):
        goal = gradient_below / np.abs(gradient).max(axis=axis, initial=gradient_below)
        is_open = goal < 1
        if not is_open.any():
            break
        care = np.minimum(most_care, (_dot(gradient, gradient, axis) / first) ** 0.25)
        care = np.maximum(care, goal / BEYOND)
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
    step, left = np.zeros_like(diagonal), -gradient.astype(diagonal.dtype)
    scaled = scale * left
    direction, size = scaled.copy(), _dot(left, scaled, axis)
    enough = care**2 * size
    for _ in range(MOST_TURNS):
        goes_on = is_open & (size > enough)
        if not goes_on.any():
            break
        bent = times(direction)
        length = np.where(goes_on, size, 0) / np.where(goes_on, _dot(direction, bent, axis), 1)
        step += length * direction
        left -= length * bent
        np.multiply(scale, left, out=scaled)
        before, size = size, _dot(left, scaled, axis)
        direction *= np.where(goes_on, size, 0) / np.where(goes_on, before, 1)
        direction += scaled
    return step


def _step(
    function: Convex, point: Matrix, value: Matrix, gradient: Matrix, step: Matrix, axis: int | None
) -> tuple[Matrix, Matrix, Matrix] | None:
    """(point, value, gradient) after the step or half, a quarter … of it; None: none leads down.

    A whole step that leads down and is too long or too short is made as long as both slopes tell.
    """
    slope = _dot(gradient, step, axis)
    size = np.ones_like(slope)
    for _ in range(MOST_HALVINGS):
        trial = point + size * step
        found = trial, *function.value(trial)
        is_lower = found[1] <= value + DECREASE * size * slope
        if is_lower.all():
            break
        size = np.where(is_lower, size, size / 2)
    else:
        return None
    if not slope.any():
        return None
    left = _dot(found[2], step, axis) / np.where(slope, slope, 1)
    is_off = (np.abs(left) > FURTHER) & (size == 1)
    if is_off.any():
        size = np.where(is_off, 1 / (1 - np.minimum(left, 0.75)), size)
        trial = point + size * step
        other = trial, *function.value(trial)
        is_better = other[1] < found[1]
        found = tuple(np.where(is_better, *each) for each in zip(other, found, strict=True))
    return found


def _dot(one: Matrix, other: Matrix, axis: int | None) -> Matrix:
    """Without BLAS, whose threads take longer to meet than vectors this short take to multiply."""
    return (one * other).sum(axis=axis)


AT_ONCE = 16  # outputs at once: ten tables of so many columns are kept, and one stays in the cache
C = 3.0  # from 1 to 10, cross-validated scores of the training items lie within 0.011 of each other
GRADIENT = 1e-8  # of the mean loss, where the search stops
"""Probabilities are then within 1e-6 of the exact ones, and within 1e-4 for very rare labels."""
NEAR = 0.001  # `CARE` from `ROUGH` on: one step or two
ROUGH = 3e-5  # likewise, as far as 32 bits go; enough for probabilities that only calibrate


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
    features: Features,
    n_columns: int,
    targets: NDArray[np.int64],
    start: Fit | None = None,
    *,
    rough: bool = False,
) -> Fit:
    """The minimum for targets 0 to n - 1, each of which occurs, with balanced labels.

    Of two labels it has one output, the log-odds of target 0; of more, one output each, with
    intercepts that add up to 0. `start` only shortens the way: there is one minimum. A `rough` one
    has a gradient below `ROUGH`, and takes a fraction of the time.
    """
    losses = [_Loss(design, targets) for design in _designs(features, n_columns, rough=rough)]
    return _fit(losses, start)


def fit_each_label(
    features: Features,
    n_columns: int,
    targets: NDArray[np.bool_],
    start: Fit | None = None,
    *,
    rough: bool = False,
) -> Fit:
    """The minimum of each label `(n_items, n_labels)` against the rest, balanced: its log-odds."""
    designs = _designs(features, n_columns, rough=rough)

    def some_labels(first: int) -> Fit:
        some = slice(first, first + AT_ONCE)
        begin = start and Fit(*(part[..., some] for part in vars(start).values()))
        return _fit([_EachLoss(design, targets[:, some]) for design in designs], begin)

    fits = in_order(some_labels, range(0, max(targets.shape[1], 1), AT_ONCE))
    parts = zip(*(vars(fit).values() for fit in fits), strict=True)
    return Fit(*(np.concatenate(part, axis=-1) for part in parts))


def _fit(losses: Sequence["_Loss"], start: Fit | None) -> Fit:
    """The minimum of one loss, given in 32 bits and, unless it is rough, again in 64."""
    n_columns, n_outputs = losses[0].design.n_columns, losses[0].truth.shape[1]
    found = np.zeros((losses[0].design.n_rows, n_outputs))
    if start is not None:
        found = np.concatenate([start.sparse, start.dense, start.bias[None]])
    for loss, ends in zip(losses, ((ROUGH, CARE), (GRADIENT, NEAR)), strict=False):
        loss.rough = losses[0]
        found = minimize(loss, found.astype(loss.design.kind), *ends, axis=loss.axis)
    found = found.astype(np.float64)
    # The same number added to all intercepts changes no probability.
    found[-1] -= found[-1].mean() if n_outputs > 1 and loss.axis is None else 0
    return Fit(found[:n_columns], found[n_columns:-1], found[-1])


class _Loss:
    """The objective over C and the number of items; `truth` is `(n_items, n_outputs)`, 1 or 0.

    Curvature is that of `rough`: the search in 64 bits goes by it as well as by its own.
    """

    rough: "_Loss"
    axis: int | None = None  # of the losses

    def __init__(self, design: "_Design", targets: NDArray[np.int64]) -> None:
        n_labels = int(targets.max()) + 1
        truth = np.eye(n_labels)[targets][:, : 1 if n_labels == 2 else n_labels]
        self._keep(design, truth, balanced_weights(targets)[:, None])

    def _keep(self, design: "_Design", truth: Matrix, weights: Matrix) -> None:
        self.design, self.truth = design, truth.astype(design.kind)
        self.weights = (weights / len(truth)).astype(design.kind)
        self.penalty = np.full((design.n_rows, 1), 1 / (C * len(truth)), design.kind)
        self.penalty[-1] = 0  # the intercept is free
        self.rough = self

    def value(self, point: Matrix) -> tuple[Matrix, Matrix]:
        """The loss, of each label where each has its own, and the gradient."""
        losses, probability = self._losses(self.design.product(point))
        pull = self.penalty * point
        # Summed in 64 bits: a step is judged by a difference that 32 would round away.
        value = (self.weights * losses).sum(axis=self.axis, dtype=np.float64)
        value = value + (pull * point).sum(axis=self.axis, dtype=np.float64) / 2
        errors = self.weights * (probability - self.truth)
        return value, self.design.transposed(errors) + pull

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        """The second derivatives as a product, and their diagonal."""
        if self.rough is not self:
            return self.rough.curvature(point.astype(self.rough.design.kind))
        probability = self._losses(self.design.product(point))[1]
        spread = self.weights * probability * (1 - probability)

        def times(table: Matrix) -> Matrix:
            change = self._change(self.design.product(table), probability)
            return self.design.transposed(self.weights * change) + self.penalty * table

        return times, self.design.transposed(spread, squared=True) + self.penalty

    def _losses(self, scores: Matrix) -> tuple[Matrix, Matrix]:
        """Each item's negative log-likelihood; probabilities `(n_items, n_outputs)`."""
        # One output is two of which the second is always 0.
        every = scores if scores.shape[1] > 1 else np.pad(scores, ((0, 0), (0, 1)))
        top = every.max(axis=1, keepdims=True)
        total = np.log(np.exp(every - top).sum(axis=1, keepdims=True)) + top
        found = (self.truth * scores).sum(axis=1, keepdims=True)
        return total - found, np.exp(scores - total)

    def _change(self, scores: Matrix, probability: Matrix) -> Matrix:
        """How much probabilities change with the scores."""
        change = probability * scores
        return change - probability * change.sum(axis=1, keepdims=True)


class _EachLoss(_Loss):
    """As many objectives as there are labels, one for each column: that of its log-odds."""

    axis = 0

    def __init__(self, design: "_Design", targets: NDArray[np.bool_]) -> None:
        shares = [balanced_weights(has.astype(np.int64)) for has in targets.T]
        self._keep(design, targets, np.array(shares).reshape(targets.shape[::-1]).T)

    def _losses(self, scores: Matrix) -> tuple[Matrix, Matrix]:
        return np.logaddexp(0, scores) - self.truth * scores, 1 / (1 + np.exp(-scores))

    def _change(self, scores: Matrix, probability: Matrix) -> Matrix:
        return probability * (1 - probability) * scores


class _Design:
    """The items as a matrix of sparse columns, dense ones and the intercept, times a table.

    All by torch, in as many threads as the calling one has; a column may stand in a row twice.
    """

    def __init__(self, features: Features, n_columns: int, kind: type = np.float64) -> None:
        ends, ids = features.bags.offsets, features.bags.ids.astype(np.int64)
        row = np.repeat(np.arange(len(features)), features.bags.lengths)
        values, order = features.values.astype(kind), np.argsort(ids, kind="stable")
        turned_ends = np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=n_columns))])
        turned, shape = (turned_ends, row[order]), (n_columns, len(features))
        self.sparse = _csr(ends, ids, values, shape[::-1])
        self.turned = [_csr(*turned, values[order] ** power, shape) for power in (1, 2)]
        dense = np.pad(features.dense.astype(kind), ((0, 0), (0, 1)), constant_values=1)
        self.dense, self.n_columns, self.kind = torch.from_numpy(dense), n_columns, kind

    @property
    def n_rows(self) -> int:
        """How many rows the table has."""
        return self.n_columns + self.dense.shape[1]

    def product(self, table: Matrix) -> Matrix:
        """The matrix times a table, `(n_items, n_outputs)`."""
        sparse, dense = torch.from_numpy(table).tensor_split((self.n_columns,))
        return torch.addmm(self.dense @ dense, self.sparse, sparse).numpy()

    def transposed(self, errors: Matrix, *, squared: bool = False) -> Matrix:
        """The transpose, or that of the matrix' squares, times `(n_items, n_outputs)`."""
        errors, dense = torch.from_numpy(errors), self.dense
        found = errors.new_zeros(self.n_rows, errors.shape[1])
        found[: self.n_columns].addmm_(self.turned[squared], errors)
        torch.matmul((dense**2 if squared else dense).T, errors, out=found[self.n_columns :])
        return found.numpy()


def _csr(
    ends: NDArray[np.int64], ids: NDArray[np.int64], values: Matrix, shape: tuple[int, int]
) -> torch.Tensor:
    parts = map(torch.from_numpy, (ends, ids, values))
    with warnings.catch_warnings(action="ignore"):  # torch says that these matrices are new
        return torch.sparse_csr_tensor(*parts, size=shape, check_invariants=False)


def _designs(features: Features, n_columns: int, *, rough: bool) -> list[_Design]:
    """The items as a matrix in 32 bits and, unless it is rough, in 64."""
    kinds = (np.float32,) if rough else (np.float32, np.float64)
    return [_Design(features, n_columns, kind) for kind in kinds]

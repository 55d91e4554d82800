"""The minimum of a smooth convex function by a truncated Newton method.

Each step goes to where the function would be least if it were the parabola that it resembles at the
point. That place is searched with conjugate gradients, the more carefully the nearer the minimum is
(Nocedal and Wright 2006, algorithms 7.1 and 5.3, with a preconditioner). Near the minimum each step
doubles the number of right digits.

Written out, since the first optimizer that a process takes from torch.optim imports torch's
compiler: 1.4 seconds and 70 megabytes, for each call of the command line.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

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

    def value(self, point: Table) -> tuple[float, Table]:
        """The function there, and its gradient."""
        ...

    def curvature(self, point: Table) -> tuple[Callable[[Table], Table], Table]:
        """(the matrix of second derivatives there times a table, the matrix' diagonal)."""
        ...


def minimize(function: Convex, start: Table, gradient_below: float) -> Table:
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
    times: Callable[[Table], Table], diagonal: Table, gradient: Table, care: float
) -> Table:
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
    function: Convex, point: Table, value: float, gradient: Table, step: Table
) -> tuple[Table, float, Table] | None:
    """(point, value, gradient) after the step or half, a quarter … of it; None: none leads down."""
    slope, size = _dot(gradient, step), 1.0
    for _ in range(MOST_HALVINGS):
        trial = point + size * step
        new_value, new_gradient = function.value(trial)
        if new_value <= value + DECREASE * size * slope:
            return trial, new_value, new_gradient
        size /= 2
    return None


def _dot(one: Table, other: Table) -> float:
    """Without BLAS, whose threads take longer to meet than vectors this short take to multiply."""
    return float((one * other).sum())

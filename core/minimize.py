"""The minimum of a smooth function by L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5).

Written out, since the first optimizer that a process takes from torch.optim imports torch's
compiler: 1.4 seconds and 70 megabytes, for each call of the command line.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Objective = Callable[[Vector], tuple[float, Vector]]
"""The function's value at a point, and its gradient there."""

Step = tuple[Vector, Vector, float]
"""A step, the gradient's change along it, and the product of the two."""

HISTORY = 10
MOST_STEPS = 500
MOST_TRIALS = 40
DECREASE, CURVATURE = 1e-4, 0.9
"""The Wolfe conditions' constants, as Nocedal and Wright choose them."""


def minimize(objective: Objective, start: Vector, gradient_below: float) -> Vector:
    """Where no part of the gradient is above `gradient_below`, or no step leads further down."""
    point = start
    value, gradient = objective(point)
    history: deque[Step] = deque(maxlen=HISTORY)
    for _ in range(MOST_STEPS):
        if np.abs(gradient).max(initial=0) <= gradient_below:
            break
        direction = _direction(gradient, history)
        found = _step(objective, point, value, gradient, direction)
        if found is None:
            break
        new_point, value, new_gradient = found
        step, change = new_point - point, new_gradient - gradient
        history.append((step, change, _dot(step, change)))
        point, gradient = new_point, new_gradient
    return point


def _direction(gradient: Vector, history: deque[Step]) -> Vector:
    """Downhill, corrected by what the last steps told of the curvature (two-loop recursion)."""
    direction = -gradient
    if not history:
        return direction / _dot(gradient, gradient) ** 0.5
    shares = []
    for step, change, product in reversed(history):
        share = _dot(step, direction) / product
        direction = direction - share * change
        shares.append(share)
    _, change, product = history[-1]
    direction = direction * (product / _dot(change, change))
    for (step, change, product), share in zip(history, reversed(shares), strict=True):
        direction = direction + (share - _dot(change, direction) / product) * step
    return direction


def _step(
    objective: Objective, point: Vector, value: float, gradient: Vector, direction: Vector
) -> tuple[Vector, float, Vector] | None:
    """(point, value, gradient) after a step under the weak Wolfe conditions; None: none is found.

    By doubling and bisection (Lewis and Overton 2013, algorithm 2.6).
    """
    slope = _dot(gradient, direction)
    size, low, high = 1.0, 0.0, np.inf
    for _ in range(MOST_TRIALS):
        trial = point + size * direction
        new_value, new_gradient = objective(trial)
        if new_value > value + DECREASE * size * slope:
            high = size
        elif _dot(new_gradient, direction) < CURVATURE * slope:
            low = size
        else:
            return trial, new_value, new_gradient
        size = (low + high) / 2 if high < np.inf else 2 * low
    return None


def _dot(one: Vector, other: Vector) -> float:
    """Without BLAS, whose threads take longer to meet than vectors this short take to multiply."""
    return float((one * other).sum())

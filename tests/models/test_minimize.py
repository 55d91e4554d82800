"""The minimum: of a bowl by its formula, of a bent function by its own gradient."""

from collections.abc import Callable

import numpy as np
import pytest

from core.models.logistic import Convex, Matrix, minimize


class Bowl:
    """x'Ax/2 - b'x."""

    def __init__(self, n_sides: int) -> None:
        draw = np.random.default_rng(0)
        root = draw.standard_normal((n_sides, n_sides))
        self.matrix, self.tilt = root @ root.T + np.eye(n_sides), draw.standard_normal(n_sides)

    def value(self, point: Matrix) -> tuple[float, Matrix]:
        bent = self.matrix @ point
        return float(point @ bent / 2 - self.tilt @ point), bent - self.tilt

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        return lambda table: self.matrix @ table, np.diag(self.matrix)


class Trough:
    """The sum of sqrt(1 + x²): far out nearly straight, so that a whole step leads far beyond."""

    def value(self, point: Matrix) -> tuple[float, Matrix]:
        height = np.sqrt(1 + point**2)
        return float(height.sum()), point / height

    def curvature(self, point: Matrix) -> tuple[Callable[[Matrix], Matrix], Matrix]:
        bend = (1 + point**2) ** -1.5
        return lambda table: bend * table, bend


class Flat:
    """0 everywhere; it knows no curvature."""

    def value(self, point: Matrix) -> tuple[float, Matrix]:
        return 0.0, np.zeros_like(point)


@pytest.mark.parametrize("n_sides", [1, 30, 200])
def test_the_minimum_of_a_bowl_is_found(n_sides: int):
    bowl = Bowl(n_sides)
    found = minimize(bowl, np.zeros(n_sides), 1e-9)
    np.testing.assert_allclose(found, np.linalg.solve(bowl.matrix, bowl.tilt), atol=1e-6)


def test_steps_that_would_lead_too_far_are_shortened():
    found = minimize(Trough(), np.array([3.0, -50.0, 0.1]), 1e-8)
    assert found == pytest.approx([0, 0, 0], abs=1e-7)


def test_a_start_at_the_minimum_stays_there():
    flat: Convex = Flat()
    start = np.ones(3)
    assert (minimize(flat, start, 1e-9) == start).all()


def test_what_leads_nowhere_ends():
    """A wrong gradient: no step leads down, and the search says where it was."""

    class Wrong(Bowl):
        def value(self, point: Matrix) -> tuple[float, Matrix]:
            value, gradient = super().value(point)
            return value, -gradient

    start = np.ones(5)
    assert (minimize(Wrong(5), start, 1e-9) == start).all()

import numpy as np
import pytest

from core.minimize import minimize


def test_the_minimum_of_a_bowl_is_found():
    draw = np.random.default_rng(0)
    root = draw.standard_normal((30, 30))
    bowl, tilt = root @ root.T + np.eye(30), draw.standard_normal(30)
    found = minimize(lambda x: (x @ bowl @ x / 2 - tilt @ x, bowl @ x - tilt), np.zeros(30), 1e-9)
    np.testing.assert_allclose(found, np.linalg.solve(bowl, tilt), atol=1e-6)


def test_the_bent_valley_is_followed_to_its_end():
    def rosenbrock(point: np.ndarray) -> tuple[float, np.ndarray]:
        x, y = point
        slope = np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2, slope

    assert minimize(rosenbrock, np.array([-1.2, 1.0]), 1e-8) == pytest.approx([1, 1])


def test_a_start_at_the_minimum_stays_there():
    calls = []

    def flat(point: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(point)
        return 0.0, np.zeros(2)

    assert minimize(flat, np.array([3.0, 4.0]), 1e-6).tolist() == [3, 4]
    assert len(calls) == 1


def test_a_function_without_end_is_given_up():
    found = minimize(lambda x: (-x.sum(), -np.ones(1)), np.zeros(1), 1e-6)
    assert np.isfinite(found).all()

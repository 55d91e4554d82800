"""Logistic regression, against scikit-learn's."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from core.features.base import Features, bag_sums
from core.models.logistic import (
    AT_ONCE,
    C,
    Convex,
    Fit,
    Matrix,
    _Design,
    _Loss,
    balanced_weights,
    fit_logistic,
    minimize,
)
from core.pool.bags import Bags
from tests.conftest import headlines
from tests.features.test_pool_features import learn

ITEMS = headlines(240)


def rows_and_targets(n_labels: int) -> tuple[Features, int, np.ndarray]:
    """Compact rows of made-up headlines; label 0 is rare, and no word gives it away."""
    texts = [text for _, text, _ in ITEMS]
    columns, rows = learn(texts).rows(texts).features().compact()
    draw = np.random.default_rng(1)
    noise = draw.integers(0, n_labels, len(ITEMS))
    truth = np.array([0 if label == "1" else 1 + at % (n_labels - 1)
                      for at, (_, _, label) in enumerate(ITEMS)])  # fmt: skip
    return rows, len(columns), np.where(draw.random(len(ITEMS)) < 0.3, noise, truth)


def probabilities(fit: Fit, rows: Features) -> np.ndarray:
    """P(label) of each row, `(n_items, n_labels)`."""
    scores = bag_sums(fit.sparse, rows.bags, rows.values) + rows.dense @ fit.dense + fit.bias
    powers = np.exp(scores if scores.shape[1] > 1 else np.pad(scores, ((0, 0), (0, 1))))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("n_labels", [2, 3, 5, AT_ONCE + 2])
def test_probabilities_are_scikit_learns(n_labels: int):
    rows, n_columns, targets = rows_and_targets(n_labels)
    fit = fit_logistic(rows, n_columns, targets)
    ours = probabilities(fit, rows)
    columns = sparse.csr_matrix((rows.values, rows.bags.ids, rows.bags.offsets), (240, n_columns))
    matrix = sparse.hstack([columns, rows.dense]).tocsr().astype(np.float64)
    theirs = LogisticRegression(
        C=C, class_weight="balanced", solver="newton-cg", tol=1e-10, max_iter=500
    )
    expected = theirs.fit(matrix, targets).predict_proba(matrix)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_a_start_leads_to_the_same_minimum():
    rows, n_columns, targets = rows_and_targets(3)
    start = fit_logistic(rows, n_columns, targets)
    part = np.arange(0, 240, 2)
    cold = fit_logistic(rows.take(part), n_columns, targets[part])
    warm = fit_logistic(rows.take(part), n_columns, targets[part], start)
    np.testing.assert_allclose(warm.sparse, cold.sparse, atol=1e-5)
    np.testing.assert_allclose(warm.bias, cold.bias, atol=1e-5)


@pytest.mark.parametrize("n_labels", [2, 4, AT_ONCE + 2])
def test_a_rough_minimum_without_some_items_knows_nothing_of_them(n_labels: int):
    """It starts where these items were known, and ends as near to the minimum as a cold one."""
    rows, n_columns, targets = rows_and_targets(n_labels)
    part = np.arange(240) % 5 > 0
    start = fit_logistic(rows, n_columns, targets)
    cold = fit_logistic(rows.take(np.flatnonzero(part)), n_columns, targets[part])
    rough = fit_logistic(
        rows.take(np.flatnonzero(part)), n_columns, targets[part], start, rough=True
    )
    others = rows.take(np.flatnonzero(~part))
    known, found, exact = (probabilities(fit, others) for fit in (start, rough, cold))
    np.testing.assert_allclose(found, exact, atol=1e-3)
    assert np.abs(known - exact).max() > 0.1


def test_the_same_numbers_in_each_run():
    rows, n_columns, targets = rows_and_targets(5)
    once, again = (fit_logistic(rows, n_columns, targets) for _ in range(2))
    assert (once.sparse == again.sparse).all()
    assert (once.bias == again.bias).all()


@pytest.mark.parametrize("n_labels", [2, 4])
def test_slopes_and_curvature_are_those_of_the_loss(n_labels: int):
    rows, n_columns, targets = rows_and_targets(n_labels)
    part = np.arange(0, 240, 6)
    columns = np.arange(n_columns) < 40
    loss = _Loss(_Design(rows.take(part), n_columns), targets[part])
    draw = np.random.default_rng(0)
    point, way = draw.standard_normal((2, loss.design.n_rows, loss.truth.shape[1]))
    way[:n_columns][~columns] = 0
    tiny = 1e-5
    (above, steeper), (below, flatter) = (loss.value(point + d * way) for d in (tiny, -tiny))
    assert (loss.value(point)[1] * way).sum() == pytest.approx((above - below) / tiny / 2, rel=1e-6)
    times, diagonal = loss.curvature(point)
    np.testing.assert_allclose(times(way), (steeper - flatter) / tiny / 2, atol=1e-7)
    one = np.zeros_like(point)
    for at in [(0, 0), (n_columns + 3, 0), (len(point) - 1, -1)]:
        one[at] = 1
        assert times(one)[at] == pytest.approx(diagonal[at])
        one[at] = 0


def test_products_are_those_of_the_matrix_written_out():
    """With a text that has no columns, and with a column that stands in one text several times."""
    bags = Bags(np.array([2, 0, 2, 1], np.int32), np.array([0, 3, 3, 4]))
    dense = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    design = _Design(Features(bags, np.array([1, 2, 4, 3], np.float32), dense), 3)
    matrix = np.array([[2, 0, 5, 1, 2, 1], [0, 0, 0, 3, 4, 1], [0, 3, 0, 5, 6, 1]])
    table, errors = np.arange(12.0).reshape(6, 2), np.array([[1.0, 0], [2, 5], [0, -1]])
    np.testing.assert_allclose(design.product(table), matrix @ table)
    np.testing.assert_allclose(design.transposed(errors), matrix.T @ errors)


def test_labels_weigh_the_same():
    weights = balanced_weights(np.array([0, 0, 0, 1]))
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert balanced_weights(np.array([2, 0])).tolist() == [1, 1]


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

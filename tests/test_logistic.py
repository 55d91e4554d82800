"""Logistic regression, against scikit-learn's."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from core.logistic import C, balanced_weights, fit_logistic
from core.sources import Features, bag_sums
from tests.conftest import headlines
from tests.test_space import learn

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


@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_probabilities_are_scikit_learns(n_labels: int):
    rows, n_columns, targets = rows_and_targets(n_labels)
    fit = fit_logistic(rows, n_columns, targets)
    scores = bag_sums(fit.sparse, rows.bags, rows.values) + rows.dense @ fit.dense + fit.bias
    scores = scores if n_labels > 2 else np.pad(scores, ((0, 0), (0, 1)))
    powers = np.exp(scores)
    ours = powers / powers.sum(axis=1, keepdims=True)
    columns = sparse.csr_matrix((rows.values, rows.bags.ids, rows.bags.offsets), (240, n_columns))
    matrix = sparse.hstack([columns, rows.dense]).tocsr().astype(np.float64)
    theirs = LogisticRegression(C=C, class_weight="balanced", tol=1e-8, max_iter=5000)
    expected = theirs.fit(matrix, targets).predict_proba(matrix)
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_a_start_leads_to_the_same_minimum():
    rows, n_columns, targets = rows_and_targets(3)
    start = fit_logistic(rows, n_columns, targets)
    part = np.arange(0, 240, 2)
    cold = fit_logistic(rows.take(part), n_columns, targets[part])
    warm = fit_logistic(rows.take(part), n_columns, targets[part], start)
    np.testing.assert_allclose(warm.sparse, cold.sparse, atol=1e-3)
    np.testing.assert_allclose(warm.bias, cold.bias, atol=1e-3)


def test_labels_weigh_the_same():
    weights = balanced_weights(np.array([0, 0, 0, 1]))
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert balanced_weights(np.array([2, 0])).tolist() == [1, 1]

"""Columns that are multiples of each other are fitted as one: the minimum of all of them."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from core.features.base import Features
from core.models.logistic import C, Fit, fit_logistic
from core.models.merged_columns import merged_columns
from core.pool.bags import Bags

N_ITEMS, N_COLUMNS = 60, 16
MULTIPLES = ((0, 3, 0.5), (0, 7, 2.0), (1, 5, -1.5), (2, 6, 1.0))
"""(a column, another one, how many times the first it is)."""
ALONE = {10: (4, 0.3), 11: (4, 0.9), 12: (4, -0.2), 13: (9, 0.5)}
"""Columns of a single item, and their value there."""


def table(seed: int) -> np.ndarray:
    """Sparse columns written out; 8, 9, 14 and 15 are multiples of no other."""
    draw = np.random.default_rng(seed)
    found = draw.random((N_ITEMS, N_COLUMNS)) * (draw.random((N_ITEMS, N_COLUMNS)) < 0.4)
    for one, other, times in MULTIPLES:
        found[:, other] = times * found[:, one]
    found[:, 15] = found[:, 14] * (1 + 0.01 * draw.random(N_ITEMS))  # in the same rows, and near
    for column, (item, value) in ALONE.items():
        found[:, column] = 0
        found[item, column] = value
    return found.astype(np.float32)


def rows_of(found: np.ndarray, *, twice: bool = False) -> Features:
    """These rows, with dense columns; each value in two halves if it stands there `twice`."""
    row, ids = np.nonzero(found)
    values = found[row, ids]
    if twice:
        row, ids, values = np.repeat(row, 2), np.repeat(ids, 2), np.repeat(values / 2, 2)
    ends = np.searchsorted(row, np.arange(len(found) + 1))
    dense = np.random.default_rng(5).normal(size=(len(found), 3)).astype(np.float32)
    return Features(Bags(ids.astype(np.int32), ends), values, dense)


@pytest.mark.parametrize("twice", [False, True])
def test_multiples_and_what_stands_in_one_item_alone_are_merged(twice: bool):
    rows = rows_of(table(1), twice=twice)
    merged = merged_columns(rows, N_COLUMNS)
    together = {frozenset(np.flatnonzero(merged.place == at)) for at in merged.place}
    groups = {frozenset(each) for each in ({0, 3, 7}, {1, 5}, {2, 6}, {10, 11, 12})}
    assert together == groups | {frozenset({at}) for at in (4, 8, 9, 13, 14, 15)}
    length = np.linalg.norm(table(1), axis=0)
    shape = N_ITEMS, len(together)
    parts = merged.features.values, merged.features.bags.ids, merged.features.bags.offsets
    one = np.abs(sparse.csr_matrix(parts, shape).toarray())
    expected = [np.sqrt((length[merged.place == at] ** 2).sum()) for at in range(len(together))]
    np.testing.assert_allclose(np.linalg.norm(one, axis=0), expected, rtol=1e-6)


@pytest.mark.parametrize("n_labels", [2, 5])
@pytest.mark.parametrize("part", [slice(None), slice(7, None)])
def test_the_minimum_is_scikit_learns_of_the_columns_themselves(n_labels: int, part: slice):
    """Of a part of the items as well, whose multiples are those of all of them."""
    found, targets = table(n_labels), np.random.default_rng(3).integers(0, n_labels, N_ITEMS)
    rows, kept = rows_of(found), np.arange(N_ITEMS)[part]
    merged = merged_columns(rows, N_COLUMNS)
    fit = fit_logistic(merged.features.take(kept), len(merged.kept), targets[kept])
    ours = merged.weights(fit)
    matrix = np.hstack([found, rows.dense]).astype(np.float64)
    theirs = LogisticRegression(C=C, class_weight="balanced", solver="newton-cg", tol=1e-10)
    theirs.set_params(max_iter=500).fit(matrix[kept], targets[kept])
    texts = np.random.default_rng(4).random(matrix.shape)  # where no column is another's multiple
    for each in (matrix, texts):
        scores = each @ np.concatenate([ours.sparse, ours.dense]) + ours.bias
        powers = np.exp(scores if n_labels > 2 else np.pad(scores, ((0, 0), (0, 1))))
        ours_told = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(ours_told, theirs.predict_proba(each), atol=2e-6)


def test_a_fit_can_begin_where_another_one_ended():
    merged = merged_columns(rows_of(table(6)), N_COLUMNS)
    weights = np.random.default_rng(0).normal(size=(len(merged.kept), 2))
    fit = Fit(weights, np.zeros((3, 2)), np.zeros(2))
    np.testing.assert_allclose(merged.start(merged.weights(fit)).sparse, weights)


def test_without_columns_there_is_nothing_to_merge():
    merged = merged_columns(rows_of(np.zeros((3, 0), np.float32)), 0)
    fit = Fit(np.zeros((0, 2)), np.ones((3, 2)), np.zeros(2))
    assert merged.weights(merged.start(fit)).sparse.shape == (0, 2)
    assert len(merged.features) == 3

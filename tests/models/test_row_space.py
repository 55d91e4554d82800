"""A few long texts have the same minimum, found in the space that their rows span."""

import numpy as np
import pytest

from core.features.base import Features
from core.models import row_space
from core.models.logistic import fit_logistic
from core.models.row_space import is_worthwhile
from core.pool.bags import Bags

N_COLUMNS = 900


def long_texts(n_items: int, seed: int) -> Features:
    """Rows of frequent and of rare columns; two rows are alike."""
    generator = np.random.default_rng(seed)
    ids = [np.unique(generator.geometric(0.01, 150) % N_COLUMNS) for _ in range(n_items)]
    ids[1] = ids[0]
    offsets = np.cumsum([0, *map(len, ids)])
    values = generator.random(offsets[-1]).astype(np.float32)
    values[offsets[1] : offsets[2]] = values[: offsets[1]]
    dense = generator.normal(size=(n_items, 3)).astype(np.float32)
    dense[1] = dense[0]
    return Features(Bags(np.concatenate(ids).astype(np.int32), offsets), values, dense)


def written_out(features: Features) -> np.ndarray:
    """All columns as a table of numbers."""
    table = np.zeros((len(features), N_COLUMNS))
    row = np.repeat(np.arange(len(features)), features.bags.lengths)
    np.add.at(table, (row, features.bags.ids), features.values)
    return np.hstack([table, features.dense])


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("at_once", [7, 2_048])
def test_the_minimum_is_that_of_the_columns_themselves(
    n_labels: int, at_once: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(row_space, "AT_ONCE", at_once)
    features = long_texts(40, n_labels)
    targets = np.arange(40) % n_labels
    space = row_space.row_space(features, N_COLUMNS)
    table = written_out(features)
    turned = space.turned.dense
    assert np.allclose(turned @ turned.T, table @ table.T, atol=1e-8)
    found = space.weights(fit_logistic(space.turned, 0, targets))
    expected = fit_logistic(features, N_COLUMNS, targets)
    assert np.allclose(found.sparse, expected.sparse, atol=1e-4)
    assert np.allclose(found.dense, expected.dense, atol=1e-4)
    assert np.allclose(found.bias, expected.bias, atol=1e-4)
    # Its own minimum is where the way from it begins.
    scores = table @ np.vstack([expected.sparse, expected.dense])
    start = space.start(expected, scores)
    assert np.allclose(space.weights(start).sparse, expected.sparse, atol=1e-4)


def test_part_of_the_items_is_fitted_in_the_space_of_all():
    features, targets = long_texts(40, 5), np.arange(40) % 2
    space, part = row_space.row_space(features, N_COLUMNS), np.arange(5, 33)
    found = space.weights(fit_logistic(space.turned.take(part), 0, targets[part]))
    expected = fit_logistic(features.take(part), N_COLUMNS, targets[part])
    assert np.allclose(found.sparse, expected.sparse, atol=1e-4)


def test_it_is_for_few_rows_of_many_values():
    assert not is_worthwhile(long_texts(40, 1))
    many = np.zeros(2**19, np.int32)
    for n_items, expected in ((700, True), (800, False)):
        offsets = np.linspace(0, len(many), n_items + 1).astype(np.int64)
        dense = np.zeros((n_items, 0), np.float32)
        rows = Features(Bags(many, offsets), many.astype(np.float32), dense)
        assert is_worthwhile(rows) is expected

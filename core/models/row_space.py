"""Row space of a few long texts: their features in as many dense columns as there are texts.

The weights of a logistic regression with a quadratic penalty are sums of the training items' rows
(the representer theorem; Kimeldorf and Wahba 1971). So with fewer items than an item has columns,
the minimum can be searched among these sums: the rows are turned, without a change of lengths or
angles, into the space that they span. The minimum is the same, each step takes a fraction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.features.base import Features
from core.models.logistic import Fit
from core.pool.bags import Bags, stable_order

Matrix = NDArray[np.float64]

LEAST_VALUES = 2**18  # of all rows together, below which there is nothing to gain
RARE = 16  # items up to which a column's pairs are counted one by one
AT_ONCE = 2_048  # columns that are multiplied at a time
NOTHING = 1e-12  # of the greatest variance, below which a direction is rounding alone


def is_worthwhile(features: Features) -> bool:
    """Whether there are fewer rows than values in a row, and enough of both."""
    n_values = len(features.values)
    return n_values >= LEAST_VALUES and len(features) ** 2 <= n_values


@dataclass(frozen=True)
class RowSpace:
    """Rows in the space that they span, and the way back to weights of their columns.

    `turned` has `(n_items, n_directions)` dense columns and no sparse ones; `sums`,
    `(n_items, n_directions)`, tells which sum of the items' rows each direction is.
    """

    original: Features
    n_columns: int
    turned: Features
    sums: Matrix

    def weights(self, fit: Fit) -> Fit:
        """The weights of the original columns that give each text the same score."""
        shares = self.sums @ fit.dense
        bags, values = self.original.bags, self.original.values.astype(np.float64)
        row = np.repeat(np.arange(len(self.original)), bags.lengths)
        sparse = [
            np.bincount(bags.ids, values * share.take(row), self.n_columns) for share in shares.T
        ]
        return Fit(np.stack(sparse, axis=1), self.original.dense.T @ shares, fit.bias)

    def start(self, fit: Fit, scores: Matrix) -> Fit:
        """Where the search may begin: at the scores `(n_items, n_outputs)` of an earlier fit."""
        return Fit(np.empty((0, scores.shape[1])), self.sums.T @ scores, fit.bias)


def row_space(features: Features, n_columns: int) -> RowSpace:
    """The row space of these features, whose sparse columns are 0 to `n_columns` - 1."""
    values, vectors = np.linalg.eigh(_products(features, n_columns))
    is_one = values > NOTHING * values[-1]
    lengths, vectors = np.sqrt(values[is_one]), vectors[:, is_one]
    none = Bags(np.empty(0, np.int32), np.zeros(len(features) + 1, np.int64))
    turned = Features(none, np.empty(0, np.float32), vectors * lengths)
    return RowSpace(features, n_columns, turned, vectors / lengths)


def _products(features: Features, n_columns: int) -> Matrix:
    """The scalar product of each row with each, `(n_items, n_items)`."""
    n_items = len(features)
    order = stable_order(features.bags.ids)
    column, row = features.bags.ids[order], features.bags.rows[order]
    values = features.values[order].astype(np.float64)
    counts = np.bincount(column, minlength=n_columns)
    dense = features.dense.astype(np.float64)
    found = dense @ dense.T
    flat = found.reshape(-1)
    for number in range(1, RARE + 1):
        is_so = counts[column] == number
        rows, parts = row[is_so].reshape(-1, number), values[is_so].reshape(-1, number)
        pairs = (rows[:, :, None] * n_items + rows[:, None, :]).reshape(-1)
        products = (parts[:, :, None] * parts[:, None, :]).reshape(-1)
        flat += np.bincount(pairs, products, n_items * n_items)
    is_often = counts[column] > RARE
    row, values = row[is_often], values[is_often]
    column = np.cumsum(np.diff(column[is_often], prepend=-1) > 0) - 1
    for first in range(0, int(column.max(initial=-1)) + 1, AT_ONCE):
        start, stop = np.searchsorted(column, [first, first + AT_ONCE])
        block = np.zeros((n_items, AT_ONCE))
        block[row[start:stop], column[start:stop] - first] = values[start:stop]
        found += block @ block.T
    return found

"""Merged columns: those that are multiples of each other in all training items, fitted as one.

So are pieces of a word that no other word has, and all that stands in a single item. One column as
long as all of them together has the same minimum; each one's weight is its share of that.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.features.base import Features
from core.models.logistic import Fit
from core.pool.bags import Bags, Indices

ALIKE = 1e-5  # how far multiples may differ; a hundred times as far as by rounding to 32 bits


@dataclass(frozen=True)
class MergedColumns:
    """Rows of merged columns, in whose places one column of each is `kept`."""

    features: Features
    kept: Indices
    place: Indices  # of the merged column, `(n_columns,)`
    share: NDArray[np.float64]  # of its length, likewise

    def weights(self, fit: Fit) -> Fit:
        """The weights of the columns themselves."""
        return replace(fit, sparse=fit.sparse[self.place] * self.share[:, None])

    def start(self, fit: Fit) -> Fit:
        """The weights of the merged columns, from those that `weights` gives."""
        return replace(fit, sparse=fit.sparse[self.kept] / self.share[self.kept, None])


def merged_columns(features: Features, n_columns: int) -> MergedColumns:
    """The columns 0 to `n_columns` - 1, each of which occurs, merged.

    Multiples stand in the same rows, and their sums with random weights of the rows have the same
    ratios: so nothing has to be sorted, and a column may stand in a row twice.
    """
    ids, row, draw = features.bags.ids, features.bags.rows, np.random.default_rng(0)
    rows = np.bincount(ids, draw.integers(2**36, size=len(features))[row], n_columns)
    weights = 1 + draw.random((3, len(features)))
    length, *sums = (np.bincount(ids, features.values * each[row], n_columns) for each in weights)
    ratios = np.round(np.array(sums) / np.where(length, length, 1) / ALIKE)
    traits = np.stack([rows, *ratios], axis=1)
    _, kept, place = np.unique(traits, axis=0, return_index=True, return_inverse=True)
    place = place.reshape(-1)  # numpy 2.0 gives it a second axis
    together = np.sqrt(np.bincount(place, length**2))[place]
    share = np.divide(length, together, out=np.ones(n_columns), where=together > 0)
    stays = np.isin(ids, kept)
    ends = np.concatenate([[0], np.cumsum(stays)])[features.bags.offsets]
    ids = ids[stays]
    values = (features.values[stays] / share[ids]).astype(np.float32)
    bags = Bags(place[ids].astype(np.int32), ends)
    return MergedColumns(replace(features, bags=bags, values=values), kept, place, share)

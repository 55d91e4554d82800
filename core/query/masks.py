"""Filters over what stands beside every item of the pool: lengths, columns, the model's words.

They are answered for all places at once, as masks, `(n_places,)`: a place is the item's row in the
pool; items that only stand in label files come behind the pool, and have none of its columns.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.features.vocabulary import length_buckets
from core.pool.items import Pool
from core.query.filters import LENGTH_NAMES, Filters
from core.query.row_set import RowSet

NOT_SHOWN = -1
"""The column of a prediction that is not there."""

SLACK = 1e-6
"""By which a confidence may miss its range: it is kept in 32 bits, edges are typed."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ShownPredictions:
    """What the model of today says at each place; nan and NOT_SHOWN where it must not be told.

    `predicted` is the column of the most probable label among `labels`.
    """

    labels: tuple[str, ...]
    confidence: NDArray[np.float32]
    predicted: NDArray[np.int8]


def filtered_rows(
    filters: Filters, pool: Pool, lengths: NDArray[np.integer], opinions: ShownPredictions | None
) -> RowSet | None:
    """The places that the filters leave; None if they ask for none of this.

    `lengths` are the words of each place, `(n_places,)`. Without opinions nothing is predicted.
    """
    size, masks = len(lengths), []
    if filters.lengths:
        chosen = np.array([name in filters.lengths for name in LENGTH_NAMES])
        masks.append(chosen[length_buckets(lengths)])
    for name, values in filters.columns:
        wanted = pa.array(values, pa.large_string())
        masks.append(_in_pool(pc.is_in(pool.table[name].chunk(0), value_set=wanted), size))
    for name, piece in filters.pieces:
        found = pc.match_substring(pool.table[name].chunk(0), piece, ignore_case=True)
        masks.append(_in_pool(found, size))
    if filters.predicted or filters.confidence:
        masks.append(_predicted(filters, opinions) if opinions else np.zeros(size, bool))
    if not masks:
        return None
    left = np.logical_and.reduce(masks)
    is_rest = bool(left.sum() * 2 > size)  # listed the shorter way
    return RowSet(np.flatnonzero(left ^ is_rest), size, is_rest)


def _in_pool(found: pa.Array, size: int) -> Mask:
    """What was found in the pool; false for the places behind it."""
    mask = np.zeros(size, bool)
    mask[: len(found)] = found.to_numpy(zero_copy_only=False)
    return mask


def _predicted(filters: Filters, opinions: ShownPredictions) -> Mask:
    """Where the model says one of the labels, as surely as is asked for."""
    left = np.ones(len(opinions.predicted), bool)
    if filters.predicted:
        columns = [at for at, label in enumerate(opinions.labels) if label in filters.predicted]
        left &= np.isin(opinions.predicted, columns)
    if filters.confidence:
        low, high = filters.confidence  # nan is within nothing
        left &= opinions.confidence >= np.float32(low - SLACK)
        left &= opinions.confidence <= np.float32(high + SLACK)
    return left

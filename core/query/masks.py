"""Filters over what stands beside every item of the pool: lengths, columns, the model's words.

They are answered for all places at once, as masks, `(n_places,)`: a place is the item's row in the
pool; items that only stand in label files come behind the pool, and have none of its columns.
"""

from collections.abc import Sequence
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
    """What the model of today says at each place; nan and NOTHING where it must not be told.

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
    size = len(lengths)
    masks = [_of_lengths(filters.lengths, lengths)] if filters.lengths else []
    masks += [_behind(_is_one_of(pool, *column), size) for column in filters.columns]
    masks += [_behind(_holds(pool, *piece), size) for piece in filters.pieces]
    if filters.predicted:
        masks.append(_predicted(filters.predicted, opinions, size))
    if filters.confidence:
        masks.append(_within(filters.confidence, opinions, size))
    return places_of(np.logical_and.reduce(masks)) if masks else None


def places_of(mask: Mask) -> RowSet:
    """The places where the mask is true, listed the shorter way."""
    is_rest = bool(mask.sum() * 2 > len(mask))
    return RowSet(np.flatnonzero(mask ^ is_rest), len(mask), is_rest)


def _of_lengths(names: Sequence[str], lengths: NDArray[np.integer]) -> Mask:
    chosen = np.array([name in names for name in LENGTH_NAMES])
    return chosen[length_buckets(lengths)]


def _is_one_of(pool: Pool, name: str, values: Sequence[str]) -> Mask:
    wanted = pa.array(values, pa.large_string())
    return _mask(pc.is_in(pool.table[name].chunk(0), value_set=wanted))


def _holds(pool: Pool, name: str, piece: str) -> Mask:
    return _mask(pc.match_substring(pool.table[name].chunk(0), piece, ignore_case=True))


def _predicted(labels: Sequence[str], opinions: ShownPredictions | None, size: int) -> Mask:
    if opinions is None:
        return np.zeros(size, bool)
    columns = [opinions.labels.index(label) for label in labels if label in opinions.labels]
    return np.isin(opinions.predicted, columns)


def _within(edges: tuple[float, float], opinions: ShownPredictions | None, size: int) -> Mask:
    if opinions is None:
        return np.zeros(size, bool)
    low, high = edges
    found = opinions.confidence  # nan is within nothing
    return (found >= np.float32(low - SLACK)) & (found <= np.float32(high + SLACK))


def _behind(mask: Mask, size: int) -> Mask:
    """The mask with false for the places behind the pool."""
    return np.concatenate([mask, np.zeros(size - len(mask), bool)])


def _mask(found: pa.Array) -> Mask:
    return found.to_numpy(zero_copy_only=False)

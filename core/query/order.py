"""Orders of all items by one column, worked out once for each column: pages are parts of them."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.query.row_set import RowSet

Rows = NDArray[np.int32]


def row_order(
    column: pa.ChunkedArray, *, down: bool = False, name_of: Callable[[str], str] = str
) -> Rows:
    """Every row in the order of the column's values, `(n_rows,)`: ties by row, empty ones last.

    A column of numbers alone, written as texts, is in the order of its numbers; other texts are
    compared without regard to case, those of a column of few values by their names.
    """
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        names = [value and name_of(value) for value in array.dictionary.to_pylist()]
        array = _ranks(_comparable(pa.array(names, pa.string()))).take(array.indices)
    order = pc.array_sort_indices(_comparable(array), order="descending" if down else "ascending")
    return order.to_numpy().astype(np.int32)


def rows_in_order(places: RowSet, order: Rows | None) -> Rows:
    """The rows of the set in this order; without one, in that of the pool."""
    is_left = places.mask()
    return np.flatnonzero(is_left).astype(np.int32) if order is None else order[is_left[order]]


def _comparable(values: pa.Array) -> pa.Array:
    """The values as numbers, if all are some, else in lower case; null where they are empty."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return values
    values = pc.if_else(pc.equal(values, ""), pa.scalar(None, values.type), values)
    for kind in (pa.int64(), pa.float64()):
        with suppress(pa.ArrowInvalid):
            return values.cast(kind)
    return pc.utf8_lower(values)


def _ranks(values: pa.Array) -> pa.Array:
    """The place of each value among the different ones, ascending; null where it is null."""
    different = pc.unique(values.drop_null())
    different = different.take(pc.array_sort_indices(different))
    return pc.index_in(values, value_set=different)

"""Filters as masks: over the items that are labeled or proposed, and over all items.

Rows are those of the pool; items that only stand in label files come behind it, and have none of
its columns.
"""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.bags import Mask
from core.pool.items import Pool
from core.pool.words import LENGTHS, LengthThirds
from core.query.filters import AGREES, Filters
from core.query.row_set import RowSet
from core.query.shown_predictions import ShownPredictions

SLACK = 1e-6  # by which a confidence may miss its range: it is kept in 32 bits, edges are typed


def noted_left(
    filters: Filters, noted: pa.Table, proposed: Collection[str], shown: ShownPredictions | None
) -> Mask:
    """Which labeled or proposed items the filters over labels and logs leave, `(n_noted,)`.

    `proposed` are the ids of the filters' batches. Without predictions no label agrees or differs.
    """
    wanted = {
        "split": filters.splits,
        "label": filters.labels,
        "strategy": filters.strategies,
        "annotator": filters.annotators,
    }
    masks = [_is_one_of(noted[name], chosen) for name, chosen in wanted.items() if chosen]
    if filters.batches:
        masks.append(_is_one_of(noted["item_id"], proposed))
    day = pc.utf8_slice_codeunits(noted["labeled_at"], 0, 10)  # empty without a moment
    if filters.since:
        masks.append(np.asarray(pc.greater_equal(day, filters.since)))
    if filters.until:
        masks += [np.asarray(pc.less_equal(day, filters.until)), np.asarray(pc.greater(day, ""))]
    if filters.agreement:
        masks.append(_agrees(noted, filters.agreement == AGREES, shown))
    return np.logical_and.reduce(masks) if masks else np.ones(len(noted), bool)


def rows_left(
    filters: Filters, pool: Pool, lengths: NDArray[np.integer], shown: ShownPredictions | None
) -> RowSet:
    """The rows that the filters over texts, columns and predictions leave.

    `lengths` are the words of each row, `(n_rows,)`. Without predictions nothing is predicted.
    """
    size = len(lengths)
    masks = []
    if filters.lengths:
        chosen = np.array([name in filters.lengths for name in LENGTHS])
        masks.append(chosen[LengthThirds.of(lengths[: len(pool)])(lengths)])
    masks += [_behind(_is_one_of(pool.table[n], values), size) for n, values in filters.columns]
    for name, piece in filters.pieces:
        found = pc.match_substring(pool.table[name], piece, ignore_case=True)
        masks.append(_behind(np.asarray(found), size))
    if (filters.predicted or filters.confidence) and shown is None:
        masks.append(np.zeros(size, bool))
    elif filters.predicted:
        columns = [shown.answers.index(x) for x in filters.predicted if x in shown.answers]
        masks.append(np.isin(shown.predicted, columns))
    if filters.confidence and shown is not None:
        low, high = (np.float32(edge) for edge in np.add(filters.confidence, (-SLACK, SLACK)))
        masks.append((shown.confidence >= low) & (shown.confidence <= high))  # nan is in nothing
    if not masks:
        return RowSet(np.empty(0, np.int64), size, is_rest=True)
    mask = np.logical_and.reduce(masks)
    is_rest = bool(mask.sum() * 2 > size)  # the shorter way to list them
    return RowSet(np.flatnonzero(mask ^ is_rest), size, is_rest)


def _agrees(noted: pa.Table, agrees: bool, shown: ShownPredictions | None) -> Mask:
    """Which of these items have a label that the model predicts too, or another one."""
    if shown is None:
        return np.zeros(len(noted), bool)
    answers = pa.array(shown.answers, pa.string())
    given = np.asarray(pc.fill_null(pc.index_in(noted["label"], value_set=answers), -1))
    is_labeled = np.asarray(pc.not_equal(noted["label"], ""))
    predicted = shown.predicted[noted["place"].to_numpy()]
    return is_labeled & (predicted >= 0) & ((given == predicted) == agrees)


def _is_one_of(values: pa.ChunkedArray, wanted: Collection[str]) -> Mask:
    return np.asarray(pc.is_in(values, value_set=pa.array(sorted(wanted), values.type)))


def _behind(mask: Mask, size: int) -> Mask:
    """The mask with false for the rows behind the pool."""
    return np.concatenate([mask, np.zeros(size - len(mask), bool)])

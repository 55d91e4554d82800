"""Columns of a pool that do not depend on labels: read once, shared by all sessions.

Texts stay where they are, mapped into memory; of ten million items this holds their lengths.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.hashing import firsts
from core.pool.words import PoolWords
from core.workspace.snapshot import Snapshot

MOST_VALUES = 50  # values of a column that can be chosen from a list


@dataclass(frozen=True)
class PoolColumns:
    """The pool by columns, with `n_words` of each item, `(n_pool,)`.

    `repeated` are the rows of items whose id stood in the pool before, ascending: an item counts
    once, by its first row.
    """

    pool_words: PoolWords
    n_words: NDArray[np.int32]
    repeated: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.n_words)

    @cached_property
    def values(self) -> dict[str, tuple[str, ...] | None]:
        """The values of each of the pool's own columns, the most frequent first.

        None for a column with more than `MOST_VALUES` of them; empty values are left out.
        """
        pool = self.pool_words.pool
        return {name: _values(pool.table[name].chunk(0)) for name in pool.columns}

    def items(self, rows: NDArray[np.int64]) -> pa.Table:
        """Place, id, text and number of words of these items, in this order."""
        at, pool = pa.array(rows, pa.int64()), self.pool_words.pool
        return pa.table(
            {
                "place": at,
                "item_id": pool.ids.take(at).cast(pa.string()),
                "text": pool.texts.take(at).cast(pa.string()),
                "n_words": pa.array(self.n_words[rows].astype(np.int64)),
            }
        )


def pool_columns(snapshot: Snapshot) -> PoolColumns:
    """The columns of the snapshot's pool."""
    words, pool = snapshot.pool_words, snapshot.pool_words.pool
    n_words = words.word_bags.lengths.astype(np.int32)
    repeated = np.flatnonzero(~firsts(pool.id_hashes, pool.id_order))
    return PoolColumns(words, n_words, repeated)


def _values(column: pa.Array) -> tuple[str, ...] | None:
    """The column's values, the most frequent first; None if there are too many."""
    if len(pc.unique(column.slice(0, 10 * MOST_VALUES))) > MOST_VALUES + 1:
        return None  # as a look at the first rows has told
    counted = pc.value_counts(column)
    if len(counted) > MOST_VALUES:
        return None
    counts = zip(counted.field(1).to_pylist(), counted.field(0).to_pylist(), strict=True)
    return tuple(value for _, value in sorted((-n, value) for n, value in counts) if value)

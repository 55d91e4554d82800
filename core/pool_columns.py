"""What the tables know of a pool whatever its labels are: read once, shared by all sessions.

Texts stay where they are, mapped into memory; of ten million items this holds their lengths.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.cache import load_cached
from core.features import WORDS_VERSION, PoolWords
from core.loop import Loop
from core.places import is_among
from core.pool import ID
from core.search import WordIndex, read_index
from core.workspace import Workspace

COLUMNS_VERSION = 1
"""Part of the cache's key: a change of what is stored rebuilds it."""


@dataclass(frozen=True)
class PoolColumns:
    """The pool by columns: `n_words` of each item, `(n_pool,)`, and DuckDB to ask questions with.

    `repeated` are the places of items whose id stood in the pool before, ascending: an item counts
    once, by its first row.
    """

    workspace: Workspace
    pool_words: PoolWords
    n_words: NDArray[np.int32]
    repeated: NDArray[np.int64]
    connection: "duckdb.DuckDBPyConnection"  # quoted: DuckDB complains of types kept to the end
    write_cache: bool

    def __len__(self) -> int:
        return len(self.n_words)

    @cached_property
    def index(self) -> WordIndex:
        """The index of the pool's words. Built at the first question: seconds for a million."""
        return read_index(self.workspace, self.pool_words, write_cache=self.write_cache)

    @cached_property
    def length_counts(self) -> NDArray[np.int64]:
        """How many rows of the pool have 0, 1, 2, … words."""
        return np.bincount(self.n_words)

    def items(self, places: NDArray[np.int64]) -> pa.Table:
        """Place, id, text and number of words of these items, in this order."""
        at, pool = pa.array(places, pa.int64()), self.pool_words.pool
        return pa.table(
            {
                "place": at,
                "item_id": pool.ids.take(at).cast(pa.string()),
                "text": pool.texts.take(at).cast(pa.string()),
                "n_words": pa.array(self.n_words[places].astype(np.int64)),
            }
        )


def pool_columns(loop: Loop) -> PoolColumns:
    """The columns of the loop's pool, from the cache if they are there."""
    words, workspace = loop.pool_words, loop.workspace

    def build(folder: Path) -> None:
        np.save(folder / "n_words.npy", words.bags.lengths.astype(np.int32))
        np.save(folder / "repeated.npy", _repeated(words.pool.ids))

    def load(folder: Path) -> PoolColumns:
        n_words, repeated = (
            np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("n_words", "repeated")
        )
        return PoolColumns(workspace, words, n_words, repeated, duckdb.connect(), loop.write_cache)

    key = (COLUMNS_VERSION, WORDS_VERSION, words.pool.key)
    return load_cached(workspace.cache, "columns", key, build, load, write=loop.write_cache)


def _repeated(ids: pa.Array) -> NDArray[np.int64]:
    """The places of ids that stood before. Only ids with a common hash are compared themselves."""
    with duckdb.connect() as connection:
        connection.register("pool", pa.table({ID: ids}))
        hashes = connection.execute(f"SELECT hash({ID}) AS hash FROM pool").fetchnumpy()["hash"]
    ordered = np.sort(hashes)
    shared = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    places = np.flatnonzero(is_among(hashes, shared))
    alike = ids.take(pa.array(places))
    first = pc.index_in(alike, value_set=alike).to_numpy(zero_copy_only=False)
    return places[first != np.arange(len(places))]

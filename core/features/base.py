"""Feature sources: the interface through which models see texts as rows of numbers.

A source has sparse columns (the words of a text), dense ones (its meaning), or both. A model's
first layer is a matrix over them, whose product rows work out themselves. Nothing else of a source
is used: a new one needs a class with these members and a line in `sources`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Bags, Indices
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

Numbers = NDArray[np.float32]
Doubles = NDArray[np.float64]
Table = NDArray[np.floating]


class RowBlock(Protocol):
    """Rows with what is their own and nothing of the others: a block can be sent away."""

    def __len__(self) -> int: ...

    def part(self, start: int, stop: int) -> "RowBlock":
        """Rows `start` up to `stop`, without a copy."""


Fold = Callable[[Any], Numbers]
"""Weights made ready for a source: gives the product, `(n_rows, n_outputs)`, of any `RowBlock`."""


@dataclass(frozen=True)
class Projection:
    """`projection(start, stop)`: these rows times the weights, `(stop - start, n_outputs)`.

    `fold` is the same for all rows, `rows` is what is each row's own. Both can be pickled.
    """

    fold: Fold
    rows: RowBlock

    def __call__(self, start: int, stop: int) -> Numbers:
        return self.fold(self.rows.part(start, stop))


@dataclass(frozen=True)
class Features:
    """Rows written out; a column stands in a row at most once, and columns in order.

    `values` belong to `bags.ids`; `dense` is `(n_rows, n_dense)`.
    """

    bags: Bags
    values: Numbers
    dense: Numbers

    def __len__(self) -> int:
        return len(self.bags)

    def take(self, rows: Indices) -> "Features":
        values = self.values[self.bags.places(rows)]
        return Features(self.bags.take(rows), values, self.dense[rows])

    def compact(self) -> tuple[NDArray[np.int32], "Features"]:
        """The sparse columns that occur, in order, and the same rows with their places as ids."""
        columns, bags = self.bags.compact()
        return columns.astype(np.int32), Features(bags, self.values, self.dense)


@dataclass(frozen=True)
class Weights:
    """A matrix over a source's columns: `(n_sparse, n_outputs)` and `(n_dense, n_outputs)`."""

    sparse: Numbers
    dense: Numbers


@dataclass(frozen=True)
class Pushes:
    """What each piece of a text, and the vector of the `whole`, add to a score, in log-odds."""

    pieces: tuple[tuple[str, float], ...]
    whole: float = 0.0


class Rows(Protocol):
    """Texts as a source sees them."""

    def __len__(self) -> int: ...

    @property
    def lengths(self) -> Doubles:
        """The length of each row as a vector, `(n_rows,)`; 0.0 where nothing is known of it."""

    def features(self) -> Features:
        """All rows written out: for some thousand training texts, not for a pool."""

    def projection(self, weights: Weights) -> Projection:
        """The product with these weights, prepared for calls from several threads."""

    def pushes(self, row: int, text: str, weights: Weights, outputs: NDArray) -> Pushes:
        """The terms of this row's product with `weights @ outputs`, by the pieces of its text.

        Not of the rows of `book`, whose product is no score.
        """


class Source(Protocol):
    """A feature source. The same text has the same numbers wherever it stands."""

    name: str
    version: int
    """Raised with every change of the numbers."""
    splitting: int  # of texts into words, as `pool.tokens` has it

    @property
    def key(self) -> str:
        """Names the source's content: the same key, the same numbers."""

    @property
    def n_sparse(self) -> int: ...

    @property
    def n_dense(self) -> int: ...

    @property
    def encoder_name(self) -> str:
        """The name of its sentence encoder, empty without one."""

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these tokens that the source has learned something of."""

    def rows(self, texts: Sequence[str], progress: Progress = silent) -> Rows:
        """These texts. Raises RunError if an encoder cannot be used."""

    def pool_rows(self, snapshot: Snapshot, progress: Progress = silent) -> Rows:
        """The whole pool, from the cache as far as it is there; raises RunError as `rows` does."""

    def saved(self, folder: Path) -> dict[str, str]:
        """What a params file in this folder holds of it, for `sources.load_source`.

        What is large and shared stands in a file of its own when this returns. Raises RunError if
        that cannot be written.
        """


FEW = 2**20
"""Numbers that are summed up in the calling thread: for so few, torch's threads only wait for each
other, and on a busy machine a thousand times longer than the sum takes."""


def bag_sums(table: Table, bags: Bags, values: Table | None = None) -> Table:
    """The sum of each bag's rows of `table`, each times its value: `(n_bags, n_columns)`."""
    import torch  # takes a second and more, which most commands can do without

    if len(bags.ids) * table.shape[1] <= FEW and torch.get_num_threads() > 1:
        return _few_sums(table, bags, values)
    weights = None if values is None else torch.from_numpy(np.require(values, table.dtype, "W"))
    with torch.inference_mode():
        return torch.nn.functional.embedding_bag(
            torch.from_numpy(np.require(bags.ids, np.int32, "W")),  # a copy of what is read-only
            torch.from_numpy(np.ascontiguousarray(table)),  # by columns it takes 20 times as long
            torch.from_numpy(bags.offsets[:-1].astype(np.int32)),
            mode="sum",
            per_sample_weights=weights,
        ).numpy()


def _few_sums(table: Table, bags: Bags, values: Table | None) -> Table:
    sums = np.zeros((len(bags), table.shape[1]), table.dtype)
    filled = bags.lengths > 0
    if filled.any():
        rows = table[bags.ids]
        rows = rows if values is None else rows * values[:, None].astype(table.dtype)
        sums[filled] = np.add.reduceat(rows, bags.offsets[:-1][filled], axis=0)
    return sums

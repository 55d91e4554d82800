"""What every feature source gives, so that models and scoring need not know which one it is.

A source turns texts into rows of numbers: sparse columns (the words of a text), dense columns (its
meaning), or both. A model's first layer is a matrix over these columns; rows work its product out
themselves, since they know how they are stored.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.pool.bags import Bags


class Part(Protocol):
    """Rows with what is their own and nothing of the others: a part of them can be sent away."""

    def __len__(self) -> int: ...

    def part(self, start: int, stop: int) -> "Part":
        """Rows `start` up to `stop`, without a copy."""
        ...


Fold = Callable[[Any], NDArray[np.float32]]
"""Weights made ready for a source: gives the product, `(n_rows, n_outputs)`, of any `Part`."""


@dataclass(frozen=True)
class Projection:
    """`projection(start, stop)`: these rows times the weights, `(stop - start, n_outputs)`.

    `fold` is the same for all rows, `rows` is what is each row's own. Both can be pickled.
    """

    fold: Fold
    rows: Part

    def __call__(self, start: int, stop: int) -> NDArray[np.float32]:
        return self.fold(self.rows.part(start, stop))


@dataclass(frozen=True)
class Features:
    """Rows written out. A column may stand in a row several times: its values then add up.

    `values` belong to `bags.ids`; `dense` is `(n_rows, n_dense)`.
    """

    bags: Bags
    values: NDArray[np.float32]
    dense: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.bags)

    def take(self, rows: NDArray[np.int64]) -> "Features":
        """These rows, in this order."""
        values = self.values[self.bags.places(rows)]
        return Features(self.bags.take(rows), values, self.dense[rows])

    def compact(self) -> tuple[NDArray[np.int32], "Features"]:
        """The sparse columns that occur, in order, and the same rows with their places as ids."""
        columns, places = np.unique(self.bags.ids, return_inverse=True)
        bags = Bags(places.astype(np.int32), self.bags.offsets)
        return columns.astype(np.int32), Features(bags, self.values, self.dense)


@dataclass(frozen=True)
class Weights:
    """A matrix over a source's columns: `(n_sparse, n_outputs)` and `(n_dense, n_outputs)`."""

    sparse: NDArray[np.float32]
    dense: NDArray[np.float32]


class Rows(Protocol):
    """Texts as a source sees them."""

    def __len__(self) -> int: ...

    def features(self) -> Features:
        """All rows written out: for some thousand training texts, not for a pool."""
        ...

    def projection(self, weights: Weights) -> Projection:
        """The product with these weights, prepared for calls from several threads."""
        ...


class Source(Protocol):
    """A feature source. The same text has the same numbers wherever it stands.

    The chapter's `Vocabulary` says the same of itself, but its network takes bags of words.
    """

    name: str
    version: int
    """Raised with every change of the numbers."""
    cost: str
    """What a person should know before choosing it: time, disk, downloads."""

    @property
    def key(self) -> str:
        """Names the source's content: the same key, the same numbers."""
        ...

    @property
    def n_sparse(self) -> int: ...

    @property
    def n_dense(self) -> int: ...

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these tokens that the source has learned something of."""
        ...

    def rows(self, texts: Sequence[str]) -> Rows: ...


FEW = 2**20
"""Numbers that are summed up in the calling thread: for so few, torch's threads only wait for each
other, and on a busy machine a thousand times longer than the sum takes."""


def bag_sums(
    table: NDArray[np.floating], bags: Bags, values: NDArray[np.floating] | None = None
) -> NDArray[np.floating]:
    """The sum of each bag's rows of `table`, each times its value: `(n_bags, n_columns)`."""
    if len(bags.ids) * table.shape[1] <= FEW and torch.get_num_threads() > 1:
        return _few_sums(table, bags, values)
    with torch.inference_mode():
        return torch.nn.functional.embedding_bag(
            torch.from_numpy(np.require(bags.ids, np.int32, "W")),  # a copy of what is read-only
            torch.from_numpy(np.ascontiguousarray(table)),  # by columns it takes 20 times as long
            torch.from_numpy(bags.offsets[:-1].astype(np.int32)),
            mode="sum",
            per_sample_weights=None
            if values is None
            else torch.from_numpy(np.require(values, table.dtype, "W")),
        ).numpy()


def _few_sums(
    table: NDArray[np.floating], bags: Bags, values: NDArray[np.floating] | None
) -> NDArray[np.floating]:
    sums = np.zeros((len(bags), table.shape[1]), table.dtype)
    filled = bags.lengths > 0
    if filled.any():
        rows = table[bags.ids]
        rows = rows if values is None else rows * values[:, None].astype(table.dtype)
        sums[filled] = np.add.reduceat(rows, bags.offsets[:-1][filled], axis=0)
    return sums

"""Sets of rows in a pool, small however many items they hold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pool.hashing import is_among


@dataclass(frozen=True)
class RowSet:
    """A set of rows below `size`: the `listed` ones, or with `is_rest` all but those.

    What a person asks for is a few items, or the pool without a few: either way the list is short.
    `listed` is ascending and holds none twice.
    """

    listed: NDArray[np.int64]
    size: int
    is_rest: bool = False

    def __len__(self) -> int:
        return self.size - len(self.listed) if self.is_rest else len(self.listed)

    def __and__(self, other: "RowSet") -> "RowSet":
        """The rows that are in both."""
        if self.is_rest and other.is_rest:
            return RowSet(np.union1d(self.listed, other.listed), self.size, True)
        few, more = (other, self) if self.is_rest else (self, other)
        return RowSet(few.listed[more.holds(few.listed)], self.size)

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these rows are in the set."""
        return is_among(rows, self.listed) ^ self.is_rest

    def mask(self) -> NDArray[np.bool_]:
        """Which rows are in the set, `(size,)`."""
        mask = np.full(self.size, self.is_rest)
        mask[self.listed] = not self.is_rest
        return mask

    def at(self, turns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows that stand at these turns of the set, counted from its lowest row."""
        if not self.is_rest:
            return self.listed[turns]
        before = self.listed - np.arange(len(self.listed))  # rows of the set below each gap
        return turns + np.searchsorted(before, turns, "right")

    def first(self, number: int) -> NDArray[np.int64]:
        """The lowest rows, at most so many."""
        return self.at(np.arange(min(number, len(self))))

    def draw(self, number: int, seed: int) -> NDArray[np.int64]:
        """A uniform draw without replacement, at most so many, in random order."""
        size = min(number, len(self))
        return self.at(np.random.default_rng(seed).choice(len(self), size, replace=False))

"""Texts as bags of ids, one after the other in one array."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Offsets = NDArray[np.int64]

Indices = NDArray[np.int64]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Bags:
    """Texts as bags of word ids: item i has `ids[offsets[i]:offsets[i + 1]]`."""

    ids: Ids
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, item: int) -> Ids:
        return self.ids[self.offsets[item] : self.offsets[item + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def lengths_of(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """The lengths of these items alone: of a large pool's few that is a thousand times less."""
        return self.offsets[items + 1] - self.offsets[items]

    def part(self, start: int, stop: int) -> "Bags":
        """Items `start` up to `stop`, without a copy of the ids."""
        offsets = self.offsets[start : stop + 1]
        return Bags(self.ids[offsets[0] : offsets[-1]], offsets - offsets[0])

    def places(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in `ids` the bags of these items stand, one bag after the other."""
        lengths = self.lengths_of(items)
        before = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) + np.repeat(self.offsets[items] - before, lengths)

    def take(self, items: NDArray[np.int64]) -> "Bags":
        """These items, in this order."""
        ends = np.cumsum(self.lengths_of(items))
        return Bags(self.ids[self.places(items)], np.concatenate([[0], ends]))


def distinct_words(bags: Bags) -> tuple[Bags, NDArray[np.int64]]:
    """Each item's distinct words in the order of their ids, and how often each occurs in it."""
    if not len(bags.ids):
        return bags, np.empty(0, np.int64)
    n_words = int(bags.ids.max()) + 1
    items = np.repeat(np.arange(len(bags)), bags.lengths)
    pairs, counts = np.unique(items * n_words + bags.ids, return_counts=True)
    sizes = np.bincount(pairs // n_words, minlength=len(bags))
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return Bags((pairs % n_words).astype(np.int32), offsets), counts

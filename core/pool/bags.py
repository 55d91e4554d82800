"""Texts as bags of token ids, one after the other in one array (a ragged array)."""

from collections.abc import Sequence
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

    @property
    def rows(self) -> Indices:
        """Which item each id is of."""
        return np.repeat(np.arange(len(self)), self.lengths)

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
        return Bags(self.ids[self.places(items)], offsets_of(self.lengths_of(items)))

    def compact(self, n_ids: int | None = None) -> tuple[Indices, "Bags"]:
        """The ids that occur, in order, and the same bags with their places among these."""
        occurs = np.zeros(self.ids.max(initial=-1) + 1 if n_ids is None else n_ids, bool)
        occurs[self.ids] = True
        places = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
        return np.flatnonzero(occurs), Bags(places[self.ids], self.offsets)


def offsets_of(lengths: Sequence[int] | NDArray[np.integer]) -> Offsets:
    """Where each of several things that stand side by side begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def bags_of(items: Sequence[Sequence[int]]) -> Bags:
    offsets = offsets_of([len(item) for item in items])
    return Bags(np.fromiter((at for item in items for at in item), np.int32, offsets[-1]), offsets)


def joined(blocks: Sequence[Bags]) -> Bags:
    lengths = [np.empty(0, np.int64), *(block.lengths for block in blocks)]
    ids = [np.empty(0, np.int32), *(block.ids for block in blocks)]
    return Bags(np.concatenate(ids), offsets_of(np.concatenate(lengths)))


def run_starts(*ordered: NDArray) -> Indices:
    """Where runs of equal entries begin in columns that are sorted together."""
    is_start = np.ones(len(ordered[0]), bool)
    is_start[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in ordered])
    return np.flatnonzero(is_start)


def stable_order(ids: Ids) -> Indices:
    """A stable argsort by two passes over 16 bits, which numpy does in linear time."""
    by_low = np.argsort((ids & 0xFFFF).astype(np.uint16), kind="stable")
    return by_low[np.argsort((ids >> 16).astype(np.uint16)[by_low], kind="stable")]


def distinct_words(bags: Bags) -> tuple[Bags, NDArray[np.int64]]:
    """Each item's distinct words in the order of their ids, and how often each occurs in it."""
    if not len(bags.ids):
        return bags, np.empty(0, np.int64)
    n_words = int(bags.ids.max()) + 1
    pairs, counts = np.unique(bags.rows * n_words + bags.ids, return_counts=True)
    sizes = np.bincount(pairs // n_words, minlength=len(bags))
    return Bags((pairs % n_words).astype(np.int32), offsets_of(sizes)), counts

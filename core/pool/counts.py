"""Counts of keys, as sorted tables that can be added up and subtracted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.pool.hashing import is_among
from core.system.parallel import in_order

SUMMED, STEP = 2**19, 2**10  # keys that are summed up at a time; which keys tell where to cut


@dataclass(frozen=True, eq=False)
class Counts:
    """Distinct keys in their order, and how often each occurs; none occurs 0 times."""

    keys: NDArray[np.integer]
    counts: NDArray[np.int64]


def no_counts() -> Counts:
    return Counts(np.empty(0, np.int64), np.empty(0, np.int64))


def count(keys: NDArray[np.int64]) -> Counts:
    return Counts(*np.unique(keys, return_counts=True))


def summed(parts: Sequence[Counts]) -> Counts:
    """The sum of all of them, on all cores: for many that are about equally long."""
    parts = parts or [no_counts()]
    steps = np.concatenate([part.keys[::STEP] for part in parts])
    cuts = np.sort(steps)[SUMMED // STEP :: SUMMED // STEP]
    # Each range of keys is summed up by itself: the places where it begins and ends in each part.
    places = [[0, *np.searchsorted(part.keys, cuts).tolist(), len(part.keys)] for part in parts]

    def in_range(number: int) -> Counts:
        ranges = [slice(*ends[number : number + 2]) for ends in places]
        pairs = list(zip(parts, ranges, strict=True))
        return added_up(
            np.concatenate([part.keys[of] for part, of in pairs]),
            np.concatenate([part.counts[of] for part, of in pairs]),
        )

    found = list(in_order(in_range, range(len(cuts) + 1)))
    keys, counts = ([getattr(part, name) for part in found] for name in ("keys", "counts"))
    return Counts(np.concatenate(keys), np.concatenate(counts))


def added(one: Counts, other: Counts, sign: Literal[1, -1] = 1) -> Counts:
    """The sum of both, or with -1 what is left of `one` without `other`; fast for few others."""
    at = np.searchsorted(one.keys, other.keys)
    is_old = is_among(other.keys, one.keys)
    counts = one.counts.copy()
    counts[at[is_old]] += sign * other.counts[is_old]
    counts = np.insert(counts, at[~is_old], sign * other.counts[~is_old])
    keys = np.insert(one.keys, at[~is_old], other.keys[~is_old])
    return Counts(keys[counts != 0], counts[counts != 0])


def added_up(keys: NDArray[np.integer], counts: NDArray[np.int64]) -> Counts:
    """The sum of the counts of each key; by Arrow, since a sort of all keys takes five times."""
    table = pa.table({"key": keys, "count": counts})
    grouped = table.group_by("key", use_threads=False).aggregate([("count", "sum")])
    grouped = grouped.sort_by("key")
    return Counts(grouped["key"].to_numpy(), grouped["count_sum"].to_numpy())

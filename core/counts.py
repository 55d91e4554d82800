"""Counts that can be added up and taken away again: a sorted table of keys and how often each is.

Whatever is only counted need not be counted twice: the counts of texts together are the sum of
their counts, to the last digit and in whatever order they are added.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Counts:
    """Distinct keys in their order, and how often each occurs; none occurs 0 times."""

    keys: NDArray[np.integer]
    counts: NDArray[np.int64]


def no_counts() -> Counts:
    """Nothing was counted."""
    return Counts(np.empty(0, np.int64), np.empty(0, np.int64))


def count(keys: NDArray[np.int64]) -> Counts:
    """How often each key occurs."""
    ordered = torch.sort(torch.from_numpy(keys)).values.numpy()
    firsts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    firsts = np.concatenate([np.zeros(min(len(ordered), 1), np.int64), firsts])
    return Counts(ordered[firsts], np.diff(firsts, append=len(ordered)))


def added(one: Counts, other: Counts, sign: Literal[1, -1] = 1) -> Counts:
    """The sum of both, or with -1 what is left of `one` without `other`.

    It takes as long as both are long: little, where few texts are added to many.
    """
    at = np.searchsorted(one.keys, other.keys)
    is_old = np.zeros(len(at), bool)
    inside = at < len(one.keys)
    is_old[inside] = one.keys[at[inside]] == other.keys[inside]
    counts = one.counts.copy()
    counts[at[is_old]] += sign * other.counts[is_old]
    counts = np.insert(counts, at[~is_old], sign * other.counts[~is_old])
    keys = np.insert(one.keys, at[~is_old], other.keys[~is_old])
    return Counts(keys[counts != 0], counts[counts != 0])

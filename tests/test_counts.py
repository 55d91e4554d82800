"""Counts against Python's own."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.counts import Counts, added, count, no_counts

KEYS = st.lists(st.integers(0, 20), max_size=40)


def counted(keys: list[int]) -> Counts:
    return count(np.array(keys, np.int64))


def plain(counts: Counts) -> dict[int, int]:
    assert (np.diff(counts.keys) > 0).all()
    return dict(zip(counts.keys.tolist(), counts.counts.tolist(), strict=True))


@given(KEYS)
def test_keys_are_counted(keys: list[int]):
    assert plain(counted(keys)) == Counter(keys)


@given(KEYS, KEYS)
def test_sums_are_those_of_all_keys_and_can_be_taken_back(keys: list[int], others: list[int]):
    both = added(counted(keys), counted(others))
    assert plain(both) == Counter(keys + others)
    assert plain(added(both, counted(others), -1)) == Counter(keys)
    assert plain(added(both, no_counts())) == plain(added(no_counts(), both)) == plain(both)

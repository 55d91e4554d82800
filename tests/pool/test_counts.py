"""Counts against Python's own."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pool import counts
from core.pool.counts import Counts, added, count, no_counts, summed

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


@pytest.mark.parametrize(("at_a_time", "step"), [(2, 1), (4, 2), (2**19, 2**10)])
@given(parts=st.lists(KEYS, max_size=5))
def test_many_are_summed_in_whatever_ranges(at_a_time: int, step: int, parts: list[list[int]]):
    before = counts.SUMMED, counts.STEP
    counts.SUMMED, counts.STEP = at_a_time, step
    try:
        total = summed([counted(keys) for keys in parts])
    finally:
        counts.SUMMED, counts.STEP = before
    assert plain(total) == Counter(key for keys in parts for key in keys)

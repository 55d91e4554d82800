"""Thirds of a pool by length fit the pool, whatever its texts are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pool.words import LENGTHS, LengthThirds


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=60))
def test_every_text_is_in_one_third_and_longer_ones_in_later(lengths: list[int]):
    thirds = LengthThirds.of(np.array(lengths))
    assert 0 < thirds.medium < thirds.long
    places = thirds(np.sort(lengths)).tolist()
    assert places == sorted(places)
    assert set(places) <= set(range(len(LENGTHS)))


@pytest.mark.parametrize("scale", [1, 40])
def test_distinct_lengths_are_divided_evenly(scale: int):
    lengths = np.arange(1, 91) * scale
    thirds = LengthThirds.of(lengths)
    assert np.bincount(thirds(lengths)).tolist() == [30, 30, 30]


def test_bounds_are_told():
    assert LengthThirds(6, 9).told == ("short: up to 5 words", "medium: 6 to 8", "long: 9 and more")
    assert LengthThirds(2, 3).told[1] == "medium: 2"
    assert LengthThirds.of(np.empty(0, np.int64)) == LengthThirds(1, 2)

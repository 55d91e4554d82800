"""Sets of places, held to Python's own sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pool.hashing import is_among
from core.query.row_set import RowSet

SIZE = 12


@st.composite
def a_set(draw: st.DrawFn) -> RowSet:
    listed = draw(st.sets(st.integers(0, SIZE - 1)))
    return RowSet(np.array(sorted(listed), np.int64), SIZE, draw(st.booleans()))


def plain(places: RowSet) -> set[int]:
    listed = set(places.listed.tolist())
    return set(range(SIZE)) - listed if places.is_rest else listed


@given(a_set())
def test_places_stand_in_their_order(places: RowSet):
    expected = sorted(plain(places))
    assert len(places) == len(expected)
    assert places.at(np.arange(len(places))).tolist() == expected
    assert places.first(3).tolist() == expected[:3]
    assert np.flatnonzero(places.holds(np.arange(SIZE))).tolist() == expected


@given(a_set(), a_set())
def test_both_sets_are_what_python_says(one: RowSet, other: RowSet):
    both = one & other
    assert plain(both) == plain(one) & plain(other)
    assert (np.diff(both.listed) > 0).all()


@given(a_set(), st.integers(0, SIZE + 3), st.integers(0, 2**31))
def test_a_draw_is_of_the_set_and_holds_none_twice(places: RowSet, number: int, seed: int):
    drawn = places.draw(number, seed).tolist()
    assert len(drawn) == len(set(drawn)) == min(number, len(places))
    assert set(drawn) <= plain(places)
    assert drawn == places.draw(number, seed).tolist()


@pytest.mark.parametrize("is_rest", [False, True])
def test_every_place_is_drawn_equally_often(is_rest: bool):
    places = RowSet(np.array([0, 3, 4, 9, 11]), SIZE, is_rest)
    hits = np.zeros(SIZE)
    for seed in range(4_000):
        hits[places.draw(2, seed)] += 1
    expected = 4_000 * 2 / len(places)
    chosen = hits[sorted(plain(places))]
    assert ((chosen - expected) ** 2 / expected).sum() < 20  # 4 or 6 degrees of freedom
    assert hits.sum() == chosen.sum()


@given(st.lists(st.integers(-3, 9)), st.sets(st.integers(0, 9)))
def test_what_is_listed_is_found(numbers: list[int], listed: set[int]):
    found = is_among(np.array(numbers, np.int64), np.array(sorted(listed), np.int64))
    assert found.tolist() == [number in listed for number in numbers]

"""Bags of numbers: sums and selections, against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features import base
from core.features.base import Features, _few_sums, bag_sums
from core.pool.bags import Bags

ROWS = st.lists(st.lists(st.integers(0, 4), max_size=6), max_size=7)


def features(rows: list[list[int]]) -> Features:
    ids = np.array([at for row in rows for at in row], np.int32)
    bags = Bags(ids, np.cumsum([0, *map(len, rows)]).astype(np.int64))
    values = np.arange(1, len(ids) + 1, dtype=np.float32)
    return Features(bags, values, np.arange(2 * len(rows), dtype=np.float32).reshape(-1, 2))


@given(ROWS)
def test_a_bag_is_the_sum_of_its_rows_times_their_values(rows: list[list[int]]):
    table = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    given = features(rows)
    expected, plain = np.zeros((len(rows), 3)), np.zeros((len(rows), 3))
    for row in range(len(rows)):
        for place in range(given.bags.offsets[row], given.bags.offsets[row + 1]):
            expected[row] += given.values[place] * table[given.bags.ids[place]]
            plain[row] += table[given.bags.ids[place]]
    found = bag_sums(table, given.bags, given.values)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(bag_sums(table, given.bags), plain, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_many_numbers_have_the_same_sums_as_few(monkeypatch, kind: type):
    draw = np.random.default_rng(0)
    rows = [draw.integers(0, 50, length).tolist() for length in draw.integers(0, 9, 300)]
    given, table = features(rows), draw.standard_normal((50, 7)).astype(kind)
    few = [bag_sums(table, given.bags, values) for values in (None, given.values)]
    plain = [_few_sums(table, given.bags, values) for values in (None, given.values)]
    monkeypatch.setattr(base, "FEW", 0)
    many = [bag_sums(table, given.bags, values) for values in (None, given.values)]
    for one, same, other in zip(few, plain, many, strict=True):
        assert one.dtype == other.dtype == kind
        assert np.array_equal(one, same)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)


@given(ROWS, st.randoms())
def test_taken_rows_are_the_rows(rows: list[list[int]], random):
    whole = features(rows)
    chosen = np.array([random.randrange(len(rows)) for _ in rows], np.int64)
    taken = whole.take(chosen)
    assert len(taken) == len(chosen)
    for at, row in enumerate(chosen):
        first, last = whole.bags.offsets[row : row + 2]
        assert taken.bags[at].tolist() == rows[row]
        begin, end = taken.bags.offsets[at : at + 2]
        assert taken.values[begin:end].tolist() == whole.values[first:last].tolist()
        assert taken.dense[at].tolist() == whole.dense[row].tolist()


@given(ROWS)
def test_compact_columns_are_those_that_occur(rows: list[list[int]]):
    columns, compact = features(rows).compact()
    assert columns.tolist() == sorted({at for row in rows for at in row})
    assert [columns[compact.bags[n]].tolist() for n in range(len(rows))] == rows

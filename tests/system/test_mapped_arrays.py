"""Arrays in files: what was written part by part is what numpy reads."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.system.mapped_arrays import (
    GrowingArray,
    GrowingColumn,
    open_arrays,
    open_column,
    save_arrays,
)


@pytest.mark.parametrize("row", [(), (3,)])
@pytest.mark.parametrize("sizes", [[], [0], [5], [4, 0, 100_000, 1]])
def test_an_array_that_grew_is_its_parts_one_after_the_other(
    tmp_path: Path, row: tuple[int, ...], sizes: list[int]
):
    draw = np.random.default_rng(0)
    parts = [draw.standard_normal((size, *row)).astype(np.float32) for size in sizes]
    with GrowingArray(tmp_path, "numbers", np.float32, row) as array:
        for part in parts:
            array.append(part)
    expected = np.concatenate([np.empty((0, *row), np.float32), *parts])
    (found,) = open_arrays(tmp_path, "numbers")
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert np.array_equal(found, expected)


def test_parts_take_the_kind_of_the_array(tmp_path: Path):
    with GrowingArray(tmp_path, "numbers", np.int32) as array:
        array.append(np.arange(10)[::2])
    (found,) = open_arrays(tmp_path, "numbers")
    assert found.dtype == np.int32
    assert found.tolist() == [0, 2, 4, 6, 8]


def test_arrays_are_kept_by_their_names_and_cannot_be_written(tmp_path: Path):
    save_arrays(tmp_path, ids=np.arange(3), empty=np.empty(0), one=np.array(7))
    ids, empty, one = open_arrays(tmp_path, "ids", "empty", "one")
    assert (ids.tolist(), len(empty), int(one)) == ([0, 1, 2], 0, 7)
    with pytest.raises(ValueError, match="read-only"):
        ids[0] = 1


def test_what_is_cut_off_is_gone(tmp_path: Path):
    with GrowingArray(tmp_path, "numbers", np.int32, (2,)) as array:
        array.append(np.arange(10).reshape(5, 2))
        array.cut(3)
        array.append(np.full((1, 2), 9))
        assert len(array) == 4
    (found,) = open_arrays(tmp_path, "numbers")
    assert found.tolist() == [[0, 1], [2, 3], [4, 5], [9, 9]]


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4))


@given(TEXTS, TEXTS, TEXTS)
def test_a_column_is_what_was_appended_and_not_cut(tmp_path_factory, first, cut, last):
    folder = tmp_path_factory.mktemp("columns")
    column = GrowingColumn(folder, "texts")
    column.append(pa.array(first, pa.string()))
    length, size = len(column), column.size
    column.append(pa.array(cut, pa.large_string()))
    column.cut(length, size)
    column.append(pa.array(["before", *last], pa.large_string()).slice(1))
    column.close()
    found = open_column(folder, "texts")
    found.validate(full=True)
    assert found.to_pylist() == [*first, *last]


def test_a_column_of_nothing_can_be_opened(tmp_path):
    GrowingColumn(tmp_path, "texts").close()
    assert open_column(tmp_path, "texts").to_pylist() == []

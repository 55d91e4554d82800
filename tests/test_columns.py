import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import columns
from core.columns import TextWriter, array_writer, in_blocks, load_arrays, load_texts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4))


@given(st.lists(st.lists(st.integers(-9, 9))))
def test_an_array_is_what_was_appended(tmp_path_factory, parts: list[list[int]]):
    folder = tmp_path_factory.mktemp("columns")
    with array_writer(folder, "numbers", np.int32) as writer:
        for part in parts:
            writer.append(np.array(part, np.int64))
    (found,) = load_arrays(folder, "numbers")
    assert found.dtype == np.int32
    assert found.tolist() == [number for part in parts for number in part]


@given(TEXTS, TEXTS, TEXTS)
def test_a_column_is_what_was_appended_and_not_cut(tmp_path_factory, first, cut, last):
    folder = tmp_path_factory.mktemp("columns")
    writer = TextWriter(folder, "texts")
    writer.append(pa.array(first, pa.string()))
    rows, size = writer.rows, writer.size
    writer.append(pa.array(cut, pa.large_string()))
    writer.cut(rows, size)
    writer.append(pa.array(["before", *last], pa.large_string()).slice(1))
    writer.close()
    found = load_texts(folder, "texts")
    found.validate(full=True)
    assert found.to_pylist() == [*first, *last]


def test_what_is_loaded_cannot_be_written(tmp_path):
    with array_writer(tmp_path, "numbers", np.int64) as writer:
        writer.append(np.arange(3))
    (found,) = load_arrays(tmp_path, "numbers")
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_blocks_come_in_their_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(columns, "BLOCK", 3)
    found = list(in_blocks(20, lambda start, stop: (start, stop)))
    assert found == [(at, min(at + 3, 20)) for at in range(0, 20, 3)]
    assert list(in_blocks(0, lambda start, stop: start)) == []

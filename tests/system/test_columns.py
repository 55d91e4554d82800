import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from core.system.mapped_arrays import GrowingColumn, open_column, save_column

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
    save_column(tmp_path, "texts", pa.array([], pa.large_string()))
    assert open_column(tmp_path, "texts").to_pylist() == []

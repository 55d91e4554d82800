"""Formulas: shown by a spreadsheet, not run, and given back as they were."""

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.exchange.table_writers import guarded, guarded_table, unguarded

TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from("'=+-@\t\r\n＝＋－＠a \""), st.characters(codec="utf-8"))
)

RUNS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A"]


@pytest.mark.parametrize("cell", RUNS)
def test_a_cell_that_would_run_begins_with_an_apostrophe(cell: str):
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Quake", "a=b", "'tis", "''", "1-2", " =1", "-"])
def test_any_other_cell_is_left_as_it_is(cell: str):
    assert guarded(cell) == cell
    assert unguarded(cell) == cell


@given(TEXTS)
@example("'=1")
@example("''=1")
@example("'-")
@example("-\n")
def test_every_cell_comes_back(cell: str):
    assert unguarded(guarded(cell)) == cell


@given(st.lists(st.one_of(st.none(), TEXTS)))
@example(["'\n", "a\n=1", "'a\n=1", "-", "'-", "-\n", "-1"])
def test_a_column_is_guarded_as_its_cells_are(cells: list[str | None]):
    table = pa.table({"text": pa.array(cells, pa.string())})
    expected = [None if cell is None else guarded(cell) for cell in cells]
    assert guarded_table(table)["text"].to_pylist() == expected


def test_names_of_columns_are_guarded_and_numbers_are_not():
    table = pa.table(
        {"=name": pa.array([-1.5, None]), "words": pa.array(["-", "b"], pa.large_string())}
    )
    assert guarded_table(table).to_pydict() == {"'=name": [-1.5, None], "words": ["-", "b"]}

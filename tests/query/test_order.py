"""Orders of all items by a column, against Python's own stable sort."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.query.order import row_order, rows_in_order
from core.query.row_set import RowSet
from core.query.tables import Tables
from core.workspace.snapshot import Snapshot

Key = Callable[[object], object]


def by_hand(values: list, key: Key, *, down: bool) -> list[int]:
    """The rows by Python's stable sort: ties by row, empty ones last."""
    filled = [row for row, value in enumerate(values) if value not in (None, "")]
    # With `reverse` too, Python's sort leaves ties in their order.
    found = sorted(filled, key=lambda row: key(values[row]), reverse=down)
    return found + [row for row in range(len(values)) if row not in set(filled)]


def order(values: list, kind: pa.DataType, **further: object) -> list[int]:
    half = len(values) // 2
    column = pa.chunked_array([pa.array(values[:half], kind), pa.array(values[half:], kind)])
    return row_order(column, **further).tolist()


words = some.text("abABäÄ <>&", max_size=3)


@given(some.lists(some.one_of(some.none(), words), max_size=30), some.booleans())
def test_texts_are_sorted_without_regard_to_case(values: list[str | None], down: bool):
    expected = by_hand(values, lambda text: text.lower().encode(), down=down)
    assert order(values, pa.large_string(), down=down) == expected


numbers = some.one_of(some.integers(-(2**62), 2**62).map(str), some.just(""), some.none())


@given(some.lists(numbers, max_size=30), some.booleans())
def test_texts_that_are_numbers_are_sorted_as_numbers(values: list[str | None], down: bool):
    assert order(values, pa.large_string(), down=down) == by_hand(values, int, down=down)


def test_fractions_are_numbers_and_one_word_makes_all_of_them_texts():
    assert order(["10", "9.5", "", "-2e3"], pa.string()) == [3, 1, 0, 2]
    assert order(["10", "9.5", "", "x"], pa.string()) == [0, 1, 3, 2]


@given(
    some.lists(some.one_of(some.none(), some.floats(0, 1, width=32)), max_size=30), some.booleans()
)
def test_confidences_are_sorted_and_hidden_ones_come_last(values: list, down: bool):
    assert order(values, pa.float32(), down=down) == by_hand(values, float, down=down)


@given(some.lists(some.sampled_from(["0", "1", "b c", None]), max_size=30), some.booleans())
def test_a_column_of_few_values_is_sorted_by_their_names(values: list, down: bool):
    names = {"0": "zero", "1": "One", "b c": "both"}
    coded = pa.array(values, pa.string()).dictionary_encode()
    found = row_order(pa.chunked_array([coded]), down=down, name_of=names.__getitem__)
    expected = by_hand(values, lambda value: names[value].lower(), down=down)
    assert found.tolist() == expected


@pytest.mark.parametrize("is_rest", [False, True])
def test_a_list_is_the_order_without_what_the_filters_take_away(is_rest: bool):
    draw = np.random.default_rng(1)
    listed = np.sort(draw.choice(200, 30, replace=False))
    places, every = RowSet(listed, 200, is_rest), draw.permutation(200).astype(np.int32)
    kept = set(listed.tolist()) if not is_rest else set(range(200)) - set(listed.tolist())
    assert rows_in_order(places, every).tolist() == [row for row in every.tolist() if row in kept]
    assert rows_in_order(places, None).tolist() == sorted(kept)


def test_what_is_known_of_blind_items_is_in_no_sheet(active: Snapshot):
    tables, blind = Tables(active), active.labels.items[:5]
    ids = {item.item_id for item in blind}
    sheet, whole = tables.sheet(None, ids).to_pylist(), tables.sheet(None).to_pylist()
    for row, before in zip(sheet, whole, strict=True):
        if row["item_id"] in ids:
            assert (row["label"], row["split"], row["strategy"]) == (None, None, None)
            assert before["label"] is not None
            assert row["text"] == before["text"]
        else:
            assert row == before

"""Work on all cores: in order, in bounded memory, and what fails is heard of."""

import threading
import time
from itertools import count

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.system import parallel
from core.system.parallel import MOST_WORKERS, in_blocks, in_order, spans


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 12))
def test_spans_cover_all_and_hold_no_more_than_they_may(held: list[int], size: int):
    found = list(spans(np.cumsum([0, *held]), size))
    assert [at for start, stop in found for at in range(start, stop)] == list(range(len(held)))
    for start, stop in found:
        assert stop == start + 1 or sum(held[start:stop]) <= size
        if stop < len(held):
            assert sum(held[start : stop + 1]) > size


@pytest.mark.parametrize("number", [0, 1, 2, 30])
def test_results_come_in_the_order_of_the_items(number: int):
    def late(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    assert list(in_order(late, range(number))) == [item * item for item in range(number)]


def test_items_are_drawn_only_as_they_are_needed():
    drawn = count()
    results = in_order(lambda item: item, (next(drawn) for _ in range(1_000)))
    assert [next(results) for _ in range(10)] == list(range(10))
    assert next(drawn) <= 10 + MOST_WORKERS
    results.close()


def test_one_item_alone_is_worked_on_in_the_calling_thread():
    assert list(in_order(lambda _: threading.current_thread(), [0])) == [threading.main_thread()]


@pytest.mark.usefixtures("two_threads")
def test_workers_have_one_torch_thread_and_the_caller_keeps_its_own():
    assert list(in_order(lambda _: torch.get_num_threads(), range(3))) == [1, 1, 1]
    assert torch.get_num_threads() == 2


def test_an_error_in_the_work_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: 1 // item, [2, 1, 0, 3]))


@pytest.mark.parametrize("rows", [0, 1, 3, 20])
def test_blocks_of_rows_come_in_their_order(monkeypatch: pytest.MonkeyPatch, rows: int):
    monkeypatch.setattr(parallel, "ROWS_AT_ONCE", 3)
    found = list(in_blocks(lambda start, stop: (start, stop), rows))
    assert found == [(at, min(at + 3, rows)) for at in range(0, rows, 3)]

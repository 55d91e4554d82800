"""Large work in blocks: on all cores, in order, and in bounded memory."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WORKERS = 4  # blocks at once, whose memory adds up; more workers wait for each other here
ROWS_AT_ONCE = 100_000  # rows of a column that are worked on at a time


def single_threads(number: int) -> ThreadPoolExecutor:
    """So many threads, each with one torch thread: torch's own only wait for each other here.

    Work that needs torch has imported it by then; for other work it stays away.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return ThreadPoolExecutor(number)
    # Asked for first: a thread that never asked before takes over its workers' number, for good.
    torch.get_num_threads()
    return ThreadPoolExecutor(number, initializer=torch.set_num_threads, initargs=(1,))


def row_blocks(rows: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of one block of rows after the other."""
    for start in range(0, rows, ROWS_AT_ONCE):
        yield start, min(start + ROWS_AT_ONCE, rows)


def in_blocks(work: Callable[[int, int], Result], rows: int) -> Iterator[Result]:
    """What `work(start, stop)` gives for each block of rows, in order, worked out on all cores."""
    yield from in_order(lambda block: work(*block), row_blocks(rows))


def spans(ends: NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of neighbors of at most `size`, or of one; `ends` are `(n + 1,)` offsets."""
    start, last = 0, len(ends) - 1
    while start < last:
        stop = max(int(np.searchsorted(ends, ends[start] + size, "right")) - 1, start + 1)
        yield start, stop
        start = stop


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What `function` gives for each item, in their order, on all cores; drawn as needed."""
    items = iter(items)
    first = list(islice(items, 2))
    if len(first) < 2:
        yield from map(function, first)
        return
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    items = chain(first, items)
    with single_threads(workers) as pool:
        under_way = deque(pool.submit(function, item) for item in islice(items, workers))
        while under_way:
            result = under_way.popleft().result()
            under_way.extend(pool.submit(function, item) for item in islice(items, 1))
            yield result

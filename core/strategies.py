"""What to label next: pure functions of arrays to ranked indices and scores.

Each strategy gives at most `number` distinct indices, fewer only if there are fewer candidates.
The lowest score goes first, and ties go to the lower index, that is to the order of the pool.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.features import Bags

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Ranked:
    """Chosen items, first choice first, and the score that each was ranked by."""

    indices: Indices
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.indices)


def random(candidates: NDArray[np.bool_], number: int, generator: np.random.Generator) -> Ranked:
    """A uniform draw without replacement; the score is each item's own uniform draw in [0, 1).

    A key is drawn for every item of the pool, candidate or not, so that an item's key does not
    depend on which others have been labeled.
    """
    keys = generator.random(len(candidates))
    return _lowest(keys, candidates, number)


def low_confidence(
    confidence: NDArray[np.floating], candidates: NDArray[np.bool_], number: int
) -> Ranked:
    """The items whose most probable label is least probable (chapter 2, least confidence)."""
    return _lowest(confidence.astype(np.float64), candidates, number)


def outlier(
    bags: Bags, counts: NDArray[np.int64], candidates: NDArray[np.bool_], number: int
) -> Ranked:
    """The items whose words are rarest in the training data, chosen greedily (chapter 2).

    `counts` is how often each word occurs in the training data. An item's score is
    (1 + the sum of its words' counts) / its number of words; each pick's own words are counted
    before the next pick. Items without words score infinity: they come last.

    Counts only grow, so an old score is a lower bound: an item whose fresh score is still the
    lowest is the true minimum, and most items are never looked at twice.
    """
    counts = counts.copy()
    first_scores = _familiarity(bags, counts)
    waiting = _in_order(first_scores, candidates)
    stale: list[tuple[float, int]] = []
    indices, scores = [], []
    head = next(waiting, None)
    while len(indices) < number and (head or stale):
        if head and (not stale or head < stale[0]):
            bound, item = head
            head = next(waiting, None)
        else:
            bound, item = heapq.heappop(stale)
        score = _score(bags[item], counts)
        if score > bound:
            heapq.heappush(stale, (score, item))
            continue
        indices.append(item)
        scores.append(score)
        np.add.at(counts, bags[item], 1)
    return Ranked(np.array(indices, np.int64), np.array(scores, np.float64))


def _familiarity(bags: Bags, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each item's score for `outlier`, `(n_items,)`."""
    sums = np.concatenate([[0], np.cumsum(counts[bags.ids])])
    totals = 1 + sums[bags.offsets[1:]] - sums[bags.offsets[:-1]]
    with np.errstate(divide="ignore"):
        return totals / bags.lengths


def _score(ids: NDArray[np.int32], counts: NDArray[np.int64]) -> float:
    return float((1 + counts[ids].sum()) / len(ids)) if len(ids) else float("inf")


def _in_order(
    scores: NDArray[np.float64], candidates: NDArray[np.bool_]
) -> Iterator[tuple[float, int]]:
    """(score, index) of the candidates, lowest first."""
    items = np.flatnonzero(candidates)
    for item in items[np.argsort(scores[items], kind="stable")]:
        yield float(scores[item]), int(item)


def _lowest(scores: NDArray[np.float64], candidates: NDArray[np.bool_], number: int) -> Ranked:
    """The candidates with the lowest scores, without sorting all of them."""
    items = np.flatnonzero(candidates)
    number = min(number, len(items))
    if number == 0:
        return Ranked(np.empty(0, np.int64), np.empty(0))
    edge = np.partition(scores[items], number - 1)[number - 1]
    near = items[scores[items] <= edge]
    chosen = near[np.argsort(scores[near], kind="stable")][:number]
    return Ranked(chosen, scores[chosen])

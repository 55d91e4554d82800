"""What to label next: pure functions of arrays to ranked indices and scores.

Each strategy gives at most `number` distinct indices, fewer only if there are fewer candidates.
The lowest score goes first, and ties go to the lower index, that is to the order of the pool.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Bags, Indices, Mask, distinct_words
from core.system.parallel import in_blocks

Scores = NDArray[np.float64]
WordCounts = NDArray[np.int64]  # how often each word occurs, `(n_words,)`
KEYS_AT_ONCE = 2**18
"""Items whose random keys are drawn at a time: the keys of ten million would be 80 megabytes."""
SORTED_FIRST = 4_096
"""Items of a greedy choice that are put in order at first: hardly ever are more looked at."""


@dataclass(frozen=True)
class Ranked:
    """Chosen items, first choice first, and the score that each was ranked by."""

    indices: Indices
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.indices)


Chosen = list[tuple[str, Ranked]]  # what each strategy has chosen, in the order in which they chose


def random(candidates: Mask, number: int, generator: np.random.Generator) -> Ranked:
    """A uniform draw without replacement; the score is each item's own uniform draw in [0, 1).

    A key is drawn for every item of the pool, candidate or not, so that an item's key does not
    depend on which others have been labeled. They are drawn block by block, never kept at once.
    """
    best = Ranked(np.empty(0, np.int64), np.empty(0))
    for start in range(0, len(candidates), KEYS_AT_ONCE):
        block = candidates[start : start + KEYS_AT_ONCE]
        found = lowest(generator.random(len(block)), block, number)
        indices = np.concatenate([best.indices, found.indices + start])
        scores = np.concatenate([best.scores, found.scores])
        order = np.argsort(scores, kind="stable")[:number]
        best = Ranked(indices[order], scores[order])
    return best


def stratified(
    strata: NDArray[np.int64], candidates: Mask, number: int, generator: np.random.Generator
) -> Ranked:
    """A random draw of equally many items of each stratum (chapter 4, stratified sampling).

    `strata` numbers each item's stratum, `(n_pool,)`. The strata take turns in a random order; one
    that has run out is passed over. The score is the turn plus the stratum's own draw in [0, 1).
    """
    keys = generator.random(len(candidates))
    items = np.flatnonzero(candidates)
    items = items[np.lexsort((keys[items], strata[items]))]
    _, stratum, sizes = np.unique(strata[items], return_inverse=True, return_counts=True)
    turn = np.arange(len(items)) - (np.cumsum(sizes) - sizes)[stratum]
    scores = np.full(len(candidates), np.inf)
    scores[items] = turn + generator.random(len(sizes))[stratum]
    return lowest(scores, candidates, number)


def matches(
    strata: NDArray[np.int64], candidates: Mask, number: int, generator: np.random.Generator
) -> Ranked:
    """A random draw among the items that kept searches match, equally many of each search.

    `strata` numbers the search that each item stands for, `(n_pool,)`, -1 where there is none.
    """
    return stratified(strata, candidates & (strata >= 0), number, generator)


def low_confidence(confidence: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """The items that the model is least sure of (chapter 2, least confidence)."""
    return lowest(confidence.astype(np.float64), candidates, number)


def margin(probability: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """Lowest P(first) - P(second), of `(n_pool, n_labels)` (chapter 3, margin of confidence)."""
    first, second = _two_most_probable(probability)
    return lowest(first - second, candidates, number)


def ratio(probability: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """Lowest 1 - P(second) / P(first), of `(n_pool, n_labels)` (chapter 3, ratio of confidence)."""
    first, second = _two_most_probable(probability)
    return lowest(1 - second / first, candidates, number)


def entropy(probability: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """Lowest 1 - entropy / log(n_labels), of `(n_pool, n_labels)` (chapter 3, entropy)."""
    shares = probability.astype(np.float64)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    scores = 1 + (shares * logs).sum(axis=1) / np.log(shares.shape[1])
    return lowest(scores, candidates, number)


def most_likely_positive(positive: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """The items that most probably have a label; the score is 1 - P(that label)."""
    return lowest(1 - positive.astype(np.float64), candidates, number)


def outlier(bags: Bags, training_counts: WordCounts, candidates: Mask, number: int) -> Ranked:
    """The items whose words are rarest in the training data, chosen greedily (chapter 2).

    An item's score is (1 + the sum of its words' counts in the training data) / its number of
    words; each pick's own words are counted before the next pick. Items without words score
    infinity: they come last.
    """
    counts = training_counts.copy()

    def take(item: int) -> None:
        np.add.at(counts, bags[item], 1)

    return _greedy(bags, lambda items: outlier_scores(items, counts), candidates, number, take)


def outlier_scores(bags: Bags, training_counts: WordCounts) -> Scores:
    """The score of each item that `outlier` begins with."""
    with np.errstate(divide="ignore"):
        return (1 + _sums(bags, training_counts)) / bags.lengths


def novel_words(bags: Bags, training_counts: WordCounts, candidates: Mask, number: int) -> Ranked:
    """The items with the most words that never occur in the training data, chosen greedily.

    Each pick's words are known before the next pick. Of equally many new words the item with fewer
    known ones goes first. The score is known / (1 + known + new) - new, distinct words each; items
    without words score infinity. Long texts have more words to be new: see `outlier`.
    """
    known = training_counts > 0

    def scores(items: Bags) -> Scores:
        distinct, _ = distinct_words(items)
        sizes, seen = distinct.lengths, _sums(distinct, known)
        return np.where(sizes, seen / (1 + sizes) - (sizes - seen), np.inf)

    def take(item: int) -> None:
        known[bags[item]] = True

    return _greedy(bags, scores, candidates, number, take)


def underrepresented_words(
    bags: Bags, training_counts: WordCounts, pool_counts: WordCounts, candidates: Mask, number: int
) -> Ranked:
    """The items whose words are rarer in the training data than in the pool.

    The chapter's Bayesian variant of outliers. A word's ratio is (1 + its count in the training
    data) / (1 + the count that its share of the pool would give there); the score is the mean log
    ratio of an item's words, below 0 for what the training data lacks. The ones keep a word that is
    rare everywhere, as a typing error is, near 0. Items without words score infinity.
    """
    expected = pool_counts * (training_counts.sum() / max(pool_counts.sum(), 1))
    ratios = np.log((1 + training_counts) / (1 + expected))

    def scores(items: Bags) -> Scores:
        # Item by item, so that equal items get equal scores: running totals differ by rounding.
        sums, sizes = np.bincount(items.rows, ratios[items.ids], len(items)), items.lengths
        return np.where(sizes, sums / np.maximum(sizes, 1), np.inf)

    return lowest(_by_item(scores, bags), candidates, number)


def lowest(scores: Scores, candidates: Mask, number: int) -> Ranked:
    """The candidates with the lowest scores, without sorting all of them."""
    items = np.flatnonzero(candidates)
    number = min(number, len(items))
    if number == 0:
        return Ranked(np.empty(0, np.int64), np.empty(0))
    values = scores[items]
    edge = np.partition(values, number - 1)[number - 1]
    near = items[values <= edge]
    chosen = near[np.argsort(scores[near], kind="stable")][:number]
    return Ranked(chosen, scores[chosen])


def _greedy(
    bags: Bags,
    scores_of: Callable[[Bags], Scores],
    candidates: Mask,
    number: int,
    take: Callable[[int], None],
) -> Ranked:
    """The item with the lowest fresh score again and again, each taken before the next look.

    Scores must only grow as items are taken. An old score is then a lower bound: an item whose
    fresh score is still the lowest is the true minimum, and most items are never looked at twice.
    """
    waiting = _in_order(_by_item(scores_of, bags), candidates)
    stale: list[tuple[float, int]] = []
    indices, scores = [], []
    head = next(waiting, None)
    while len(indices) < number and (head or stale):
        if head and (not stale or head < stale[0]):
            bound, item = head
            head = next(waiting, None)
        else:
            bound, item = heapq.heappop(stale)
        fresh = float(scores_of(bags.part(item, item + 1))[0])
        if fresh > bound:
            heapq.heappush(stale, (fresh, item))
            continue
        indices.append(item)
        scores.append(fresh)
        take(item)
    return Ranked(np.array(indices, np.int64), np.array(scores, np.float64))


def _in_order(scores: Scores, candidates: Mask) -> Iterator[tuple[float, int]]:
    """(score, index) of the candidates, lowest first; only as many are sorted as are looked at."""
    waiting, number = candidates.copy(), SORTED_FIRST
    while len(best := lowest(scores, waiting, number)):
        yield from zip(best.scores.tolist(), best.indices.tolist(), strict=True)
        waiting[best.indices] = False
        number *= 16


def _by_item(scores: Callable[[Bags], Scores], bags: Bags) -> Scores:
    """Each item's score by its own words, worked out on all cores."""
    blocks = in_blocks(lambda start, stop: scores(bags.part(start, stop)), len(bags))
    return np.concatenate([np.empty(0), *blocks])


def _sums(bags: Bags, of_words: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each item's sum of whole numbers over its words, `(n_items,)`."""
    sums = np.concatenate([[0], np.cumsum(of_words[bags.ids])])
    return sums[bags.offsets[1:]] - sums[bags.offsets[:-1]]


def _two_most_probable(probability: NDArray[np.floating]) -> tuple[Scores, Scores]:
    """P of the most and of the second most probable label, `(n_items,)` each."""
    ordered = np.sort(probability.astype(np.float64), axis=1)
    return ordered[:, -1], ordered[:, -2]

"""What to label next: pure functions of arrays to ranked indices and scores.

Each strategy gives at most `number` distinct indices, fewer only if there are fewer candidates.
The lowest score goes first, and ties go to the lower index, that is to the order of the pool.
`core/catalog.py` names them all; those that look at vectors stand in `core/diversity.py`.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.bags import Bags, distinct_words

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ranked:
    """Chosen items, first choice first, and the score that each was ranked by."""

    indices: Indices
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.indices)


def random(candidates: Mask, number: int, generator: np.random.Generator) -> Ranked:
    """A uniform draw without replacement; the score is each item's own uniform draw in [0, 1).

    A key is drawn for every item of the pool, candidate or not, so that an item's key does not
    depend on which others have been labeled.
    """
    keys = generator.random(len(candidates))
    return lowest(keys, candidates, number)


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


def low_confidence(confidence: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """The items whose most probable label is least probable (chapter 2, least confidence)."""
    return lowest(confidence.astype(np.float64), candidates, number)


def margin(probability: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """The items whose two most probable labels are closest (chapter 3, margin of confidence).

    `probability` is `(n_pool, n_labels)`; the score, P(first) - P(second), is in [0, 1].
    """
    first, second = _two_most_probable(probability)
    return lowest(first - second, candidates, number)


def ratio(probability: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """The items whose second label comes nearest to the first in proportion (chapter 3, ratio).

    `probability` is `(n_pool, n_labels)`; the score, 1 - P(second) / P(first), is in [0, 1].
    """
    first, second = _two_most_probable(probability)
    return lowest(1 - second / first, candidates, number)


def entropy(probability: NDArray[np.floating], candidates: Mask, number: int) -> Ranked:
    """The items whose probabilities are spread most evenly over all labels (chapter 3, entropy).

    `probability` is `(n_pool, n_labels)`; the score is 1 - entropy / log(n_labels), in [0, 1].
    """
    shares = probability.astype(np.float64)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return lowest(1 + (shares * logs).sum(axis=1) / np.log(shares.shape[1]), candidates, number)


def most_likely_positive(
    positive_probability: NDArray[np.floating], candidates: Mask, number: int
) -> Ranked:
    """The items that are most probably positive; the score is 1 - P(positive)."""
    return lowest(1 - positive_probability.astype(np.float64), candidates, number)


def outlier(
    bags: Bags, training_counts: NDArray[np.int64], candidates: Mask, number: int
) -> Ranked:
    """The items whose words are rarest in the training data, chosen greedily (chapter 2).

    `training_counts` is how often each word occurs in the training data. An item's score is
    (1 + the sum of its words' counts) / its number of words; each pick's own words are counted
    before the next pick. Items without words score infinity: they come last.
    """
    counts = training_counts.copy()

    def score(item: int) -> float:
        ids = bags[item]
        return float((1 + counts[ids].sum()) / len(ids)) if len(ids) else np.inf

    def take(item: int) -> None:
        np.add.at(counts, bags[item], 1)

    with np.errstate(divide="ignore"):
        first_scores = (1 + _sums(bags, counts)) / bags.lengths
    return _greedy(first_scores, candidates, number, score, take)


def novel_words(
    bags: Bags, training_counts: NDArray[np.int64], candidates: Mask, number: int
) -> Ranked:
    """The items with the most words that never occur in the training data, chosen greedily.

    Each pick's words are known before the next pick. Of equally many new words the item with fewer
    known ones goes first. The score is known / (1 + known + new) - new, distinct words each; items
    without words score infinity. Long texts have more words to be new: see `outlier`.
    """
    distinct, _ = distinct_words(bags)
    known = training_counts > 0

    def score(item: int) -> float:
        size = len(distinct[item])
        seen = int(known[distinct[item]].sum())
        return seen / (1 + size) - (size - seen) if size else np.inf

    def take(item: int) -> None:
        known[distinct[item]] = True

    sizes, seen = distinct.lengths, _sums(distinct, known)
    first_scores = np.where(sizes, seen / (1 + sizes) - (sizes - seen), np.inf)
    return _greedy(first_scores, candidates, number, score, take)


def underrepresented_words(
    bags: Bags,
    training_counts: NDArray[np.int64],
    pool_counts: NDArray[np.int64],
    candidates: Mask,
    number: int,
) -> Ranked:
    """The items whose words are rarer in the training data than in the pool.

    The chapter's Bayesian variant of outliers. A word's ratio is (1 + its count in the training
    data) / (1 + the count that its share of the pool would give there); the score is the mean log
    ratio of an item's words, below 0 for what the training data lacks. The ones keep a word that is
    rare everywhere, as a typing error is, near 0. Items without words score infinity.
    """
    expected = pool_counts * (training_counts.sum() / max(pool_counts.sum(), 1))
    ratios = np.log((1 + training_counts) / (1 + expected))
    sizes = bags.lengths
    # Item by item, so that equal items get equal scores: running totals would differ by rounding.
    items = np.repeat(np.arange(len(bags)), sizes)
    sums = np.bincount(items, weights=ratios[bags.ids], minlength=len(bags))
    means = sums / np.maximum(sizes, 1)
    return lowest(np.where(sizes, means, np.inf), candidates, number)


def lowest(scores: NDArray[np.float64], candidates: Mask, number: int) -> Ranked:
    """The candidates with the lowest scores, without sorting all of them."""
    items = np.flatnonzero(candidates)
    number = min(number, len(items))
    if number == 0:
        return Ranked(np.empty(0, np.int64), np.empty(0))
    edge = np.partition(scores[items], number - 1)[number - 1]
    near = items[scores[items] <= edge]
    chosen = near[np.argsort(scores[near], kind="stable")][:number]
    return Ranked(chosen, scores[chosen])


def _greedy(
    first_scores: NDArray[np.float64],
    candidates: Mask,
    number: int,
    score: Callable[[int], float],
    take: Callable[[int], None],
) -> Ranked:
    """The item with the lowest fresh score again and again, each taken before the next look.

    Scores must only grow as items are taken. An old score is then a lower bound: an item whose
    fresh score is still the lowest is the true minimum, and most items are never looked at twice.
    """
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
        fresh = score(item)
        if fresh > bound:
            heapq.heappush(stale, (fresh, item))
            continue
        indices.append(item)
        scores.append(fresh)
        take(item)
    return Ranked(np.array(indices, np.int64), np.array(scores, np.float64))


def _in_order(scores: NDArray[np.float64], candidates: Mask) -> Iterator[tuple[float, int]]:
    """(score, index) of the candidates, lowest first."""
    items = np.flatnonzero(candidates)
    for item in items[np.argsort(scores[items], kind="stable")]:
        yield float(scores[item]), int(item)


def _sums(bags: Bags, of_words: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each item's sum of whole numbers over its words, `(n_items,)`."""
    sums = np.concatenate([[0], np.cumsum(of_words[bags.ids])])
    return sums[bags.offsets[1:]] - sums[bags.offsets[:-1]]


def _two_most_probable(
    probability: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """P of the most and of the second most probable label, `(n_items,)` each."""
    ordered = np.sort(probability.astype(np.float64), axis=1)
    return ordered[:, -1], ordered[:, -2]

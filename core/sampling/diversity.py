"""Strategies that look at vectors: what is spread out, and what stands for the pool.

Pure functions of arrays, as those of `core/sampling/strategies.py`. Vectors are `(n_items, d)`, of
length 1 or 0: the product of two is their cosine similarity.
"""

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Indices, Mask
from core.sampling.strategies import Ranked, low_confidence

Vectors = NDArray[np.float32]

DRAWN = 10  # `diverse` chooses among so many times the number of items that are asked for

MOST = 3_000
"""Candidates that are compared with each other at most: twice as many take four times as long."""

SAME = 0.95  # cosine similarity above which two texts tell the same, as wire copies do
ROUNDS = 20  # of k-means at most; most clusters of a few hundred items stand still sooner


def diverse(
    confidence: NDArray[np.floating],
    vectors: Vectors,
    candidates: Mask,
    number: int,
    generator: np.random.Generator,
) -> Ranked:
    """Items of low confidence that differ: the least certain one of each cluster.

    `DRAWN` times `number` least certain candidates, without near copies, are clustered by k-means
    into `number` clusters (chapter 5; Zhdanov 2019). Where that leaves too few, the least certain
    of the others fill up, near copies last. The score is the confidence.
    """
    drawn = max(number, min(DRAWN * number, MOST))
    unsure = low_confidence(confidence, candidates, drawn)
    looks = vectors[unsure.indices]
    different = first_of_copies(looks)
    clusters = k_means(looks[different], number, generator)
    # Positions are in the order of certainty: the first of a cluster is its least certain.
    best = different[np.unique(clusters, return_index=True)[1]]
    order = np.concatenate([best, different, np.arange(len(unsure))])
    _, first_places = np.unique(order, return_index=True)
    chosen = np.sort(order[np.sort(first_places)][:number])
    return Ranked(unsure.indices[chosen], unsure.scores[chosen])


def representative(vectors: Vectors, training: Vectors, candidates: Mask, number: int) -> Ranked:
    """The items most like the other candidates and least like the training data, greedily.

    The score is the mean similarity to the training items less that to the candidates, in [-2, 2];
    each pick joins the training items before the next look (chapter 4, adaptive representative
    sampling). Scores stand in the order of the picks: a later one may be the lower one.
    """
    items = np.flatnonzero(candidates)
    looks = vectors[items]
    to_pool = looks @ looks.mean(axis=0) if len(items) else np.empty(0)
    taught, n_taught = training.sum(axis=0), len(training)
    open_items = np.ones(len(items), bool)
    picks, scores = [], []
    for _ in range(min(number, len(items))):
        fresh = looks @ (taught / max(n_taught, 1)) - to_pool
        best = int(np.where(open_items, fresh, np.inf).argmin())
        picks.append(best)
        scores.append(fresh[best])
        open_items[best] = False
        taught, n_taught = taught + looks[best], n_taught + 1
    return Ranked(items[np.array(picks, np.int64)], np.array(scores, np.float64))


def first_of_copies(vectors: Vectors) -> Indices:
    """The items, in their order, that are no near copy of one that was kept before them."""
    open_items = np.ones(len(vectors), bool)
    kept = []
    for item in range(len(vectors)):
        if open_items[item]:
            kept.append(item)
            open_items[item + 1 :] &= vectors[item + 1 :] @ vectors[item] <= SAME
    return np.array(kept, np.int64)


def k_means(vectors: Vectors, number: int, generator: np.random.Generator) -> Indices:
    """Each item's cluster, `(n_items,)`, in [0, number): Lloyd's rounds from k-means++ (2007)."""
    number = min(number, len(vectors))
    if number == 0:
        return np.zeros(len(vectors), np.int64)
    centers = _spread_centers(vectors, number, generator)
    clusters = _nearest(vectors, centers)
    for _ in range(ROUNDS):
        sizes = np.bincount(clusters, minlength=number)
        filled = sizes > 0
        in_clusters = vectors[np.argsort(clusters, kind="stable")]
        sums = np.add.reduceat(in_clusters, (np.cumsum(sizes) - sizes)[filled])
        centers[filled] = sums / sizes[filled, None]
        before, clusters = clusters, _nearest(vectors, centers)
        if np.array_equal(before, clusters):
            break
    return clusters


def _spread_centers(vectors: Vectors, number: int, generator: np.random.Generator) -> Vectors:
    """So many of the items, each drawn in proportion to its squared distance from those before."""
    squares = (vectors**2).sum(axis=1)
    distances = np.full(len(vectors), np.inf)
    chosen = [int(generator.integers(len(vectors)))]
    while len(chosen) < number:
        last = chosen[-1]
        fresh = squares + squares[last] - 2 * (vectors @ vectors[last])
        distances = np.minimum(distances, np.maximum(fresh, 0))
        distances[last] = 0
        reached = np.cumsum(distances)
        drawn = generator.random() * reached[-1]
        chosen.append(min(int(np.searchsorted(reached, drawn, "right")), len(vectors) - 1))
    return vectors[chosen]


def _nearest(vectors: Vectors, centers: Vectors) -> Indices:
    """The nearest center of each item; of equally near ones the first."""
    return ((centers**2).sum(axis=1) - 2 * (vectors @ centers.T)).argmin(axis=1)

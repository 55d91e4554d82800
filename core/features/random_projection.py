"""Random projection of texts' TF-IDF vectors, for the strategies that compare items.

Word counts, sublinear and weighted by rarity (1 + log tf, times idf), are projected to few
dimensions by a sparse random matrix (Achlioptas 2003), which keeps similarities within about
1 / sqrt(DIMENSIONS).
"""

import numpy as np

from core.features.base import Numbers, bag_sums
from core.features.vocabulary import pool_bags
from core.pool.bags import Bags, distinct_words
from core.workspace.snapshot import Snapshot

DIMENSIONS = 64
SEED = 1
"""Of the projection: the same words give the same vectors."""


def pool_vectors(snapshot: Snapshot) -> Numbers:
    """Vectors of length 1 of the pool, `(n_pool, DIMENSIONS)`; zeros for a text without words."""
    return _vectors(snapshot, snapshot.pool_words.bags)


def training_vectors(snapshot: Snapshot) -> Numbers:
    """The same of the usable training items, `(n_training, DIMENSIONS)`, by the pool's words."""
    texts = [item.text for item in snapshot.labels.usable_training()]
    return _vectors(snapshot, pool_bags(snapshot.pool_words, texts))


def _vectors(snapshot: Snapshot, bags: Bags) -> Numbers:
    """The sum of (1 + log tf) times its row over each item's words, scaled to length 1.

    A word's row is that of the projection times its idf, log((1 + n) / (1 + df)) + 1 over the n
    items of the pool that are not held out.
    """
    counted, n_words = ~snapshot.held_out, len(snapshot.pool_words.words)
    of_pool, _ = distinct_words(snapshot.pool_words.bags)
    in_counted = of_pool.ids[np.repeat(counted, of_pool.lengths)]
    frequency = np.bincount(in_counted, minlength=n_words)
    rarity = np.log((1 + counted.sum()) / (1 + frequency)) + 1
    signs = np.array([-1, 0, 0, 0, 0, 1], np.float32)
    draw = np.random.default_rng(SEED).integers(0, 6, (n_words, DIMENSIONS), np.int8)
    rows = signs[draw] * rarity.astype(np.float32)[:, None]
    words, counts = distinct_words(bags)
    sums = bag_sums(rows, words, (1 + np.log(counts)).astype(np.float32))
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)

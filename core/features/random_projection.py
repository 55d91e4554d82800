"""Random projection of texts' TF-IDF vectors, for the strategies that compare items.

Word counts, sublinear and weighted by rarity (1 + log tf, times idf), are projected to few
dimensions by a sparse random matrix (Achlioptas 2003), which keeps similarities within about
1 / sqrt(DIMENSIONS).
"""

import numpy as np

from core.features.base import Numbers, bag_sums
from core.features.vocabulary import pool_bags
from core.pool.bags import Bags, Mask, distinct_words
from core.pool.words import PoolWords
from core.workspace.snapshot import Snapshot

Vectors = Numbers

DIMENSIONS = 64
SEED = 1
"""Of the projection: the same words give the same vectors."""


def pool_vectors(snapshot: Snapshot) -> Vectors:
    """A vector of length 1 for each item of the pool, `(n_pool, DIMENSIONS)`.

    How rare a word is, is counted in what is not held out. A text without words gets zeros.
    """
    return embed(snapshot.pool_words.bags, word_vectors(snapshot.pool_words, ~snapshot.held_out))


def training_vectors(snapshot: Snapshot) -> Vectors:
    """The same for the usable training items, `(n_training, DIMENSIONS)`.

    Words that the pool does not have are left out.
    """
    texts = [item.text for item in snapshot.labels.usable_training()]
    bags = pool_bags(snapshot.pool_words, texts)
    return embed(bags, word_vectors(snapshot.pool_words, ~snapshot.held_out))


def word_vectors(pool_words: PoolWords, counted: Mask) -> Vectors:
    """Each word's row of the projection times its idf, `(n_words, DIMENSIONS)`.

    idf is log((1 + n) / (1 + df)) + 1 over the n items where `counted` is true.
    """
    n_words = len(pool_words.words)
    bags, _ = distinct_words(pool_words.bags)
    in_counted = bags.ids[np.repeat(counted, bags.lengths)]
    frequency = np.bincount(in_counted, minlength=n_words)
    rarity = np.log((1 + counted.sum()) / (1 + frequency)) + 1
    signs = np.array([-1, 0, 0, 0, 0, 1], np.float32)
    draw = np.random.default_rng(SEED).integers(0, 6, (n_words, DIMENSIONS), np.int8)
    return signs[draw] * rarity.astype(np.float32)[:, None]


def embed(bags: Bags, rows: Vectors) -> Vectors:
    """The sum of (1 + log tf) times its row over each item's words, scaled to length 1."""
    words, counts = distinct_words(bags)
    sums = bag_sums(rows, words, (1 + np.log(counts)).astype(np.float32))
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)

"""What words mean, learned from which words stand near each other in the pool.

Positive pointwise mutual information of words within a window, with smoothed contexts, and its
truncated singular value decomposition (Levy, Goldberg and Dagan 2015, "Improving Distributional
Similarity with Lessons Learned from Word Embeddings", sections 2 and 3).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.bags import Bags
from core.counts import Counts
from core.sources import bag_sums

DIMENSIONS = 128
SMOOTHING = 0.75
"""Levy et al., section 3.2: raises the share of rare contexts."""

OVERSAMPLING = 16
ITERATIONS = 2
"""Halko, Martinsson and Tropp 2011: a few more columns, and powers of the matrix."""

CONTEXTS = 20_000
"""The most frequent words, by whose company all words are known: nearly all of a text's words."""

LARGEST = 1024.0
"""The largest number of the table: 16 bits then keep three digits of a number 10^7 smaller."""

Table = NDArray[np.float32]


@dataclass(frozen=True)
class _Information:
    """The information of words (rows) and contexts (columns), sparse by rows.

    `mirrored` has the values of word and context exchanged.
    """

    columns: Bags
    values: Table
    mirrored: Table

    def take(self, rows: NDArray[np.int64]) -> "_Information":
        places = self.columns.places(rows)
        return _Information(self.columns.take(rows), self.values[places], self.mirrored[places])

    def __matmul__(self, table: Table) -> Table:
        return bag_sums(table, self.columns, self.values)

    def transposed_times(self, table: Table) -> Table:
        """The transpose times `table`, where words and contexts are the same in the same order."""
        return bag_sums(table, self.columns, self.mirrored)


def learn_meanings(pairs: Counts, occurrences: NDArray[np.int64]) -> NDArray[np.float16]:
    """A vector for each word, `(n_words, 128)`, from pairs `low * n_words + high` of near words.

    The same numbers for the same pairs. A word without neighbors has a vector of zeros.
    """
    contexts = np.sort(np.argsort(-occurrences, kind="stable")[:CONTEXTS])
    is_context = np.zeros(len(occurrences), bool)
    is_context[contexts] = True
    information = _information(pairs, is_context)
    # With a thread of its own: on a busy machine several wait for each other five times as long as
    # one takes for all, and on an idle one they save half a second of a million texts' twenty.
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as worker:
        vectors = worker.submit(_projected, information, contexts).result()
    largest = np.abs(vectors).max(initial=0)
    return (vectors * (LARGEST / largest if largest else 1)).astype(np.float16)


def _information(pairs: Counts, is_context: NDArray[np.bool_]) -> _Information:
    """Positive pointwise mutual information of all words and the contexts."""
    n_words = len(is_context)
    low, high = (ids.astype(np.int32) for ids in np.divmod(pairs.keys, max(n_words, 1)))
    # A word beside itself counts twice, once from each side, as every other pair does.
    counts = (np.where(low == high, 2, 1) * pairs.counts).astype(np.float32)
    down, up = is_context[high], is_context[low] & (low != high)
    rows, columns = np.concatenate([low[down], high[up]]), np.concatenate([high[down], low[up]])
    counts = np.concatenate([counts[down], counts[up]])
    rows, order = (found.numpy() for found in torch.sort(torch.from_numpy(rows), stable=True))
    columns, counts = columns[order], counts[order]
    del low, high, down, up, order  # of a million texts a gigabyte
    with np.errstate(divide="ignore"):
        word = np.log(np.bincount(rows, counts, n_words)).astype(np.float32)
        each = np.bincount(columns, counts, n_words) ** SMOOTHING
        context = np.log(each / each.sum() if len(counts) else each).astype(np.float32)
    joint = np.log(counts)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_words))])
    place = np.cumsum(is_context, dtype=np.int32) - np.int32(1)  # of a word among the contexts
    return _Information(
        Bags(place[columns], offsets),
        np.maximum(joint - word[rows] - context[columns], 0),
        np.maximum(joint - word[columns] - context[rows], 0),
    )


def _projected(information: _Information, contexts: NDArray[np.int64]) -> Table:
    """All words along the first right singular vectors of the contexts' own square matrix.

    Of the contexts these are left singular vectors times singular values. The sign of a column is
    free: its largest number is made positive.
    """
    n_words = len(information.columns)
    if not len(contexts):
        return np.zeros((n_words, DIMENSIONS), np.float32)
    vectors = information @ _right_vectors(information.take(contexts), len(contexts))
    tops = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    vectors = vectors * np.where(tops < 0, -1, 1).astype(np.float32)
    return np.pad(vectors, ((0, 0), (0, DIMENSIONS - vectors.shape[1])))


def _right_vectors(square: _Information, size: int) -> Table:
    """The first right singular vectors, `(size, at most DIMENSIONS)`.

    By random projection (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1).
    """
    width = min(DIMENSIONS + OVERSAMPLING, size)
    start = np.random.default_rng(0).standard_normal((size, width), np.float32)
    basis = _orthonormal(square @ start)
    for _ in range(ITERATIONS):
        basis = _orthonormal(square @ _orthonormal(square.transposed_times(basis)))
    within = square.transposed_times(basis)  # (size, width): the transpose within the basis
    # Of an orthonormal table times a small one, the small one's are looked for.
    outer, inner = torch.linalg.qr(torch.from_numpy(within))
    vectors, _, _ = torch.linalg.svd(inner)
    return (outer @ vectors[:, :DIMENSIONS]).numpy()


def _orthonormal(table: Table) -> Table:
    return torch.linalg.qr(torch.from_numpy(table))[0].numpy()

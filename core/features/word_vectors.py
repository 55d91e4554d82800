"""PPMI word vectors: what words mean, learned from which words stand near each other in the pool.

Positive pointwise mutual information of words within a window, with smoothed contexts, and its
truncated singular value decomposition (Levy, Goldberg and Dagan 2015, "Improving Distributional
Similarity with Lessons Learned from Word Embeddings", sections 2 and 3).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.features.base import Doubles, Numbers, bag_sums
from core.pool.bags import Bags, Ids, Indices, Mask, stable_order
from core.pool.counts import Counts
from core.system.parallel import in_order, single_threads, spans

DIMENSIONS = 128
SMOOTHING = 0.75  # Levy et al., section 3.2: raises the share of rare contexts

OVERSAMPLING = 16
ITERATIONS = 2  # Halko, Martinsson and Tropp 2011: a few more columns, and powers of the matrix

CONTEXTS = 20_000
"""The most frequent words, by whose company all words are known: nearly all of a text's words."""

LARGEST = 1024.0
"""The largest number of the table: 16 bits then keep three digits of a number 10^7 smaller."""

PAIRS_AT_ONCE = 1_000_000  # pairs that are worked on at a time, which bounds the memory


def learn_word_vectors(pairs: Counts, occurrences: NDArray[np.int64]) -> NDArray[np.float16]:
    """A vector for each word, `(n_words, 128)`, from pairs `low * n_words + high` of near words.

    The same numbers for the same pairs. A word without neighbors has a vector of zeros.
    """
    is_context = np.zeros(len(occurrences), bool)
    is_context[np.argsort(-occurrences, kind="stable")[:CONTEXTS]] = True
    order = np.argsort(~is_context, kind="stable")  # contexts first
    information = _information(pairs, is_context, order)
    import torch  # noqa: F401 (before the threads are made, which then take one of torch's each)

    # The products are shared out among threads that need not wait for each other.
    with single_threads(1) as worker:
        vectors = worker.submit(_projected, *information, order, is_context.sum()).result()
    largest = np.abs(vectors).max(initial=0)
    return (vectors * (LARGEST / largest if largest else 1)).astype(np.float16)


def _information(
    pairs: Counts, is_context: Mask, order: NDArray[np.int64]
) -> tuple[Bags, Numbers, Numbers]:
    """Positive pointwise mutual information of all words, in this order, and the contexts.

    A word's contexts, their values, and those with word and context exchanged. The contexts are the
    first words, in the order of the columns.
    """
    columns, counts, words, contexts = _table(pairs, is_context, order)
    with np.errstate(divide="ignore"):
        word = np.log(words).astype(np.float32)[order]
        each = contexts**SMOOTHING
        context = np.log(each / each.sum() if len(counts) else each).astype(np.float32)[order]
    values, mirrored = counts, np.empty_like(counts)  # in the place of the counts, block by block
    for start, stop in spans(columns.offsets, PAIRS_AT_ONCE):
        block, within = columns.part(start, stop), slice(*columns.offsets[[start, stop]])
        rows = np.repeat(np.arange(start, stop), block.lengths)
        joint = np.log(counts[within])
        values[within] = np.maximum(joint - word[rows] - context[block.ids], 0)
        mirrored[within] = np.maximum(joint - word[block.ids] - context[rows], 0)
    return columns, values, mirrored


def _table(
    pairs: Counts, is_context: Mask, order: Indices
) -> tuple[Bags, Numbers, Doubles, Doubles]:
    """Each word's contexts, how often it stands beside each, and the sums of words and contexts.

    Words as rows and contexts as columns are in this order, the sums, `(n_words,)`, are not.
    """
    n_words = len(is_context)
    sizes, (words, contexts) = np.zeros(n_words, np.int64), np.zeros((2, n_words))
    low, high, counts = _pairs(pairs, n_words)
    for rows, columns, beside in _sides(low, high, counts, is_context):
        sizes += np.bincount(rows, minlength=n_words)
        words += np.bincount(rows, beside, n_words)
        contexts += np.bincount(columns, beside, n_words)
    offsets = np.concatenate([[0], np.cumsum(sizes[order])])
    place, begins = np.empty(n_words, np.int32), np.empty(n_words, np.int64)
    place[order], begins[order] = np.arange(n_words), offsets[:-1]
    found, found_counts = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.float32)
    for rows, columns, beside in _sides(low, high, counts, is_context):
        for entries, slots in _slots(rows, begins):
            found[slots], found_counts[slots] = place[columns[entries]], beside[entries]
        begins += np.bincount(rows, minlength=n_words)
    return Bags(found, offsets), found_counts, words, contexts


def _pairs(pairs: Counts, n_words: int) -> tuple[Ids, Ids, Numbers]:
    """The words of each pair, low and high, and how often it counts."""
    low, high = np.empty((2, len(pairs.keys)), np.int32)
    counts = pairs.counts.astype(np.float32)
    for at in range(0, len(low), PAIRS_AT_ONCE):
        block = slice(at, at + PAIRS_AT_ONCE)
        low[block], high[block] = np.divmod(pairs.keys[block], n_words)
    # A word beside itself counts twice, once from each side, as every other pair does.
    counts[low == high] *= 2
    return low, high, counts


def _sides(
    low: Ids, high: Ids, counts: Numbers, is_context: Mask
) -> Iterator[tuple[Ids, Ids, Numbers]]:
    """(words, contexts, counts): high words as the contexts of low ones, and the reverse."""
    of_low = is_context[high]
    yield low[of_low], high[of_low], counts[of_low]
    of_high = is_context[low] & (low != high)
    yield high[of_high], low[of_high], counts[of_high]


def _slots(rows: Ids, begins: Indices) -> Iterator[tuple[Indices, Indices]]:
    """(entries, places) by blocks, where the entries of row r stand from `begins[r]` on."""
    order = stable_order(rows)
    row = rows[order]
    uses = np.bincount(rows, minlength=len(begins))
    moved = begins - (np.cumsum(uses) - uses)
    for at in range(0, len(rows), PAIRS_AT_ONCE):
        block = slice(at, at + PAIRS_AT_ONCE)
        yield order[block], np.arange(at, at + len(row[block])) + moved[row[block]]


def _projected(
    columns: Bags, values: Numbers, mirrored: Numbers, order: NDArray[np.int64], n_contexts: int
) -> Numbers:
    """All words along the first right singular vectors of the contexts' own square matrix.

    A column's largest number is made positive. The words are no longer in the order of the rows.
    """
    n_words = len(columns)
    if not n_contexts:
        return np.zeros((n_words, DIMENSIONS), np.float32)
    square = columns.part(0, n_contexts)
    inside = slice(len(square.ids))
    found = _times(columns, values, _right_vectors(square, values[inside], mirrored[inside]))
    vectors = np.zeros((n_words, DIMENSIONS), np.float32)
    vectors[order, : found.shape[1]] = found
    tops = vectors[np.abs(vectors).argmax(axis=0), np.arange(DIMENSIONS)]
    return vectors * np.where(tops < 0, -1, 1).astype(np.float32)


def _right_vectors(square: Bags, values: Numbers, mirrored: Numbers) -> Numbers:
    """The first right singular vectors, `(size, at most DIMENSIONS)` (Halko et al., 4.4, 5.1)."""
    size = len(square)
    width = min(DIMENSIONS + OVERSAMPLING, size)
    start = np.random.default_rng(0).standard_normal((size, width), np.float32)
    basis = _orthonormal(_times(square, values, start))
    for _ in range(ITERATIONS):
        transposed = _orthonormal(_times(square, mirrored, basis))
        basis = _orthonormal(_times(square, values, transposed))
    within = _times(square, mirrored, basis)  # (size, width): the transpose within the basis
    # Of an orthonormal table times a small one, the small one's are looked for.
    import torch

    outer, inner = torch.linalg.qr(torch.from_numpy(within))
    vectors, _, _ = torch.linalg.svd(inner)
    return (outer @ vectors[:, :DIMENSIONS]).numpy()


def _times(columns: Bags, values: Numbers, table: Numbers) -> Numbers:
    """The sparse matrix of these rows times `table`, block by block, on all cores."""

    def rows_times(rows: tuple[int, int]) -> Numbers:
        within = slice(*columns.offsets[list(rows)])
        return bag_sums(table, columns.part(*rows), values[within])

    products = in_order(rows_times, spans(columns.offsets, PAIRS_AT_ONCE))
    return np.concatenate([np.empty((0, table.shape[1]), np.float32), *products])


def _orthonormal(table: Numbers) -> Numbers:
    import torch

    return torch.linalg.qr(torch.from_numpy(table))[0].numpy()

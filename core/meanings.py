"""What words mean, learned from which words stand near each other in the pool.

Positive pointwise mutual information of words within a window, with smoothed contexts, and its
truncated singular value decomposition (Levy, Goldberg and Dagan 2015, "Improving Distributional
Similarity with Lessons Learned from Word Embeddings", sections 2 and 3).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray

from core.features import Bags
from core.sources import bag_sums

DIMENSIONS = 128
WINDOW = 10
"""Words to the right; so far apart that nearly all of a headline's words are neighbors."""

SMOOTHING = 0.75
"""Levy et al., section 3.2: raises the share of rare contexts."""

OVERSAMPLING = 16
ITERATIONS = 2
"""Halko, Martinsson and Tropp 2011: a few more columns, and powers of the matrix."""

LARGEST = 1024.0
"""The largest number of the table: 16 bits then keep three digits of a number 10^7 smaller."""

PENDING = 8_000_000
"""Pairs that are gathered before equal ones are added up, which bounds the memory."""

Table = NDArray[np.float32]


@dataclass(frozen=True)
class Pairs:
    """How often two words stand near each other: word ids `low <= high` as `low * n + high`."""

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class _Matrix:
    """A square sparse matrix by rows, and the values of its transpose at the same places."""

    columns: Bags
    values: Table
    transposed: Table

    def __matmul__(self, table: Table) -> Table:
        return bag_sums(table, self.columns, self.values)

    def times_from_left(self, table: Table) -> Table:
        """The transpose times `table`."""
        return bag_sums(table, self.columns, self.transposed)


def learn_meanings(blocks: Iterable[Bags], n_words: int) -> NDArray[np.float16]:
    """A vector for each word from texts as bags of word ids in their order, `(n_words, 128)`.

    The same numbers for the same texts. A word without neighbors has a vector of zeros.
    """
    pairs = count_pairs(blocks, n_words)
    vectors = _decompose(_information(pairs, n_words), n_words)
    largest = np.abs(vectors).max(initial=0)
    return (vectors * (LARGEST / largest if largest else 1)).astype(np.float16)


def count_pairs(blocks: Iterable[Bags], n_words: int) -> Pairs:
    """The pairs of words of one text, at most `WINDOW` words apart, in the order of their keys."""
    total, pending = _added_up([], []), []
    for bags in blocks:
        pending.append(_pairs_of(bags, n_words))
        if sum(len(pairs.keys) for pairs in pending) > PENDING:
            total, pending = _merged([total, *pending]), []
    return _merged([total, *pending])


def _pairs_of(bags: Bags, n_words: int) -> Pairs:
    row = np.repeat(np.arange(len(bags)), bags.lengths)
    ids, keys = bags.ids.astype(np.int64), []
    for apart in range(1, min(WINDOW, int(bags.lengths.max(initial=0)) - 1) + 1):
        near = row[apart:] == row[:-apart]
        left, right = ids[:-apart][near], ids[apart:][near]
        keys.append(np.minimum(left, right) * n_words + np.maximum(left, right))
    found = pc.value_counts(pa.array(np.concatenate([np.empty(0, np.int64), *keys])))
    return Pairs(found.field(0).to_numpy(), found.field(1).to_numpy())


def _merged(parts: list[Pairs]) -> Pairs:
    return _added_up([part.keys for part in parts], [part.counts for part in parts])


def _added_up(keys: list[NDArray[np.int64]], counts: list[NDArray[np.int64]]) -> Pairs:
    none = np.empty(0, np.int64)
    every, counted = np.concatenate([none, *keys]), np.concatenate([none, *counts])
    order = torch.sort(torch.from_numpy(every), stable=True).indices.numpy()
    every, counted = every[order], counted[order]
    firsts = np.flatnonzero(np.diff(every, prepend=-1))
    return Pairs(every[firsts], np.add.reduceat(counted, firsts) if len(firsts) else none)


def _information(pairs: Pairs, n_words: int) -> _Matrix:
    """Positive pointwise mutual information of word (row) and context (column)."""
    low, high = np.divmod(pairs.keys, n_words)
    apart = low != high
    rows, columns = np.concatenate([low, high[apart]]), np.concatenate([high, low[apart]])
    # A word beside itself counts twice, once from each side, as every other pair does.
    counts = np.concatenate([np.where(apart, 1, 2) * pairs.counts, pairs.counts[apart]])
    order = torch.sort(torch.from_numpy(rows), stable=True).indices.numpy()
    rows, columns, counts = rows[order], columns[order], counts[order]
    each = np.bincount(rows, counts, n_words)
    with np.errstate(divide="ignore"):
        share = np.log(each)
        context = SMOOTHING * share - np.log(np.sum(each**SMOOTHING))
    joint = np.log(counts)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_words))])
    return _Matrix(
        Bags(columns.astype(np.int32), offsets),
        np.maximum(joint - share[rows] - context[columns], 0).astype(np.float32),
        np.maximum(joint - share[columns] - context[rows], 0).astype(np.float32),
    )


def _decompose(matrix: _Matrix, n_words: int) -> Table:
    """Left singular vectors times singular values, largest first, `(n_words, DIMENSIONS)`.

    By random projection (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1). The sign of a
    column is free: its largest number is made positive.
    """
    width = min(DIMENSIONS + OVERSAMPLING, n_words)
    start = np.random.default_rng(0).standard_normal((n_words, width), np.float32)
    basis = _orthonormal(matrix @ start)
    for _ in range(ITERATIONS):
        basis = _orthonormal(matrix @ _orthonormal(matrix.times_from_left(basis)))
    small = matrix.times_from_left(basis).T  # (width, n_words): the matrix within the basis
    left, values, _ = np.linalg.svd(small, full_matrices=False)
    vectors = (basis @ left * values)[:, :DIMENSIONS]
    if not vectors.size:
        return np.zeros((n_words, DIMENSIONS), np.float32)
    tops = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    vectors = vectors * np.where(tops < 0, -1, 1)
    return np.pad(vectors, ((0, 0), (0, DIMENSIONS - vectors.shape[1]))).astype(np.float32)


def _orthonormal(table: Table) -> Table:
    return torch.linalg.qr(torch.from_numpy(table))[0].numpy()

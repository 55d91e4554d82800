"""Nearest neighbors: which rows are most like some texts, of the whole pool or of labeled items.

Likeness is the cosine of two rows of features, worked out for every row: exact. Several examples
count by the mean of their rows, each of length 1. A row's product with that is its product with any
weights (`Rows.projection`): a tenth of a second for a million items.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import LoopError
from core.features.base import Rows, Source, Weights
from core.features.cached import pool_space
from core.models.model import Model
from core.pool.bags import Indices, Mask
from core.pool.tokens import Hashes
from core.system.parallel import in_blocks
from core.workspace.relabel import text_of
from core.workspace.snapshot import Snapshot, is_held_out

Cosines = NDArray[np.float32]
Similar = tuple[Indices, Cosines]
"""Rows, the most alike first, ties in their order, and their cosines."""

DIGITS = 5
"""Of a cosine: what the next ones tell apart, such as the order of words, is tied."""
SHOWN = 60  # characters of a text in a message


def likeness_source(snapshot: Snapshot, model: Model | None) -> Source:
    """The features by which texts are alike: the model's; before one, the pool's."""
    return model.source if model else pool_space(snapshot)


def text_like(snapshot: Snapshot, like: str) -> str:
    """The text of the item with this id, else the sentence itself; raises LoopError if held out."""
    found = text_of(snapshot, like)
    text = like if found is None else found
    if is_held_out(snapshot, text):
        raise LoopError(
            f"“{text[:SHOWN]}” is in the test or validation set, which must not choose what the "
            "model learns from. Take another item."
        )
    return text


def nearest(
    snapshot: Snapshot, likeness: Cosines, number: int, among: Mask | None = None
) -> Similar:
    """The rows of the pool, `(n_pool,)`, most alike, that have no label and wait for none.

    Nor a copy of such a text, so no held-out one. Of several copies one, of those `among` which one
    looks, `(n_pool,)`. Raises LoopError if nothing at all is alike.
    """
    if not likeness.any():
        raise LoopError(
            "No text here has a word, or a part of one, in common with what you are looking for. "
            "Try other words, or another item."
        )
    allowed, words = snapshot.candidates, snapshot.pool_words
    if among is not None:
        allowed = snapshot.untaken & ~words.is_blank & among
    return likest(likeness, np.flatnonzero(allowed), number, words.keys)


def likest(likeness: Cosines, rows: Indices, number: int, keys: Hashes | None = None) -> Similar:
    """Those of these rows of the highest likeness above 0; of those of one key only the first."""
    rows, size = rows[likeness[rows] > 0], 2 * number
    found = likeness[rows]
    while True:
        top = rows
        if size < len(rows):
            top = rows[found >= np.partition(found, -size)[-size]]
        top = top[np.argsort(-likeness[top], kind="stable")]
        if keys is not None:
            top = top[np.sort(np.unique(keys[top], return_index=True)[1])]
        if len(top) >= number or size >= len(rows):
            return top[:number], likeness[top[:number]]
        size *= 8  # many are copies


def cosines(source: Source, texts: Sequence[str], *places: Rows) -> Cosines:
    """Of the texts with each row of these places, one after the other, in [-1, 1].

    0 for a row, and for texts, of which the source knows nothing.
    """
    toward, found = _direction(source, texts), [np.empty(0, np.float32)]
    for rows in filter(len, places):
        products = np.concatenate([*in_blocks(rows.projection(toward), len(rows))])[:, 0]
        lengths = rows.lengths.astype(np.float32)
        found.append(np.divide(products, lengths, out=np.zeros_like(lengths), where=lengths > 0))
    return np.concatenate(found).clip(-1, 1).round(DIGITS)


def _direction(source: Source, texts: Sequence[str]) -> Weights:
    """The mean of the texts' rows, each of length 1, made as long, as weights of one output."""
    rows = source.rows(texts)
    found, lengths = rows.features(), np.where(rows.lengths > 0, rows.lengths, np.inf)
    sparse, dense = np.zeros(source.n_sparse), found.dense.T @ (1 / lengths)
    np.add.at(sparse, found.bags.ids, found.values / lengths[found.bags.rows])
    length = np.hypot(np.linalg.norm(sparse), np.linalg.norm(dense)) or 1.0
    return Weights(*((part / length)[:, None].astype(np.float32) for part in (sparse, dense)))

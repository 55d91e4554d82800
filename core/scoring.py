"""Scoring: probabilities of every label for every item, in chunks, on all cores."""

import os
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from core.bags import Bags
from core.features import Vocabulary
from core.model import Model
from core.parallel import single_threads
from core.sources import Rows

CHUNK = 4_096
"""Items at a time. Measured: chunks of 16,384 take six times as long, they leave the cache."""


def probabilities(
    model: Model, rows: Bags | Rows, workers: int | None = None
) -> NDArray[np.float32]:
    """P(label | text) of each item, `(n_items, n_labels)`, each row summing to 1; not calibrated.

    `rows` are bags in the ids of the model's vocabulary, or rows of its feature space.
    """
    scores = np.empty((len(rows), len(model.labels)), np.float32)
    score_part = _scorer(model, rows)

    def score(start: int) -> None:
        stop = min(start + CHUNK, len(rows))
        scores[start:stop] = score_part(start, stop)

    with single_threads(workers or os.cpu_count() or 1) as pool:
        list(pool.map(score, range(0, len(rows), CHUNK)))
    return scores


def _scorer(model: Model, rows: Bags | Rows) -> Callable[[int, int], NDArray[np.float32]]:
    """What gives the probabilities of the items from `start` up to `stop`."""
    if isinstance(rows, Bags):
        return lambda start, stop: score_chunk(model, rows.part(start, stop))
    product = rows.projection(model.network.first.weights(model.source.n_sparse))

    @torch.inference_mode()
    def score(start: int, stop: int) -> NDArray[np.float32]:
        return model.network(torch.from_numpy(product(start, stop))).exp().numpy()

    return score


@torch.inference_mode()
def score_chunk(model: Model, bags: Bags) -> NDArray[np.float32]:
    """`probabilities` of the chapter's network for a handful of items, in the calling thread."""
    ids = torch.from_numpy(np.ascontiguousarray(bags.ids))
    offsets = torch.from_numpy(bags.offsets[:-1].astype(np.int32))
    return model.network(ids, offsets).exp().numpy()


def score_texts(model: Model, texts: list[str]) -> NDArray[np.float32]:
    """`probabilities` for texts that are not in the pool's cache."""
    source = model.source
    in_words = isinstance(source, Vocabulary)
    return probabilities(model, source.bags(texts) if in_words else source.rows(texts))


def confidences(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """P(y* | x), y* the most probable label: in [1 / n_labels, 1], `(n_items,)`."""
    return probability.max(axis=1, initial=0)

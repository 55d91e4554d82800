"""Scoring: probabilities of every label for every item, in chunks, on all cores."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from core.features import Bags
from core.model import Model

CHUNK = 4_096
"""Items at a time. Measured: chunks of 16,384 take six times as long, they leave the cache."""


def probabilities(model: Model, bags: Bags, workers: int | None = None) -> NDArray[np.float32]:
    """P(label | text) of each item, `(n_items, n_labels)`, each row summing to 1.

    `bags` are in the ids of the model's vocabulary.
    """
    scores = np.empty((len(bags), len(model.labels)), np.float32)

    def score(start: int) -> None:
        stop = min(start + CHUNK, len(bags))
        scores[start:stop] = score_chunk(model, bags.part(start, stop))

    # One torch thread in each worker: its own threads only get in each other's way here.
    with ThreadPoolExecutor(
        workers or os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        list(pool.map(score, range(0, len(bags), CHUNK)))
    return scores


@torch.inference_mode()
def score_chunk(model: Model, bags: Bags) -> NDArray[np.float32]:
    """`probabilities` for a handful of items, in the calling thread."""
    ids = torch.from_numpy(np.ascontiguousarray(bags.ids))
    offsets = torch.from_numpy(bags.offsets[:-1].astype(np.int32))
    return model.network(ids, offsets).exp().numpy()


def score_texts(model: Model, texts: list[str]) -> NDArray[np.float32]:
    """`probabilities` for texts that are not in the pool's cache."""
    return probabilities(model, model.vocabulary.bags(texts))


def confidences(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """P(y* | x), y* the most probable label: in [1 / n_labels, 1], `(n_items,)`."""
    return probability.max(axis=1, initial=0)

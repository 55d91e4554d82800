"""Scoring: P(label | text) of every label for every item.

Items are scored chunk by chunk, and parts of a few chunks each go to the engine's workers. The last
bit of a probability can depend on the chunk that it is worked out in: parts begin and end where
chunks do, so that it does not depend on the parts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.features.base import Fold, Part, Rows
from core.features.vocabulary import Vocabulary, renumbered
from core.models.model import Model
from core.models.networks import BookNetwork, LinearNetwork
from core.pool.bags import Bags, Ids
from core.system.engines import THREADS, Engine

CHUNK = 4_096
"""Items at a time. Measured: chunks of 16,384 take six times as long, they leave the cache."""
CHUNKS_IN_A_PART = 8
"""At most, 32,768 items: few enough that no worker waits long for the last one."""
PARTS = 16
"""At least, if there are as many chunks: no worker has to be idle."""
Probability = NDArray[np.float32]


@dataclass(frozen=True)
class WordIds:
    """What the chapter's network takes of bags of words: ids and offsets.

    `known` is the network's id of each word, `(n_words,)`, -1 for those that it does not know;
    None where the bags have the network's ids already.
    """

    known: Ids | None = None

    def __call__(self, bags: Bags) -> tuple[Tensor, Tensor]:
        bags = bags if self.known is None else renumbered(bags, self.known)
        ids = torch.from_numpy(np.ascontiguousarray(bags.ids))
        return ids, torch.from_numpy(bags.offsets[:-1].astype(np.int32))


@dataclass(frozen=True)
class Product:
    """What a network on a feature source takes: the first layer's product."""

    fold: Fold

    def __call__(self, rows: Part) -> tuple[Tensor]:
        return (torch.from_numpy(self.fold(rows)),)


@dataclass(frozen=True)
class Scorer:
    """A model made ready for one kind of rows, without what only training needs.

    `inputs` gives what the network takes of some rows.
    """

    network: BookNetwork | LinearNetwork
    n_labels: int
    inputs: Callable[[Any], tuple[Tensor, ...]]

    @torch.inference_mode()
    def __call__(self, rows: Part) -> Probability:
        """P(label | text) of each row, `(n_rows, n_labels)`, in the calling thread."""
        scores = np.empty((len(rows), self.n_labels), np.float32)
        for start in range(0, len(rows), CHUNK):
            inputs = self.inputs(rows.part(start, min(start + CHUNK, len(rows))))
            scores[start : start + CHUNK] = self.network(*inputs).exp().numpy()
        return scores


def _made_ready(model: Model, rows: Bags | Rows, known: Ids | None = None) -> tuple[Scorer, Part]:
    """The model for these rows, and the rows as it takes them."""
    if isinstance(rows, Bags):
        return Scorer(model.network, len(model.labels), WordIds(known)), rows
    product = rows.projection(model.network.first.weights(model.source.n_sparse))
    return Scorer(model.network, len(model.labels), Product(product.fold)), product.rows


def probabilities(
    model: Model, rows: Bags | Rows, known: Ids | None = None, engine: Engine = THREADS
) -> Probability:
    """P(label | text) of each item, `(n_items, n_labels)`, each row summing to 1; not calibrated.

    `rows` are bags, in the ids of the model's vocabulary or, with `known`, in others; or rows of
    its feature space.
    """
    scorer, part = _made_ready(model, rows, known)
    size = CHUNK * min(CHUNKS_IN_A_PART, max(1, len(rows) // (PARTS * CHUNK)))
    cuts = range(0, len(rows), size)
    parts = [part.part(start, min(start + size, len(rows))) for start in cuts]
    return np.concatenate([np.empty((0, scorer.n_labels), np.float32), *engine.map(scorer, parts)])


def score_texts(model: Model, texts: list[str]) -> Probability:
    """`probabilities` for texts that are not in the pool's cache."""
    source = model.source
    in_words = isinstance(source, Vocabulary)
    return probabilities(model, source.bags(texts) if in_words else source.rows(texts))


def confidences(probability: Probability) -> Probability:
    """P(y* | x), y* the most probable label: in [1 / n_labels, 1], `(n_items,)`."""
    confidence = np.zeros(len(probability), probability.dtype)
    for column in probability.T:  # there are few: numpy's own way along the rows takes 40 times
        np.maximum(confidence, column, out=confidence)
    return confidence

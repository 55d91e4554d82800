"""Scoring: probabilities of every label for every item, and the best candidates of every shard.

A shard is a part of the pool. `score_shard` is a pure function of a shard, a model and what is
asked, to that shard's candidates; `merge` chooses among the candidates of all shards what would be
chosen among all items. It is sure of that by the shards' fences: what a shard did not hand over is
no better than the shard's fence, now and after every pick, since picks only make scores grow. While
each pick is better than every fence, nothing better was left behind.

Shards begin and end where chunks do. The last bit of a probability can depend on the chunk that it
is worked out in: the same chunks give the same batch, however many shards there are.
"""

from collections.abc import Callable, Sequence
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
from core.pool.bags import Bags, Ids, Mask
from core.system.engines import Threads

CHUNK = 4_096
"""Items at a time. Measured: chunks of 16,384 take six times as long, they leave the cache."""
SHARD = 8
"""Chunks in a shard, 32,768 items: few enough that no worker waits long for the last one."""
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

    def __call__(self, rows: Part) -> Probability:
        """P(label | text) of each row, `(n_rows, n_labels)`, in the calling thread."""
        scores = np.empty((len(rows), self.n_labels), np.float32)
        for start, stop in _chunks(len(rows)):
            scores[start:stop] = self.chunk(rows.part(start, stop))
        return scores

    @torch.inference_mode()
    def chunk(self, rows: Part) -> Probability:
        """The same for so few rows that they are worked out at once."""
        return self.network(*self.inputs(rows)).exp().numpy()


def made_ready(model: Model, rows: Bags | Rows, known: Ids | None = None) -> tuple[Scorer, Part]:
    """The model for these rows, and the rows as it takes them.

    `rows` are bags, in the ids of the model's vocabulary or, with `known`, in others; or rows of
    its feature space.
    """
    if isinstance(rows, Bags):
        return Scorer(model.network, len(model.labels), WordIds(known)), rows
    product = rows.projection(model.network.first.weights(model.source.n_sparse))
    return Scorer(model.network, len(model.labels), Product(product.fold)), product.rows


def probabilities(model: Model, rows: Bags | Rows, workers: int | None = None) -> Probability:
    """P(label | text) of each item, `(n_items, n_labels)`, each row summing to 1; not calibrated.

    `rows` are bags in the ids of the model's vocabulary, or rows of its feature space.
    """
    scorer, part = made_ready(model, rows)
    scores = np.empty((len(rows), len(model.labels)), np.float32)

    def score(chunk: tuple[int, int]) -> None:
        start, stop = chunk
        scores[start:stop] = scorer.chunk(part.part(start, stop))

    Threads(workers).map(score, _chunks(len(rows)))
    return scores


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


@dataclass(frozen=True)
class Shard:
    """The items of the pool from `first` on: all that a worker needs to know of them.

    `rows` are the items as a `Scorer` takes them, `words` their words in the pool's ids (None where
    no strategy looks at them), `candidates` which of them may be proposed, `(n_items,)`.
    """

    first: int
    rows: Part
    words: Bags | None
    candidates: Mask

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Shards:
    """A pool in shards, each cut out when it is asked for. `bounds` are where they begin and end.

    Between the first and the last they are multiples of `CHUNK`.
    """

    rows: Part
    words: Bags | None
    candidates: Mask
    bounds: Sequence[int]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, at: int) -> Shard:
        start, stop = self.bounds[at], self.bounds[at + 1]
        words = None if self.words is None else self.words.part(start, stop)
        return Shard(start, self.rows.part(start, stop), words, self.candidates[start:stop])


def shard_probabilities(shard: Shard, scorer: Scorer) -> Probability:
    """P(label | text) of each item of the shard, `(n_items, n_labels)`."""
    return scorer(shard.rows)


def shard_bounds(n_items: int, chunks: int | None = None) -> list[int]:
    """Where the shards of a pool of so many items begin and end, each of so many chunks."""
    return [*range(0, n_items, (chunks or SHARD) * CHUNK), n_items]


def _chunks(n_items: int) -> list[tuple[int, int]]:
    return [(start, min(start + CHUNK, n_items)) for start in range(0, n_items, CHUNK)]

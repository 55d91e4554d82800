"""Scoring: probabilities of every label for every item, and the best candidates of every shard.

A shard is a part of the pool. `score_shard` is a pure function of a shard, a model and what is
asked, to that shard's candidates; `merge` chooses among the candidates of all shards what would be
chosen among all items. It is sure of that by the shards' fences: what a shard did not hand over is
no better than the shard's fence, now and after every pick, since picks only make scores grow. While
each pick is better than every fence, nothing better was left behind.

Shards begin and end where chunks do. The last bit of a probability can depend on the chunk that it
is worked out in: the same chunks give the same batch, however many shards there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from sys import maxsize
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bags import Bags, Ids
from core.catalog import CATALOG
from core.engines import Threads
from core.features import Vocabulary, renumbered
from core.model import BookNetwork, Model
from core.networks import SourceNetwork
from core.sources import Fold, Part, Rows
from core.strategies import Indices, Mask, Ranked, lowest, random_keys

CHUNK = 4_096
"""Items at a time. Measured: chunks of 16,384 take six times as long, they leave the cache."""

SHARD = 8
"""Chunks in a shard, 32,768 items: few enough that no worker waits long for the last one."""

Probability = NDArray[np.float32]

Chosen = list[tuple[str, Ranked]]
"""What each strategy has chosen, in the order in which they chose."""

Fence = tuple[float, int]
"""(score, place) of the best candidate that was not handed over."""

NO_FENCE: Fence = (inf, maxsize)
"""There is none: all were handed over."""


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

    network: BookNetwork | SourceNetwork
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
class Asked:
    """What a batch asks of the pool: items per strategy, and what these look at beside the items.

    `training_counts` and `pool_counts` are how often each word occurs, None where no strategy looks
    at them. `most` is how many candidates of each strategy a shard hands over.
    """

    counts: Mapping[str, int]
    seed: int
    most: int
    positive_index: int
    training_counts: NDArray[np.int64] | None = None
    pool_counts: NDArray[np.int64] | None = None


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


@dataclass(frozen=True)
class Candidates:
    """A shard's best items for every strategy that is asked, in the order of the pool.

    Their places in the pool, and what is needed to rank them again: probabilities, keys of the
    random draw, words. `fences` has each strategy's.
    """

    places: Indices
    probability: Probability
    keys: NDArray[np.float64]
    words: Bags | None
    fences: Mapping[str, Fence]


@dataclass(frozen=True)
class Choice:
    """What was chosen, and P(label | text) of each chosen item by its place in the pool."""

    chosen: Chosen
    probability: Mapping[int, Probability]


@dataclass(frozen=True)
class Looks:
    """What strategies look at of some items, under the names that the catalog has for it."""

    asked: Asked
    probability: Probability
    keys: NDArray[np.float64]
    bags: Bags | None

    @property
    def confidence(self) -> Probability:
        return confidences(self.probability)

    @property
    def positive_probability(self) -> Probability:
        return self.probability[:, self.asked.positive_index]

    @property
    def training_counts(self) -> NDArray[np.int64] | None:
        return self.asked.training_counts

    @property
    def pool_counts(self) -> NDArray[np.int64] | None:
        return self.asked.pool_counts


def shard_probabilities(shard: Shard, scorer: Scorer) -> Probability:
    """P(label | text) of each item of the shard, `(n_items, n_labels)`."""
    return scorer(shard.rows)


def score_shard(shard: Shard, scorer: Scorer, asked: Asked) -> Candidates:
    """The shard's candidates: for each strategy the `asked.most` items that begin as its best."""
    probability = scorer(shard.rows)
    keys = random_keys(asked.seed, shard.first, len(shard))
    looks = Looks(asked, probability, keys, shard.words)
    handed_over, fences = np.zeros(len(shard), bool), {}
    for name in asked.counts:
        strategy = CATALOG[name]
        scores = strategy.scores(*strategy.looks_at(looks))
        best = lowest(scores, shard.candidates, asked.most + 1)
        handed_over[best.indices[: asked.most]] = True
        fences[name] = NO_FENCE
        if len(best) > asked.most:
            fences[name] = (float(best.scores[-1]), shard.first + int(best.indices[-1]))
    items = np.flatnonzero(handed_over)
    words = None if shard.words is None else shard.words.take(items)
    return Candidates(shard.first + items, probability[items], keys[items], words, fences)


def merge(parts: Sequence[Candidates], asked: Asked, allowed: Mask) -> Choice | None:
    """What would be chosen among all items that are allowed, `(n_pool,)`, from the candidates.

    `parts` stand in the order of the pool. Each strategy chooses in its turn as it would from the
    whole pool, and no item is chosen twice. None if the candidates are not enough to be sure:
    because a pick lies beyond a fence, or too few candidates are still allowed.
    """
    places = np.concatenate([part.places for part in parts])
    probability = np.concatenate([part.probability for part in parts])
    keys = np.concatenate([part.keys for part in parts])
    looks = Looks(asked, probability, keys, _joined([part.words for part in parts]))
    open_items, chosen, told = allowed[places], [], {}
    for name, strategy in CATALOG.items():
        if name in asked.counts:
            number = asked.counts[name]
            ranked = strategy.choose(*strategy.looks_at(looks), open_items, number)
            open_items[ranked.indices] = False
            picks = Ranked(places[ranked.indices], ranked.scores)
            fence = min(part.fences[name] for part in parts)
            if not _is_sure(picks, number, fence):
                return None
            chosen.append((name, picks))
            told |= zip(picks.indices.tolist(), probability[ranked.indices], strict=True)
    return Choice(chosen, told)


def _is_sure(picks: Ranked, number: int, fence: Fence) -> bool:
    """Whether no item beyond the fence could have been one of so many picks."""
    if fence == NO_FENCE:
        return True
    last = max(zip(picks.scores.tolist(), picks.indices.tolist(), strict=True), default=(-inf, -1))
    return len(picks) == number and last < fence


def shard_bounds(n_items: int, chunks: int | None = None) -> list[int]:
    """Where the shards of a pool of so many items begin and end, each of so many chunks."""
    return [*range(0, n_items, (chunks or SHARD) * CHUNK), n_items]


def _chunks(n_items: int) -> list[tuple[int, int]]:
    return [(start, min(start + CHUNK, n_items)) for start in range(0, n_items, CHUNK)]


def _joined(bags: Sequence[Bags | None]) -> Bags | None:
    """All bags one after the other; None if there are none."""
    held = [each for each in bags if each is not None]
    if not held:
        return None
    ends = np.cumsum(np.concatenate([each.lengths for each in held]))
    return Bags(np.concatenate([each.ids for each in held]), np.concatenate([[0], ends]))

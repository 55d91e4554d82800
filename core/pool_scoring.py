"""What a model says of every item of the pool; a pool too large to be encoded, in two stages.

An encoder can take milliseconds for a text, hours for a million. Above `TWO_STAGES_ABOVE` items the
model's cheap companion, trained on the same labels without the encoder, scores all of them; the
candidates that it is least certain of are encoded and scored by the model itself.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core import strategies
from core.encoded import EncodedSpace
from core.engines import THREADS, Engine
from core.features import Vocabulary, vocabulary_ids
from core.loop import Loop
from core.model import Model
from core.pool_space import pool_rows
from core.progress import Progress, silent
from core.scoring import (
    Probability,
    Scorer,
    Shards,
    confidences,
    made_ready,
    score_texts,
    shard_bounds,
    shard_probabilities,
)
from core.sources import Part

TWO_STAGES_ABOVE = 100_000
"""Items of the pool. So many take a transformer of 10 ms a text 17 minutes, once."""

ENCODED_AT_MOST = 20_000
"""Candidates of the second stage: 3 minutes with such a one, and less from batch to batch."""


@dataclass(frozen=True)
class PoolScores:
    """P(label | text) of every item, `(n_pool, n_labels)`, and which are the model's own words.

    Where `is_own`, `(n_pool,)`, is false, they are those of the model's cheap companion.
    """

    probability: Probability
    is_own: NDArray[np.bool_]


def score_pool(
    loop: Loop, model: Model, progress: Progress = silent, engine: Engine = THREADS
) -> PoolScores:
    """The pool's scores, to choose a batch by. Raises RunError if the encoder cannot be used."""
    probability = pool_probabilities(loop, model, progress, engine)
    is_own = np.full(len(probability), not in_two_stages(loop, model))
    scores = PoolScores(probability, is_own)
    if is_own.all():
        return scores
    # Opened by now: what other strategies choose is encoded while nobody else can propose.
    model.source.encoder.encoder.encode([""])
    unsure = confidences(probability).astype(np.float64)
    near = strategies.lowest(unsure, loop.candidates, ENCODED_AT_MOST).indices
    return with_own(loop, model, scores, near, progress)


def with_own(
    loop: Loop,
    model: Model,
    scores: PoolScores,
    places: NDArray[np.int64],
    progress: Progress = silent,
) -> PoolScores:
    """The scores with the model's own words on the items at these places as well."""
    places = np.sort(places[~scores.is_own[places]])
    if not len(places):
        return scores
    texts = loop.pool_words.pool.texts.take(places).to_pylist()
    if isinstance(model.source, EncodedSpace):
        model.source.encoder.vectors(texts, progress)  # so that it is told how long it takes
    probability, is_own = scores.probability.copy(), scores.is_own.copy()
    probability[places], is_own[places] = score_texts(model, texts), True
    return PoolScores(probability, is_own)


def pool_probabilities(
    loop: Loop, model: Model, progress: Progress = silent, engine: Engine = THREADS
) -> Probability:
    """P(label | text) of every item of the pool, `(n_pool, n_labels)`.

    Of a pool that is not encoded as a whole, all are by the model's cheap companion: figures about
    the pool are then those of one model, and need no encoding.
    """
    model = model.cheap if in_two_stages(loop, model) else model
    scorer, rows = ready_pool(loop, model, progress)
    shards = Shards(rows, None, np.ones(len(rows), bool), shard_bounds(len(rows)))
    scores = engine.map(partial(shard_probabilities, scorer=scorer), shards)
    return np.concatenate([np.empty((0, scorer.n_labels), np.float32), *scores])


def ready_pool(loop: Loop, model: Model, progress: Progress = silent) -> tuple[Scorer, Part]:
    """The model, ready for this pool, and the pool's items as it takes them."""
    pool_words = loop.pool_words
    if isinstance(model.source, Vocabulary):
        return made_ready(model, pool_words.bags, vocabulary_ids(pool_words, model.source))
    return made_ready(model, pool_rows(loop, model.source, progress))


def in_two_stages(loop: Loop, model: Model) -> bool:
    """Whether the pool is too large for the model's encoder."""
    return model.cheap is not None and len(loop.pool_words.pool) > TWO_STAGES_ABOVE

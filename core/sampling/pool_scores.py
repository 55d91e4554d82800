"""What a model says of every item of the pool; a pool too large to be encoded, in two stages.

An encoder can take milliseconds for a text, hours for a million. Above `TWO_STAGES_ABOVE` items the
model's cheap companion, trained on the same labels without the encoder, scores all of them; the
candidates that it is least certain of are encoded and scored by the model itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.label_columns import Probability
from core.models.model import Model
from core.models.pool_predictions import in_two_stages, pool_probabilities
from core.models.predict import score_texts
from core.sampling import strategies
from core.system.engines import THREADS, Engine
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

ENCODED_AT_MOST = 20_000
"""Candidates of the second stage: 3 minutes with such a one, and less from batch to batch."""


@dataclass(frozen=True)
class PoolScores:
    """P(label | text), `(n_pool, n_labels)`; where not `is_own`, by the model's cheap companion."""

    model: Model
    probability: Probability
    is_own: NDArray[np.bool_]


def score_pool(
    snapshot: Snapshot, model: Model, progress: Progress = silent, engine: Engine = THREADS
) -> PoolScores:
    """The pool's scores, to choose a batch by. Raises RunError if the encoder cannot be used."""
    probability = pool_probabilities(snapshot, model, progress, engine)
    is_own = np.full(len(probability), not in_two_stages(snapshot, model))
    scores = PoolScores(model, probability, is_own)
    if is_own.all():
        return scores
    # Its encoder: what other strategies choose is encoded while nobody else can propose.
    model.source.warm_up()
    unsure = model.columns.most_probable.confidence(probability).astype(np.float64)
    near = strategies.lowest(unsure, snapshot.candidates, ENCODED_AT_MOST).indices
    return with_own(snapshot, scores, near, progress)


def with_own(
    snapshot: Snapshot, scores: PoolScores, rows: NDArray[np.int64], progress: Progress = silent
) -> PoolScores:
    """The scores with the model's own words on these items of the pool as well."""
    rows = np.sort(rows[~scores.is_own[rows]])
    if not len(rows):
        return scores
    texts = snapshot.pool_words.pool.texts.take(rows).to_pylist()
    probability, is_own = scores.probability.copy(), scores.is_own.copy()
    probability[rows], is_own[rows] = score_texts(scores.model, texts, progress), True
    return PoolScores(scores.model, probability, is_own)

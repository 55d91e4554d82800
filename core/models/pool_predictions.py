"""Predictions of a run for every item of the pool, kept in `.cache`: pages ask again and again."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.models.model import Model
from core.models.predict import Probability, confidences, probabilities
from core.system.disk_cache import load_cached
from core.system.engines import THREADS, Engine
from core.system.mapped_arrays import open_arrays, save_arrays
from core.system.progress import Progress, silent
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot

PREDICTIONS_VERSION = 1
"""Part of the cache's key: a change of what is stored rebuilds it."""

TWO_STAGES_ABOVE = 100_000
"""Items of the pool. So many take a transformer of 10 ms a text 17 minutes, once."""


@dataclass(frozen=True)
class Predictions:
    """P(label | text) of every item, `(n_pool, n_labels)`, by one run; not calibrated."""

    probability: Probability

    @cached_property
    def confidence(self) -> Probability:
        """P of the most probable label, `(n_pool,)`."""
        return confidences(self.probability)

    @cached_property
    def predicted(self) -> NDArray[np.int8]:
        """The column of the most probable label, `(n_pool,)`."""
        return self.probability.argmax(axis=1).astype(np.int8)


def predictions_of(snapshot: Snapshot, run: Run, model: Model) -> Predictions:
    """The run's predictions for the loop's pool, from the cache if they are there.

    Of a pool that is too large to be encoded, they are those of the model's cheap companion.
    """

    def build(folder: Path) -> None:
        save_arrays(folder, probability=pool_probabilities(snapshot, model))

    def load(folder: Path) -> Predictions:
        return Predictions(*open_arrays(folder, "probability"))

    key = (PREDICTIONS_VERSION, snapshot.pool_words.pool.key, run.params_file)
    cache = snapshot.workspace.cache
    return load_cached(cache, "predictions", key, build, load, write=snapshot.write_cache)


def pool_probabilities(
    snapshot: Snapshot, model: Model, progress: Progress = silent, engine: Engine = THREADS
) -> Probability:
    """P(label | text) of every item of the pool, `(n_pool, n_labels)`.

    Of a pool that is not encoded as a whole, all are by the model's cheap companion: figures about
    the pool are then those of one model, and need no encoding.
    """
    model = model.cheap if in_two_stages(snapshot, model) else model
    return probabilities(model, model.source.pool_rows(snapshot, progress), engine)


def in_two_stages(snapshot: Snapshot, model: Model) -> bool:
    """Whether the pool is too large for the model's encoder."""
    return model.cheap is not None and len(snapshot.pool_words.pool) > TWO_STAGES_ABOVE

"""What a run says of every item of the pool, kept in `.cache`: pages ask again and again."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.arrays import open_arrays, save_arrays
from core.cache import load_cached
from core.logs import Run
from core.loop import Loop
from core.model import Model
from core.pool_scoring import pool_probabilities
from core.progress import Progress, silent
from core.scoring import Probability, confidences

PREDICTIONS_VERSION = 1
"""Part of the cache's key: a change of what is stored rebuilds it."""


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


def predictions_of(loop: Loop, run: Run, model: Model, progress: Progress = silent) -> Predictions:
    """The run's predictions for the loop's pool, from the cache if they are there.

    Of a pool that is too large to be encoded, they are those of the model's cheap companion.
    """

    def build(folder: Path) -> None:
        save_arrays(folder, probability=pool_probabilities(loop, model, progress))

    def load(folder: Path) -> Predictions:
        return Predictions(*open_arrays(folder, "probability"))

    key = (PREDICTIONS_VERSION, loop.pool_words.pool.key, run.params_file)
    cache = loop.workspace.cache
    return load_cached(cache, "predictions", key, build, load, write=loop.write_cache)

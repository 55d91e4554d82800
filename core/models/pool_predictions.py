"""Predictions of a run for every item of the pool, kept in `.cache`: pages ask again and again."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.models.label_columns import LabelColumns, Probability
from core.models.model import Model
from core.models.predict import CHUNK, probabilities
from core.pool.bags import Indices
from core.system.disk_cache import load_cached
from core.system.engines import THREADS, Engine
from core.system.mapped_arrays import open_arrays, save_arrays
from core.system.progress import Progress, silent
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot

PREDICTIONS_VERSION = 1  # part of the cache's key: a change of what is stored rebuilds it

SAMPLED = 8  # chunks of a sample: 32,768 items, a twentieth of a second


@dataclass(frozen=True)
class Predictions:
    """P(label | text) of every item, `(n_pool, n_labels)`, by one run; not calibrated."""

    probability: Probability
    columns: LabelColumns

    @cached_property
    def confidence(self) -> Probability:
        """How sure the prediction is, `(n_pool,)`."""
        return self.columns.confidence(self.probability)

    @cached_property
    def codes(self) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """(each item's place among the answers, `(n_pool,)`; the answers that are predicted)."""
        return self.columns.codes(self.probability)

    def answer(self, row: int) -> str:
        """What is predicted of the item at this row, as an answer."""
        codes, answers = self.codes
        return answers[codes[row]]


def predictions_of(snapshot: Snapshot, run: Run, model: Model) -> Predictions:
    """The run's predictions of the pool, from the cache if they are there."""

    def build(folder: Path) -> None:
        save_arrays(folder, probability=pool_probabilities(snapshot, model))

    def load(folder: Path) -> Predictions:
        return Predictions(*open_arrays(folder, "probability"), model.columns)

    key = (PREDICTIONS_VERSION, snapshot.pool_words.pool.key, run.params_file)
    if model.alignment:  # a change of the task's labels changes the columns
        key = (*key, model.labels, model.alignment.parts)
    cache = snapshot.workspace.cache
    return load_cached(cache, "predictions", key, build, load, write=snapshot.write_cache)


def pool_probabilities(
    snapshot: Snapshot, model: Model, progress: Progress = silent, engine: Engine = THREADS
) -> Probability:
    """P(label | text) of every item of the pool, `(n_pool, n_labels)`."""
    return probabilities(model, model.source.pool_rows(snapshot, progress), engine)


def pool_sample(
    snapshot: Snapshot, model: Model, progress: Progress = silent
) -> tuple[Indices, Probability]:
    """(some rows of the pool, in blocks from all of it; P(label | text) of these items)."""
    rows = model.source.pool_rows(snapshot, progress)
    starts = np.arange(0, len(rows), CHUNK)
    starts = starts[np.linspace(0, len(starts) - 1, min(len(starts), SAMPLED)).astype(np.int64)]
    places = np.concatenate([np.arange(x, min(x + CHUNK, len(rows))) for x in starts.tolist()])
    return places, probabilities(model, rows, starts=starts.tolist())

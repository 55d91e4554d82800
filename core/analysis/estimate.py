"""Estimate of how many positives there are, and whether it is time to stop labeling."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.analysis.results import keep_newest, name_of, read_newest, read_result
from core.errors import LoopError, RunError
from core.evaluation.prevalence import Prevalence, Sample, prevalence
from core.evaluation.runs import label_mask, labeled_texts, load_run
from core.evaluation.stopping import WINDOW, Sign, advice, positives_left, stability
from core.features.cached import whole_space
from core.features.pool_features import Space
from core.features.space_rows import place
from core.models.model import Model
from core.models.predict import probabilities, score_texts
from core.models.training import learner_on
from core.sampling import strategies
from core.system.disk_cache import file_stamps
from core.system.progress import Progress, silent
from core.system.typed_json import typed
from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import Task

ESTIMATE_VERSION = 3
"""Part of the name: a change of what is computed computes it anew."""

SAMPLE = 2_000
"""Items whose predictions are watched (Bloodgood and Vijay-Shanker 2009)."""

SCORED = 200_000
"""Open items whose mean probability stands for that of all. Of probabilities that spread by 0.3 it
is off by 0.0007: nothing beside what some hundred labeled items leave open."""

SAMPLE_SEED = 1
"""Of these samples: the same ones for all runs."""


@dataclass(frozen=True)
class Estimate:
    """Prevalence (None without a positive label), the signs to go on or stop, their verdict."""

    prevalence: Prevalence | None
    signs: tuple[Sign, ...]
    advice: str


def decoded(text: str) -> Estimate:
    return typed(Estimate, json.loads(text))


def kept_estimate(snapshot: Snapshot) -> Estimate | None:
    """The estimate of just this state that was computed before; None: it was not."""
    return read_result(estimate_file(snapshot), Estimate)


def earlier_estimate(snapshot: Snapshot) -> Estimate | None:
    return next(read_newest(estimate_file(snapshot).parent, Estimate), None)


def estimate_file(snapshot: Snapshot) -> Path:
    """Where the estimate of this state is kept: named by the stamps of all files behind it."""
    path = snapshot.workspace.path
    runs = snapshot.logs.runs[-WINDOW - 1 :]
    models = file_stamps(path, [path / run.params_file for run in runs])
    name = name_of((ESTIMATE_VERSION, Space.version, snapshot.stamps, models))
    return snapshot.workspace.cache / "outlooks" / f"{name}.json"


def compute_estimate(path: Path, *, progress: Progress = silent) -> str:
    """The estimate of this workspace as it stands now, encoded; kept where that can be written."""
    progress("reading the workspace")
    workspace = open_workspace(path)
    snapshot = read_snapshot(workspace, write_cache=workspace.is_writable())
    file = estimate_file(snapshot)
    found = kept_estimate(snapshot) or make_estimate(snapshot, progress=progress)
    with suppress(LoopError):  # where nothing can be written it is computed again another day
        keep_newest(file, found, 1)
    return json.dumps(asdict(found))


def make_estimate(
    snapshot: Snapshot, models: Sequence[Model] | None = None, *, progress: Progress = silent
) -> Estimate:
    """The estimate by these models, the oldest first, or by those of the last runs."""
    models = last_models(snapshot) if models is None else models
    progress("comparing the last models")
    task = snapshot.workspace.task
    found = prevalence_of(snapshot, progress=progress) if task.positive else None
    words, draw = snapshot.pool_words, np.random.default_rng(SAMPLE_SEED)
    watched = strategies.random(words.is_first, SAMPLE, draw).indices
    texts = words.pool.texts.take(watched).to_pylist()
    predicted = [model.columns.predicted(score_texts(model, texts)) for model in models]
    signs = (
        stability([each.ravel().astype(np.int64) for each in predicted]),
        *([positives_left(found.found, found.left)] if found else []),
    )
    return Estimate(found, signs, advice(signs))


def prevalence_of(snapshot: Snapshot, *, progress: Progress = silent) -> Prevalence:
    """The share of positives among the pool's distinct items and all labeled ones.

    The random items are evaluation and validation data, and the random training items from before
    a model first chose: later ones were drawn from what active learning had left.
    """
    task = snapshot.workspace.task
    held_out = [*snapshot.labels.splits["evaluation"], *snapshot.labels.splits["validation"]]
    training = snapshot.labels.usable_training
    early = [item for item in training if _was_before_any_model(item)]
    later = [item for item in training if not _was_before_any_model(item)]
    is_open = snapshot.candidates.copy()  # those that wait in a batch, too
    is_open[list(snapshot.pool_words.pool.positions(snapshot.waiting).values())] = True
    positive = _positive([*held_out, *early], task)
    probability, mean = np.full(len(positive), np.nan), 0.0
    if len({item.label for item in early}) > 1:
        progress("estimating from the first random labels")
        column, draw = task.positive_index, np.random.default_rng(SAMPLE_SEED)
        sample = np.sort(strategies.random(is_open, SCORED, draw).indices)
        model, sampled = _model_of_random_items(snapshot, early, sample, progress)
        unseen = score_texts(model, [item.text for item in [*held_out, *later]])[:, column]
        probability[: len(held_out)] = unseen[: len(held_out)]
        n_open = int(is_open.sum())
        of_open = float(sampled[:, column].mean()) if n_open else 0.0
        mean = (float(unseen.sum()) + n_open * of_open) / (len(unseen) + n_open)
    labeled = [*held_out, *training]
    return prevalence(
        Sample(positive, probability),
        mean,
        n_items=len(labeled) + int(is_open.sum()),
        n_labeled=len(labeled),
        found=int(_positive(labeled, task).sum()),
    )


def _was_before_any_model(item: Labeled) -> bool:
    """Whether a training item was drawn at random from all that was not held out."""
    return item.strategy == "random" and item.confidence is None


def _model_of_random_items(
    snapshot: Snapshot, early: list[Labeled], sample: NDArray[np.int64], progress: Progress
) -> tuple[Model, NDArray[np.float32]]:
    """A model of these items alone, and its probabilities of the sample, `(n_sample, n_labels)`."""
    task, space = snapshot.workspace.task, whole_space(snapshot, progress)
    learner = learner_on("linear", space, labeled_texts(early, task), task.seed)
    model = learner.train(np.arange(len(early)))
    words, bags = snapshot.pool_words.words.to_pylist(), snapshot.pool_words.bags.take(sample)
    return model, probabilities(model, place(space, words, bags))


def last_models(snapshot: Snapshot) -> list[Model]:
    """The models of the last `WINDOW + 1` runs that can still be loaded, the oldest first."""
    models: list[Model] = []
    for run in reversed(snapshot.logs.runs):
        with suppress(RunError):
            models.append(load_run(snapshot, run))
        if len(models) > WINDOW:
            break
    return models[::-1]


def _positive(items: list[Labeled], task: Task) -> NDArray[np.bool_]:
    return label_mask(items, task)[:, task.positive_index]

"""Probabilities that no model has learned by heart: each training item is left out in its turn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration import FOLDS, stratified_folds
from core.labels import Labeled
from core.learning import learner_on
from core.loop import Loop
from core.pool_scoring import pool_probabilities
from core.progress import Progress, silent
from core.runs import feature_source, training_items
from core.scoring import score_texts

Probability = NDArray[np.float64]


@dataclass(frozen=True)
class CrossFit:
    """P(label | text) by the models of all folds, in the columns of the task's labels.

    `training`, `(n_training, n_labels)`, by the one model that had not seen the item; `held_out`,
    `(n_evaluation + n_validation, n_labels)`, and `pool`, `(n_pool, n_labels)`, by the mean of all.
    A pool that is too large to be encoded is scored by the models' cheap companions.
    """

    training: Probability
    held_out: Probability
    pool: Probability


def cross_fit(
    loop: Loop, name: str | None = None, *, folds: int = FOLDS, progress: Progress = silent
) -> CrossFit | None:
    """The workspace's items under models that are each trained without a part of the labels.

    Without a name they are the task's model. None if a label stands at fewer than two training
    items: some model would know one label only. Trained on all but a fold, models are a little
    worse than the run on all labels, alike for all.
    """
    task, items = loop.workspace.task, training_items(loop)
    if min(np.unique(items.targets, return_counts=True)[1], default=0) < 2:
        return None
    name = name or task.model
    learner = learner_on(name, feature_source(loop, name, progress), items, task.seed)
    fold = stratified_folds(items.targets, folds, task.seed)
    texts = [item.text for item in _held_out(loop)]
    training = np.empty((len(items.texts), len(task.values)))
    held_out = np.zeros((len(texts), len(task.values)))
    pool = np.zeros((len(loop.pool_words.pool), len(task.values)))
    for number in range(folds):
        progress(f"training without fold {number + 1} of {folds}")
        left_out = np.flatnonzero(fold == number)
        model = learner.train_for_pool(np.flatnonzero(fold != number))
        training[left_out] = learner.predict(model, left_out)
        held_out += score_texts(model, texts) / folds
        pool += pool_probabilities(loop, model, progress) / folds
    return CrossFit(training, held_out, pool)


def _held_out(loop: Loop) -> list[Labeled]:
    return [*loop.labels.splits["evaluation"], *loop.labels.splits["validation"]]

"""Probabilities that no model has learned by heart: each training item is left out in its turn."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.iteration import pool_probabilities
from core.labels import Labeled, Labels
from core.loop import Loop
from core.runs import Progress, columns, silent, train
from core.scoring import score_texts

FOLDS = 5

Probability = NDArray[np.float64]


@dataclass(frozen=True)
class CrossFit:
    """P(label | text) by the models of all folds, in the columns of the task's labels.

    `training`, `(n_training, n_labels)`, by the one model that had not seen the item; `held_out`,
    `(n_evaluation + n_validation, n_labels)`, and `pool`, `(n_pool, n_labels)`, by the mean of all.
    """

    training: Probability
    held_out: Probability
    pool: Probability


def cross_fit(
    loop: Loop, *, name: str = "book", folds: int = FOLDS, progress: Progress = silent
) -> CrossFit | None:
    """The workspace's items under models that are each trained without a part of the labels.

    None if a label stands at fewer than two training items: some model would know one label only.
    Trained on all but a fold, models are a little worse than the run on all labels, alike for all.
    """
    task, items = loop.workspace.task, loop.labels.usable_training()
    targets = columns(items, task)
    if min(np.unique(targets, return_counts=True)[1], default=0) < 2:
        return None
    fold_of = folds_of(targets, folds, task.seed)
    texts = [item.text for item in _held_out(loop)]
    training = np.empty((len(items), len(task.values)))
    held_out = np.zeros((len(texts), len(task.values)))
    pool = np.zeros((len(loop.pool_words.pool), len(task.values)))
    for fold in range(folds):
        progress(f"training without fold {fold + 1} of {folds}")
        rest = [item for item, at in zip(items, fold_of, strict=True) if at != fold]
        left_out = [item.text for item, at in zip(items, fold_of, strict=True) if at == fold]
        splits = {**loop.labels.splits, "training": rest}
        part = replace(loop, labels=Labels(splits, loop.labels.conflicts, []))
        model = train(part, name=name).model
        if left_out:
            training[fold_of == fold] = score_texts(model, left_out)
        held_out += score_texts(model, texts) / folds
        pool += pool_probabilities(part, model) / folds
    return CrossFit(training, held_out, pool)


def folds_of(targets: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Each item's fold, `(n_items,)`: the items of each label are dealt out in random order."""
    order = np.random.default_rng(seed).permutation(len(targets))
    by_label = order[np.argsort(targets[order], kind="stable")]
    fold_of = np.empty(len(targets), np.int64)
    starts = np.searchsorted(targets[by_label], targets[by_label])
    fold_of[by_label] = (np.arange(len(targets)) - starts) % folds
    return fold_of


def _held_out(loop: Loop) -> list[Labeled]:
    return [*loop.labels.splits["evaluation"], *loop.labels.splits["validation"]]

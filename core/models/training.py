"""Training a text classifier on labeled texts, with its calibration and its threshold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import LoopError
from core.features.base import Source
from core.models.calibration import (
    FOLDS,
    MIN_ITEMS,
    UNCHANGED,
    Probabilities,
    best_threshold,
    fit_calibration,
    parts_held_out,
)
from core.models.model import Model
from core.pool.bags import Indices

if TYPE_CHECKING:  # both import torch, which takes a second and more
    from core.models.book import BookLearner
    from core.models.linear import LinearLearner

    Learner = BookLearner | LinearLearner


@dataclass(frozen=True)
class LabeledTexts:
    """Labeled texts: `targets` are columns of `labels`, `positive` is one of these columns."""

    texts: Sequence[str]
    targets: Indices
    labels: tuple[str, ...]
    positive: int


@dataclass(frozen=True)
class Learned:
    """A model, and each item's probabilities by a model like it that did not see the item.

    `note` says how calibration and threshold came about.
    """

    model: Model
    out_of_fold: Probabilities | None
    note: str


def require_two_labels(targets: Indices) -> None:
    """Raises LoopError if fewer than two labels occur."""
    if len(np.unique(targets)) < 2:
        raise LoopError(
            "A model needs training items of at least two labels. Label more training data."
        )


def learn(name: str, source: Source, items: LabeledTexts, seed: int) -> Learned:
    """The model of this name, trained on all items, with calibration and threshold.

    The same numbers for the same arguments. Raises LoopError if fewer than two labels occur.
    """
    learner = learner_on(name, source, items, seed)
    parts = parts_held_out(items.targets, len(items.labels), seed)
    model, others = learner.train_all(parts)
    if not parts:
        note = f"Not calibrated, threshold 0.5: a label has fewer than {MIN_ITEMS} training items."
        return Learned(model, None, note)
    found = np.empty((len(items.texts), len(items.labels)))
    for part, other in zip(parts, others, strict=True):
        found[part] = learner.predict(other, part)
    calibration = fit_calibration(found, items.targets)
    threshold = best_threshold(found[:, items.positive], items.targets == items.positive)
    note = f"From out-of-fold predictions of the training items, at most {FOLDS} folds."
    if calibration == UNCHANGED:
        note += " Not calibrated: they rank no better than chance."
    return Learned(replace(model, calibration=calibration, threshold=threshold), found, note)


def learner_on(name: str, source: Source, items: LabeledTexts, seed: int) -> "Learner":
    """What trains models of this name on these items; `book` takes a vocabulary as its source."""
    if name == "book":
        from core.models.book import BookLearner

        return BookLearner(source, items, seed)
    from core.models.linear import LinearLearner

    return LinearLearner(source, items, seed, source.rows(items.texts).features())

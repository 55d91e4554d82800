"""Training a text classifier on labeled texts, with its calibration."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import LoopError
from core.features.base import Source
from core.models.calibration import (
    MIN_ITEMS,
    NEVER_REACHED,
    UNCHANGED,
    Probabilities,
    fit_calibration,
    fit_label_by_label,
    learnable,
    parts_held_out,
)
from core.models.model import Model
from core.pool.bags import Indices, Mask
from core.workspace.task import LEAST_TEXTS

if TYPE_CHECKING:  # both import torch, which takes a second and more
    from core.models.book import BookLearner
    from core.models.linear import LinearLearner

    Learner = BookLearner | LinearLearner


@dataclass(frozen=True)
class LabeledTexts:
    """Texts with columns of `labels`; where a text can have several, `(n_items, n_labels)`."""

    texts: Sequence[str]
    targets: Indices | Mask
    labels: tuple[str, ...]
    positive: int | None

    @property
    def several(self) -> bool:
        return self.targets.ndim == 2


@dataclass(frozen=True)
class Learned:
    """A model, how its calibration came about, and each item's probabilities by one without it."""

    model: Model
    out_of_fold: Probabilities | None
    note: str


def require_two_labels(targets: Indices | Mask) -> None:
    """Raises LoopError if fewer than two labels occur, or no one of several can be learned."""
    if targets.ndim == 2:
        if not learnable(targets).any():
            needed = f"a label that {LEAST_TEXTS} training items have, and as many have not"
            raise LoopError(f"A model needs {needed}. Label more training data.")
    elif len(np.unique(targets)) < 2:
        raise LoopError(
            "A model needs training items of at least two labels. Label more training data."
        )


def learn(name: str, source: Source, items: LabeledTexts, seed: int) -> Learned:
    """The model of this name, calibrated; raises LoopError without two labels."""
    learner = learner_on(name, source, items, seed)
    parts = parts_held_out(items.targets, len(items.labels), seed)
    model, others = learner.train_all(parts)
    if not parts:
        note = f"Not calibrated: a label has fewer than {MIN_ITEMS} training items."
        return Learned(model, None, note)
    found = np.empty((len(items.texts), len(items.labels)))
    for part, other in zip(parts, others, strict=True):
        found[part] = learner.predict(other, part)
    if items.several:
        return _learned_each(model, found, items.targets)
    calibration = fit_calibration(found, items.targets)
    note = f"From out-of-fold predictions of the training items, {len(parts)} folds."
    if calibration == UNCHANGED:
        note += " Not calibrated: they rank no better than chance."
    return Learned(replace(model, calibration=calibration), found, note)


def _learned_each(model: Model, found: Probabilities, targets: Mask) -> Learned:
    """The model with the calibration of each label, predicted from one half on if it is known."""
    thresholds = tuple(NEVER_REACHED if label in model.unlearned else 0.5 for label in model.labels)
    calibration = fit_label_by_label(found, targets)
    note = "From out-of-fold predictions of the training items, label by label."
    return Learned(replace(model, calibration=calibration, thresholds=thresholds), found, note)


def learner_on(name: str, source: Source, items: LabeledTexts, seed: int) -> "Learner":
    """What trains models of this name on these items; `book` takes a vocabulary as its source."""
    if name == "book":
        from core.models.book import BookLearner

        return BookLearner(source, items, seed)
    from core.models.linear import LinearLearner

    return LinearLearner(source, items, seed, source.rows(items.texts).features())

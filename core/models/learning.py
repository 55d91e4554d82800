"""Learning from labeled texts: a trained model with its calibration and its threshold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.features.base import Features
from core.features.encoder_features import EncodedSpace
from core.features.pool_features import Space
from core.features.vocabulary import Vocabulary
from core.models.calibration import (
    FOLDS,
    MIN_ITEMS,
    UNCHANGED,
    Indices,
    Probabilities,
    best_threshold,
    fit_calibration,
    parts_held_out,
)
from core.models.model import Model
from core.models.predict import score_texts
from core.models.training import train_book, train_books, train_network


@dataclass(frozen=True)
class Items:
    """Labeled texts: `targets` are columns of `labels`, `positive` is one of these columns."""

    texts: Sequence[str]
    targets: NDArray[np.int64]
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


class Learner(Protocol):
    """One kind of model on one set of items, which are read once for many models."""

    def train(self, rows: Indices) -> Model:
        """A model of these items alone."""
        ...

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        """A model of all items, and for each part of them one of the others, for `predict`.

        The first comes with what scores a pool that is too large to be encoded.
        """
        ...

    def predict(self, model: Model, rows: Indices) -> Probabilities:
        """Such a model's probabilities of these items, `(n_rows, n_labels)`; not calibrated."""
        ...


def learn(name: str, source: Vocabulary | Space | EncodedSpace, items: Items, seed: int) -> Learned:
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


def learner_on(
    name: str, source: Vocabulary | Space | EncodedSpace, items: Items, seed: int
) -> Learner:
    """What trains models of this name on these items."""
    if isinstance(source, Vocabulary):
        return _OnWords(source, items, seed)
    return _OnSpace(name, source, items, seed, source.rows(items.texts).features())


class _OnWords:
    """The chapter's network."""

    def __init__(self, source: Vocabulary, items: Items, seed: int) -> None:
        self.source, self.items, self.seed = source, items, seed

    def train(self, rows: Indices) -> Model:
        targets, labels = self.items.targets[rows], self.items.labels
        return train_book(self.source, self._texts(rows), targets, labels, self.seed)

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        items = self.items
        return train_books(self.source, items.texts, items.targets, items.labels, self.seed, parts)

    def predict(self, model: Model, rows: Indices) -> Probabilities:
        return score_texts(model, self._texts(rows))

    def _texts(self, rows: Indices) -> list[str]:
        return [self.items.texts[row] for row in rows]


class _OnSpace:
    """Networks on a feature source; the columns that no item has are left out."""

    def __init__(
        self, name: str, source: Space | EncodedSpace, items: Items, seed: int, features: Features
    ) -> None:
        self.name, self.source, self.items, self.seed = name, source, items, seed
        self.columns, self.features = features.compact()
        self.cheap = None
        if isinstance(source, EncodedSpace):
            plain = replace(features, dense=features.dense[:, : source.space.n_dense])
            self.cheap = _OnSpace(name, source.space, items, seed, plain)

    def train(self, rows: Indices, start: Model | None = None) -> Model:
        """A model of these items alone; `start` shortens the way and changes no result."""
        network = train_network(
            self.name,
            self.features.take(rows),
            len(self.columns),
            self.items.targets[rows],
            len(self.items.labels),
            self.seed,
            start and start.network,
        )
        network.first.columns.copy_(torch.from_numpy(self.columns))
        return Model(self.name, network, self.source, self.items.labels, self.seed)

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        every = np.arange(len(self.items.texts))
        model = self.train(every)
        others = [self.train(np.setdiff1d(every, part), model) for part in parts]
        return replace(model, cheap=self.cheap and self.cheap.train(every)), others

    @torch.inference_mode()
    def predict(self, model: Model, rows: Indices) -> Probabilities:
        product = model.network.first.product(self.features.take(rows))
        return model.network(product).exp().numpy()

"""Learning from labeled texts: a trained model with its calibration and its threshold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.calibration import (
    FOLDS,
    MIN_ITEMS,
    UNCHANGED,
    Probabilities,
    best_threshold,
    fit_calibration,
    out_of_fold,
)
from core.features import Vocabulary
from core.model import Model
from core.networks import SourceNetwork
from core.scoring import score_texts
from core.sources import Features
from core.space import Space
from core.training import require_two_labels, train_book, train_network

Predict = Callable[[NDArray[np.int64], NDArray[np.int64]], Probabilities]
"""`predict(learned, asked)`: the asked items' probabilities by a model of the learned ones."""


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


def learn(name: str, source: Vocabulary | Space, items: Items, seed: int) -> Learned:
    """The model of this name, trained on all items, with calibration and threshold.

    The same numbers for the same arguments. Raises LoopError if fewer than two labels occur.
    """
    require_two_labels(items.targets)
    if isinstance(source, Vocabulary):
        model, predict = _on_words(source, items, seed)
    else:
        model, predict = _on_space(name, source, items, seed)
    found = out_of_fold(items.targets, len(items.labels), seed, predict)
    if found is None:
        note = f"Not calibrated, threshold 0.5: a label has fewer than {MIN_ITEMS} training items."
        return Learned(model, None, note)
    calibration = fit_calibration(found, items.targets)
    threshold = best_threshold(found[:, items.positive], items.targets == items.positive)
    note = f"From out-of-fold predictions of the training items, at most {FOLDS} folds."
    if calibration == UNCHANGED:
        note += " Not calibrated: they rank no better than chance."
    return Learned(replace(model, calibration=calibration, threshold=threshold), found, note)


def _on_words(source: Vocabulary, items: Items, seed: int) -> tuple[Model, Predict]:
    def train(rows: NDArray[np.int64]) -> Model:
        texts = [items.texts[row] for row in rows]
        return train_book(source, texts, items.targets[rows], items.labels, seed)

    def predict(learned: NDArray[np.int64], asked: NDArray[np.int64]) -> Probabilities:
        return score_texts(train(learned), [items.texts[row] for row in asked])

    return train(np.arange(len(items.texts))), predict


def _on_space(name: str, source: Space, items: Items, seed: int) -> tuple[Model, Predict]:
    columns, features = source.rows(items.texts).features().compact()
    n_labels = len(items.labels)
    network = train_network(name, features, len(columns), items.targets, n_labels, seed)
    network.first.columns.copy_(torch.from_numpy(columns))

    def predict(learned: NDArray[np.int64], asked: NDArray[np.int64]) -> Probabilities:
        targets = items.targets[learned]
        part = train_network(
            name, features.take(learned), len(columns), targets, n_labels, seed, network
        )
        return _probabilities(part, features.take(asked))

    return Model(name, network, source, items.labels, seed), predict


@torch.inference_mode()
def _probabilities(network: SourceNetwork, features: Features) -> Probabilities:
    return network(network.first.product(features)).exp().numpy()

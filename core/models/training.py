"""Training a text classifier on labeled texts, with its calibration and its threshold.

The chapter's network learns by stochastic gradient descent, one item a step; `linear` is a logistic
regression on the columns of a feature source.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import LoopError
from core.features.base import Features, Source
from core.features.vocabulary import Vocabulary
from core.models.book import descend, stack_of
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
from core.models.logistic import Fit, fit_logistic
from core.models.model import Model
from core.models.networks import LinearNetwork, new_network, probabilities_of
from core.models.predict import score_texts
from core.pool.bags import Bags

EPOCHS = 10
PER_LABEL = 200
"""Chapter 2: at most so many random items of each label in an epoch, which balances the labels."""
NEVER = -20.0
"""The logit of a label that no training item has."""


def train_book(
    vocabulary: Vocabulary,
    texts: Sequence[str],
    targets: NDArray[np.int64],
    labels: tuple[str, ...],
    seed: int,
) -> Model:
    """The chapter's model, trained on these texts; `targets` are columns of `labels`.

    The same numbers for the same arguments. Raises LoopError if fewer than two labels occur.
    """
    return train_books(vocabulary, texts, targets, labels, seed, [])[0]


def train_books(
    vocabulary: Vocabulary,
    texts: Sequence[str],
    targets: NDArray[np.int64],
    labels: tuple[str, ...],
    seed: int,
    parts: Sequence[NDArray[np.int64]],
) -> tuple[Model, list[Model]]:
    """`train_book` of all texts, and for each part of them that of the others.

    All at once: six take less than twice as long as one. The others know the words of these texts
    alone, with the numbers that they would have in the whole vocabulary.
    """
    every = np.arange(len(texts))
    learned = [every, *(np.setdiff1d(every, part) for part in parts)]
    for items in learned:
        require_two_labels(targets[items])
    bags = vocabulary.bags(texts)
    rows, places = np.unique(bags.ids, return_inverse=True)
    network = new_network(vocabulary.n_sparse, len(labels), seed)
    stack = stack_of(network, rows, len(learned))
    steps = [all_steps(targets, items, seed) for items in learned]
    descend(stack, Bags(places.astype(np.int32), bags.offsets), targets, steps)
    stack.write(0, network, rows)
    model = Model("book", network, vocabulary, labels, seed)
    words = Vocabulary(tuple(vocabulary.words[row] for row in rows))
    others = [stack.network(number) for number in range(1, len(learned))]
    return model, [replace(model, network=other, source=words) for other in others]


def require_two_labels(targets: NDArray[np.int64]) -> None:
    """Raises LoopError if fewer than two labels occur."""
    if len(np.unique(targets)) < 2:
        raise LoopError(
            "A model needs training items of at least two labels. Label more training data."
        )


def epoch_items(targets: NDArray[np.int64], order: np.random.Generator) -> NDArray[np.int64]:
    """One epoch's items: at most `PER_LABEL` random ones of each label, in random order."""
    chosen = [
        order.permutation(np.flatnonzero(targets == label))[:PER_LABEL]
        for label in np.unique(targets)
    ]
    return order.permutation(np.concatenate(chosen))


def all_steps(targets: NDArray[np.int64], items: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The items of all epochs, one after the other, of a model that learns from these alone."""
    order = np.random.default_rng(seed)
    epochs = [epoch_items(targets[items], order) for _ in range(EPOCHS)]
    return items[np.concatenate(epochs)]


def train_linear(
    features: Features,
    n_columns: int,
    targets: NDArray[np.int64],
    n_labels: int,
    start: LinearNetwork | None = None,
) -> LinearNetwork:
    """The network `linear`, trained on rows whose ids are places in its `columns`.

    The same numbers for the same arguments; a trained `start` only shortens the way. Raises
    LoopError if fewer than two labels occur.
    """
    require_two_labels(targets)
    present, places = np.unique(targets, return_inverse=True)
    begin = None
    if start is not None and len(present) == n_labels:
        weights = (start.first.sparse, start.first.dense, start.first.bias)
        begin = Fit(*(values.detach().double().numpy() for values in weights))
    fit = fit_logistic(features, n_columns, places, begin)
    return _linear_network(fit, present, n_labels)


def _linear_network(fit: Fit, present: NDArray[np.int64], n_labels: int) -> LinearNetwork:
    """The fit as a network of all labels, of which `present` occur."""
    network = LinearNetwork(len(fit.sparse), len(fit.dense), n_labels)
    at = [0] if n_labels == 2 else present[: fit.sparse.shape[1]]
    with torch.no_grad():
        if len(present) < n_labels:
            network.first.bias.fill_(NEVER)
            network.first.bias[present] = 0
        for values, found in (
            (network.first.sparse, fit.sparse),
            (network.first.dense, fit.dense),
            (network.first.bias, fit.bias),
        ):
            values[..., at] = torch.from_numpy(found).float()
    return network.eval()


@dataclass(frozen=True)
class LabeledTexts:
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


def learner_on(name: str, source: Source, items: LabeledTexts, seed: int) -> Learner:
    """What trains models of this name on these items; `book` takes a vocabulary as its source."""
    if name == "book":
        return _Book(source, items, seed)
    return _Linear(source, items, seed, source.rows(items.texts).features())


class _Book:
    """The chapter's network."""

    def __init__(self, source: Vocabulary, items: LabeledTexts, seed: int) -> None:
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


class _Linear:
    """Logistic regression on a feature source; the columns that no item has are left out."""

    def __init__(self, source: Source, items: LabeledTexts, seed: int, features: Features) -> None:
        self.source, self.items, self.seed = source, items, seed
        self.columns, self.features = features.compact()
        self.cheap = None
        if source.cheap:
            plain = replace(features, dense=features.dense[:, : source.cheap.n_dense])
            self.cheap = _Linear(source.cheap, items, seed, plain)

    def train(self, rows: Indices, start: Model | None = None) -> Model:
        """A model of these items alone; `start` shortens the way and changes no result."""
        network = train_linear(
            self.features.take(rows),
            len(self.columns),
            self.items.targets[rows],
            len(self.items.labels),
            start and start.network,
        )
        network.first.columns.copy_(torch.from_numpy(self.columns))
        return Model("linear", network, self.source, self.items.labels, self.seed)

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        every = np.arange(len(self.items.texts))
        model = self.train(every)
        others = [self.train(np.setdiff1d(every, part), model) for part in parts]
        return replace(model, cheap=self.cheap and self.cheap.train(every)), others

    def predict(self, model: Model, rows: Indices) -> Probabilities:
        network = model.network
        return probabilities_of(network, network.first.product(self.features.take(rows)))

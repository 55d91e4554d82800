"""Training: the chapter's network as the chapter does it, and networks on a feature source.

The chapter's way is stochastic gradient descent, one item a step.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import LoopError
from core.features.base import Features
from core.features.vocabulary import Vocabulary
from core.models.book import descend, stack_of
from core.models.hidden import train_hidden
from core.models.logistic import Fit, fit_logistic
from core.models.model import Model
from core.models.networks import LinearNetwork, SourceNetwork, new_network
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
    network = new_network(len(vocabulary), len(labels), seed)
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


def train_network(
    name: str,
    features: Features,
    n_columns: int,
    targets: NDArray[np.int64],
    n_labels: int,
    seed: int,
    start: SourceNetwork | None = None,
) -> SourceNetwork:
    """The network `linear` or `hidden`, trained on rows whose ids are places in its `columns`.

    The same numbers for the same arguments. A trained `start` only shortens the way of `linear`,
    which needs no seed. Raises LoopError if fewer than two labels occur.
    """
    require_two_labels(targets)
    if name == "hidden":
        return train_hidden(features, n_columns, targets, n_labels, seed)
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

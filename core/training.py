"""Training: the chapter's network as the chapter does it, and networks on a feature source.

The chapter's way is stochastic gradient descent, one item a step.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.bags import Bags
from core.descent import train_hidden
from core.errors import LoopError
from core.features import Vocabulary
from core.logistic import Fit, fit_logistic
from core.model import BookNetwork, Model, new_network
from core.networks import LinearNetwork, SourceNetwork
from core.sources import Features

EPOCHS = 10
PER_LABEL = 200
"""Chapter 2: at most so many random items of each label in an epoch, which balances the labels."""

LEARNING_RATE = np.float32(0.01)

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
    require_two_labels(targets)
    network = new_network(len(vocabulary), len(labels), seed)
    bags = vocabulary.bags(texts)
    order = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        descend(network, bags, targets, epoch_items(targets, order))
    return Model("book", network, vocabulary, labels, seed)


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


def descend(
    network: BookNetwork, bags: Bags, targets: NDArray[np.int64], items: NDArray[np.int64]
) -> None:
    """One gradient step for each of `items`, in this order, on the negative log-likelihood.

    The gradient is written out, because only the rows of an item's own words change: autograd
    would go through the whole vocabulary, and takes ten times as long for steps this small. The
    tests hold it to autograd's numbers.
    """
    words = network.words.weight.detach().numpy()  # (n_words, HIDDEN), the network's own memory
    bias = network.bias.detach().numpy()
    out = network.out.weight.detach().numpy()  # (n_labels, HIDDEN)
    out_bias = network.out.bias.detach().numpy()
    for item in items:
        ids, counts = np.unique(bags[item], return_counts=True)
        counts = counts.astype(np.float32)
        before = counts @ words[ids] + bias  # (HIDDEN,)
        hidden = np.maximum(before, 0)
        error = _softmax(out @ hidden + out_bias)  # (n_labels,)
        error[targets[item]] -= 1
        pushed_back = np.where(before > 0, error @ out, 0)  # (HIDDEN,)
        out -= LEARNING_RATE * np.outer(error, hidden)
        out_bias -= LEARNING_RATE * error
        bias -= LEARNING_RATE * pushed_back
        words[ids] -= LEARNING_RATE * np.outer(counts, pushed_back)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


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

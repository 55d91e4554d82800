"""Training as the chapter does it: stochastic gradient descent, one item a step."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import LoopError
from core.features import Bags, Vocabulary
from core.model import BookNetwork, Model, new_network

EPOCHS = 10
PER_LABEL = 200
"""Chapter 2: at most so many random items of each label in an epoch, which balances the labels."""

LEARNING_RATE = np.float32(0.01)


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
    if len(np.unique(targets)) < 2:
        raise LoopError(
            "A model needs training items of at least two labels. Label more training data."
        )
    network = new_network(len(vocabulary), len(labels), seed)
    bags = vocabulary.bags(texts)
    order = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        descend(network, bags, targets, epoch_items(targets, order))
    return Model("book", network, vocabulary, labels, seed)


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

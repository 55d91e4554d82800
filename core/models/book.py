"""The model `book`: the chapter's network, trained by stochastic gradient descent, item by item.

The chapter takes a step for each item: seven words, a hidden layer, two labels. Such a step costs
hardly more than its twenty calls of numpy, and one call can do the same for all networks: six take
less than twice as long as one. Of the words only those are kept that an item has, since no step
changes the row of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.features.base import Numbers
from core.features.vocabulary import Vocabulary
from core.models.calibration import Probabilities, softmax
from core.models.model import Model
from core.models.networks import HIDDEN, BookNetwork, new_network
from core.models.predict import score_texts
from core.models.training import LabeledTexts, require_two_labels
from core.pool.bags import Bags, Indices, distinct_words

EPOCHS = 10
PER_LABEL = 200
"""Chapter 2: at most so many random items of each label in an epoch, which balances the labels."""
LEARNING_RATE = 0.01  # chapter 2


class BookLearner:
    """What trains the chapter's network on some of these items, whose source is a vocabulary."""

    def __init__(self, source: Vocabulary, items: LabeledTexts, seed: int) -> None:
        self.source, self.items, self.seed = source, items, seed
        self.bags = source.bags(items.texts)

    def train(self, rows: Indices) -> Model:
        """A model of these items. Raises LoopError if fewer than two labels occur."""
        return self._train([rows])[0]

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        """A model of all items, and for each part of them one of the others, for `predict`."""
        every = np.arange(len(self.items.texts))
        model, *others = self._train([every, *(np.setdiff1d(every, part) for part in parts)])
        return model, others

    def predict(self, model: Model, rows: Indices) -> Probabilities:
        """Such a model's probabilities of these items, `(n_rows, n_labels)`; not calibrated."""
        return score_texts(model, [self.items.texts[row] for row in rows])

    def _train(self, groups: Sequence[Indices]) -> list[Model]:
        """A model of each group of items, all at once: six take less than twice as long as one.

        Those after the first know the words of these texts alone, with the numbers that they would
        have in the whole vocabulary.
        """
        targets, labels = self.items.targets, self.items.labels
        for rows in groups:
            require_two_labels(targets[rows])
        words, places = np.unique(self.bags.ids, return_inverse=True)
        network = new_network(self.source.n_sparse, len(labels), self.seed)
        stack = stack_of(network, words, len(groups))
        steps = [all_steps(targets, rows, self.seed) for rows in groups]
        descend(stack, Bags(places.astype(np.int32), self.bags.offsets), targets, steps)
        stack.write(0, network, words)
        model = Model("book", network, self.source, labels, self.seed)
        known = replace(self.source, words=tuple(self.source.words[word] for word in words))
        others = [stack.network(number) for number in range(1, len(groups))]
        return [model, *(replace(model, network=other, source=known) for other in others)]


def epoch_items(targets: Indices, order: np.random.Generator) -> Indices:
    """One epoch's items: at most `PER_LABEL` random ones of each label, in random order."""
    chosen = [
        order.permutation(np.flatnonzero(targets == label))[:PER_LABEL]
        for label in np.unique(targets)
    ]
    return order.permutation(np.concatenate(chosen))


def all_steps(targets: Indices, items: Indices, seed: int) -> Indices:
    """The items of all epochs, one after the other, of a model that learns from these alone."""
    order = np.random.default_rng(seed)
    epochs = [epoch_items(targets[items], order) for _ in range(EPOCHS)]
    return items[np.concatenate(epochs)]


@dataclass(frozen=True)
class Stack:
    """Networks of the same words, one along the first axis of each array; `descend` changes them.

    `words` is `(n_networks, n_words + 1, HIDDEN)`: the last row belongs to no word. `bias` is
    `(n_networks, HIDDEN)`, `out` `(n_networks, n_labels, HIDDEN)`, `out_bias`
    `(n_networks, n_labels)`.
    """

    words: Numbers
    bias: Numbers
    out: Numbers
    out_bias: Numbers

    def network(self, number: int) -> BookNetwork:
        """One of the networks, of these words alone."""
        n_words = self.words.shape[1] - 1
        network = BookNetwork(n_words, self.out.shape[1])
        self.write(number, network, np.arange(n_words))
        return network

    @torch.no_grad()
    def write(self, number: int, network: BookNetwork, rows: NDArray[np.integer]) -> None:
        """Writes one of the networks into this one, its words into these rows."""
        network.words.weight[torch.from_numpy(rows)] = torch.from_numpy(self.words[number, :-1])
        network.bias.copy_(torch.from_numpy(self.bias[number]))
        network.out.weight.copy_(torch.from_numpy(self.out[number]))
        network.out.bias.copy_(torch.from_numpy(self.out_bias[number]))


def stack_of(network: BookNetwork, rows: NDArray[np.integer], number: int) -> Stack:
    """So many copies of the network, of whose words only these rows are kept."""
    words = np.zeros((number, len(rows) + 1, HIDDEN), np.float32)
    words[:, :-1] = network.words.weight.detach().numpy()[rows]
    others = (network.bias, network.out.weight, network.out.bias)
    copies = (np.repeat(weights.detach().numpy()[None], number, axis=0) for weights in others)
    return Stack(words, *copies)


def descend(stack: Stack, bags: Bags, targets: Indices, items: list[Indices]) -> None:
    """One gradient step on the negative log-likelihood for each item, in this order.

    Each network has `items` of its own; `bags` hold places in `stack.words`. The gradient is
    written out, because only the rows of an item's own words change: autograd would go through all
    of them. The tests hold it to autograd's numbers. A network's numbers do not depend on which
    others stand beside it.
    """
    distinct, times = distinct_words(bags)
    words, counts = _filled_up(distinct, times, filler=stack.words.shape[1] - 1)
    truth = np.eye(stack.out.shape[1], dtype=np.float32)[targets]
    order, rates = _side_by_side(items)
    widths = distinct.lengths[order].max(axis=1, initial=0)
    first_rows = np.arange(len(items))[:, None] * stack.words.shape[1]
    for now, rate, width in zip(order, rates, widths, strict=True):
        rows = words[now, :width] + first_rows
        _step(stack, rows, counts[now, :width], truth[now], rate)


def _step(stack: Stack, rows: Indices, counts: Numbers, truth: Numbers, rate: Numbers) -> None:
    """One item for each network: its words' rows and their counts `(n_networks, n_words)`.

    `truth` is `(n_networks, n_labels)`, `rate` `(n_networks, 1)`.
    """
    table = stack.words.reshape(-1, HIDDEN)
    weights = table.take(rows, axis=0)  # (n_networks, n_words, HIDDEN)
    # By einsum, which adds one word after the other: words that fill up change no digit.
    before = np.einsum("nw,nwh->nh", counts, weights) + stack.bias  # (n_networks, HIDDEN)
    hidden = np.maximum(before, 0)
    error = softmax((stack.out @ hidden[:, :, None])[:, :, 0] + stack.out_bias) - truth
    pushed_back = np.where(before > 0, (error[:, None] @ stack.out)[:, 0], 0)
    rates = rate[:, :, None]
    stack.out[:] -= rates * (error[:, :, None] * hidden[:, None])
    stack.out_bias[:] -= rate * error
    stack.bias[:] -= rate * pushed_back
    table[rows] = weights - rates * (counts[:, :, None] * pushed_back[:, None])


def _filled_up(bags: Bags, times: Indices, filler: int) -> tuple[NDArray[np.int32], Numbers]:
    """The items' words and their counts, `(n_items, longest)`, filled up with `filler`, 0 times."""
    longest = int(bags.lengths.max(initial=0))
    is_word = np.arange(longest) < bags.lengths[:, None]
    words = np.full(is_word.shape, filler, np.int32)
    counts = np.zeros(is_word.shape, np.float32)
    words[is_word], counts[is_word] = bags.ids, times
    return words, counts


def _side_by_side(items: list[Indices]) -> tuple[Indices, Numbers]:
    """Items `(n_steps, n_networks)`, and rates `(n_steps, n_networks, 1)`, 0 where none is left."""
    n_steps = max(map(len, items))
    order = np.zeros((n_steps, len(items)), np.int64)
    rates = np.zeros((n_steps, len(items), 1), np.float32)
    for network, own in enumerate(items):
        order[: len(own), network] = own
        rates[: len(own), network] = LEARNING_RATE
    return order, rates

"""The models' networks: a matrix over a feature source's columns, and what follows it.

`linear`: softmax regression; a sigmoid for each label where a text can have several. `book`: bag of
words → 128 hidden units, ReLU → log-softmax (chapter 2, `SimpleTextClassifier`). Its first layer
adds up the rows of an item's words, which is what the chapter's linear layer does with a vector of
word counts, without the zeros.
"""

import numpy as np
import torch
from torch import Tensor, nn

from core.features.base import Features, Numbers, Weights, bag_sums

HIDDEN = 128  # chapter 2


class BookNetwork(nn.Module):
    """Log-probabilities of each label for bags of word ids; its weights are not drawn yet."""

    def __init__(self, n_words: int, n_labels: int) -> None:
        super().__init__()
        # As many rows as words, but never none: a vocabulary can be empty. Not by `nn.Embedding`
        # itself, which would draw numbers that nobody uses: they take as long as those that are.
        rows = torch.empty(max(n_words, 1), HIDDEN)
        self.words = nn.Embedding.from_pretrained(rows, freeze=False)
        self.bias = nn.Parameter(torch.empty(HIDDEN))
        self.out = nn.Linear(HIDDEN, n_labels)

    def weights(self, n_sparse: int) -> Weights:
        """The first layer as a matrix over the vocabulary, `(n_words, HIDDEN)`."""
        return Weights(self.words.weight.detach().numpy(), np.empty((0, HIDDEN), np.float32))

    def forward(self, product: Tensor) -> Tensor:
        """Log-probabilities, `(n_items, n_labels)`, from the first layer's product."""
        hidden = torch.relu(product + self.bias)  # (n_items, HIDDEN)
        return torch.log_softmax(self.out(hidden), dim=1)


class FirstLayer(nn.Module):
    """The matrix over a source's columns, of which only those in training items are not zero.

    `columns` are these, in order; `sparse` is `(n_columns, n_outputs)`, `dense` is
    `(n_dense, n_outputs)`.
    """

    def __init__(self, n_columns: int, n_dense: int, n_outputs: int) -> None:
        super().__init__()
        self.register_buffer("columns", torch.zeros(n_columns, dtype=torch.int32))
        self.sparse = nn.Parameter(torch.zeros(n_columns, n_outputs))
        self.dense = nn.Parameter(torch.zeros(n_dense, n_outputs))
        self.bias = nn.Parameter(torch.zeros(n_outputs))


class LinearNetwork(nn.Module):
    """Log-probabilities from an output per label; of two one, unless a text can have several."""

    def __init__(
        self, n_columns: int, n_dense: int, n_labels: int, *, several: bool = False
    ) -> None:
        super().__init__()
        n_outputs = 1 if n_labels == 2 and not several else n_labels
        self.several, self.first = several, FirstLayer(n_columns, n_dense, n_outputs)

    def forward(self, product: Tensor) -> Tensor:
        """Log-probabilities, `(n_items, n_labels)`, from the first layer's product."""
        scores = product + self.first.bias
        if self.several:
            return nn.functional.logsigmoid(scores)
        scores = nn.functional.pad(scores, (0, 1)) if scores.shape[1] == 1 else scores
        return torch.log_softmax(scores, dim=1)

    def weights(self, n_sparse: int) -> Weights:
        """The first layer as a matrix over a source of so many sparse columns."""
        first = self.first
        sparse = np.zeros((n_sparse, first.sparse.shape[1]), np.float32)
        sparse[first.columns.numpy()] = first.sparse.detach().numpy()
        return Weights(sparse, first.dense.detach().numpy())

    def product(self, features: Features) -> Numbers:
        """These rows times the first layer's matrix; ids are places in its `columns`."""
        sparse = bag_sums(self.first.sparse.detach().numpy(), features.bags, features.values)
        return sparse + features.dense @ self.first.dense.detach().numpy()


Network = BookNetwork | LinearNetwork


@torch.inference_mode()
def probabilities_of(network: Network, product: Numbers) -> Numbers:
    """P(label | text), `(n_items, n_labels)`, from the first layer's product."""
    return network(torch.from_numpy(product)).exp().numpy()


@torch.no_grad()
def new_network(n_words: int, n_labels: int, seed: int) -> BookNetwork:
    """An untrained network, drawn by the seed as `nn.Linear` is: in ±1/sqrt(number of inputs)."""
    network, generator = BookNetwork(n_words, n_labels), torch.Generator().manual_seed(seed)
    first, second = network.words.num_embeddings**-0.5, HIDDEN**-0.5
    for weights in (network.words.weight, network.bias):
        weights.uniform_(-first, first, generator=generator)
    for weights in (network.out.weight, network.out.bias):
        weights.uniform_(-second, second, generator=generator)
    return network

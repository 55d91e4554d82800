"""The networks on a feature source: a matrix over its columns, and what follows it.

`linear`: softmax regression. `hidden`: 32 hidden units, ReLU → softmax.
"""

import numpy as np
import torch
from torch import Tensor, nn

from core.features.base import Features, Weights, bag_sums

HIDDEN = 128
"""Chapter 2."""


class BookNetwork(nn.Module):
    """Log-probabilities of each label for bags of word ids; its weights are not drawn yet."""

    def __init__(self, n_words: int, n_labels: int) -> None:
        super().__init__()
        # As many rows as words, but never none: a vocabulary can be empty. Not by `nn.EmbeddingBag`
        # itself, which would draw numbers that nobody uses: they take as long as those that are.
        rows = torch.empty(max(n_words, 1), HIDDEN)
        self.words = nn.EmbeddingBag.from_pretrained(rows, freeze=False, mode="sum")
        self.bias = nn.Parameter(torch.empty(HIDDEN))
        self.out = nn.Linear(HIDDEN, n_labels)

    @torch.no_grad()
    def draw_weights(self, generator: torch.Generator) -> None:
        """As `nn.Linear` draws them: uniform in ±1/sqrt(number of inputs)."""
        first = self.words.num_embeddings**-0.5
        second = HIDDEN**-0.5
        for weights, bound in (
            (self.words.weight, first),
            (self.bias, first),
            (self.out.weight, second),
            (self.out.bias, second),
        ):
            weights.uniform_(-bound, bound, generator=generator)

    def forward(self, ids: Tensor, offsets: Tensor) -> Tensor:
        """Log-probabilities, `(n_items, n_labels)`; item i begins at `ids[offsets[i]]`."""
        hidden = torch.relu(self.words(ids, offsets) + self.bias)  # (n_items, HIDDEN)
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

    def weights(self, n_sparse: int) -> Weights:
        """The whole matrix, for a source of so many sparse columns."""
        sparse = np.zeros((n_sparse, self.sparse.shape[1]), np.float32)
        sparse[self.columns.numpy()] = self.sparse.detach().numpy()
        return Weights(sparse, self.dense.detach().numpy())

    @torch.inference_mode()
    def product(self, features: Features) -> Tensor:
        """These rows times the matrix, without the bias; ids are places in `columns`."""
        sparse = bag_sums(self.sparse.detach().numpy(), features.bags, features.values)
        return torch.from_numpy(sparse + features.dense @ self.dense.detach().numpy())


class LinearNetwork(nn.Module):
    """Log-probabilities from one output per label; of two labels, one is the other's negative."""

    def __init__(self, n_columns: int, n_dense: int, n_labels: int) -> None:
        super().__init__()
        self.first = FirstLayer(n_columns, n_dense, 1 if n_labels == 2 else n_labels)

    def forward(self, product: Tensor) -> Tensor:
        """Log-probabilities, `(n_items, n_labels)`, from the first layer's product."""
        scores = product + self.first.bias
        scores = nn.functional.pad(scores, (0, 1)) if scores.shape[1] == 1 else scores
        return torch.log_softmax(scores, dim=1)


def new_network(n_words: int, n_labels: int, seed: int) -> BookNetwork:
    """An untrained network; the same numbers for the same seed."""
    network = BookNetwork(n_words, n_labels)
    network.draw_weights(torch.Generator().manual_seed(seed))
    return network

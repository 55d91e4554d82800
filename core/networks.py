"""The networks on a feature source: a matrix over its columns, and what follows it.

`linear`: softmax regression. `hidden`: 32 hidden units, ReLU → softmax.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.sources import Features, Weights, bag_sums

HIDDEN_UNITS = 32

Columns = NDArray[np.int64]


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


class HiddenNetwork(nn.Module):
    """Log-probabilities from a layer of hidden units."""

    def __init__(self, n_columns: int, n_dense: int, n_labels: int) -> None:
        super().__init__()
        self.first = FirstLayer(n_columns, n_dense, HIDDEN_UNITS)
        self.out = nn.Linear(HIDDEN_UNITS, n_labels)

    def forward(self, product: Tensor, kept: Tensor | None = None) -> Tensor:
        """Log-probabilities, `(n_items, n_labels)`, from the first layer's product.

        `kept`, while it is trained, is what dropout multiplies each hidden unit with.
        """
        hidden = torch.relu(product + self.first.bias)  # (n_items, HIDDEN_UNITS)
        return torch.log_softmax(self.out(hidden if kept is None else hidden * kept), dim=1)


SourceNetwork = LinearNetwork | HiddenNetwork

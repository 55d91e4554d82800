"""Training of the hidden layer: gradient descent with Nesterov's momentum, in small batches."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.logistic import balanced_weights
from core.networks import HiddenNetwork
from core.sources import Features

LEARNING_RATE = 0.1
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-3
DROPOUT = 0.3
BATCH = 32
EPOCHS = 20
FIRST_DEVIATION = 0.01
"""Chosen by cross-validation on training items."""


def train_hidden(
    features: Features, n_columns: int, targets: NDArray[np.int64], n_labels: int, seed: int
) -> HiddenNetwork:
    """A network trained on these rows, whose ids are places in its `columns`; balanced labels.

    The same numbers for the same arguments.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # dropout draws from torch's own generator
        network = HiddenNetwork(n_columns, features.dense.shape[1], n_labels, DROPOUT)
        _draw_weights(network)
        order = np.random.default_rng(seed)
        weights = balanced_weights(targets).astype(np.float32)
        velocities = [torch.zeros_like(values) for values in network.parameters()]
        for _ in range(EPOCHS):
            for items in np.array_split(order.permutation(len(targets)), -(-len(targets) // BATCH)):
                _loss(network, features, targets, weights, items).backward()
                _step(network, velocities)
    return network.eval()


@torch.no_grad()
def _draw_weights(network: HiddenNetwork) -> None:
    """Close to 0 in the first layer: what a column has not learned, it should not say."""
    for values in (network.first.sparse, network.first.dense):
        values.normal_(0, FIRST_DEVIATION)
    for values in (network.out.weight, network.out.bias):
        bound = network.out.in_features**-0.5
        values.uniform_(-bound, bound)


def _loss(
    network: HiddenNetwork,
    features: Features,
    targets: NDArray[np.int64],
    weights: NDArray[np.float32],
    items: NDArray[np.int64],
) -> Tensor:
    """The mean weighted negative log-likelihood of these items."""
    rows = features.take(items)
    sums = torch.nn.functional.embedding_bag(
        torch.from_numpy(rows.bags.ids),
        network.first.sparse,
        torch.from_numpy(rows.bags.offsets[:-1].astype(np.int32)),
        mode="sum",
        per_sample_weights=torch.from_numpy(rows.values),
    )
    product = sums + torch.from_numpy(rows.dense) @ network.first.dense
    losses = torch.nn.functional.nll_loss(
        network(product), torch.from_numpy(targets[items]), reduction="none"
    )
    return (torch.from_numpy(weights[items]) * losses).mean()


@torch.no_grad()
def _step(network: HiddenNetwork, velocities: list[Tensor]) -> None:
    """As torch's SGD with `nesterov=True`; see `core.minimize` for why not by it."""
    for values, velocity in zip(network.parameters(), velocities, strict=True):
        gradient = values.grad.add_(values, alpha=WEIGHT_DECAY)
        velocity.mul_(MOMENTUM).add_(gradient)
        values.sub_(gradient.add_(velocity, alpha=MOMENTUM), alpha=LEARNING_RATE)
        values.grad = None

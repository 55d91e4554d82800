"""Training of the hidden layer: gradient descent with Nesterov's momentum, in small batches."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.features.base import Features
from core.models.logistic import balanced_weights
from core.models.networks import HIDDEN_UNITS, FirstLayer, HiddenNetwork
from core.system.parallel import single_threads

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
    with single_threads(1) as worker:
        return worker.submit(_train, features, n_columns, targets, n_labels, seed).result()


def _train(
    features: Features, n_columns: int, targets: NDArray[np.int64], n_labels: int, seed: int
) -> HiddenNetwork:
    generator, order = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    network = HiddenNetwork(n_columns, features.dense.shape[1], n_labels)
    _draw_weights(network, generator)
    weights = balanced_weights(targets).astype(np.float32)
    velocities = [torch.zeros_like(values) for values in network.parameters()]
    for _ in range(EPOCHS):
        for items in np.array_split(order.permutation(len(targets)), -(-len(targets) // BATCH)):
            product = _product(network.first, features.take(items))
            kept = torch.rand(product.shape, generator=generator) >= DROPOUT
            losses = torch.nn.functional.nll_loss(
                network(product, kept / (1 - DROPOUT)),
                torch.from_numpy(targets[items]),
                reduction="none",
            )
            (torch.from_numpy(weights[items]) * losses).mean().backward()
            _step(network, velocities)
    return network.eval()


@torch.no_grad()
def _draw_weights(network: HiddenNetwork, generator: torch.Generator) -> None:
    """Close to 0 in the first layer: what a column has not learned, it should not say."""
    for values in (network.first.sparse, network.first.dense):
        values.normal_(0, FIRST_DEVIATION, generator=generator)
    bound = HIDDEN_UNITS**-0.5
    for values in (network.out.weight, network.out.bias):
        values.uniform_(-bound, bound, generator=generator)


def _product(first: FirstLayer, rows: Features) -> Tensor:
    """These rows times the first layer's matrix, for autograd, `(n_rows, HIDDEN_UNITS)`."""
    sums = torch.nn.functional.embedding_bag(
        torch.from_numpy(rows.bags.ids),
        first.sparse,
        torch.from_numpy(rows.bags.offsets[:-1].astype(np.int32)),
        mode="sum",
        per_sample_weights=torch.from_numpy(rows.values),
    )
    return sums + torch.from_numpy(rows.dense) @ first.dense


@torch.no_grad()
def _step(network: HiddenNetwork, velocities: list[Tensor]) -> None:
    """As torch's SGD with `nesterov=True`; see `core.models.minimize` for why not by it."""
    for values, velocity in zip(network.parameters(), velocities, strict=True):
        gradient = values.grad.add_(values, alpha=WEIGHT_DECAY)
        velocity.mul_(MOMENTUM).add_(gradient)
        values.sub_(gradient.add_(velocity, alpha=MOMENTUM), alpha=LEARNING_RATE)
        values.grad = None

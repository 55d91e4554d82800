"""The hidden layer's training: torch's own optimizer as the oracle of a step."""

import numpy as np
import torch

from core.models.hidden import LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, _step, train_hidden
from core.models.networks import HiddenNetwork
from tests.models.test_logistic import rows_and_targets


def test_steps_are_those_of_torchs_nesterov():
    torch.manual_seed(0)
    mine, reference = HiddenNetwork(4, 3, 2), HiddenNetwork(4, 3, 2)
    with torch.no_grad():
        for values in mine.parameters():
            values.normal_()
    reference.load_state_dict(mine.state_dict())
    optimizer = torch.optim.SGD(
        reference.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True
    )
    velocities = [torch.zeros_like(values) for values in mine.parameters()]
    for turn in range(5):
        products = torch.randn(6, 32, generator=torch.Generator().manual_seed(turn))
        for network in (mine, reference):
            first = sum(values.sum() for values in (network.first.sparse, network.first.dense))
            (network(products)[:, 0].mean() + first.square()).backward()
        _step(mine, velocities)
        optimizer.step()
        optimizer.zero_grad()
    for ours, theirs in zip(mine.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_same_seed_gives_the_same_network():
    rows, n_columns, targets = rows_and_targets(3)
    one, same, other = (train_hidden(rows, n_columns, targets, 3, seed) for seed in (5, 5, 6))
    assert torch.equal(one.first.sparse, same.first.sparse)
    assert not torch.equal(one.first.sparse, other.first.sparse)


def test_it_learns_what_the_rows_tell():
    rows, n_columns, _ = rows_and_targets(2)
    truth = (rows.dense[:, 0] > np.median(rows.dense[:, 0])).astype(np.int64)
    network = train_hidden(rows, n_columns, truth, 2, 0)
    with torch.inference_mode():
        predicted = network(network.first.product(rows)).argmax(dim=1).numpy()
    assert (predicted == truth).mean() > 0.9

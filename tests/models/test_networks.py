import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from core.features.base import Features
from core.models.networks import LinearNetwork
from core.pool.bags import Bags

CORE = Path(__file__).resolve().parents[2] / "core"


def test_the_first_layer_is_a_matrix_of_zeros_but_for_its_columns():
    network = LinearNetwork(2, 3, 4)
    layer = network.first
    layer.columns.copy_(torch.tensor([1, 5]))
    with torch.no_grad():
        layer.sparse.normal_()
        layer.dense.normal_()
    whole = network.weights(7)
    assert whole.sparse.shape == (7, 4)
    assert np.array_equal(whole.sparse[[1, 5]], layer.sparse.detach().numpy())
    assert not whole.sparse[[0, 2, 3, 4, 6]].any()
    rows = Features(
        Bags(np.array([0, 1, 1], np.int32), np.array([0, 1, 3])),
        np.array([1, 2, 3], np.float32),
        np.ones((2, 3), np.float32),
    )
    expected = np.array([[1.0, 0], [0, 5]]) @ whole.sparse[[1, 5]] + whole.dense.sum(axis=0)
    np.testing.assert_allclose(network.product(rows), expected, atol=1e-5)


def test_of_two_labels_one_is_the_others_negative():
    network = LinearNetwork(1, 1, 2)
    found = network(torch.tensor([[2.0]])).exp()[0]
    assert found.tolist() == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))])
    assert LinearNetwork(1, 1, 3)(torch.zeros(1, 3)).exp()[0].tolist() == pytest.approx([1 / 3] * 3)


def test_torch_is_imported_by_those_alone_who_train_or_score():
    """A second and more of every command that needs none of it."""
    files = [path for room in ("pool", "features", "models") for path in (CORE / room).glob("*.py")]
    names = {f"core.{path.parent.name}.{path.stem}" for path in files if path.stem != "__init__"}
    heavy = "networks", "book", "linear", "logistic", "merged_columns", "row_space"
    light = names - {f"core.models.{name}" for name in heavy}
    assert len(light) > 20
    program = f"import sys, {', '.join(sorted(light))}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=CORE.parent).returncode == 0

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

from core.evaluation.runs import train
from core.features.base import bag_sums
from core.features.vocabulary import Vocabulary, WordRows
from core.models.label_columns import confidences
from core.models.model import Model
from core.models.networks import HIDDEN, new_network
from core.models.pool_predictions import pool_probabilities
from core.models.predict import CHUNK, PARTS, probabilities, score_texts
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace

ROOT = Path(__file__).resolve().parents[2]
WORDS = tuple(f"w{n}" for n in range(40))


def model(n_labels: int = 3) -> Model:
    labels = tuple("abc"[:n_labels])
    return Model("book", new_network(40, n_labels, 2), Vocabulary(WORDS), labels, 2)


def texts(number: int) -> list[str]:
    draw = np.random.default_rng(3)
    return [" ".join(draw.choice(WORDS, draw.integers(0, 7))) for _ in range(number)]


@dataclass
class Backwards:
    """An engine that works on its parts in this thread, the last one first."""

    maps: list[int] = field(default_factory=list)

    def map(self, function: Callable, parts: Sequence) -> list:
        self.maps.append(len(parts))
        return [function(part) for part in reversed(parts)][::-1]


@pytest.mark.parametrize("number", [0, 1, CHUNK, 2 * CHUNK + 5, (2 * PARTS + 1) * CHUNK])
def test_items_are_scored_in_parts_as_they_are_alone(number: int):
    mine, engine = model(), Backwards()
    bags = mine.source.bags(texts(1000)).take(np.arange(number) % 1000)
    ids, offsets = map(torch.from_numpy, (bags.ids, bags.offsets[:-1]))
    with torch.inference_mode():
        weights = mine.network.words.weight
        sums = torch.nn.functional.embedding_bag(ids.long(), weights, offsets, mode="sum")
        plain = mine.network(sums).exp().numpy()
    rows = WordRows(mine.source, bags)
    scores = probabilities(mine, rows, engine)
    np.testing.assert_allclose(scores, plain, atol=1e-6)
    assert np.array_equal(scores, probabilities(mine, rows))
    assert engine.maps == [min(-(-number // CHUNK), PARTS + 1)]


def test_scoring_leaves_the_number_of_torchs_threads_as_it_was():
    """In a new process, where nothing has asked torch for its threads before."""
    program = (
        "import torch; from tests.models.test_predict import model, score_texts; "
        "score_texts(model(), ['w1']); print(torch.get_num_threads())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) == min(2, os.cpu_count())


def test_probabilities_are_probabilities():
    scores = score_texts(model(), texts(50))
    assert scores.shape == (50, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    confidence = confidences(scores)
    assert ((confidence >= 1 / 3) & (confidence <= 1)).all()


def test_no_items_give_no_rows():
    assert score_texts(model(), []).shape == (0, 3)
    assert confidences(np.empty((0, 3), np.float32)).shape == (0,)


def test_the_pool_and_its_texts_have_the_same_probabilities(active: Snapshot):
    mine = train(active).model
    pool = score_texts(mine, active.pool_words.pool.texts.to_pylist())
    np.testing.assert_allclose(pool_probabilities(active, mine), pool, atol=1e-6)
    rows = mine.source.pool_rows(active)
    assert np.array_equal(probabilities(mine, rows), pool_probabilities(active, mine))


def test_probabilities_are_those_of_the_rows_written_out(active: Snapshot):
    mine = train(active).model
    asked = ["flood hits the north coast", "", "court backs court"]
    row = mine.source.rows(asked).features()
    matrix = mine.network.weights(mine.source.n_sparse)
    product = bag_sums(matrix.sparse, row.bags, row.values) + row.dense @ matrix.dense
    with torch.inference_mode():
        expected = mine.network(torch.from_numpy(product)).exp().numpy()
    np.testing.assert_allclose(score_texts(mine, asked), expected, atol=1e-6)


def test_the_pool_is_scored_as_the_plain_network_scores_its_texts(
    make_workspace: MakeWorkspace,
):
    """Of three labels, by torch's own dense layers on vectors of word counts."""
    pool = [(str(at), text) for at, text in enumerate(texts(300))]
    snapshot = read_snapshot(make_workspace(pool))
    known = WORDS[:30]  # the pool has words that the model does not know
    mine = Model("book", new_network(30, 3, 2), Vocabulary(known), tuple("abc"), 2)
    counts = torch.tensor([[text.split().count(word) for word in known] for _, text in pool])
    first = torch.nn.Linear(30, HIDDEN)
    first.weight.data = mine.network.words.weight.data.T
    first.bias.data = mine.network.bias.data
    with torch.inference_mode():
        hidden = torch.relu(first(counts.float()))
        plain = torch.softmax(mine.network.out(hidden), dim=1).numpy()
    np.testing.assert_allclose(pool_probabilities(snapshot, mine), plain, atol=1e-6)

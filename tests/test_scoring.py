import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from core import scoring
from core.features import Vocabulary
from core.loop import Loop
from core.model import Model, new_network
from core.pool_scoring import pool_probabilities
from core.pool_space import pool_rows
from core.runs import train
from core.scoring import confidences, probabilities, score_texts
from core.sources import bag_sums

ROOT = Path(__file__).resolve().parent.parent
WORDS = tuple(f"w{n}" for n in range(40))


def model(n_labels: int = 3) -> Model:
    labels = tuple("abc"[:n_labels])
    return Model("book", new_network(40, n_labels, 2), Vocabulary(WORDS), labels, 2)


def texts(number: int) -> list[str]:
    draw = np.random.default_rng(3)
    return [" ".join(draw.choice(WORDS, draw.integers(0, 7))) for _ in range(number)]


def test_chunks_and_threads_change_nothing(monkeypatch):
    mine = model()
    bags = mine.source.bags(texts(1000))
    with torch.inference_mode():
        offsets = torch.from_numpy(bags.offsets[:-1])
        plain = mine.network(torch.from_numpy(bags.ids).long(), offsets).exp().numpy()
    for chunk, workers in ((1, 1), (7, 2), (1000, 1), (4096, 4)):
        monkeypatch.setattr(scoring, "CHUNK", chunk)
        np.testing.assert_allclose(probabilities(mine, bags, workers), plain, atol=1e-6)


def test_scoring_leaves_the_number_of_torchs_threads_as_it_was():
    """In a new process, where nothing has asked torch for its threads before."""
    found = []
    for before in ("None", "test_scoring.score_texts(test_scoring.model(), ['w1'])"):
        program = f"import torch; from tests import test_scoring; {before}"
        program += "; print(torch.get_num_threads())"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found.append(done.stdout)
    assert found[0] == found[1]


def test_probabilities_are_probabilities():
    scores = score_texts(model(), texts(50))
    assert scores.shape == (50, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    confidence = confidences(scores)
    assert ((confidence >= 1 / 3) & (confidence <= 1)).all()


def test_no_items_give_no_rows():
    assert score_texts(model(), []).shape == (0, 3)
    assert confidences(np.empty((0, 3), np.float32)).shape == (0,)


@pytest.mark.parametrize("name", ["linear", "hidden"])
def test_the_pool_and_its_texts_have_the_same_probabilities(monkeypatch, active: Loop, name: str):
    mine = train(active, name=name).model
    pool = score_texts(mine, active.pool_words.pool.texts.to_pylist())
    rows = pool_rows(active, mine.source)
    np.testing.assert_allclose(pool_probabilities(active, mine), pool, atol=1e-6)
    for chunk, workers in ((1, 1), (7, 2), (1000, 1)):
        monkeypatch.setattr(scoring, "CHUNK", chunk)
        np.testing.assert_allclose(probabilities(mine, rows, workers), pool, atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "hidden"])
def test_probabilities_are_those_of_the_rows_written_out(active: Loop, name: str):
    mine = train(active, name=name).model
    asked = ["flood hits the north coast", "", "court backs court"]
    row = mine.source.rows(asked).features()
    first = mine.network.first
    matrix = first.weights(mine.source.n_sparse)
    product = bag_sums(matrix.sparse, row.bags, row.values) + row.dense @ matrix.dense
    with torch.inference_mode():
        expected = mine.network(torch.from_numpy(product)).exp().numpy()
    np.testing.assert_allclose(score_texts(mine, asked), expected, atol=1e-6)

import numpy as np
import torch

from core import scoring
from core.features import Vocabulary
from core.model import Model, new_network
from core.scoring import confidences, probabilities, score_texts

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


def test_probabilities_are_probabilities():
    scores = score_texts(model(), texts(50))
    assert scores.shape == (50, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    confidence = confidences(scores)
    assert ((confidence >= 1 / 3) & (confidence <= 1)).all()


def test_no_items_give_no_rows():
    assert score_texts(model(), []).shape == (0, 3)
    assert confidences(np.empty((0, 3), np.float32)).shape == (0,)

"""Explanations: pushes that add up to the score, against integrals in small steps."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.features.vocabulary import Vocabulary
from core.models.explain import explain, score_weights
from core.models.model import Model
from core.models.networks import new_network
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.pool.text import words_of
from tests.conftest import headlines
from tests.features import test_pool_features

WORDS = ("flood", "hits", "town", "court", "opens")
LABELS = ("1", "0")


def a_model(labels: tuple[str, ...] = LABELS, seed: int = 3) -> Model:
    """A network with weights far from zero, so that hidden units open and close on the way."""
    network = new_network(len(WORDS), len(labels), seed)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(10)
    return Model("book", network, Vocabulary(WORDS), labels, seed)


def logits(model: Model, bag: torch.Tensor) -> torch.Tensor:
    """The network on a bag with fractions of words, `(n_words,)`; differentiable."""
    network = model.network
    return network.out(torch.relu(bag @ network.words.weight + network.bias))


def bag_of(text: str) -> torch.Tensor:
    return torch.tensor([float(words_of(text).count(word)) for word in WORDS])


def score(model: Model, text: str, label: str) -> float:
    weights = torch.from_numpy(score_weights(len(model.labels), model.labels.index(label)))
    return float(logits(model, bag_of(text)).detach() @ weights)


@pytest.mark.parametrize("labels", [LABELS, ("a", "b", "c")])
@given(text=st.lists(st.sampled_from([*WORDS, "unknown", "Flood"]), max_size=8).map(" ".join))
def test_base_and_pushes_add_up_to_the_score(labels: tuple[str, ...], text: str):
    model = a_model(labels)
    for label in labels:
        (explanation,) = explain(model, [text], [label])
        assert explanation.score == pytest.approx(score(model, text, label), abs=1e-3)
        assert explanation.base == pytest.approx(score(model, "", label), abs=1e-4)


def test_the_score_of_two_labels_is_the_log_odds():
    model = a_model()
    (explanation,) = explain(model, ["flood hits town"], ["1"])
    probability = torch.softmax(logits(model, bag_of("flood hits town")), dim=0)[0].item()
    assert explanation.score == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)


def test_pushes_are_the_integral_of_the_gradient():
    model, text = a_model(), "flood hits town flood"
    weights, bag = torch.from_numpy(score_weights(2, 0)), bag_of(text)
    steps, total = 4_000, torch.zeros(len(WORDS))
    for step in range(steps):
        point = (bag * (step + 0.5) / steps).requires_grad_()
        (gradient,) = torch.autograd.grad(logits(model, point) @ weights, point)
        total += gradient / steps
    (explanation,) = explain(model, [text], ["1"])
    for word, push in explanation.pieces:
        if word in WORDS:
            assert push == pytest.approx(float(total[WORDS.index(word)]), abs=2e-2)


@given(text=st.text(max_size=60))
def test_the_pieces_are_the_text(text: str):
    (explanation,) = explain(a_model(), [text], ["0"])
    assert "".join(piece for piece, _ in explanation.pieces) == text


def test_unknown_words_and_white_space_push_nowhere():
    (explanation,) = explain(a_model(), ["  mayor   flood "], ["1"])
    pushes = dict(explanation.pieces)
    assert [piece for piece, _ in explanation.pieces] == ["  ", "mayor", "   ", "flood", " "]
    assert pushes["mayor"] == pushes["  "] == 0
    assert pushes["flood"] != 0


ROWS = headlines(120)
SCRIPTS = [
    "東京で地震 flood",
    "  Flood,  FLOOD hits flood-hits\u3000",
    "กรุงเทพ ก\u0e31น",
    "naïve\u0301 x",
]


@pytest.fixture(scope="module", params=[2, 3])
def learned(request: pytest.FixtureRequest) -> Model:
    n_labels = request.param
    texts = [text for _, text, _ in ROWS] + SCRIPTS * 3
    truth = np.array([0 if label == "1" else 1 + at % (n_labels - 1)
                      for at, (_, _, label) in enumerate(ROWS)] + [0, 1] * 6)  # fmt: skip
    items = LabeledTexts(texts, truth, tuple("abc"[:n_labels]), 0)
    return learn("linear", test_pool_features.learn(texts), items, 0).model


def log_odds(model: Model, text: str, label: int) -> float:
    """From the probabilities: a logit but for what all labels' logits have in common."""
    logits = np.log(score_texts(model, [text])[0].astype(float))
    return float(logits @ score_weights(len(model.labels), label))


@given(
    text=st.one_of(
        st.sampled_from(SCRIPTS),
        st.lists(
            st.sampled_from(["flood", "Flood,", "flood-hits", "north", "unheard", "日本", "..."])
        ).map("  ".join),
        st.text(max_size=40),
    )
)
def test_pushes_on_a_feature_source_add_up_and_are_the_text(learned: Model, text: str):
    for label, value in enumerate(learned.labels):
        (explanation,) = explain(learned, [text], [value])
        assert "".join(piece for piece, _ in explanation.pieces) == text
        assert explanation.score == pytest.approx(log_odds(learned, text, label), abs=1e-4)
        assert explanation.base == pytest.approx(log_odds(learned, "", label), abs=1e-4)
        for piece, push in explanation.pieces:
            assert piece.strip() or push == pytest.approx(0, abs=1e-9)


def test_what_the_model_learned_pushes_most(learned: Model):
    text = "flood hits council roof"
    (explanation,) = explain(learned, [text], [learned.labels[0]])
    pushes = dict(explanation.pieces)
    assert max(pushes, key=pushes.get) in ("flood", "hits")
    assert pushes["flood"] + pushes["hits"] > 0 > pushes["council"] + pushes["roof"]


def test_words_without_spaces_between_them_are_pieces(learned: Model):
    (explanation,) = explain(learned, ["東京で地震 ก\u0e31น"], [learned.labels[0]])
    assert [piece for piece, _ in explanation.pieces] == [*"東京で地震", " ", "ก\u0e31", "น"]
    assert all(push for piece, push in explanation.pieces if piece != " ")

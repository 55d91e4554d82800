"""Explanations: pushes that add up to the score that the probabilities tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunError
from core.features.vocabulary import Vocabulary
from core.models.explain import explain, score_weights
from core.models.model import Model
from core.models.networks import new_network
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from tests.conftest import headlines
from tests.features import test_pool_features

LABELS = ("1", "0")


def a_model(labels: tuple[str, ...] = LABELS, seed: int = 3) -> Model:
    words = ("flood", "hits", "town", "court", "opens")
    return Model(
        "book", new_network(len(words), len(labels), seed), Vocabulary(words), labels, seed
    )


def test_book_does_not_tell_what_a_word_does():
    with pytest.raises(RunError, match="`book` does not tell what each word does"):
        explain(a_model(), ["flood"], ["1"])


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

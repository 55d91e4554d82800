"""Pushes of characters: each part's share, worked out one part at a time."""

import numpy as np
import pytest

from core.features.base import Weights
from core.features.pool_features import Space
from core.features.space_rows import character_pushes
from core.pool.tokens import words_and_ngrams
from tests.features.test_pool_features import TEXTS, learn, some_weights


@pytest.fixture(scope="module")
def space() -> Space:
    return learn(TEXTS)


def pushed(space: Space, text: str, weights: Weights, outputs: np.ndarray) -> np.ndarray:
    """What each character adds, `(n_characters,)`."""
    scales = space.rows([text]).texts.scales[0].astype(np.float64)
    return character_pushes(space, scales, text, weights, outputs)


def one_column(space: Space, column: int) -> Weights:
    """A matrix of zeros but for one sparse column, for one output."""
    sparse = np.zeros((space.n_sparse, 1), np.float32)
    sparse[column] = 1
    return Weights(sparse, np.zeros((space.n_dense, 1), np.float32))


def test_a_run_is_divided_among_the_characters_that_it_covers(space: Space):
    """One column with a weight: the run ` fl`, whose space is nobody's."""
    _, grams = words_and_ngrams(["flood"])
    column = len(space.words) + int(np.searchsorted(space.grams, grams.hashes[0]))
    pushes = pushed(space, "to flood", one_column(space, column), np.ones(1))
    assert pushes[[3, 4]] == pytest.approx(pushes[3])
    assert pushes[3] > 0
    assert not pushes[[0, 1, 2, 5, 6, 7]].any()


def test_a_word_that_stands_twice_shares_one_plus_ln_two(space: Space):
    word = int(space.rows(["flood"]).parts.words.ids[0])
    text = "flood hits FLOOD"
    pushes = pushed(space, text, one_column(space, word), np.ones(1))
    scale = space.rows([text]).texts.scales[0, 0]
    expected = scale * space.idf[word] * (1 + np.log(2))
    assert pushes[:5].sum() == pytest.approx(expected / 2)
    assert pushes[-5:].sum() == pytest.approx(expected / 2)


def test_pushes_add_up_to_the_product(space: Space):
    weights, outputs = some_weights(space), np.array([1.0, -0.5, 2.0])
    for text in TEXTS[:40] + TEXTS[-4:]:
        product = space.rows([text]).projection(weights)(0, 1)[0] @ outputs
        pushes = pushed(space, text, weights, outputs)
        assert pushes.shape == (len(text),)
        assert pushes.sum() == pytest.approx(product, abs=1e-4)

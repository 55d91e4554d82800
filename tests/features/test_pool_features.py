"""The feature source `pool`, against scikit-learn's tf-idf and sums written out."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import RunError
from core.features.base import Weights, bag_sums
from core.features.corpus_counts import count_texts
from core.features.pool_features import (
    SMOOTH,
    Space,
    load_space,
    space_of,
)
from core.features.space_rows import VECTOR_LENGTH, place
from core.features.vocabulary import Vocabulary
from core.pool.token_parts import tokens_of
from tests.conftest import headlines

TEXTS = [text for _, text, _ in headlines(300)] + [
    "Flood, flood: the FLOOD hits the north coast",
    "",
    "council's budget council's budget",
    "...",
]
TEXT = st.lists(
    st.sampled_from(["flood", "Flood,", "hits", "coast", "council", "unheard", "...", "日本"]),
    max_size=8,
).map(" ".join)


def learn(texts: list[str]) -> Space:
    return space_of(count_texts(*tokens_of(texts)))


@pytest.fixture(scope="module")
def space() -> Space:
    return learn(TEXTS)


def dense(space: Space, texts: list[str]) -> np.ndarray:
    """All columns of these texts, sparse ones first, `(n_texts, n_sparse + n_dense)`."""
    rows = space.rows(texts).features()
    columns = np.zeros((len(texts), space.n_sparse))
    for text in range(len(texts)):
        first, last = rows.bags.offsets[text : text + 2]
        np.add.at(columns[text], rows.bags.ids[first:last], rows.values[first:last])
    return np.concatenate([columns, rows.dense], axis=1)


@pytest.mark.parametrize("kind", ["words", "runs"])
def test_words_and_runs_are_scikit_learns_sublinear_tf_idf(space: Space, kind: str):
    ours = dense(space, TEXTS)[:, : space.n_sparse]
    if kind == "words":
        ours = ours[:, : len(space.words)]
        theirs = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True, min_df=2)
    else:
        ours = ours[:, len(space.words) :]
        theirs = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2
        )
    expected = theirs.fit_transform(TEXTS).toarray() * 0.5**0.5
    assert ours.shape == expected.shape
    # Columns stand in another order: texts have the same inner products, columns the same lengths.
    np.testing.assert_allclose(ours @ ours.T, expected @ expected.T, atol=1e-5)
    lengths = [np.sort(np.linalg.norm(columns, axis=0)) for columns in (ours, expected)]
    np.testing.assert_allclose(*lengths, atol=1e-5)


def test_a_meaning_is_the_weighted_mean_of_the_words_meanings(space: Space):
    found = dense(space, ["flood hits north"])[0, space.n_sparse :]
    counts = {word: sum(text.lower().split().count(word) for text in TEXTS) for word in
              ("hits", "north")}  # fmt: skip
    counts["flood"] = sum(text.lower().replace(",", "").replace(":", "").split().count("flood")
                          for text in TEXTS)  # fmt: skip
    total = sum(SMOOTH / r - SMOOTH for r in space.rarity)  # the frequencies, which add up to 1
    assert total == pytest.approx(1, abs=1e-3)
    expected = np.zeros(space.n_dense)
    for word in counts:
        at = int(space.rows([word]).parts.words.ids[0])
        frequency = SMOOTH / space.rarity[at] - SMOOTH
        assert space.rarity[at] == pytest.approx(SMOOTH / (SMOOTH + frequency))
        expected += space.rarity[at] * space.meanings[at].astype(float)
    expected *= VECTOR_LENGTH / np.linalg.norm(expected)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_text_has_the_same_numbers_in_the_pool_and_outside(space: Space):
    tokens, bags = tokens_of(TEXTS)
    pool = place(space, tokens, bags)
    outside = space.rows(TEXTS[100:150])
    np.testing.assert_allclose(pool.texts.scales[100:150], outside.texts.scales, atol=1e-6)
    weights = some_weights(space)
    inside = pool.projection(weights)(100, 150)
    np.testing.assert_allclose(inside, outside.projection(weights)(0, 50), atol=1e-6)


def some_weights(space: Space, n_outputs: int = 3) -> Weights:
    draw = np.random.default_rng(0)
    shapes = (space.n_sparse, n_outputs), (space.n_dense, n_outputs)
    return Weights(*(draw.standard_normal(shape).astype(np.float32) for shape in shapes))


@given(texts=st.lists(TEXT, max_size=6))
def test_the_projection_is_the_product_of_the_rows_written_out(space: Space, texts: list[str]):
    rows, weights = space.rows(texts), some_weights(space)
    features = rows.features()
    expected = bag_sums(weights.sparse, features.bags, features.values)
    expected += features.dense @ weights.dense
    found = rows.projection(weights)
    np.testing.assert_allclose(found(0, len(texts)), expected, atol=2e-5)
    for at in range(len(texts)):
        np.testing.assert_allclose(found(at, at + 1), expected[at : at + 1], atol=2e-5)


@given(text=TEXT)
def test_blocks_have_their_lengths_or_are_empty(space: Space, text: str):
    row = dense(space, [text])[0]
    blocks = np.split(row, [len(space.words), space.n_sparse])
    for block, wanted in zip(blocks, (0.5**0.5, 0.5**0.5, VECTOR_LENGTH), strict=True):
        length = np.linalg.norm(block)
        assert length == pytest.approx(wanted, abs=1e-5) or length == 0


def test_the_order_of_the_tokens_changes_nothing():
    tokens, bags = tokens_of(TEXTS)
    order = np.random.default_rng(0).permutation(len(tokens))
    place_of = np.argsort(order)
    shuffled = type(bags)(place_of[bags.ids].astype(np.int32), bags.offsets)
    other = space_of(count_texts([tokens[at] for at in order], shuffled))
    assert other.key == space_of(count_texts(tokens, bags)).key


def test_a_script_without_spaces_has_runs_words_and_meanings():
    texts = ["東京で地震が発生", "大阪で地震が発生", "東京で会議が開催", "大阪で会議が開催"] * 3
    space = learn(texts)
    pairs = {one + other for text in texts for one, other in pairwise(text)}
    assert len(space.words) == len({*"".join(texts), *pairs})
    assert len(space.grams) > 20
    assert np.abs(space.meanings.astype(float)).any()
    rows = dense(space, ["京都で地震", "会議を開催", "東京で地震が発生"])
    assert rows[0] @ rows[2] > 2 * (rows[1] @ rows[2])


def test_a_pool_without_words_teaches_nothing():
    for texts in ([], ["", "..."], ["once only"]):
        space = learn(texts)
        assert (space.n_sparse, len(space.words)) == (0, 0)
        assert dense(space, ["some text"]).tolist() == [[0.0] * space.n_dense]
        assert space.known(["some"]) == set()


def test_a_token_is_known_by_all_of_its_words(space: Space):
    asked = ["Flood,", "unheard", "flood-unheard", "flood-hits", "..."]
    assert space.known(asked) == {"Flood,", "flood-hits"}
    assert Vocabulary(("Flood,",)).known(asked) == {"Flood,"}


def test_a_saved_space_is_the_same(tmp_path: Path):
    space = learn(TEXTS)
    space.saved(tmp_path / "models")
    loaded = load_space(tmp_path / "models", space.key)
    assert loaded.key == space.key
    assert (loaded.rows(TEXTS).texts.scales == space.rows(TEXTS).texts.scales).all()


def test_a_space_that_is_there_is_not_written_again(tmp_path: Path):
    space = learn(TEXTS)
    space.saved(tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    space.saved(tmp_path)
    assert file.stat().st_mtime_ns == before


def test_content_under_another_name_is_refused(tmp_path: Path):
    space, other = learn(TEXTS), learn(TEXTS[:100])
    space.saved(tmp_path)
    (tmp_path / f"{space.key}.space").rename(tmp_path / f"{other.key}.space")
    with pytest.raises(ValueError, match="not what the file's name says"):
        load_space(tmp_path, other.key)


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "g" * 32, "a" * 31])
def test_what_is_no_key_is_refused(tmp_path: Path, key: str):
    with pytest.raises(ValueError, match="no key"):
        load_space(tmp_path, key)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "models").write_text("a file where a folder should be")
    with pytest.raises(RunError, match="cannot be written"):
        learn(TEXTS).saved(tmp_path / "models")

"""Meanings: the decomposition against numpy's of the dense matrix."""

import numpy as np

from core.features import word_vectors
from core.features.corpus_counts import WINDOW, count_pairs
from core.features.word_vectors import DIMENSIONS, SMOOTHING, learn_word_vectors
from core.pool.bags import Bags
from core.pool.counts import no_counts


def bags(texts: list[list[int]]) -> Bags:
    ids = np.array([word for text in texts for word in text], np.int32)
    return Bags(ids, np.cumsum([0, *map(len, texts)]).astype(np.int64))


def some_texts(number: int, n_words: int, seed: int = 0) -> list[list[int]]:
    draw = np.random.default_rng(seed)
    return [draw.zipf(1.5, draw.integers(0, 9)) % n_words for _ in range(number)]


def dense_information(texts: list[list[int]], n_words: int) -> np.ndarray:
    """Levy, Goldberg and Dagan's formula, word by word."""
    counts = np.zeros((n_words, n_words))
    for text in texts:
        for at, word in enumerate(text):
            for other in text[at + 1 : at + 1 + WINDOW]:
                counts[word, other] += 1
                counts[other, word] += 1
    context = counts.sum(axis=0) ** SMOOTHING
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = counts / counts.sum()
        apart = np.outer(counts.sum(axis=1) / counts.sum(), context / context.sum())
        return np.nan_to_num(np.maximum(np.log(joint / apart), 0))


def learn(texts: list[list[int]], occurrences: np.ndarray) -> np.ndarray:
    pairs = count_pairs([bags(texts)], len(occurrences))
    return learn_word_vectors(pairs, occurrences).astype(float)


def test_vectors_are_singular_vectors_times_values():
    texts = some_texts(4_000, 300)
    occurrences = np.bincount(np.concatenate(texts), minlength=300)
    found = learn(texts, occurrences)
    assert found.shape == (300, DIMENSIONS)
    left, values, _ = np.linalg.svd(dense_information(texts, 300))
    expected = left * values
    scale = np.abs(found[:, 0]).max() / np.abs(expected[:, 0]).max()
    for column in range(4):
        cosine = abs(found[:, column] @ expected[:, column]) / (
            np.linalg.norm(found[:, column]) * np.linalg.norm(expected[:, column])
        )
        assert cosine > 0.99, column
    lengths = np.linalg.norm(found, axis=0) / scale
    np.testing.assert_allclose(lengths[:20], values[:20], rtol=0.03)
    assert (found[np.abs(found).argmax(axis=0), np.arange(DIMENSIONS)] > 0).all()


def test_fewer_words_than_dimensions_leave_columns_of_zeros():
    texts = some_texts(300, 20)
    occurrences = np.bincount(np.concatenate(texts), minlength=20)
    found = learn(texts, occurrences)
    expected = dense_information(texts, 20)
    # All of the matrix is kept: the vectors' inner products are its own.
    gram = expected @ expected.T
    ours = found @ found.T
    np.testing.assert_allclose(ours / np.abs(ours).max(), gram / np.abs(gram).max(), atol=2e-3)
    assert not found[:, 20:].any()


def test_words_beyond_the_contexts_are_known_by_the_contexts(monkeypatch):
    monkeypatch.setattr(word_vectors, "CONTEXTS", 40)
    texts = some_texts(2_000, 100)
    occurrences = np.bincount(np.concatenate(texts), minlength=100)
    rare = np.argsort(-occurrences, kind="stable")[40:]
    found = learn(texts, occurrences)
    assert np.abs(found[rare]).any(axis=1).mean() > 0.9
    assert not found[:, 40:].any()


def test_blocks_change_nothing(monkeypatch):
    texts = some_texts(2_000, 100)
    occurrences = np.bincount(np.concatenate(texts), minlength=100)
    monkeypatch.setattr(word_vectors, "CONTEXTS", 40)
    expected = learn(texts, occurrences)
    monkeypatch.setattr(word_vectors, "PAIRS_AT_ONCE", 30)
    assert np.array_equal(learn(texts, occurrences), expected)


def test_no_texts_and_lonely_words_have_no_meaning():
    assert learn_word_vectors(no_counts(), np.zeros(0, np.int64)).shape == (0, DIMENSIONS)
    assert not learn([[0], [1]], np.ones(2, np.int64)).any()

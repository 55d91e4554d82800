import math
from collections import Counter

import numpy as np
import pytest

from core.features.vocabulary import DIMENSIONS, SEED, pool_vectors, training_vectors
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines, write_csv


def by_hand(snapshot: Snapshot, text: str) -> np.ndarray:
    """1 + log tf, times idf, times the projection; word by word in float64."""
    words = snapshot.pool_words.words.to_pylist()
    rows = np.random.default_rng(SEED).integers(0, 6, (len(words), DIMENSIONS), np.int8)
    texts = snapshot.pool_words.pool.texts.to_pylist()
    counted = [set(t.split()) for t, out in zip(texts, snapshot.held_out, strict=True) if not out]
    total = np.zeros(DIMENSIONS)
    for word, count in Counter(text.split()).items():
        if word in words:
            idf = math.log((1 + len(counted)) / (1 + sum(word in w for w in counted))) + 1
            row = rows[words.index(word)]
            total += (1 + math.log(count)) * idf * ((row == 5) * 1.0 - (row == 0))
    return total / (np.linalg.norm(total) or 1)


@pytest.fixture
def snapshot(make_workspace: MakeWorkspace) -> Snapshot:
    items = headlines(40)
    labels = {
        ("evaluation", "0"): items[:5],
        ("training", "1"): [("x", "flood flood strange-word hits", "1"), ("y", "qqq", "1")],
    }
    workspace = make_workspace([item[:2] for item in items], labels)
    write_csv(workspace.path / "unlabeled_data" / "odd.csv", [("e", ""), ("r", "roof roof roof")])
    return read_snapshot(workspace)


def test_pool_vectors_are_those_by_hand(snapshot: Snapshot):
    found = pool_vectors(snapshot)
    assert found.shape == (42, DIMENSIONS)
    assert found.dtype == np.float32
    for item, text in enumerate(snapshot.pool_words.pool.texts.to_pylist()):
        np.testing.assert_allclose(found[item], by_hand(snapshot, text), atol=1e-6)


def test_training_vectors_are_those_by_hand(snapshot: Snapshot):
    texts = [item.text for item in snapshot.labels.usable_training]
    assert sorted(texts) == ["flood flood strange-word hits", "qqq"]
    for found, text in zip(training_vectors(snapshot), texts, strict=True):
        np.testing.assert_allclose(found, by_hand(snapshot, text), atol=1e-6)


def test_lengths_are_one_or_zero(snapshot: Snapshot):
    lengths = np.linalg.norm(pool_vectors(snapshot), axis=1)
    texts = snapshot.pool_words.pool.texts.to_pylist()
    assert lengths == pytest.approx([1.0 if text else 0.0 for text in texts], abs=1e-6)


def test_a_held_out_item_does_not_change_how_rare_a_word_is(make_workspace: MakeWorkspace):
    pool = [("a", "flood road"), ("b", "road roof"), ("c", "flood flood")]
    without = read_snapshot(make_workspace(pool))
    held_out = read_snapshot(
        make_workspace(pool, {("evaluation", "0"): [("c", "flood flood", "0")]})
    )
    assert not np.allclose(pool_vectors(without)[0], pool_vectors(held_out)[0])


def test_a_workspace_without_training_items_has_no_training_vectors(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([("a", "flood road")]))
    assert training_vectors(snapshot).shape == (0, DIMENSIONS)


def test_similar_texts_have_similar_vectors(make_workspace: MakeWorkspace):
    texts = ["council backs new road plan", "council backs road plan", "quake hits island school"]
    filler = [(f"f{at}", text) for at, (_, text, _) in enumerate(headlines(300))]
    pool = [(str(at), text) for at, text in enumerate(texts)]
    vectors = pool_vectors(read_snapshot(make_workspace(pool + filler)))
    assert vectors[0] @ vectors[1] > 0.6 > 0.4 > abs(vectors[0] @ vectors[2])

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sampling.diversity import (
    DRAWN,
    MOST,
    SAME,
    diverse,
    first_of_copies,
    k_means,
    representative,
)


def unit(rows: np.ndarray) -> np.ndarray:
    """The rows with length 1, or 0 where they are 0."""
    rows = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def drawn(number: int, seed: int) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=(number, 4)))


def every(number: int) -> np.ndarray:
    return np.ones(number, bool)


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 99))
def test_each_item_is_in_the_cluster_of_its_nearest_center(number, clusters, seed):
    """Where the rounds have come to rest, each center is the mean of the items nearest to it."""
    vectors = drawn(number, seed)
    found = k_means(vectors, clusters, draw(seed))
    assert found.min() >= 0
    assert found.max() < clusters
    centers = {at: vectors[found == at].mean(axis=0) for at in set(found.tolist())}
    for item, at in enumerate(found.tolist()):
        distances = {other: ((vectors[item] - c) ** 2).sum() for other, c in centers.items()}
        assert distances[at] <= min(distances.values()) + 1e-5


def test_clusters_are_found_where_there_are_some():
    centers = unit(np.eye(4))
    truth = np.repeat(np.arange(4), 25)
    noise = np.random.default_rng(3).normal(scale=0.05, size=(100, 4))
    found = k_means(unit(centers[truth] + noise), 4, draw())
    assert len({(a, b) for a, b in zip(truth.tolist(), found.tolist(), strict=True)}) == 4


def test_more_clusters_than_items_are_no_fault():
    assert sorted(k_means(drawn(3, 0), 9, draw()).tolist()) == [0, 1, 2]
    assert k_means(unit(np.ones((5, 2))), 3, draw()).shape == (5,)
    assert k_means(drawn(0, 0), 3, draw()).shape == (0,)


@given(st.integers(0, 25), st.integers(0, 99))
def test_copies_are_those_of_an_item_that_was_kept_before(number, seed):
    vectors = unit(np.random.default_rng(seed).integers(-2, 3, (number, 2)))
    kept: list[int] = []
    for item in range(number):
        if all(float(vectors[item] @ vectors[other]) <= SAME for other in kept):
            kept.append(item)
    assert first_of_copies(vectors).tolist() == kept


@given(st.integers(0, 60), st.integers(0, 12), st.integers(0, 99))
def test_diverse_takes_the_least_certain_item_of_each_cluster(number, asked, seed):
    """Step by step as the docstring tells it, with lists."""
    vectors = unit(np.random.default_rng(seed).integers(-2, 3, (number, 3)))
    confidence = np.random.default_rng(seed + 1).uniform(0.5, 1, number).round(1)
    found = diverse(confidence, vectors, every(number), asked, draw(seed))
    unsure = sorted(range(number), key=lambda item: (confidence[item], item))[: DRAWN * asked]
    kept: list[int] = []
    for item in unsure:
        if all(float(vectors[item] @ vectors[other]) <= SAME for other in kept):
            kept.append(item)
    clusters = k_means(vectors[kept], asked, draw(seed)).tolist()
    best: dict[int, int] = {}
    for item, cluster in zip(kept, clusters, strict=True):
        best.setdefault(cluster, item)
    others = [item for item in kept if item not in best.values()]
    copies = [item for item in unsure if item not in kept]
    expected = [*best.values(), *others, *copies][:asked]
    assert found.indices.tolist() == sorted(expected, key=unsure.index)
    assert found.scores.tolist() == pytest.approx([confidence[at] for at in found.indices])


def test_copies_are_taken_only_when_nothing_else_is_left():
    vectors = unit(np.array([[1, 0], [1, 0], [1, 0], [0, 1], [-1, 0]]))
    confidence = np.array([0.5, 0.51, 0.52, 0.8, 0.9])
    assert diverse(confidence, vectors, every(5), 3, draw()).indices.tolist() == [0, 3, 4]
    assert diverse(confidence, vectors, every(5), 4, draw()).indices.tolist() == [0, 1, 3, 4]


def test_a_large_batch_is_taken_from_a_bounded_number_of_candidates():
    number = 2 * MOST
    confidence = np.linspace(0.5, 1, number)
    found = diverse(confidence, drawn(number, 0), every(number), MOST // 2, draw())
    assert len(found) == MOST // 2
    assert found.indices.max() < MOST


@given(st.integers(0, 15), st.integers(0, 6), st.integers(0, 18), st.integers(0, 99))
def test_representative_is_the_greedy_one(number, n_training, asked, seed):
    """Every pair of items is compared anew for every pick."""
    vectors, training = drawn(number, seed), list(drawn(n_training, seed + 1))
    candidates = np.random.default_rng(seed + 2).random(number) < 0.8
    found = representative(vectors, unit(np.reshape(training, (-1, 4))), candidates, asked)
    items = np.flatnonzero(candidates).tolist()
    open_items = set(items)
    for pick, score in zip(found.indices.tolist(), found.scores, strict=True):

        def similarity(item: int, others: list[np.ndarray]) -> float:
            return sum(float(vectors[item] @ other) for other in others) / max(len(others), 1)

        fresh = {
            item: similarity(item, training) - similarity(item, [vectors[at] for at in items])
            for item in open_items
        }
        assert score == pytest.approx(fresh[pick], abs=1e-5)
        assert score <= min(fresh.values()) + 1e-5
        open_items.remove(pick)
        training.append(vectors[pick])
    assert len(found) == min(asked, len(items))


def test_representative_goes_where_the_pool_is_and_the_training_data_is_not():
    north, east = [0, 1], [1, 0]
    vectors = unit(np.array([north] * 5 + [east] * 5 + [[-1, -1]]))
    found = representative(vectors, unit(np.array([east] * 4)), every(11), 2)
    assert found.indices.tolist() == [0, 1]

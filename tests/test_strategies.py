from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features import Bags, Vocabulary
from core.strategies import Ranked, low_confidence, outlier, random

WORDS = tuple("abcdefgh")
ITEMS = st.lists(st.lists(st.sampled_from(WORDS), max_size=5), max_size=14)
COUNTS = st.lists(st.integers(0, 4), min_size=len(WORDS), max_size=len(WORDS))


def bags_of(items: list[list[str]]) -> Bags:
    return Vocabulary(WORDS).bags([" ".join(item) for item in items])


def greedy(items: list[list[str]], counts: dict[str, int], number: int) -> list[tuple[int, float]]:
    """The chapter's `get_outliers`, word for word: every item is looked at for every pick."""
    counts, picks, open_items = dict(counts), [], set(range(len(items)))
    while len(picks) < number and open_items:
        scores = {
            item: (1 + sum(counts[word] for word in items[item])) / len(items[item])
            if items[item]
            else float("inf")
            for item in open_items
        }
        best = min(open_items, key=lambda item: (scores[item], item))
        picks.append((best, scores[best]))
        open_items.remove(best)
        for word in items[best]:
            counts[word] += 1
    return picks


@given(ITEMS, COUNTS, st.integers(0, 16))
def test_lazy_outliers_are_the_greedy_ones(items, counts, number):
    found = outlier(bags_of(items), np.array(counts), np.ones(len(items), bool), number)
    expected = greedy(items, dict(zip(WORDS, counts, strict=True)), number)
    assert list(zip(found.indices.tolist(), found.scores.tolist(), strict=True)) == expected


def test_each_picks_words_count_at_once():
    # Two items share their new words: the second of them is no news after the first.
    found = outlier(bags_of([["a", "b"], ["a", "b"], ["c", "d"]]), np.zeros(8, int), every(3), 2)
    assert found.indices.tolist() == [0, 2]


def test_outliers_leave_the_callers_counts_alone():
    counts = np.zeros(8, int)
    outlier(bags_of([["a"]]), counts, every(1), 1)
    assert not counts.any()


@given(st.lists(st.sampled_from([0.5, 0.6, 0.7, 1.0]), max_size=20), st.integers(0, 22))
def test_lowest_confidence_is_a_full_sort(confidence, number):
    found = low_confidence(np.array(confidence, np.float32), every(len(confidence)), number)
    expected = sorted(range(len(confidence)), key=lambda item: (confidence[item], item))
    assert found.indices.tolist() == expected[:number]


def test_a_random_draw_is_uniform():
    hits = np.zeros(10)
    for seed in range(2000):
        hits[random(every(10), 3, np.random.default_rng(seed)).indices] += 1
    # 600 expected each, standard deviation 20.5.
    assert np.abs(hits - 600).max() < 100


def test_a_random_key_does_not_depend_on_what_is_labeled():
    all_items = random(every(50), 50, np.random.default_rng(1))
    without = every(50)
    without[all_items.indices[:5]] = False
    fewer = random(without, 45, np.random.default_rng(1))
    assert fewer.indices.tolist() == all_items.indices[5:].tolist()


def every(number: int) -> np.ndarray:
    return np.ones(number, bool)


def run_random(candidates: np.ndarray, number: int) -> Ranked:
    return random(candidates, number, np.random.default_rng(4))


def run_low_confidence(candidates: np.ndarray, number: int) -> Ranked:
    confidence = np.random.default_rng(5).uniform(0.5, 1, len(candidates)).round(1)
    return low_confidence(confidence, candidates, number)


def run_outlier(candidates: np.ndarray, number: int) -> Ranked:
    draw = np.random.default_rng(6)
    items = [list(draw.choice(WORDS, draw.integers(0, 4))) for _ in candidates]
    return outlier(bags_of(items), draw.integers(0, 3, 8), candidates, number)


@pytest.mark.parametrize("strategy", [run_random, run_low_confidence, run_outlier])
class TestEveryStrategy:
    """The laws that hold for all of them."""

    Strategy = Callable[[np.ndarray, int], Ranked]

    @pytest.mark.parametrize("number", [0, 1, 7, 40, 99])
    def test_gives_distinct_candidates_and_exact_counts(self, strategy: Strategy, number: int):
        candidates = np.random.default_rng(7).random(60) < 0.6
        found = strategy(candidates, number)
        assert len(found) == len(found.scores) == min(number, candidates.sum())
        assert len(set(found.indices.tolist())) == len(found)
        assert candidates[found.indices].all()

    def test_gives_the_same_for_the_same_arguments(self, strategy: Strategy):
        first, second = strategy(every(30), 9), strategy(every(30), 9)
        assert first.indices.tolist() == second.indices.tolist()
        assert first.scores.tolist() == second.scores.tolist()

    def test_gives_nothing_of_an_empty_pool(self, strategy: Strategy):
        assert len(strategy(every(0), 5)) == 0
        assert len(strategy(~every(5), 5)) == 0

    def test_ranks_the_lowest_score_first(self, strategy: Strategy):
        scores = strategy(every(40), 20).scores
        assert (np.diff(scores) >= 0).all()

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.features.vocabulary import Vocabulary
from core.pool.bags import Bags
from core.sampling.strategies import (
    entropy,
    low_confidence,
    margin,
    most_likely_positive,
    novel_words,
    outlier,
    random,
    ratio,
    stratified,
    underrepresented_words,
)

WORDS = tuple("abcdefgh")
ITEMS = st.lists(st.lists(st.sampled_from(WORDS), max_size=5), max_size=14)
COUNTS = st.lists(st.integers(0, 4), min_size=len(WORDS), max_size=len(WORDS))


def every(number: int) -> np.ndarray:
    return np.ones(number, bool)


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


@pytest.mark.parametrize("strategy", [outlier, novel_words])
def test_a_large_pool_is_emptied_in_order(strategy):
    """Of 120,000 items, none of which has a word of another, no pick changes a score."""
    counts = np.random.default_rng(2).integers(0, 5, 240_000)
    bags = Bags(np.arange(240_000, dtype=np.int32), np.arange(0, 240_001, 2))
    found = strategy(bags, counts, every(120_000), 30_000)
    pairs = counts.reshape(-1, 2)
    known = (pairs > 0).sum(axis=1)
    scores = (1 + pairs.sum(axis=1)) / 2 if strategy is outlier else known / 3 - (2 - known)
    expected = np.argsort(scores, kind="stable")[:30_000]
    assert found.indices.tolist() == expected.tolist()
    assert found.scores.tolist() == scores[expected].tolist()


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


def novelty(item: list[str], known: set[str], at: int) -> tuple[bool, int, int, int]:
    words = set(item)
    return not words, -len(words - known), len(words & known), at


@given(ITEMS, COUNTS, st.integers(0, 16))
def test_novel_words_are_the_greedy_ones(items, counts, number):
    """Word for word: every item is looked at for every pick."""
    found = novel_words(bags_of(items), np.array(counts), every(len(items)), number)
    known = {word for word, count in zip(WORDS, counts, strict=True) if count}
    picks, open_items = [], set(range(len(items)))
    while len(picks) < number and open_items:
        best = min(open_items, key=lambda item: novelty(items[item], known, item))
        picks.append(best)
        open_items.remove(best)
        known |= set(items[best])
    assert found.indices.tolist() == picks
    assert (np.diff(found.scores[np.isfinite(found.scores)]) >= 0).all()


def test_a_score_of_novel_words_counts_them():
    found = novel_words(bags_of([["a", "b", "c", "c"]]), np.array([1] + [0] * 7), every(1), 1)
    assert found.scores.tolist() == [-2 + 1 / 4]


@given(ITEMS, COUNTS, st.integers(0, 16))
def test_underrepresented_words_are_a_full_sort(items, counts, number):
    in_pool = Counter(word for item in items for word in item)
    in_training = dict(zip(WORDS, counts, strict=True))
    total, taught = sum(in_pool.values()), sum(counts)
    assume(total)

    def score(item: list[str]) -> float:
        ratios = [(1 + in_training[w]) / (1 + taught * in_pool[w] / total) for w in item]
        return sum(map(math.log, ratios)) / len(item) if item else math.inf

    pool_counts = np.array([in_pool[word] for word in WORDS])
    found = underrepresented_words(
        bags_of(items), np.array(counts), pool_counts, every(len(items)), number
    )
    expected = sorted(map(score, items))[:number]
    assert found.scores.tolist() == pytest.approx(expected)
    assert [score(items[at]) for at in found.indices] == pytest.approx(expected)


def test_a_word_that_is_rare_everywhere_is_not_underrepresented():
    # `a` is a tenth of the pool, `h` was once mistyped; neither occurs in the training data.
    pool_counts = np.array([100, 0, 0, 0, 0, 0, 899, 1])
    training_counts = np.array([0, 0, 0, 0, 0, 0, 100, 0])
    items = bags_of([["h"], ["a"], ["g"]])
    found = underrepresented_words(items, training_counts, pool_counts, every(3), 3)
    assert found.indices.tolist() == [1, 0, 2]
    assert found.scores[0] == pytest.approx(-math.log(11))
    assert abs(found.scores[1]) < 0.1


PROBABILITIES = st.lists(
    st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any), min_size=1, max_size=20
)


def shares(rows: list[list[int]]) -> np.ndarray:
    table = np.array(rows, np.float32)
    return table / table.sum(axis=1, keepdims=True)


def by_hand(strategy: object, row: np.ndarray) -> float:
    second, first = sorted(map(float, row))[-2:]
    if strategy is margin:
        return first - second
    if strategy is ratio:
        return 1 - second / first
    return 1 + sum(float(p) * math.log(p) for p in row if p) / math.log(len(row))


@pytest.mark.parametrize("strategy", [margin, ratio, entropy])
@given(PROBABILITIES, st.integers(0, 22))
def test_uncertainty_is_a_full_sort(strategy, rows, number):
    probability = shares(rows)
    found = strategy(probability, every(len(rows)), number)
    expected = sorted(by_hand(strategy, row) for row in probability)[:number]
    assert found.scores.tolist() == pytest.approx(expected, abs=1e-9)
    chosen = [by_hand(strategy, row) for row in probability[found.indices]]
    assert chosen == pytest.approx(expected, abs=1e-9)
    assert -1e-6 < min(found.scores, default=0) <= max(found.scores, default=0) < 1 + 1e-6


def test_with_two_labels_all_uncertainties_agree():
    first = np.random.default_rng(1).permutation(np.linspace(0.02, 0.97, 40))
    probability = np.stack([first, 1 - first], axis=1)
    expected = low_confidence(probability.max(axis=1), every(40), 15).indices.tolist()
    for strategy in (margin, ratio, entropy):
        assert strategy(probability, every(40), 15).indices.tolist() == expected


def test_with_three_labels_they_differ():
    probability = np.array([[0.50, 0.49, 0.01], [0.48, 0.30, 0.22], [0.60, 0.20, 0.20]])
    first = {
        "low confidence": low_confidence(probability.max(axis=1), every(3), 1),
        "margin": margin(probability, every(3), 1),
        "entropy": entropy(probability, every(3), 1),
    }
    assert {name: found.indices.tolist() for name, found in first.items()} == {
        "low confidence": [1],
        "margin": [0],
        "entropy": [1],
    }
    # A smaller difference, but a larger part of the first: 0.10 of 0.38 beside 0.12 of 0.55.
    torn = np.array([[0.38, 0.28, 0.34 - 0.06], [0.55, 0.43, 0.02]])
    assert margin(torn, every(2), 1).indices.tolist() == [0]
    assert ratio(torn, every(2), 1).indices.tolist() == [1]


@given(st.lists(st.sampled_from([0.0, 0.3, 0.9, 1.0]), max_size=20), st.integers(0, 22))
def test_most_likely_positive_is_a_full_sort(positive, number):
    found = most_likely_positive(np.array(positive), every(len(positive)), number)
    expected = sorted(range(len(positive)), key=lambda item: (-positive[item], item))
    assert found.indices.tolist() == expected[:number]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(0, 45), st.integers(0, 9))
def test_strata_take_turns(strata, number, seed):
    """As cards are dealt: nobody gets a further one while another, who still could, has fewer."""
    found = stratified(np.array(strata), every(len(strata)), number, np.random.default_rng(seed))
    sizes, dealt = Counter(strata), Counter(strata[at] for at in found.indices)
    assert sum(dealt.values()) == min(number, len(strata))
    most = max(dealt.values(), default=0)
    assert all(dealt[stratum] >= min(most - 1, sizes[stratum]) for stratum in sizes)
    turns = np.floor(found.scores).astype(int).tolist()
    order = Counter()
    for at, turn in zip(found.indices, turns, strict=True):
        assert turn == order[strata[at]]
        order[strata[at]] += 1


def test_a_stratum_is_drawn_from_uniformly_and_the_last_turn_is_fair():
    strata = np.array([0] * 6 + [1] * 3)
    items, turns = np.zeros(9), np.zeros(2)
    for seed in range(3000):
        found = stratified(strata, every(9), 3, np.random.default_rng(seed)).indices
        items[found] += 1
        turns[strata[found[-1]]] += 1
    # The third pick is either stratum's: 1,500 each, standard deviation 27; 1.5 items of each.
    assert np.abs(turns - 1500).max() < 140
    assert np.abs(items[:6] - 750).max() < 130
    assert np.abs(items[6:] - 1500).max() < 140

import tracemalloc
from collections import Counter
from itertools import combinations, permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import cohen_kappa_score, f1_score

from core.evaluation.agreement import (
    Agreement,
    Ratings,
    agreement,
    confusions,
    half_width,
    label_agreement,
    unlike_the_others,
)
from core.evaluation.intervals import Interval, wilson

N_ANSWERS = 4
FEW = 20
"""Replicates where nobody looks at the ends of a bootstrap."""

CODES = st.tuples(st.integers(1, 8), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(-1, N_ANSWERS - 1))
)
HAS = arrays(np.bool_, N_ANSWERS)

KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 - - -
1 2 3 3 2 2 4 1 2 5 - 3
- 3 3 3 2 3 4 2 2 5 1 -
1 2 3 3 2 4 4 1 2 5 1 -
"""
"""Twelve items, of four people each a line: the example of Krippendorff's and Gwet's books."""


def ratings(codes: np.ndarray, n_answers: int = N_ANSWERS) -> Ratings:
    n_items, n_people = codes.shape
    return Ratings(
        tuple(f"item {place}" for place in range(n_items)),
        tuple("abcdefghijklmnop"[:n_people]),
        tuple(f"answer {place}" for place in range(n_answers)),
        codes.astype(np.int64),
    )


def said(codes: np.ndarray) -> list[list[int]]:
    """What was said of each item that two people or more rated."""
    rows = [[code for code in row if code >= 0] for row in codes.tolist()]
    return [row for row in rows if len(row) >= 2]


def agreeing(row: list[int]) -> float:
    """The share of an item's pairs of people who agree."""
    return float(np.mean([one == other for one, other in combinations(row, 2)]))


def gwet(codes: np.ndarray, n_answers: int = N_ANSWERS) -> float:
    """AC1, written out."""
    rows = said(codes)
    shares = [np.mean([row.count(k) / len(row) for row in rows]) for k in range(n_answers)]
    chance = sum(share * (1 - share) for share in shares) / (n_answers - 1)
    return (np.mean([agreeing(row) for row in rows]) - chance) / (1 - chance)


def simulated(n_items: int, seed: int, prevalence=(0.5, 0.3, 0.2)) -> Ratings:
    """Four people who are right of 70 to 95 in 100, else guess; a fifth of the ratings missing.

    A tenth of the items are so hard that all guess, so that people err together.
    """
    draw, n_answers = np.random.default_rng(seed), len(prevalence)
    truth, is_hard = draw.choice(n_answers, n_items, p=prevalence), draw.random(n_items) < 0.1
    columns = []
    for skill in (0.95, 0.9, 0.8, 0.7):
        knows = (draw.random(n_items) < skill) & ~is_hard
        columns.append(np.where(knows, truth, draw.choice(n_answers, n_items, p=prevalence)))
    codes = np.stack(columns, axis=1)
    return ratings(np.where(draw.random(codes.shape) < 0.2, -1, codes), n_answers)


# How far people agree


@given(CODES)
def test_percent_and_ac1_are_what_counting_pairs_gives(codes):
    found, rows = agreement(ratings(codes), FEW), said(codes)
    raters = {p for row in codes if (row >= 0).sum() >= 2 for p in np.flatnonzero(row >= 0)}
    assert (found.n_items, found.n_people) == (len(rows), len(raters))
    if not rows:
        assert found == Agreement(0, 0, None, None, None, ())
        return
    assert found.percent.value == pytest.approx(np.mean([agreeing(row) for row in rows]))
    assert found.ac1.value == pytest.approx(gwet(codes))


@given(CODES)
def test_alpha_is_that_of_the_package_krippendorff(codes):
    found = agreement(ratings(codes), FEW)
    if len({code for row in said(codes) for code in row}) < 2:
        assert found.alpha is None
        return
    rows = codes[(codes >= 0).sum(axis=1) >= 2]
    table = np.where(rows >= 0, rows, np.nan).T
    expected = krippendorff.alpha(table, level_of_measurement="nominal")
    assert found.alpha.value == pytest.approx(expected)


def test_the_examples_of_the_books_give_what_the_books_say():
    """Alpha 0.743 and AC1 0.775; for two people's table of 100 items kappa 0.796, AC1 0.849."""
    lines = [line.split() for line in KRIPPENDORFF.strip().splitlines()]
    codes = np.array([[-1 if code == "-" else int(code) - 1 for code in line] for line in lines]).T
    four = agreement(ratings(codes, 5))
    assert (four.n_items, four.n_people) == (11, 4)
    assert four.percent.value == pytest.approx(0.8182, abs=5e-5)
    assert four.alpha.value == pytest.approx(0.7434, abs=5e-5)
    assert four.ac1.value == pytest.approx(0.775, abs=5e-4)
    cells = {(0, 0): 13, (1, 1): 20, (1, 2): 7, (2, 1): 4, (2, 2): 56}
    two = agreement(ratings(np.repeat(list(cells), list(cells.values()), axis=0), 3))
    assert two.percent.value == pytest.approx(0.89)
    assert two.pairs[0].kappa == pytest.approx(0.7964094, abs=5e-8)
    assert two.alpha.value == pytest.approx(0.7972585, abs=5e-8)
    assert two.ac1.value == pytest.approx(0.8493305, abs=5e-8)


@given(CODES)
def test_each_pair_of_people_is_scikit_learns(codes):
    found = {(pair.a, pair.b): pair for pair in agreement(ratings(codes), FEW).pairs}
    people = ratings(codes).people
    for a, b in combinations(range(len(people)), 2):
        both = codes[(codes[:, a] >= 0) & (codes[:, b] >= 0)]
        pair = found.pop((people[a], people[b]), None)
        assert (pair is None) == (not len(both))
        if not len(both):
            continue
        first, second = both[:, a], both[:, b]
        assert pair.n == len(both)
        assert pair.percent == wilson(int((first == second).sum()), len(both))
        if len({*first.tolist(), *second.tolist()}) == 1:
            assert pair.kappa is None
        else:
            assert pair.kappa == pytest.approx(cohen_kappa_score(first, second))
    assert not found


@given(CODES, HAS)
def test_the_agreement_on_a_label_is_scikit_learns_f_score_of_all_ordered_pairs(codes, has):
    pairs = [pair for row in said(codes) for pair in permutations(row, 2)]
    first, second = has[np.array(pairs, int).reshape(-1, 2)].T
    found = label_agreement(ratings(codes), has)
    if not first.any():
        assert found is None
    else:
        assert found.value == pytest.approx(f1_score(first, second))
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high


@given(CODES)
def test_confusions_are_counted_both_ways(codes):
    expected = Counter(pair for row in said(codes) for pair in permutations(row, 2))
    found = confusions(ratings(codes))
    assert found.shape == (N_ANSWERS, N_ANSWERS)
    assert {(a, b): found[a, b] for a, b in zip(*found.nonzero(), strict=True)} == expected
    for label, row in enumerate(found):
        if row.sum():
            shared = label_agreement(ratings(codes), np.arange(N_ANSWERS) == label)
            assert row[label] / row.sum() == pytest.approx(shared.value)


@given(CODES, HAS, st.randoms(use_true_random=False))
def test_the_order_of_people_and_items_changes_nothing(codes, has, random):
    items, people = list(range(codes.shape[0])), list(range(codes.shape[1]))
    random.shuffle(items)
    random.shuffle(people)
    before, after = ratings(codes), ratings(codes[np.ix_(items, people)])
    first, second = agreement(before, FEW), agreement(after, FEW)
    for name in ("n_items", "n_people", "alpha", "ac1"):
        assert getattr(first, name) == getattr(second, name)
    for one, other in (
        (first.percent, second.percent),
        (label_agreement(before, has), label_agreement(after, has)),
    ):
        assert (one is None) == (other is None)
        if one is not None:
            assert vars(one) == pytest.approx(vars(other))
    names = [before.people[place] for place in people]
    renamed = dict(zip(after.people, names, strict=True))
    assert {frozenset((pair.a, pair.b)): pair.n for pair in first.pairs} == {
        frozenset((renamed[pair.a], renamed[pair.b])): pair.n for pair in second.pairs
    }
    assert np.array_equal(confusions(before), confusions(after))


def test_items_that_one_person_rated_change_no_figure():
    few = simulated(80, 0)
    alone = np.full((500, 4), -1)
    alone[:, 0] = 2
    more = ratings(np.vstack([alone, few.codes]), 3)
    assert agreement(more) == agreement(few)
    is_third = np.arange(3) == 2
    shared = vars(label_agreement(few, is_third))
    assert vars(label_agreement(more, is_third)) == pytest.approx(shared)
    assert np.array_equal(confusions(more), confusions(few))


# How sure that is


def test_where_all_agree_the_intervals_end_where_wilsons_does():
    found = agreement(ratings(np.repeat([[0, 0]] * 20 + [[1, 1]] * 20, 1, axis=0), 2))
    low = wilson(40, 40).low
    assert found.percent == Interval(1.0, low, 1.0)
    chance = (20 * 2 * (20 * 2 - 1)) * 2 / (80 * 79)
    assert vars(found.alpha) == pytest.approx(
        {"value": 1.0, "low": (low - chance) / (1 - chance), "high": 1.0}
    )
    assert vars(found.ac1) == pytest.approx({"value": 1.0, "low": 2 * low - 1, "high": 1.0})
    one = agreement(ratings(np.zeros((40, 3)), 2))
    assert one.alpha is None
    assert one.ac1 == one.percent == Interval(1.0, low, 1.0)
    assert [pair.kappa for pair in one.pairs] == [None] * 3
    assert label_agreement(ratings(np.zeros((40, 2))), np.arange(N_ANSWERS) == 1) is None
    assert label_agreement(ratings(np.zeros((40, 2))), np.arange(N_ANSWERS) == 0).low > 0.9


def test_one_possible_answer_tells_nothing_beyond_chance():
    found = agreement(ratings(np.zeros((5, 2)), 1))
    assert found.percent.value == 1
    assert found.alpha is found.ac1 is None


def test_one_item_tells_next_to_nothing():
    for row in ([0, 1], [0, 0, 1]):
        found = agreement(ratings(np.array([row]), 2))
        for figure in (found.percent, found.alpha, found.ac1):
            assert figure.high - figure.low > 0.75


def test_alpha_and_ac1_are_between_the_percentiles_of_resampled_items():
    """The ends vary by about 0.01 each from one set of samples to another."""
    few, draw = simulated(80, 3), np.random.default_rng(1)
    found = agreement(few, 2_000)
    samples = [few.codes[draw.integers(0, 80, 80)] for _ in range(800)]
    alphas = [
        krippendorff.alpha(np.where(codes >= 0, codes, np.nan).T, level_of_measurement="nominal")
        for codes in samples
    ]
    for figure, drawn in ((found.alpha, alphas), (found.ac1, [gwet(c, 3) for c in samples])):
        expected = np.quantile(drawn, [0.025, 0.975])
        assert [figure.low, figure.high] == pytest.approx(expected, abs=0.04)


def test_the_seed_decides_and_replicates_add_nothing_to_the_value():
    few = simulated(60, 1)
    assert agreement(few, seed=1) == agreement(few, seed=1) != agreement(few, seed=2)
    assert agreement(few, 1).alpha.value == agreement(few, 900).alpha.value


@pytest.mark.parametrize(
    ("samples", "least", "most"),
    [(60, 53, 60), pytest.param(300, 276, 294, marks=pytest.mark.thorough)],
)
def test_the_intervals_hold_the_truth_nineteen_times_in_twenty(samples, least, most):
    """Of 300 samples 285 are expected, standard deviation 3.8; of 60 57, standard deviation 1.7."""
    has = np.arange(3) == 2

    def figures(drawn: Ratings, replicates: int) -> dict[str, Interval]:
        found = vars(agreement(drawn, replicates))
        named = {name: found[name] for name in ("percent", "alpha", "ac1")}
        return named | {"label": label_agreement(drawn, has)}

    truth = figures(simulated(400_000, 1), 1)
    inside = dict.fromkeys(truth, 0)
    for seed in range(samples):
        for name, figure in figures(simulated(150, 100 + seed), 400).items():
            inside[name] += figure.low <= truth[name].value <= figure.high
    assert all(least <= number <= most for number in inside.values()), inside


def test_many_answers_and_items_fit_into_memory():
    draw = np.random.default_rng(0)
    codes = np.where(draw.random((2_000, 10)) < 0.7, draw.integers(0, 200, (2_000, 1)), 199)
    tracemalloc.start()
    found = agreement(ratings(codes, 200))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.n_items == 2_000
    assert peak < 100e6


def test_a_hundred_items_at_nine_tenths_give_six_points():
    assert round(100 * half_width(0.9, 100)) == 6
    found = wilson(90, 100)
    assert half_width(0.9, 100) == pytest.approx((found.high - found.low) / 2)
    assert half_width(0.9, 0) == 0.5
    two = agreement(ratings(np.array([[0, 0]] * 45 + [[0, 1]] * 5))).percent
    assert half_width(0.9, 50) == pytest.approx((two.high - two.low) / 2)


# Who is unlike the others


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6))
def test_unlike_the_others_is_fishers_exact_test(people):
    hits, totals = [hit for hit, _ in people], [hit + other for hit, other in people]
    tests = max(sum(total > 0 for total in totals), 1)
    expected = []
    for hit, total in zip(hits, totals, strict=True):
        own, others = (hit, total - hit), (sum(hits) - hit, sum(totals) - total - sum(hits) + hit)
        expected.append(bool(stats.fisher_exact([own, others]).pvalue * tests < 0.05))
    assert unlike_the_others(hits, totals) == expected


def test_one_person_who_differs_is_found_also_with_many_items():
    assert unlike_the_others([50, 45, 80, 48], [500] * 4) == [False, False, True, False]
    assert unlike_the_others([*[5_000] * 9, 5_900], [50_000] * 10) == [*[False] * 9, True]
    assert unlike_the_others([10, 60], [100, 100]) == [True, True]
    assert unlike_the_others([], []) == []
    assert unlike_the_others([3, 0], [3, 0]) == [False, False]


def test_ten_people_who_are_alike_are_hardly_ever_told_apart():
    """In at most 5 of 100 cases; of 200 cases 10 are expected then, standard deviation 3.1."""
    draw = np.random.default_rng(0)
    alarms = sum(any(unlike_the_others(draw.binomial(80, 0.2, 10), [80] * 10)) for _ in range(200))
    assert alarms <= 16


def test_no_items_and_no_people_give_nothing():
    for shape in ((0, 3), (3, 0), (0, 0)):
        empty = ratings(np.empty(shape, np.int64), 2)
        assert agreement(empty) == Agreement(0, 0, None, None, None, ())
        assert label_agreement(empty, np.array([True, False])) is None
        assert not confusions(empty).any()

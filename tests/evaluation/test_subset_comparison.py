from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from core.evaluation.intervals import BinaryPredictions, Interval
from core.evaluation.subset_comparison import RANDOM, Outcome, Result, Subsets, contrasted, verdict
from tests.worlds import paired_difference

FEATURES = 12


def a_model(draw: np.random.Generator, actual: np.ndarray, skill: float) -> BinaryPredictions:
    score = 1 / (1 + np.exp(-skill * actual - draw.normal(size=len(actual)) + 1))
    return BinaryPredictions(score, score > 0.5)


def test_mean_scores_are_scikit_learn_s():
    draw = np.random.default_rng(1)
    actual = draw.random(200) < 0.3
    said = {name: [a_model(draw, actual, skill) for _ in range(3)]
            for name, skill in ((RANDOM, 1), ("outlier", 2))}  # fmt: skip
    groups = {name: Subsets(models, 50, 100) for name, models in said.items()}
    found = contrasted(groups, actual, replicates=50)
    for name, models in said.items():
        scores = found[name].scores
        aucs = [roc_auc_score(actual, model.score) for model in models]
        assert scores["auc"].value == pytest.approx(np.mean(aucs))
        fscores = [f1_score(actual, model.predicted) for model in models]
        assert scores["fscore"].value == pytest.approx(np.mean(fscores))
    outlier, random = found["outlier"], found[RANDOM]
    over = outlier.scores["auc"].value - random.scores["auc"].value
    assert outlier.over_random["auc"].value == pytest.approx(over)
    assert random.over_random == {}


def test_where_no_draw_matters_the_interval_is_the_paired_bootstrap_s():
    draw = np.random.default_rng(2)
    actual = draw.random(300) < 0.3
    first, second = a_model(draw, actual, 1), a_model(draw, actual, 2)
    groups = {RANDOM: Subsets([first] * 4, 50, 100), "outlier": Subsets([second] * 4, 50, 100)}
    found = contrasted(groups, actual)["outlier"].over_random
    for score in ("fscore", "auc"):
        ends = paired_difference(first, second, actual, score)
        assert found[score].value == pytest.approx(ends.value)
        # Two comparisons: each is held to 97.5%.
        wider = stats.norm.ppf(1 - 0.0125) / stats.norm.ppf(0.975)
        half = (ends.high - ends.low) / 2 * wider
        assert (found[score].high - found[score].low) / 2 == pytest.approx(half, rel=0.06)


def test_an_interval_knows_that_subsets_overlap():
    """By hand: of scores of subsets, times 1/seeds + m / (n - m)."""
    draw, actual = np.random.default_rng(3), np.arange(400) % 4 == 0
    models = [a_model(draw, actual, skill) for skill in (1.0, 1.3, 1.6, 1.9)]
    apart, overlapping = (
        contrasted({RANDOM: Subsets(models, 40, available)}, actual)[RANDOM].scores["auc"]
        for available in (100_000, 60)
    )
    variance = np.var([roc_auc_score(actual, model.score) for model in models], ddof=1)
    expected = stats.t.ppf(0.975, 3) * np.sqrt(variance * (1 / 4 + 2))
    assert overlapping.value - overlapping.low == pytest.approx(expected, rel=0.1)
    assert apart.high - apart.low < (overlapping.high - overlapping.low)


def test_one_subset_leaves_everything_open():
    actual = np.arange(40) % 4 == 0
    model = a_model(np.random.default_rng(4), actual, 2)
    groups = {name: Subsets([model], 40, 60) for name in (RANDOM, "outlier")}
    found = contrasted(groups, actual)["outlier"]
    assert (found.over_random["auc"].low, found.over_random["auc"].high) == (-1.0, 1.0)
    assert (found.scores["auc"].low, found.scores["auc"].high) == (0.0, 1.0)


def labeled(draw: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Items of two kinds that lie apart a little, one in four of them positive."""
    actual = draw.random(number) < 0.25
    actual[:3] = True
    return draw.normal(size=(number, FEATURES)) + 0.6 * actual[:, None], actual


def learned(items: np.ndarray, actual: np.ndarray, asked: np.ndarray) -> BinaryPredictions:
    """What a linear discriminant of these items says of the others."""
    means = [items[actual == kind].mean(axis=0) for kind in (True, False)]
    spread = np.cov(items.T) + 0.1 * np.eye(FEATURES)
    weights = np.linalg.solve(spread, means[0] - means[1])
    score = (asked - sum(means) / 2) @ weights
    return BinaryPredictions(score, score > 1)


def subsets(
    draw: np.random.Generator, number: int, size: int, asked: np.ndarray, seeds: int = 10
) -> Subsets:
    """Models of random subsets of a new group of so many items."""
    items, actual = labeled(draw, number)
    models = []
    while len(models) < seeds:
        rows = draw.permutation(number)[:size]
        if 1 < actual[rows].sum() < size - 1:
            models.append(learned(items[rows], actual[rows], asked))
    return Subsets(models, size, number)


def any_told_apart(draw: np.random.Generator, sizes: dict[str, int]) -> bool:
    """Whether anything is found among groups that were all drawn from the same items."""
    asked, actual = labeled(draw, 250)
    size = 2 * min(sizes.values()) // 3
    groups = {name: subsets(draw, number, size, asked) for name, number in sizes.items()}
    found = contrasted(groups, actual, replicates=200)
    ends = [interval for result in found.values() for interval in result.over_random.values()]
    return any(interval.low > 0 or interval.high < 0 for interval in ends)


@pytest.mark.parametrize("turns", [40, pytest.param(200, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    "sizes",
    [
        {RANDOM: 60, "outlier": 60},
        {RANDOM: 200, "outlier": 60, "low confidence": 400, "all strategies": 660},
    ],
)
def test_where_nothing_is_different_anything_is_told_apart_in_at_most_5_of_100_cases(
    sizes: dict[str, int], turns: int
):
    draw = np.random.default_rng(5)
    told = sum(any_told_apart(draw, sizes) for _ in range(turns))
    assert told <= stats.binom.ppf(0.95, turns, 0.05)


def test_a_real_difference_is_told_apart():
    draw, found = np.random.default_rng(6), 0
    for _ in range(20):
        asked, actual = labeled(draw, 400)
        weak = [learned(*labeled(draw, 8), asked) for _ in range(10)]
        groups = {RANDOM: Subsets(weak, 8, 400), "outlier": subsets(draw, 400, 200, asked)}
        found += contrasted(groups, actual, 200)["outlier"].over_random["auc"].low > 0
    assert found >= 15


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (
            (0.21, 0.12, 0.29),
            "Low confidence beats random by 0.21 F-score (0.12 to 0.29) with 400 labels.",
        ),
        (
            (-0.05, -0.08, -0.01),
            "Low confidence falls behind random by 0.05 F-score (0.01 to 0.08) with 400 labels.",
        ),
        (
            (0.02, -0.03, 0.06),
            "Low confidence and random: no clear difference in F-score yet with 400 labels "
            "(-0.03 to +0.06).",
        ),
        (
            (0.0, 0.0, 0.0),
            "Low confidence and random: no model finds a positive item yet with 400 labels.",
        ),
    ],
)
def test_a_verdict_is_a_sentence(ends: tuple[float, float, float], told: str):
    over = {"fscore": Interval(*ends), "auc": Interval(0.1, 0.0, 0.2)}
    result = Result("low confidence", {}, over)
    outcome = Outcome(400, 20, "linear", 1_000, 300, (replace(result, over_random={}), result))
    assert verdict(result, "fscore", outcome) == told

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from core.evaluation.intervals import (
    SCORES,
    BinaryPredictions,
    Interval,
    resampled,
    scores_of,
    wilson,
)
from core.evaluation.metrics import cut
from tests.worlds import binary, paired_difference, score_intervals

ITEMS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=1
)


def items(number: int, seed: int = 0, skill: float = 1.5):
    """(score, actual) of a model of some skill: normal scores, those of one in ten shifted."""
    draw = np.random.default_rng(seed)
    actual = draw.random(number) < 0.1
    return stats.norm.cdf(draw.normal(size=number) - 1 + skill * actual), actual


@given(ITEMS, st.integers(0, 99))
def test_weighted_scores_are_those_of_the_repeated_items(pairs, seed):
    """An item that is drawn twice counts as two items: scikit-learn on the repeated ones."""
    score, actual = (np.array(column) for column in zip(*pairs, strict=True))
    assume(0 < actual.sum() < len(actual))
    model, counts = binary(score), resampled(len(actual), 3, seed)
    found = scores_of(model, actual, counts)
    for replicate, times in enumerate(counts):
        s, a, p = (np.repeat(column, times) for column in (score, actual, model.predicted))
        if not 0 < a.sum() < len(a):  # the next test but one tells what it scores
            continue
        expected = {
            "fscore": metrics.f1_score(a, p, zero_division=0),
            "precision": metrics.precision_score(a, p, zero_division=0),
            "recall": metrics.recall_score(a, p, zero_division=0),
            "auc": metrics.roc_auc_score(a, s),
            "average_precision": metrics.average_precision_score(a, s),
        }
        assert {name: values[replicate] for name, values in found.items()} == pytest.approx(
            expected
        )


def test_scores_that_are_not_asked_for_are_left_out():
    score, actual = items(100)
    counts = resampled(len(actual), 20)
    every = scores_of(binary(score), actual, counts)
    for name in SCORES:
        alone = scores_of(binary(score), actual, counts, [name])
        assert alone.keys() == {name}
        assert np.array_equal(alone[name], every[name])
    found = score_intervals(binary(score), actual, ["auc"], replicates=20)
    assert found == {"auc": score_intervals(binary(score), actual, replicates=20)["auc"]}
    assert score_intervals(binary(score), np.zeros(100, bool), ["auc"]) == {}


def test_a_resample_that_lost_a_label_scores_nothing():
    model, counts = binary(np.array([0.9, 0.1])), np.array([[2, 0], [0, 2]], np.int32)
    found = scores_of(model, np.array([True, False]), counts)
    assert {name: values.tolist() for name, values in found.items()} == {
        "fscore": [1.0, 0.0],
        "average_precision": [1.0, 0.0],
        "precision": [1.0, 0.0],
        "recall": [1.0, 0.0],
        "auc": [0.0, 0.0],
    }


@given(ITEMS)
def test_the_value_is_the_evaluations(pairs):
    score, actual = (np.array(column) for column in zip(*pairs, strict=True))
    probability = np.stack([score, 1 - score], axis=1)
    predicted = probability.argmax(axis=1) == 0
    expected = vars(cut(predicted, actual)) | dict.fromkeys(("auc", "average_precision"))
    if actual.any():
        expected["average_precision"] = metrics.average_precision_score(actual, score)
    if actual.any() and not actual.all():
        expected["auc"] = metrics.roc_auc_score(actual, score)
    found = score_intervals(BinaryPredictions(score, predicted), actual, replicates=5)
    for name in SCORES:
        if not actual.any():
            assert name not in found
        elif name in found:
            assert found[name].value == pytest.approx(expected[name])
        else:
            assert expected[name] is None


def test_a_resample_draws_as_many_items_as_there_are():
    actual = np.random.default_rng(0).random(80) < 0.2
    counts = resampled(80, 200, 1)
    assert (counts.sum(axis=1) == 80).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(80), abs=0.35)
    assert len(set(counts[:, actual].sum(axis=1).tolist())) > 5
    assert np.array_equal(counts, resampled(80, 200, 1))
    assert not np.array_equal(counts, resampled(80, 200, 2))
    assert resampled(0, 5).shape == (5, 0)


def test_the_intervals_are_as_wide_as_theirs_by_formula():
    """AUC beside DeLong's standard error (1988), recall beside the binomial one."""
    score, actual = items(1200)
    found = score_intervals(binary(score), actual, replicates=4000)
    above = np.sign(score[actual][:, None] - score[~actual]) / 2 + 0.5
    parts = [above.mean(axis=1), above.mean(axis=0)]
    auc_error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts))
    recall = found["recall"].value
    recall_error = np.sqrt(recall * (1 - recall) / actual.sum())
    for name, error in (("auc", auc_error), ("recall", recall_error)):
        assert found[name].high - found[name].low == pytest.approx(2 * 1.96 * error, rel=0.08)


@pytest.mark.parametrize(
    ("samples", "least"), [(60, 51), pytest.param(200, 178, marks=pytest.mark.thorough)]
)
def test_the_intervals_hold_the_truth_nineteen_times_in_twenty(samples: int, least: int):
    """Of 200 samples 190 are expected, standard deviation 3.1; of 60 57, standard deviation 1.7.
    Percentiles of a skewed score fall a little short.
    """
    score, actual = items(400_000, 1)
    truth = score_intervals(binary(score), actual, replicates=1)
    inside = dict.fromkeys(SCORES, 0)
    for seed in range(samples):
        score, actual = items(600, seed + 10)
        found = score_intervals(binary(score), actual, replicates=200)
        for name in SCORES:
            inside[name] += found[name].low <= truth[name].value <= found[name].high
    assert min(inside.values()) >= least, inside


def test_a_better_model_is_told_from_a_worse_one_on_the_same_items():
    score, actual = items(1200, skill=2.5)
    worse = np.random.default_rng(1).permutation(score)
    found = paired_difference(binary(worse), binary(score), actual, "auc")
    assert found.is_clear
    assert found.low > 0.2
    assert "higher" in found.as_difference()
    back = paired_difference(binary(score), binary(worse), actual, "auc")
    assert back.value == pytest.approx(-found.value)
    assert "lower" in back.as_difference()


def test_pairing_makes_a_small_difference_clear():
    """Two models that err on the same items: each interval is wide, that of the difference not."""
    score, actual = items(1200)
    better = np.where(actual, score + 0.05, score)
    found = paired_difference(binary(score), binary(better), actual, "auc")
    alone = [score_intervals(binary(s), actual)["auc"] for s in (score, better)]
    assert alone[0].high > alone[1].low
    assert found.is_clear


def test_a_model_cannot_be_told_from_itself():
    score, actual = items(300)
    found = paired_difference(binary(score), binary(score), actual)
    assert found == Interval(0.0, 0.0, 0.0)
    assert not found.is_clear
    assert paired_difference(binary(score), binary(score), np.zeros(300, bool)) is None
    assert paired_difference(binary(score), binary(score), np.ones(300, bool), "auc") is None


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ((0.21, 0.12, 0.29), "0.21 higher (0.12 to 0.29)"),
        ((-0.21, -0.29, -0.12), "0.21 lower (0.12 to 0.29)"),
        ((0.02, -0.02, 0.05), "no clear difference (-0.02 to +0.05)"),
    ],
)
def test_a_difference_is_a_plain_sentence(ends, says: str):
    assert Interval(*ends).as_difference() == says


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_is_scipys(hits: int, total: int):
    assume(hits <= total)
    expected = stats.binomtest(hits, total).proportion_ci(method="wilson")
    found = wilson(hits, total)
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.low <= found.value <= found.high


def test_a_share_of_nothing_is_anything():
    assert wilson(0, 0) == Interval(0.0, 0.0, 1.0)
    assert str(wilson(5, 10)) == "0.50 (0.24 to 0.76)"

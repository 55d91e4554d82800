import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from core.evaluation.metrics import (
    as_table,
    auc,
    average_precision,
    confusion,
    cut,
    exact_match,
    kappa,
    label_scores,
    macro_cut,
    micro_fscore,
    precision_recall_curve,
    reliability,
    roc_curve,
)

# Few distinct scores: ties are where implementations differ.
PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=1
)


def split(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    score, actual = zip(*pairs, strict=True)
    return np.array(score), np.array(actual)


def test_five_items_by_hand():
    # Positive items score .9, .6, .4; negative ones .6, .1. Pairs: 3 x 2, one tie.
    probability = np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9]])
    score, actual = probability[:, 0], np.array([True, True, True, False, False])
    scores = cut(probability.argmax(axis=1) == 0, actual)
    assert (scores.precision, scores.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert scores.fscore == pytest.approx(2 / 3)
    assert auc(score, actual) == pytest.approx((2 + 1.5 + 1) / 6)
    expected = 1 / 3 * 1 + 1 / 3 * 2 / 3 + 1 / 3 * 3 / 4
    assert average_precision(score, actual) == pytest.approx(expected)


@given(PAIRS)
def test_auc_is_scikit_learns(pairs):
    score, actual = split(pairs)
    assume(0 < actual.sum() < len(actual))
    assert auc(score, actual) == pytest.approx(metrics.roc_auc_score(actual, score))


@given(PAIRS)
def test_average_precision_is_scikit_learns(pairs):
    score, actual = split(pairs)
    assume(actual.any())
    expected = metrics.average_precision_score(actual, score)
    assert average_precision(score, actual) == pytest.approx(expected)


@given(PAIRS)
def test_the_roc_curve_is_scikit_learns(pairs):
    score, actual = split(pairs)
    assume(0 < actual.sum() < len(actual))
    false, true, _ = metrics.roc_curve(actual, score, drop_intermediate=False)
    mine = roc_curve(score, actual)
    np.testing.assert_allclose(mine["false positive rate"], false)
    np.testing.assert_allclose(mine["true positive rate"], true)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_precision_recall_fscore_and_confusion_are_scikit_learns(pairs):
    targets, predicted = np.array(pairs).T
    assert np.array_equal(
        confusion(predicted, targets, 3),
        metrics.confusion_matrix(targets, predicted, labels=[0, 1, 2]),
    )
    scores = cut(predicted == 1, targets == 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        precision, recall, fscore, _ = metrics.precision_recall_fscore_support(
            targets == 1, predicted == 1, average="binary", zero_division=0
        )
    assert scores.precision == pytest.approx(precision)
    if (targets == 1).any():
        assert (scores.recall, scores.fscore) == (pytest.approx(recall), pytest.approx(fscore))
    else:
        assert (scores.recall, scores.fscore) == (None, None)


def test_what_is_not_defined_is_none():
    score, none, every = np.array([0.9, 0.2]), np.zeros(2, bool), np.ones(2, bool)
    assert (auc(score, every), cut(score > 0.5, every).recall) == (None, 0.5)
    assert (cut(score > 0.5, none).fscore, average_precision(score, none)) == (None, None)
    assert roc_curve(np.array([0.5]), np.array([True])) is None


@given(PAIRS)
def test_a_cut_has_scikit_learns_scores(pairs):
    score, actual = split(pairs)
    assume(actual.any())
    found, predicted = cut(score >= 0.5, actual), score >= 0.5
    for ours, theirs in (
        (found.fscore, metrics.f1_score),
        (found.precision, metrics.precision_score),
        (found.recall, metrics.recall_score),
    ):
        assert ours == pytest.approx(theirs(actual, predicted, zero_division=0))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_kappa_is_scikit_learns(pairs):
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    found = kappa(first, second)
    if len(set(first.tolist()) | set(second.tolist())) == 1:
        assert found is None
    else:
        assert found == pytest.approx(metrics.cohen_kappa_score(first, second))


@given(PAIRS)
def test_the_precision_recall_curve_is_scikit_learns(pairs):
    score, actual = split(pairs)
    assume(actual.any())
    found = precision_recall_curve(score, actual)
    precision, recall, threshold = metrics.precision_recall_curve(actual, score)
    # Theirs ends with a point of no prediction, and goes from the lowest threshold up.
    assert found["precision"].to_numpy()[::-1] == pytest.approx(precision[:-1])
    assert found["recall"].to_numpy()[::-1] == pytest.approx(recall[:-1])
    assert found["threshold"].to_numpy()[::-1] == pytest.approx(threshold)
    for at, threshold in enumerate(found["threshold"]):
        expected = metrics.f1_score(actual, score >= threshold, zero_division=0)
        assert found["F-score"][at] == pytest.approx(expected)


@given(PAIRS)
def test_thresholds_of_the_roc_curve_are_scikit_learns(pairs):
    score, actual = split(pairs)
    assume(0 < actual.sum() < len(actual))
    _, _, threshold = metrics.roc_curve(actual, score, drop_intermediate=False)
    assert roc_curve(score, actual)["threshold"].to_numpy() == pytest.approx(threshold)


def test_reliability_is_scikit_learns_calibration_curve():
    draw = np.random.default_rng(1)
    score = draw.random(200)
    actual = draw.random(200) < score
    found = reliability(score, actual)
    share, mean = calibration_curve(actual, score, n_bins=10)
    probability, positives, items = (found[name].to_numpy() for name in found)
    assert positives / items == pytest.approx(share)
    assert probability == pytest.approx(mean)
    assert items.sum() == 200


MANY = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


@given(MANY, st.randoms(use_true_random=False))
def test_the_scores_of_all_labels_are_scikit_learns(pairs, draw):
    targets, predicted = (np.array(each) for each in zip(*pairs, strict=True))
    probability = np.array([[draw.random() for _ in range(5)] for _ in pairs])
    probability[np.arange(len(pairs)), predicted] += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = metrics.precision_recall_fscore_support(
            targets, predicted, labels=range(5), zero_division=0
        )
        macro = metrics.f1_score(targets, predicted, average="macro")
        accuracy = metrics.f1_score(targets, predicted, average="micro")
    tables = as_table(predicted, 5), as_table(targets, 5)
    found = label_scores(probability, *tables)
    assert [each.support for each in found] == told[3].tolist()
    assert [each.precision for each in found] == pytest.approx(told[0].tolist())
    assert [each.recall or 0 for each in found] == pytest.approx(told[1].tolist())
    assert [each.fscore or 0 for each in found] == pytest.approx(told[2].tolist())
    for column, each in enumerate(found):
        assert each.auc == auc(probability[:, column], targets == column)
        assert (each.fscore is None) == (each.support == 0)
    assert macro_cut(*tables).fscore == pytest.approx(macro)
    assert micro_fscore(*tables) == exact_match(*tables) == pytest.approx(accuracy)

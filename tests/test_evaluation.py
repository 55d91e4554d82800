import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation import auc, average_precision, confusion, evaluate, roc_curve

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
    scores = evaluate(probability, np.array([0, 0, 0, 1, 1]), positive=0)
    assert scores.auc == pytest.approx((2 + 1.5 + 1) / 6)
    assert (scores.precision, scores.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert scores.fscore == pytest.approx(2 / 3)
    assert scores.average_precision == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3 + 1 / 3 * 3 / 4)


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
    np.testing.assert_allclose(mine.false_positive_rate, false)
    np.testing.assert_allclose(mine.true_positive_rate, true)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_precision_recall_fscore_and_confusion_are_scikit_learns(pairs):
    targets, predicted = np.array(pairs).T
    probability = np.eye(3)[predicted] * 0.6 + 0.1
    assert np.array_equal(
        confusion(probability, targets),
        metrics.confusion_matrix(targets, predicted, labels=[0, 1, 2]),
    )
    scores = evaluate(probability, targets, positive=1)
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
    probability = np.array([[0.9, 0.1], [0.2, 0.8]])
    only_positive = evaluate(probability, np.array([0, 0]), positive=0)
    assert (only_positive.auc, only_positive.recall) == (None, 0.5)
    only_negative = evaluate(probability, np.array([1, 1]), positive=0)
    assert (only_negative.fscore, only_negative.average_precision) == (None, None)
    nothing = evaluate(np.empty((0, 2)), np.empty(0, int), positive=0)
    assert set(vars(nothing).values()) == {None}
    assert roc_curve(np.array([0.5]), np.array([True])) is None

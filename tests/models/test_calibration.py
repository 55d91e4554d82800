"""Calibration and threshold: scikit-learn's sigmoid and brute force as oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import _SigmoidCalibration
from sklearn.metrics import f1_score, log_loss

from core.models.calibration import (
    FOLDS,
    MIN_ITEMS,
    UNCHANGED,
    Calibration,
    best_threshold,
    fit_calibration,
    parts_held_out,
    stratified_folds,
)


def overconfident(number: int, n_labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that claim three times the log-odds that the labels bear out."""
    draw = np.random.default_rng(seed)
    scores = draw.standard_normal((number, n_labels))
    true = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    targets = (true.cumsum(axis=1) < draw.random((number, 1))).sum(axis=1)
    claimed = np.exp(3 * scores + np.arange(n_labels))
    return claimed / claimed.sum(axis=1, keepdims=True), targets


def test_two_labels_are_calibrated_by_platts_sigmoid():
    probability, targets = overconfident(400, 2)
    odds = np.log(probability[:, 1] / probability[:, 0])
    expected = _SigmoidCalibration().fit(odds, targets).predict(odds)
    found = fit_calibration(probability, targets)(probability)
    np.testing.assert_allclose(found[:, 1], expected, atol=1e-4)


@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_calibrated_probabilities_fit_better(n_labels: int):
    probability, targets = overconfident(600, n_labels)
    fresh, truth = overconfident(2_000, n_labels, seed=1)
    calibrated = fit_calibration(probability, targets)(fresh)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, atol=1e-6)
    assert log_loss(truth, calibrated) < log_loss(truth, fresh) - 0.05


def test_the_scale_is_the_best_there_is():
    probability, targets = overconfident(500, 3)
    best = fit_calibration(probability, targets)
    assert best.scale == pytest.approx(1 / 3, abs=0.08)
    losses = [
        log_loss(targets, Calibration(best.scale * by, best.shifts)(probability))
        for by in (0.8, 1, 1.25)
    ]
    assert losses[1] == min(losses)


def test_a_ranking_that_is_wrong_is_not_turned_around():
    probability, targets = overconfident(300, 2)
    assert fit_calibration(probability, 1 - targets) == UNCHANGED
    assert UNCHANGED(probability) is probability


def test_a_model_that_is_right_is_not_made_unsure_by_the_number_of_labels():
    """Nineteen in twenty are predicted right, and that is how sure the model is."""
    draw, n_labels = np.random.default_rng(0), 77
    targets = np.arange(1_540) % n_labels
    predicted = np.where(draw.random(1_540) < 0.95, targets, draw.integers(0, n_labels, 1_540))
    probability = np.full((1_540, n_labels), 0.05 / (n_labels - 1))
    probability[np.arange(1_540), predicted] = 0.95
    found = fit_calibration(probability, targets)(probability)
    assert found.max(axis=1).mean() == pytest.approx((predicted == targets).mean(), abs=0.05)


@pytest.mark.parametrize(
    ("n_labels", "number", "expected"), [(30, 3_000, 3), (29, 3_000, 5), (30, 2_999, 5)]
)
def test_fewer_folds_where_many_labels_have_many_items(n_labels: int, number: int, expected: int):
    targets = np.arange(number) % n_labels
    for each in (targets, np.eye(n_labels, dtype=bool)[targets]):
        parts = parts_held_out(each, n_labels, seed=1)
        assert len(parts) == expected
        assert sorted(np.concatenate(parts)) == list(range(number))


def test_certainty_and_separation_stay_finite():
    probability = np.array([[1.0, 0.0], [0.0, 1.0]] * 10)
    found = fit_calibration(probability, np.array([0, 1] * 10))
    assert np.isfinite(found(probability)).all()
    assert found(probability)[0, 0] == pytest.approx(11 / 12, abs=1e-6)  # Platt's aim


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30))
def test_no_threshold_gives_a_better_f_score(items: list[tuple[int, bool]]):
    score = np.array([tenth / 10 for tenth, _ in items])
    actual = np.array([is_positive for _, is_positive in items])
    found = f1_score(actual, score >= best_threshold(score, actual), zero_division=0)
    every = [f1_score(actual, score >= cut, zero_division=0) for cut in np.arange(-0.05, 1, 0.1)]
    assert found == pytest.approx(max(every))


def test_of_equal_thresholds_it_is_the_middle_one():
    actual = np.array([False, False, True, True])
    assert best_threshold(np.array([0.1, 0.2, 0.8, 0.9]), actual) == pytest.approx(0.5)


@given(st.lists(st.integers(0, 3), min_size=8, max_size=60), st.integers(2, 5), st.integers(0, 9))
def test_every_label_is_spread_over_the_folds(targets: list[int], n_folds: int, seed: int):
    truth = np.array(targets)
    fold = stratified_folds(truth, n_folds, seed)
    for label in set(targets):
        counts = np.bincount(fold[truth == label], minlength=n_folds)
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(fold, stratified_folds(truth, n_folds, seed))


def test_every_item_stands_in_one_part():
    targets = np.array([0, 1] * 20)
    parts = parts_held_out(targets, 2, 0)
    assert len(parts) == FOLDS
    assert sorted(np.concatenate(parts)) == list(range(40))


@pytest.mark.parametrize("counts", [(10, MIN_ITEMS - 1), (10, 0)])
def test_too_few_items_of_a_label_are_not_held_out(counts: tuple[int, int]):
    assert parts_held_out(np.repeat([0, 1], counts), 2, 0) == []


def test_a_label_of_four_items_has_four_parts():
    targets = np.repeat([0, 1], (20, 4))
    parts = parts_held_out(targets, 2, 0)
    assert len(parts) == 4
    assert all((targets[part] == 1).sum() == 1 for part in parts)

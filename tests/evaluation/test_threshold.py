"""The threshold of a run: brute force as the oracle, made-up pools for what it is worth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.evaluation import runs
from core.evaluation.intervals import cut_intervals
from core.evaluation.threshold import LEAST_POSITIVES
from core.models.calibration import expected_threshold
from core.workspace.snapshot import Snapshot
from tests.label_worlds import BINARY, SEVERAL, items_of, labeled_snapshot, with_labels


def shifted_to(probability: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """The probabilities with their odds times whatever makes their mean the share, by steps."""
    odds = probability / (1 - probability)
    factors = np.exp(np.linspace(-8, 8, 160_001))
    means = [np.average(odds * f / (1 + odds * f), weights=weights) for f in factors[::100]]
    near = factors[::100][np.abs(np.array(means) - share).argmin()]
    around = near * np.exp(np.linspace(-0.01, 0.01, 2_001))
    means = [np.average(odds * f / (1 + odds * f), weights=weights) for f in around]
    best = around[np.abs(np.array(means) - share).argmin()]
    return odds * best / (1 + odds * best)


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_is_that_of_the_best_expected_f(seed: int):
    draw = np.random.default_rng(seed)
    raw = np.round(draw.beta(0.5, 3, 60), 2).clip(0.01, 0.99)  # with ties
    calibrated, weights, share = raw**0.8, draw.integers(1, 4, 60).astype(float), 0.1
    cut = expected_threshold(raw, calibrated, weights, share)
    p = shifted_to(calibrated, weights, share)

    def expected(chosen: np.ndarray) -> float:
        return 2 * (p * weights)[chosen].sum() / (weights[chosen].sum() + (p * weights).sum())

    every = [expected(raw >= at) for at in np.unique(raw)]
    assert expected(raw >= cut) == pytest.approx(max(every), abs=1e-4)
    assert cut not in raw


def test_a_share_that_is_the_mean_shifts_nothing():
    p = np.array([0.9, 0.8, 0.3, 0.1, 0.05])
    cut = expected_threshold(p, p, np.ones(5), float(p.mean()))
    assert 0.3 < cut < 0.8  # F of one to five items: .59, .82, .77, .68, .60


@pytest.fixture
def rare(tmp_path: Path) -> Snapshot:
    """2,000 items, 200 training and 400 evaluation labels, of which one in twelve is positive."""
    items, kept = items_of(BINARY, 6_000), []
    for at, item in enumerate(items):
        if item[2] != "water" or at % 18 == 0:
            kept.append(item)
    snapshot = labeled_snapshot(tmp_path, BINARY, pool=300)
    return with_labels(snapshot, kept[:200], kept[200:600])


def test_a_run_predicts_by_its_threshold_and_says_how_it_came_about(rare: Snapshot):
    trained = runs.train(rare)
    column, cut = trained.model.cut
    assert trained.report.threshold == cut
    assert trained.report.is_cut
    assert "best expected F-score" in trained.report.note
    texts = [item.text for item in rare.labels.splits["evaluation"]]
    probability = runs.score_texts(trained.model, texts)
    answers = trained.model.columns.answers(probability)
    is_positive = probability[:, column] >= cut
    assert [answer == "water" for answer in answers] == is_positive.tolist()
    actual = np.array([x.label == "water" for x in rare.labels.splits["evaluation"]])
    told = trained.report.figures["evaluation"].at_threshold.fscore
    assert told == pytest.approx(cut_intervals(is_positive, actual)["fscore"].value)
    again = runs.load_run(rare, runs.keep(rare, trained))
    assert again.cut == trained.model.cut


def test_evaluation_scores_do_not_matter_and_their_count_does(rare: Snapshot):
    """Which of the evaluation items are the positive ones changes nothing."""
    evaluation = [(x.item_id, x.text, x.label) for x in rare.labels.splits["evaluation"]]
    training = [(x.item_id, x.text, x.label) for x in rare.labels.splits["training"]]
    labels = np.random.default_rng(1).permutation([label for *_, label in evaluation])
    mixed = [(*item[:2], str(label)) for item, label in zip(evaluation, labels, strict=True)]
    cut = runs.train(rare).model.cut
    assert runs.train(with_labels(rare, training, mixed)).model.cut == cut
    fewer = [(*item[:2], "food" if at % 3 else item[2]) for at, item in enumerate(evaluation)]
    assert runs.train(with_labels(rare, training, fewer)).model.cut != cut


def test_one_half_stays_where_the_share_is_too_uncertain(rare: Snapshot):
    evaluation = [(x.item_id, x.text, "food") for x in rare.labels.splits["evaluation"]]
    training = rare.labels.splits["training"]
    chosen = [replace(item, strategy="low confidence") for item in training]
    few = with_labels(rare, [(x.item_id, x.text, x.label) for x in training], evaluation)
    few.labels.splits["training"][:] = chosen
    trained = runs.train(few)
    assert trained.model.cut is None
    assert trained.report.threshold == 0.5
    assert f"fewer than {LEAST_POSITIVES} of the random items are positive" in trained.report.note


def test_each_of_several_labels_has_a_threshold(tmp_path: Path):
    snapshot = labeled_snapshot(tmp_path, SEVERAL)
    trained = runs.train(snapshot)
    assert "thresholds have the best expected F-score" in trained.report.note
    assert len(set(trained.model.thresholds)) > 1


def test_the_headline_is_not_flattered_beyond_its_interval():
    """The count of evaluation positives sets the threshold: how often is the true F outside?"""
    draw, inside, excess, n_pool, n_test = np.random.default_rng(3), 0, [], 20_000, 400
    for _ in range(300):
        truth = draw.random(n_pool + n_test + 50_000) < 0.06
        score = 1 / (1 + np.exp(-(draw.normal(-1.5, 1.2, len(truth)) + 2.2 * truth)))
        pool, test = slice(n_pool), slice(n_pool, n_pool + n_test)
        share = truth[test].mean()
        cut = expected_threshold(score[pool], score[pool], np.ones(n_pool), float(share))
        told = cut_intervals(score[test] >= cut, truth[test])["fscore"]
        fresh = cut_intervals(score[n_pool + n_test :] >= cut, truth[n_pool + n_test :])["fscore"]
        inside += told.low <= fresh.value <= told.high
        excess.append(told.value - fresh.value)
    assert inside / 300 >= 0.93
    assert abs(np.mean(excess)) < 0.01

import numpy as np
import pytest

from core.evaluation.intervals import Interval, wilson
from core.evaluation.prevalence import FEW, Sample, prevalence


def pool(number: int, seed: int = 0):
    """(P(positive), positive) of items of which 8% are positive: told twice too often, as after
    active learning, by a model that knows something."""
    draw = np.random.default_rng(seed)
    positive = draw.random(number) < 0.08
    score = draw.normal(size=number) + 1.5 * positive - 1.2
    return 1 / (1 + np.exp(-1.5 * score)), positive


def unknown(number: int) -> np.ndarray:
    return np.full(number, np.nan)


def drawn(number: int, n_heard: int, n_others: int, seed: int, trusted: bool = True):
    """The estimate from a random sample of a pool, and the pool's true share."""
    probability, positive = pool(number)
    order = np.random.default_rng(seed).permutation(number)[: n_heard + n_others]
    heard = probability[order].copy()
    heard[n_heard:] = np.nan
    if not trusted:
        heard[:] = np.nan
    found = int(positive[order].sum())
    estimate = prevalence(
        Sample(positive[order], heard),
        float(probability.mean()),
        n_items=number,
        n_labeled=len(order),
        found=found,
    )
    return estimate, float(positive.mean())


def test_by_hand():
    """Ten items heard of, five positive; the model is right by half, and says 0.1 less of all."""
    positive = np.array([True] * 5 + [False] * 5)
    sample = Sample(positive, np.where(positive, 0.8, 0.4))
    found = prevalence(sample, 0.5, n_items=1000, n_labeled=10, found=5)
    # The slope of 0 and 1 on 0.4 and 0.8 is 2.5, cut to 1.
    assert found.trust == 1
    assert found.share.value == pytest.approx(0.5 + (0.5 - 0.6))
    # Errors are 0.2 and -0.4, five of each: sample variance 0.1.
    variance = 0.1 / 10 * (1 - 10 / 1000)
    worth = 0.4 * 0.6 / variance
    expected = wilson(0.4 * worth, worth)
    assert (found.share.low, found.share.high) == pytest.approx((expected.low, expected.high))
    assert found.left.value == pytest.approx(400 - 5)
    assert found.sample == wilson(5, 10)


def test_a_model_that_knows_nothing_is_left_out():
    positive = np.arange(40) % 4 == 0
    for probability in (np.full(40, 0.3), np.where(positive, 0.1, 0.9), unknown(40)):
        found = prevalence(Sample(positive, probability), 0.7, n_items=400, n_labeled=40, found=10)
        assert found.trust == 0
        assert found.share == found.sample == wilson(10, 40)


def test_too_few_positives_say_nothing_of_the_model():
    positive = np.arange(100) < FEW - 1
    sample = Sample(positive, np.where(positive, 0.9, 0.1))
    found = prevalence(sample, 0.5, n_items=1000, n_labeled=100, found=4)
    assert (found.trust, found.share.value) == (0, 0.04)


def test_what_is_labeled_bounds_the_share():
    """30 of 100 items are known to be positive and 60 not, whatever the sample says."""
    sample = Sample(np.arange(20) < 2, unknown(20))
    found = prevalence(sample, 0.0, n_items=100, n_labeled=90, found=30)
    assert found.share == Interval(0.3, 0.3, pytest.approx(0.3010, abs=0.02))
    assert found.left.value == 0
    assert found.left.high <= 10
    high = prevalence(
        Sample(np.arange(20) < 19, unknown(20)), 0.0, n_items=100, n_labeled=90, found=30
    )
    assert high.share.high == pytest.approx(0.4)
    assert high.left.high == pytest.approx(10)


def test_an_empty_sample_knows_nothing():
    nothing = Sample(np.empty(0, bool), np.empty(0))
    found = prevalence(nothing, 0.0, n_items=10, n_labeled=0, found=0)
    assert (found.share.low, found.share.high, found.left.high) == (0, 1, 10)
    assert prevalence(nothing, 0.0, n_items=0, n_labeled=0, found=0).left.value == 0


def test_the_corrected_interval_is_narrower_and_unbiased():
    with_model = [drawn(5000, 300, 100, seed) for seed in range(200)]
    alone = [drawn(5000, 300, 100, seed, trusted=False) for seed in range(200)]
    truth = with_model[0][1]
    values = np.array([estimate.share.value for estimate, _ in with_model])
    assert abs(values.mean() - truth) < 3 * values.std() / np.sqrt(200)
    assert pool(5000)[0].mean() > 1.8 * truth  # what the model alone would tell
    widths = [
        np.mean([estimate.share.high - estimate.share.low for estimate, _ in kind])
        for kind in (with_model, alone)
    ]
    assert widths[0] < 0.93 * widths[1]


@pytest.mark.parametrize(("n_heard", "n_others"), [(150, 100), (400, 0), (1200, 400)])
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(n_heard: int, n_others: int):
    found = [drawn(5000, n_heard, n_others, seed) for seed in range(400)]
    inside = [each.share.low <= truth <= each.share.high for each, truth in found]
    # 380 expected, standard deviation 4.4.
    assert np.sum(inside) >= 366
    left = [each.left.low <= truth * 5000 - each.found <= each.left.high for each, truth in found]
    assert left == inside

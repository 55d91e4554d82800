from pathlib import Path

import numpy as np
import pytest

from core.evaluation.intervals import Interval, wilson
from core.evaluation.prevalence import Prevalence, prevalence, prevalence_of
from core.sampling.next_batch import propose
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace, headlines


def drawn(n_items: int, n_random: int, seed: int) -> tuple[Prevalence, float]:
    """The estimate from a random sample of a pool with 8% positives, and the pool's true share."""
    positive = np.arange(n_items) < 0.08 * n_items
    found = int(np.random.default_rng(seed).permutation(positive)[:n_random].sum())
    estimate = prevalence(found, n_random, n_items=n_items, n_labeled=n_random, found=found)
    return estimate, float(positive.mean())


def test_by_hand():
    """20 of 100 items are positive, of 500 in all: worth as much as 125 of endless ones."""
    found = prevalence(20, 100, n_items=500, n_labeled=150, found=45)
    expected = wilson(25, 125)
    assert found.share == Interval(0.2, pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.left.value == pytest.approx(100 - 45)
    assert found.left.high == pytest.approx(expected.high * 500 - 45)
    assert (found.found, found.n_positive, found.n_random) == (45, 20, 100)


def test_a_small_part_of_the_items_is_as_good_as_a_sample_of_endless_ones():
    found = prevalence(20, 100, n_items=10**9, n_labeled=100, found=20).share
    expected = wilson(20, 100)
    ends = (expected.low, expected.high)
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-6)


def test_of_all_items_the_share_is_certain():
    for positive in (0, 30, 100):
        found = prevalence(positive, 100, n_items=100, n_labeled=100, found=positive)
        assert found.share == Interval(*[positive / 100] * 3)
        assert found.left == Interval(0, 0, 0)


def test_what_is_labeled_bounds_the_share():
    """30 of 100 items are known to be positive and 60 not, whatever the sample says."""
    found = prevalence(2, 20, n_items=100, n_labeled=90, found=30)
    assert found.share == Interval(0.3, 0.3, pytest.approx(0.3, abs=0.02))
    assert found.left.value == 0
    assert found.left.high <= 10
    high = prevalence(19, 20, n_items=100, n_labeled=90, found=30)
    assert high.share.high == pytest.approx(0.4)
    assert high.left.high == pytest.approx(10)


def test_an_empty_sample_knows_nothing():
    found = prevalence(0, 0, n_items=10, n_labeled=0, found=0)
    assert (found.share.low, found.share.high, found.left.high) == (0, 1, 10)
    assert prevalence(0, 0, n_items=0, n_labeled=0, found=0).left.value == 0


@pytest.mark.parametrize("n_random", [250, 400, 1600])
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(n_random: int):
    found = [drawn(5000, n_random, seed) for seed in range(400)]
    inside = [each.share.low <= truth <= each.share.high for each, truth in found]
    # 380 expected, standard deviation 4.4: neither too narrow nor too wide.
    assert 366 <= np.sum(inside) <= 394
    left = [each.left.low <= truth * 5000 - each.found <= each.left.high for each, truth in found]
    assert left == inside


def test_the_random_items_are_those_of_before_a_model_chose(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    found = prevalence_of(snapshot, "1")
    # 150 evaluation items and 100 first ones; not the random tenth of the two batches since.
    assert found.n_random == 250
    positive = snapshot.workspace.task.positive.value
    items = [item for split in snapshot.labels.splits.values() for item in split]
    assert found.found == sum(item.label == positive for item in items)
    # 8.4% of the sample's headlines are positive.
    assert found.share.low < 0.084 < found.share.high
    assert found.left.value < 0.1 * 6610


def test_items_that_wait_in_a_batch_are_counted_as_open(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    before = prevalence_of(snapshot, "1")
    propose(snapshot, "ann")
    after = prevalence_of(read_snapshot(snapshot.workspace), "1")
    assert after.share == before.share
    assert after.left == before.left


def test_what_a_model_chose_changes_nothing_but_what_is_found(make_workspace: MakeWorkspace):
    """All that active learning finds is positive: a share of the pool it is not."""
    rows = headlines(400)
    held_out, early, pool = rows[:80], rows[80:160], rows[160:]
    chosen = [row for row in pool if row[2] == "1"][:30]
    labels = {
        (split, label): [row for row in part if row[2] == label]
        for split, part in (("evaluation", held_out), ("training", early))
        for label in "10"
    }
    for key in (("training", "1"), ("training", "0")):
        labels[key] = [(*row, "random") for row in labels[key]]
    items = [row[:2] for row in rows]
    before = prevalence_of(read_snapshot(make_workspace(items, labels)), "1")
    labels["training", "1"] += [(*row, "low confidence", "0.5") for row in chosen]
    after = prevalence_of(read_snapshot(make_workspace(items, labels)), "1")
    assert (after.share.value, after.share.high) == (before.share.value, before.share.high)
    assert (after.n_random, before.n_random) == (160, 160)
    assert after.n_positive == before.n_positive == sum(row[2] == "1" for row in rows[:160])
    assert after.found == before.found + len(chosen)
    assert after.left.value == pytest.approx(before.left.value - len(chosen), abs=1e-3)

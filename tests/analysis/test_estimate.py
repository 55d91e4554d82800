from pathlib import Path

import pytest

from core.analysis.estimate import (
    compute_estimate,
    decoded,
    earlier_estimate,
    estimate_file,
    kept_estimate,
    last_models,
    make_estimate,
)
from core.evaluation.prevalence import prevalence_of
from core.evaluation.stopping import WINDOW
from core.sampling.next_batch import propose
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace, headlines


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


def test_an_outlook_has_two_signs(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    told: list[str] = []
    found = make_estimate(snapshot, progress=in_words(told.append))
    assert [sign.name for sign in found.signs] == ["stable predictions", "positives left"]
    # Three runs only: the first has no figure yet.
    assert [sign.value is None for sign in found.signs] == [True, False]
    assert found.advice == "Not yet: none of 2 signs says stop."
    assert told[0] == "comparing the last models"


def test_the_last_models_are_the_last_that_can_be_loaded(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    assert [model.seed for model in last_models(snapshot)] == [7, 7, 7]
    (demo / snapshot.logs.runs[1].params_file).unlink()
    assert len(last_models(read_snapshot(snapshot.workspace))) == 2
    assert len(last_models(snapshot)) <= WINDOW + 1


def test_without_runs_there_is_only_the_sample(make_workspace: MakeWorkspace):
    rows = headlines(60)
    labels = {("evaluation", "0"): rows[:4], ("evaluation", "1"): [rows[5]]}
    found = make_estimate(read_snapshot(make_workspace([row[:2] for row in rows], labels)))
    assert found.prevalence.share.value == pytest.approx(0.2)
    assert [sign.value is None for sign in found.signs] == [True, False]


def test_an_outlook_is_kept_for_the_state_of_the_files_that_it_was_made_of(unestimated: Path):
    demo = unestimated
    snapshot = read_snapshot(open_workspace(demo))
    assert kept_estimate(snapshot) is earlier_estimate(snapshot) is None
    said = compute_estimate(demo)
    found = kept_estimate(snapshot)
    assert found == decoded(said) == make_estimate(snapshot)
    steps: list[str] = []
    assert compute_estimate(demo, progress=in_words(steps.append)) == said
    assert steps == ["reading the workspace"]
    propose(snapshot, "ann")
    now = read_snapshot(snapshot.workspace)
    assert kept_estimate(now) is None
    assert earlier_estimate(now) == found
    compute_estimate(demo)
    assert [*estimate_file(now).parent.iterdir()] == [estimate_file(now)]


def test_a_damaged_outlook_is_computed_again(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    assert kept_estimate(snapshot)
    estimate_file(snapshot).write_text('{"prevalence": 1}', encoding="utf-8")
    assert kept_estimate(snapshot) is None
    compute_estimate(demo)
    assert kept_estimate(snapshot) is not None

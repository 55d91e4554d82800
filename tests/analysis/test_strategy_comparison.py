import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.analysis.strategy_comparison import (
    KEPT,
    LEAST,
    PART,
    SEEDS,
    Experiment,
    compute,
    drawn,
    earlier,
    find_groups,
    kept,
    most,
    prepare,
    refusal,
    run,
)
from core.errors import LoopError
from core.evaluation.runs import columns
from core.evaluation.subset_comparison import ALL, RANDOM
from core.features.sources import feature_source
from core.models.training import LabeledTexts, learner_on
from core.system.jobs import Job
from core.system.progress import in_words
from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines
from tests.jobs import is_over

PATIENCE = 600


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def items(**numbers: int) -> list[Labeled]:
    """So many items of each strategy, one in four of them positive."""
    return [
        Labeled(f"{name}{at}", "text", str(int(at % 4 == 0)), "training", name.replace("_", " "))
        for name, number in numbers.items()
        for at in range(number)
    ]


def test_groups_that_are_too_small_are_told_with_what_they_need():
    found = find_groups(items(random=60, outlier=12, low_confidence=80))
    assert [*found.ready] == [RANDOM, "low confidence", ALL]
    assert found.waiting == (f"Outlier: {LEAST - 12} more labels needed.",)
    assert found.sizes == [40]


def test_a_group_of_one_label_waits():
    same = [replace(item, label="0") for item in items(outlier=70)]
    found = find_groups([*items(random=60), *same])
    assert found.waiting == ("All 70 outlier labels are the same: label one that differs.",)


def test_without_random_labels_nothing_is_compared():
    found = find_groups(items(outlier=80))
    assert found.ready == {}
    assert found.sizes == []
    assert found.waiting == (f"Random: {LEAST} more labels needed.",)


def test_random_labels_alone_are_not_compared_with_themselves():
    found = find_groups(items(random=90))
    assert (found.ready, found.sizes) == ({}, [])
    assert found.waiting == ("All labels so far are random: there is nothing to compare yet.",)


def test_of_each_group_some_are_never_drawn():
    """Else all subsets were one, and an interval knew nothing of the luck of the draw."""
    found = find_groups(items(random=400, low_confidence=91, outlier=60))
    assert found.sizes == [40, 60, 260]
    assert all(most(rows) <= PART * len(rows) for rows in found.ready.values())


def test_labels_of_no_strategy_are_among_all_alone():
    unknown = [replace(item, strategy="") for item in items(x=50)]
    found = find_groups([*items(random=60), *unknown])
    assert {name: len(rows) for name, rows in found.ready.items()} == {RANDOM: 60, ALL: 110}


def test_a_larger_size_leaves_smaller_groups_out(snapshot: Snapshot):
    sizes = find_groups(snapshot.labels.usable_training).sizes
    assert len(sizes) > 1
    assert prepare(snapshot).size == sizes[0]
    larger = prepare(snapshot, sizes[-1])
    assert all(most(rows) >= sizes[-1] for rows in larger.groups.values())
    assert larger.file != prepare(snapshot).file


def test_a_draw_is_of_the_group_reproducible_and_has_two_labels():
    targets = np.zeros(200, np.int64)
    targets[150] = 1
    group = "outlier", np.arange(100, 200)
    for seed in range(30):
        rows = drawn(*group, 40, seed, targets)
        assert len(set(rows.tolist())) == 40
        assert set(rows) <= set(group[1])
        assert set(targets[rows]) == {0, 1}
        assert (rows == drawn(*group, 40, seed, targets)).all()
    assert len({tuple(drawn(*group, 40, seed, targets)) for seed in range(30)}) == 30


def test_every_item_of_a_group_is_drawn_equally_often():
    targets, group = np.arange(50) % 2, ("outlier", np.arange(50))
    times = sum(np.bincount(drawn(*group, 20, seed, targets), minlength=50) for seed in range(1000))
    expected = 1000 * 20 / 50
    # Without replacement a number varies less than a binomial one: chi-square of 49, times 0.6.
    assert (((times - expected) ** 2 / expected).sum() / 0.6) < 85


def test_an_experiment_trains_on_what_was_drawn_and_its_outcome_is_kept(snapshot: Snapshot):
    experiment = prepare(snapshot, seeds=2)
    assert kept(experiment) is None
    steps: list[str] = []
    outcome = run(experiment, in_words(steps.append))
    assert any(step.startswith("1 of ") for step in steps)
    assert kept(experiment) == outcome
    group = [*experiment.groups.items()][1]
    (found,) = [result for result in outcome.results if result.name == group[0]]
    assert found.scores["auc"].value == pytest.approx(auc_by_hand(experiment, group))


def auc_by_hand(experiment: Experiment, group: tuple[str, np.ndarray]) -> float:
    """Trains on the drawn items alone and asks scikit-learn."""
    snapshot, task = experiment.snapshot, experiment.snapshot.workspace.task
    training, evaluation = snapshot.labels.usable_training, snapshot.labels.splits["evaluation"]
    source = feature_source(snapshot, task.model)
    found = []
    for seed in range(experiment.seeds):
        rows = drawn(*group, experiment.size, seed, columns(training, task))
        both = [*(training[row] for row in rows), *evaluation]
        data = LabeledTexts([item.text for item in both], columns(both, task), task.values, 0)
        learner = learner_on(task.model, source, data, seed)
        model = learner.train(np.arange(len(rows)))
        said = learner.predict(model, np.arange(len(rows), len(both)))[:, task.positive_index]
        truth = [item.label == task.positive.value for item in evaluation]
        found.append(roc_auc_score(truth, said))
    return float(np.mean(found))


def test_a_process_that_is_stopped_keeps_nothing_and_can_begin_anew(snapshot: Snapshot):
    experiment = prepare(snapshot, seeds=2)
    job = Job(compute, snapshot.workspace.path, experiment.size, 2)
    job.start()
    job.stop()
    assert is_over(job, PATIENCE)
    assert kept(experiment) is None
    job.start()
    assert is_over(job, PATIENCE)
    assert (job.told.error, kept(experiment) is not None) == ("", True)


def test_an_outcome_of_earlier_labels_is_found_until_there_is_one_of_today(snapshot: Snapshot):
    experiment = prepare(snapshot, seeds=2)
    assert earlier(experiment) is None
    outcome = run(experiment)
    training = snapshot.labels.splits["training"]
    splits = {**snapshot.labels.splits, "training": training[:-1]}
    today = prepare(
        replace(snapshot, labels=replace(snapshot.labels, splits=splits)), experiment.size, 2
    )
    assert kept(today) is None
    assert earlier(today) == outcome
    assert outcome.training == len(training)
    assert earlier(replace(today, size=today.size + 10)) is None


def test_the_newest_experiments_alone_are_kept(snapshot: Snapshot):
    folder = snapshot.workspace.cache / "experiments"
    folder.mkdir(parents=True)
    for number in range(KEPT + 5):
        (folder / f"old-{number:02}.json").write_text("")
        os.utime(folder / f"old-{number:02}.json", (number, number))
    experiment = prepare(snapshot, seeds=2)
    run(experiment)
    assert len([*folder.iterdir()]) == KEPT
    assert experiment.file.exists()


def test_a_damaged_answer_is_computed_again(snapshot: Snapshot):
    experiment = prepare(snapshot, seeds=2)
    outcome = run(experiment)
    experiment.file.write_text("{")
    assert kept(experiment) is None
    assert run(experiment) == outcome


def test_other_labels_are_another_experiment(snapshot: Snapshot):
    first = snapshot.labels.splits["training"][0]
    changed = replace(first, label="1" if first.label == "0" else "0")
    splits = dict(snapshot.labels.splits)
    splits["training"] = [changed, *splits["training"][1:]]
    other = replace(snapshot, labels=replace(snapshot.labels, splits=splits))
    assert prepare(other).file != prepare(snapshot).file


def test_what_cannot_be_kept_is_told(snapshot: Snapshot):
    experiment = prepare(snapshot, seeds=2)
    (snapshot.workspace.cache / "experiments").write_text("")
    with pytest.raises(LoopError, match="cannot be written"):
        run(experiment)


def test_without_evaluation_data_of_both_kinds_nothing_can_be_judged(
    make_workspace: MakeWorkspace,
):
    rows = [row for row in headlines(60) if row[2] == "0"]
    snapshot = read_snapshot(make_workspace([r[:2] for r in rows], {("evaluation", "0"): rows[:9]}))
    assert refusal(snapshot).startswith("Needs test items that are")
    with pytest.raises(LoopError, match="Needs test items that are"):
        prepare(snapshot)


def test_several_seeds_are_the_default(snapshot: Snapshot):
    assert prepare(snapshot).seeds == SEEDS == 20

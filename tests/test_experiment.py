from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from core.errors import LoopError
from core.experiment import (
    ALL,
    LEAST,
    RANDOM,
    SEEDS,
    Experiment,
    Group,
    Result,
    combined,
    drawn,
    find_groups,
    kept,
    prepare,
    refusal,
    run,
    verdict,
)
from core.labels import Labeled
from core.learning import Items, learner_on
from core.loop import Loop, read_loop
from core.runs import columns, feature_source
from core.statistics import Interval, Judged, paired_difference
from core.workspace import open_workspace
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def loop(demo: Path) -> Loop:
    return read_loop(open_workspace(demo))


def items(**numbers: int) -> list[Labeled]:
    """So many items of each strategy, one in four of them positive."""
    return [
        Labeled(f"{name}{at}", "text", str(int(at % 4 == 0)), "training", name.replace("_", " "))
        for name, number in numbers.items()
        for at in range(number)
    ]


def test_groups_that_are_too_small_are_told_with_what_they_need():
    found = find_groups(items(random=60, outlier=12, low_confidence=80))
    assert [group.name for group in found.ready] == [RANDOM, "low confidence", ALL]
    assert found.waiting == (f"Not yet: 12 outlier labels, {LEAST} are needed.",)
    assert found.sizes == [60]


def test_a_group_of_one_label_waits():
    same = [replace(item, label="0") for item in items(outlier=50)]
    found = find_groups([*items(random=60), *same])
    assert found.waiting == ("Not yet: all 50 outlier labels are the same, two are needed.",)


def test_without_random_labels_nothing_is_compared():
    found = find_groups(items(outlier=60))
    assert found.ready == ()
    assert found.sizes == []
    assert found.waiting == (f"Not yet: 0 random labels, {LEAST} are needed.",)


def test_labels_of_no_strategy_are_among_all_alone():
    unknown = [replace(item, strategy="") for item in items(x=50)]
    found = find_groups([*items(random=60), *unknown])
    assert {group.name: len(group.rows) for group in found.ready} == {RANDOM: 60, ALL: 110}


def test_a_larger_size_leaves_smaller_groups_out(loop: Loop):
    sizes = find_groups(loop.labels.usable_training()).sizes
    assert len(sizes) > 1
    assert prepare(loop).size == sizes[0]
    larger = prepare(loop, sizes[-1])
    assert all(len(group.rows) >= sizes[-1] for group in larger.groups)
    assert larger.folder != prepare(loop).folder


def test_a_draw_is_of_the_group_reproducible_and_has_two_labels():
    targets = np.zeros(200, np.int64)
    targets[150] = 1
    group = Group("outlier", np.arange(100, 200))
    for seed in range(30):
        rows = drawn(group, 40, seed, targets)
        assert len(set(rows.tolist())) == 40
        assert set(rows) <= set(group.rows)
        assert set(targets[rows]) == {0, 1}
        assert (rows == drawn(group, 40, seed, targets)).all()
    assert len({tuple(drawn(group, 40, seed, targets)) for seed in range(30)}) == 30


def test_every_item_of_a_group_is_drawn_equally_often():
    targets, group = np.arange(50) % 2, Group("outlier", np.arange(50))
    times = sum(np.bincount(drawn(group, 20, seed, targets), minlength=50) for seed in range(1000))
    expected = 1000 * 20 / 50
    # Without replacement a number varies less than a binomial one: chi-square of 49, times 0.6.
    assert (((times - expected) ** 2 / expected).sum() / 0.6) < 85


def judged(draw: np.random.Generator, actual: np.ndarray, skill: float) -> Judged:
    score = 1 / (1 + np.exp(-skill * actual - draw.normal(size=len(actual)) + 1))
    return Judged(score, score > 0.5)


def test_mean_scores_are_scikit_learn_s():
    draw = np.random.default_rng(1)
    actual = draw.random(200) < 0.3
    said = {RANDOM: [judged(draw, actual, 1) for _ in range(3)],
            "outlier": [judged(draw, actual, 2) for _ in range(3)]}  # fmt: skip
    found = combined(said, actual, replicates=50)
    for name, models in said.items():
        scores, _ = found[name]
        aucs = [roc_auc_score(actual, model.score) for model in models]
        assert scores["auc"].value == pytest.approx(np.mean(aucs))
        fscores = [f1_score(actual, model.predicted) for model in models]
        assert scores["fscore"].value == pytest.approx(np.mean(fscores))
    over = found["outlier"][1]["auc"].value
    assert over == pytest.approx(found["outlier"][0]["auc"].value - found[RANDOM][0]["auc"].value)
    assert found[RANDOM][1] == {}


def test_of_one_seed_the_interval_is_the_paired_bootstrap_s():
    draw = np.random.default_rng(2)
    actual = draw.random(300) < 0.3
    first, second = judged(draw, actual, 1), judged(draw, actual, 2)
    found = combined({RANDOM: [first], "outlier": [second]}, actual)["outlier"][1]
    for score in ("fscore", "auc"):
        expected = paired_difference(first, second, actual, score, keep_balance=False)
        assert found[score] == expected.interval


def test_models_of_equal_skill_are_rarely_told_apart():
    told, draw = 0, np.random.default_rng(3)
    for _ in range(60):
        actual = draw.random(200) < 0.3
        said = {name: [judged(draw, actual, 1.5) for _ in range(5)] for name in (RANDOM, "x")}
        found = combined(said, actual, replicates=300)["x"][1]["auc"]
        told += found.low > 0 or found.high < 0
    assert told / 60 <= 0.15


def test_an_experiment_trains_on_what_was_drawn_and_is_not_computed_twice(loop: Loop):
    experiment = prepare(loop, seeds=2)
    assert kept(experiment) is None
    steps: list[str] = []
    outcome = run(experiment, steps.append)
    assert any(step.startswith("1 of ") for step in steps)
    assert kept(experiment) == outcome
    group = experiment.groups[1]
    (found,) = [result for result in outcome.results if result.name == group.name]
    assert found.scores["auc"].value == pytest.approx(auc_by_hand(experiment, group))
    again: list[str] = []
    assert run(experiment, again.append) == outcome
    assert again == ["comparing"]


def auc_by_hand(experiment: Experiment, group: Group) -> float:
    """Trains on the drawn items alone and asks scikit-learn."""
    loop, task = experiment.loop, experiment.loop.workspace.task
    training, evaluation = loop.labels.usable_training(), loop.labels.splits["evaluation"]
    source = feature_source(loop, task.model)
    found = []
    for seed in range(experiment.seeds):
        rows = drawn(group, experiment.size, seed, columns(training, task))
        both = [*(training[row] for row in rows), *evaluation]
        data = Items([item.text for item in both], columns(both, task), task.values, 0)
        learner = learner_on(task.model, source, data, seed)
        model = learner.train(np.arange(len(rows)))
        said = learner.predict(model, np.arange(len(rows), len(both)))[:, task.positive_index]
        truth = [item.label == task.positive.value for item in evaluation]
        found.append(roc_auc_score(truth, said))
    return float(np.mean(found))


class StopError(Exception):
    pass


def test_what_was_finished_before_a_stop_is_kept(loop: Loop):
    experiment = prepare(loop, seeds=1)
    asked = 0

    def stop_at_the_third() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise StopError

    with pytest.raises(StopError):
        run(experiment, still_wanted=stop_at_the_third)
    assert kept(experiment) is None
    steps: list[str] = []
    run(experiment, steps.append)
    assert next(step for step in steps if " of " in step).startswith("3 of ")


def test_a_damaged_answer_is_computed_again(loop: Loop):
    experiment = prepare(loop, seeds=1)
    outcome = run(experiment)
    for file in experiment.folder.glob("*.npy"):
        file.write_bytes(file.read_bytes()[:50])
    experiment.outcome_file.write_text("{")
    assert kept(experiment) is None
    assert run(experiment) == outcome


def test_other_labels_are_another_experiment(loop: Loop):
    first = loop.labels.splits["training"][0]
    changed = replace(first, label="1" if first.label == "0" else "0")
    splits = dict(loop.labels.splits)
    splits["training"] = [changed, *splits["training"][1:]]
    other = replace(loop, labels=replace(loop.labels, splits=splits))
    assert prepare(other).folder != prepare(loop).folder


def test_what_cannot_be_kept_is_told(loop: Loop):
    experiment = prepare(loop, seeds=1)
    (loop.workspace.cache / "experiments").write_text("")
    with pytest.raises(LoopError, match="cannot be written"):
        run(experiment)


def test_without_evaluation_data_of_both_kinds_nothing_can_be_judged(
    make_workspace: MakeWorkspace,
):
    rows = [row for row in headlines(60) if row[2] == "0"]
    loop = read_loop(make_workspace([r[:2] for r in rows], {("evaluation", "0"): rows[:9]}))
    assert refusal(loop).startswith("It begins with evaluation data")
    with pytest.raises(LoopError, match="It begins with evaluation data"):
        prepare(loop)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((0.21, 0.12, 0.29), "Low confidence beats random by 0.21 F (0.12 to 0.29) at 400 labels."),
        (
            (-0.05, -0.08, -0.01),
            "Low confidence falls behind random by 0.05 F (0.01 to 0.08) at 400 labels.",
        ),
        (
            (0.02, -0.03, 0.06),
            "Low confidence and random cannot be told apart yet by F at 400 labels "
            "(-0.03 to +0.06).",
        ),
    ],
)
def test_a_verdict_is_a_sentence(ends: tuple[float, float, float], told: str):
    result = Result("low confidence", 500, 0.3, {}, {"fscore": Interval(*ends)})
    assert verdict(result, "fscore", 400) == told


def test_two_scores_of_nothing_are_told_as_such():
    result = Result("outlier", 500, 0.3, {}, {"fscore": Interval(0.0, 0.0, 0.0)})
    assert verdict(result, "fscore", 90).endswith("a positive item: F is 0 for both.")


def test_the_chapter_s_five_seeds_are_the_default(loop: Loop):
    assert prepare(loop).seeds == SEEDS == 5

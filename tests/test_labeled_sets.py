"""Benchmarks of learners on data sets named by path: their options, draws, scores and intervals."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from core.analysis.simulation import LabeledPool, Plan, held_out, read_labeled, write_labeled
from core.evaluation.metrics import as_table
from core.evaluation.runs import label_mask
from core.models.predict import score_texts
from tests.benchmarks import labeled_sets, learner, learning, plain_learner
from tests.benchmarks.labeled_sets import Job, Learner, course, paired, task_of, told
from tests.benchmarks.plain_learner import Known, by_margin, fitted, known_pool
from tests.conftest import write_csv
from tests.label_worlds import BINARY, KINDS, MANY, SEVERAL, THEMES, items_of

HEAD = ("item_id", "text", "label")
ONCE = Plan(initial=80, batch=40, iterations=0)
NO_ENCODER = Learner("linear, no encoder", encoder="")


@pytest.fixture
def kind() -> str:
    """The kind of the data set's labels, unless a test asks for another."""
    return BINARY


@pytest.fixture
def labeled(tmp_path: Path, kind: str) -> Path:
    return write_csv(tmp_path / "labeled.csv", [HEAD, *items_of(kind, 300, seed=3)])


def table_of(labeled: Path, folder: Path) -> LabeledPool:
    folder.mkdir()
    task = replace(task_of(labeled), encoder="")
    write_labeled(labeled, folder, task)
    return read_labeled(folder, task)


def by_scikit(kind: str, probability: np.ndarray, called: np.ndarray, actual: np.ndarray) -> dict:
    """The scores of tables `(n_items, n_labels)`, the positive label in the first column."""
    if kind == BINARY:
        return {
            "average_precision": metrics.average_precision_score(actual[:, 0], probability[:, 0]),
            "auc": metrics.roc_auc_score(actual[:, 0], probability[:, 0]),
            "at_threshold": metrics.f1_score(actual[:, 0], called[:, 0]),
            "at_half": metrics.f1_score(actual[:, 0], probability[:, 0] > 0.5),
        }
    there = actual.any(axis=0)
    return {
        "average_precision": metrics.average_precision_score(
            actual[:, there], probability[:, there]
        ),
        "auc": metrics.roc_auc_score(actual[:, there], probability[:, there]),
        "macro_fscore": metrics.f1_score(actual[:, there], called[:, there], average="macro"),
        "accuracy": metrics.accuracy_score(actual, called),
    }


@pytest.mark.parametrize(
    ("answers", "values", "positive", "several"),
    [
        (["1", "0", "0"], ("1", "0"), "1", False),
        (["spam", "ham", "ham"], ("spam", "ham"), "spam", False),
        (["no", "yes", "yes"], ("yes", "no"), "yes", False),
        (["c", "b", "a", "a"], ("a", "b", "c"), None, False),
        (["a|b", "b", "-"], ("a", "b"), None, True),
    ],
)
def test_a_data_set_has_the_task_that_its_labels_tell(
    tmp_path: Path, answers: list[str], values: tuple, positive: str | None, several: bool
):
    rows = [(f"i{at}", f"text {at}", answer) for at, answer in enumerate(answers)]
    task = task_of(write_csv(tmp_path / "labeled.csv", [HEAD, *rows]))
    assert (task.values, task.several) == (values, several)
    assert (task.positive and task.positive.value) == positive


@pytest.mark.parametrize("kind", KINDS)
def test_the_scores_of_our_models_are_those_of_scikit_learn(
    labeled: Path, kind: str, tmp_path: Path
):
    job = Job(labeled, task_of(labeled), NO_ENCODER, seed=1, labels=(80,), chooses=False)
    (result,) = course(job)
    plan = replace(ONCE, evaluation=labeled_sets.HELD_OUT)
    (step,) = labeled_sets.steps(table_of(labeled, tmp_path / "pool"), None, "linear", 1, plan)
    test, model = step.snapshot.labels.splits["evaluation"], step.trained.model
    probability = score_texts(model, [item.text for item in test])
    called = as_table(model.columns.predicted(probability), len(model.labels))
    actual = label_mask(test, step.snapshot.workspace.task)
    expected = by_scikit(kind, probability, called, actual)
    assert {name: result.scores[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert (result.learner, result.labels, len(test)) == (NO_ENCODER.name, 80, 90)


@pytest.mark.parametrize("kind", KINDS)
def test_the_scores_of_the_plain_learner_are_those_of_scikit_learn(
    labeled: Path, kind: str, tmp_path: Path
):
    table = table_of(labeled, tmp_path / "pool")
    known = known_pool(held_out(table, 1, ONCE), table.oracle)
    rows = np.flatnonzero(known.snapshot.candidates)[:80]
    probability, thresholds = fitted(known, rows)
    called = probability >= thresholds
    if kind == MANY:
        called = probability == probability.max(axis=1, keepdims=True)
    actual = label_mask(known.snapshot.labels.splits["evaluation"], known.snapshot.workspace.task)
    expected = by_scikit(kind, probability, called, actual)
    found = plain_learner.figures(known, probability, thresholds)
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert expected["auc"] > 0.6  # it has learned, so a wrong order of items would be seen


def test_all_learners_have_the_same_items_of_a_seed(
    labeled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    table = table_of(labeled, tmp_path / "pool")
    seen = []

    def fitted_to(known: Known, rows: np.ndarray) -> tuple[()]:
        seen.append((known, rows))
        return ()

    monkeypatch.setattr(plain_learner, "fitted", fitted_to)
    monkeypatch.setattr(plain_learner, "figures", lambda known: {})
    (step,) = labeled_sets.steps(table, None, "linear", 4, ONCE)
    for chooses in (False, True):
        list(plain_learner.scores(table, 4, ONCE, [80], chooses=chooses))
        known, rows = seen.pop()
        items, ids = step.snapshot.labels.splits, known.snapshot.pool_words.pool.ids.to_pylist()
        assert [ids[row] for row in rows] == [item.item_id for item in items["training"]]
        assert known.snapshot.labels.splits["evaluation"] == items["evaluation"]


@pytest.mark.parametrize("kind", [BINARY, SEVERAL])
def test_the_plain_learner_chooses_by_the_smallest_margin(labeled: Path, tmp_path: Path):
    table = table_of(labeled, tmp_path / "pool")
    known = known_pool(held_out(table, 1, ONCE), table.oracle)
    free = set(np.flatnonzero(known.snapshot.candidates).tolist())
    first, second = by_margin(known, np.array(sorted(free))[:80], batch=10, most=90)
    sure = np.abs(plain_learner.fit(known, first, known.vectors) - 0.5).min(axis=1)
    chosen, left = set(second[80:].tolist()), free - set(second.tolist())
    assert len(chosen) == 10
    assert chosen <= free - set(first.tolist())
    assert max(sure[row] for row in chosen) <= min(sure[row] for row in left)


def test_small_first_batches_pass_numbers_that_large_ones_leap_over(labeled: Path):
    small = Learner("small", encoder="", first=20)
    large = replace(small, name="large", first=0)
    jobs = [Job(labeled, task_of(labeled), each, 1, (120, 200), True) for each in (small, large)]
    found = [[result.labels for result in course(job)] for job in jobs]
    assert found == [[120, 200], [200]]


def test_differences_are_paired_over_seeds_with_students_interval():
    one, other = {0: 0.7, 1: 0.8, 2: 0.75, 3: 0.9}, {1: 0.7, 2: 0.7, 3: 0.85, 5: 0.1}
    oracle = stats.ttest_rel([0.8, 0.75, 0.9], [0.7, 0.7, 0.85])
    low, high = oracle.confidence_interval(0.95)
    assert told(paired(one, other), "+") == f"+0.067 [{low:+.3f}, {high:+.3f}]"
    assert told(paired({0: 0.5}, {0: 0.25})) == "0.250"
    assert told(paired({0: 0.5}, {1: 0.25})) == ""


def run(main: object, capsys: pytest.CaptureFixture, *arguments: object) -> str:
    given, sys.argv = sys.argv, ["benchmark", *map(str, arguments)]
    try:
        main()
    finally:
        sys.argv = given
    return capsys.readouterr().out


def test_the_learners_are_compared_on_every_data_set_that_is_named(
    labeled: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    other = write_csv(tmp_path / "other.csv", [HEAD, *items_of(SEVERAL, 200, values=THEMES[:3])])
    sets = ("--labeled", labeled, "--labeled", other, "--seeds", 2, "--workers", 1)
    said = run(learner.main, capsys, *sets, "--labels", 60)
    one, two = said.split("other.csv")
    assert "labeled.csv: the same random labels" in one
    rows = [line.split("|")[2].strip() for line in one.splitlines() if line.startswith("| 60 ")]
    names = [each.name for each in labeled_sets.LEARNERS]
    assert rows == [*names, *names[1:]]
    assert "F at its threshold" in one
    assert "book" not in two
    assert "macro F" in two
    said = run(learning.main, capsys, "--learners", *sets[:2], *sets[4:], "--labels", 120)
    assert f"| {labeled_sets.SMALL_FIRST.name} " in said
    assert "labels that each chooses for itself" in said


def test_the_strategies_are_compared_on_every_data_set_that_is_named(
    labeled: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        learning,
        "MIXES",
        {"random": {"random": 1}, "rare": {"random": 1, "most likely positive": 1}},
    )
    monkeypatch.setattr(learning, "choosers", lambda number: {})
    other = write_csv(tmp_path / "other.csv", [HEAD, *items_of(MANY, 200)])
    sets = ("--labeled", labeled, "--labeled", other, "--seeds", 2, "--workers", 1)
    one, two = run(learning.main, capsys, *sets, "--iterations", 1).split("\nother.csv\n")
    assert "| rare " in one
    assert "| random " in two
    assert "| rare " not in two


def test_a_benchmark_without_data_says_what_it_needs(capsys: pytest.CaptureFixture):
    for main in (learner.main, learning.main):
        with pytest.raises(SystemExit):
            run(main, capsys)
        assert "--labeled" in capsys.readouterr().err

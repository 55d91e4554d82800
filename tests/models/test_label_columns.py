"""Models of one label, of many and of several for a text, and the task's labels that change."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from core.errors import LoopError, RunError
from core.evaluation import runs
from core.models.calibration import (
    FOLDS,
    NEVER_REACHED,
    UNCHANGED,
    Calibration,
    best_threshold,
    fit_calibration,
    fit_label_by_label,
    learnable,
    parts_held_out,
)
from core.models.explain import explain
from core.models.label_columns import LabelColumns, alignment, confidences
from core.models.logistic import AT_ONCE, C, fit_each_label, fit_logistic
from core.models.model import in_today, load_model, save_model
from core.models.pool_predictions import predictions_of
from core.models.predict import score_texts
from core.workspace.snapshot import Snapshot
from tests.label_worlds import (
    BINARY,
    KINDS,
    MANY,
    SEVERAL,
    THEMES,
    labeled_snapshot,
    task_text,
    with_labels,
    with_task,
)
from tests.models.test_logistic import rows_and_targets

ASKED = ["water1 water2 food1", "food0 food2", "word1 word2", ""]


@pytest.fixture(params=KINDS)
def snapshot(tmp_path: Path, request: pytest.FixtureRequest) -> Snapshot:
    return labeled_snapshot(tmp_path, request.param)


@pytest.fixture
def several(tmp_path: Path) -> Snapshot:
    return labeled_snapshot(tmp_path, SEVERAL)


TABLES = st.tuples(st.integers(1, 30), st.integers(1, 11), st.integers(0, 99))


@given(TABLES)
def test_an_answer_holds_the_labels_that_reach_their_thresholds(shape):
    number, n_labels, seed = shape
    draw = np.random.default_rng(seed)
    probability = draw.random((number, n_labels)).round(1).astype(np.float32)
    labels = tuple(f"l{at}" for at in range(n_labels))
    columns = LabelColumns(labels, tuple(draw.random(n_labels).round(1)))
    expected = [
        "|".join(
            label
            for label, p, least in zip(labels, row, columns.thresholds, strict=True)
            if p >= np.float32(least)
        )
        or "-"
        for row in probability
    ]
    assert columns.answers(probability) == expected
    sure = np.maximum(probability, 1 - probability)
    assert columns.confidence(probability) == pytest.approx(sure.min(axis=1))
    assert confidences(probability, several=True, of=np.mean) == pytest.approx(sure.mean(axis=1))


def test_of_one_label_a_text_the_most_probable_one_is_the_answer():
    probability = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]], np.float32)
    columns = LabelColumns(("a", "b", "c"))
    assert columns.answers(probability) == ["b", "a"]
    assert confidences(probability).tolist() == probability.max(axis=1).tolist()
    assert columns.answers(probability[:0]) == []


@given(st.integers(20, 120), st.integers(1, 6), st.integers(0, 99))
def test_each_rare_label_is_spread_over_the_folds(number, n_labels, seed):
    draw = np.random.default_rng(seed)
    targets = draw.random((number, n_labels)) < draw.random(n_labels)
    parts = parts_held_out(targets, n_labels, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(number))
    taught = targets[:, learnable(targets)]
    if taught.shape[1]:
        rarest = taught[:, taught.sum(axis=0).argmin()]
        held = [int(rarest[part].sum()) for part in parts]
        assert len(parts) == FOLDS
        assert max(held) - min(held) <= 1


def test_each_label_is_scikit_learns_regression_against_the_others():
    rows, n_columns, classes = rows_and_targets(4)
    targets = classes[:, None] == np.arange(3)
    fit = fit_each_label(rows, n_columns, targets)
    matrix = sparse.csr_matrix((rows.values, rows.bags.ids, rows.bags.offsets), (240, n_columns))
    matrix = sparse.hstack([matrix, rows.dense]).tocsr().astype(np.float64)
    scores = matrix @ np.concatenate([fit.sparse, fit.dense]) + fit.bias
    for label, has in enumerate(targets.T):
        theirs = LogisticRegression(
            C=C, class_weight="balanced", solver="newton-cg", tol=1e-10, max_iter=500
        ).fit(matrix, has)
        expected = theirs.predict_proba(matrix)[:, 1]
        np.testing.assert_allclose(1 / (1 + np.exp(-scores[:, label])), expected, atol=5e-6)
        alone = fit_logistic(rows, n_columns, 1 - has.astype(np.int64))
        np.testing.assert_allclose(fit.sparse[:, [label]], alone.sparse, atol=1e-5)


def test_more_labels_than_are_fitted_at_once_are_fitted_as_if_alone():
    rows, n_columns, _ = rows_and_targets(4)
    targets = np.random.default_rng(2).random((240, AT_ONCE + 2)) < 0.3
    fit = fit_each_label(rows, n_columns, targets)
    again = fit_each_label(rows, n_columns, targets, fit)
    for label in (0, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1):
        alone = fit_each_label(rows, n_columns, targets[:, [label]])
        for found in (fit, again):
            np.testing.assert_allclose(found.sparse[:, [label]], alone.sparse, atol=1e-5)
            np.testing.assert_allclose(found.dense[:, [label]], alone.dense, atol=1e-5)
            np.testing.assert_allclose(found.bias[label], alone.bias[0], atol=1e-5)


def test_labels_are_calibrated_and_cut_one_by_one():
    draw = np.random.default_rng(3)
    targets = draw.random((200, 2)) < [0.2, 0.5]
    score = np.clip(0.5 + 0.3 * (targets - 0.5) + draw.normal(0, 0.2, (200, 2)), 0.01, 0.99)
    found = fit_label_by_label(score, targets)(score)
    for label in range(2):
        two = np.stack([score[:, label], 1 - score[:, label]], axis=1)
        alone = fit_calibration(two, 1 - targets[:, label])
        assert found[:, label] == pytest.approx(alone(two)[:, 0])


def test_a_model_learns_what_there_is_and_says_what_it_thinks_of_new_texts(snapshot: Snapshot):
    trained = runs.train(snapshot)
    probability = score_texts(trained.model, ASKED)
    told = trained.model.columns.answers(probability)
    assert "food" in told[1].split("|")
    assert trained.report.figures["evaluation"].micro_fscore > 0.5
    run = runs.keep(snapshot, trained)
    again = runs.load_run(replace(snapshot), run)
    assert np.array_equal(score_texts(again, ASKED), probability)
    assert again.columns == trained.model.columns
    assert again.calibration == trained.model.calibration
    kept = predictions_of(snapshot, run, again)
    assert [kept.answer(row) for row in range(5)] == again.columns.answers(kept.probability[:5])


def test_thresholds_of_rare_labels_are_those_of_the_best_f_out_of_fold(several: Snapshot):
    several = with_labels(
        several, [(x.item_id, x.text, x.label) for x in several.labels.splits["training"]]
    )
    for item in several.labels.splits["training"]:  # chosen ones do not tell how many there are
        object.__setattr__(item, "strategy", "low confidence")
    trained = runs.train(several)
    unseen = trained.report.out_of_fold
    targets = runs.columns(several.labels.usable_training, several.workspace.task)
    for label, threshold in enumerate(trained.model.thresholds):
        expected = best_threshold(unseen.table[:, label], targets[:, label])
        assert threshold == pytest.approx(expected, abs=1e-6)
    assert unseen.thresholds == trained.model.thresholds


def test_a_label_with_too_few_items_is_never_predicted_and_named(several: Snapshot):
    items = several.labels.splits["training"]
    rare = [item for item in items if "power" in item.label][:4]
    others = [item for item in items if "power" not in item.label]
    few = with_labels(
        several,
        [(x.item_id, x.text, x.label) for x in [*others, *rare]],
        [(x.item_id, x.text, x.label) for x in several.labels.splits["evaluation"]],
    )
    trained = runs.train(few)
    column = THEMES.index("power")
    assert trained.model.unlearned == ("power",)
    assert trained.report.figures["evaluation"].unknown == ("power",)
    for texts in (ASKED, [x.text for x in rare]):
        probability = score_texts(trained.model, texts)
        assert not probability[:, column].any()
        assert not trained.model.calibration(probability)[:, column].any()
    assert trained.model.thresholds[column] == NEVER_REACHED
    run = runs.keep(few, trained)
    assert runs.load_run(few, run).unlearned == ("power",)
    with pytest.raises(RunError, match="has not learned the label `power`"):
        explain(trained.model, ["power0"], ["power"])


def test_without_enough_of_any_label_nothing_is_trained(several: Snapshot):
    few = with_labels(
        several, [(f"t{at}", f"text {at}", "water" * (at < 4) or "-") for at in range(30)]
    )
    assert not few.can_train
    assert "No label has 5 training items" in few.why_no_model
    with pytest.raises(LoopError, match="5 training items have"):
        runs.train(few)
    assert several.can_train


def test_the_chapters_model_is_refused_for_several_labels(several: Snapshot):
    with pytest.raises(RunError, match=r"`book` is the chapter's.*Choose `linear`"):
        runs.train(several, name="book")


def test_an_explanation_adds_up_to_the_labels_log_odds(several: Snapshot):
    model = runs.train(several).model
    text = "water1 food2 word3"
    probability = score_texts(model, [text])[0].astype(float)
    for answer in ("food", "water|food", "-"):
        (found,) = explain(model, [text], [answer])
        named = answer.split("|") if answer != "-" else list(THEMES)
        best = max(named, key=lambda value: probability[THEMES.index(value)])
        p = probability[THEMES.index(best)]
        assert found.label == best
        assert found.score == pytest.approx(np.log(p / (1 - p)), abs=1e-3)


def aligned(snapshot: Snapshot, values: list[str], more: str = "") -> Snapshot:
    """The snapshot under a task with labels of these lines."""
    kind = SEVERAL if snapshot.workspace.task.several else MANY
    text = task_text(kind, values)
    for line in filter(None, more.split(";")):
        value, _, addition = line.partition(":")
        text = text.replace(f'file = "{value}.csv"\n', f'file = "{value}.csv"\n{addition}\n')
    return with_task(snapshot, text)


@pytest.mark.parametrize("kind", [MANY, SEVERAL])
def test_predictions_go_on_while_the_labels_change(tmp_path: Path, kind: str):
    snapshot = labeled_snapshot(tmp_path, kind)
    run = runs.keep(snapshot, runs.train(snapshot))
    before = runs.load_run(snapshot, run)
    own, cuts = score_texts(before, ASKED), before.thresholds
    column = {value: own[:, at] for at, value in enumerate(THEMES)}

    def now(values: list[str], more: str = ""):
        changed = aligned(snapshot, values, more)
        model = runs.load_run(changed, run)
        assert model.trained_on == THEMES
        assert model.labels == changed.workspace.task.values
        report = runs.read_report(changed, run)
        assert report.out_of_fold.labels == model.labels
        assert report.out_of_fold.thresholds == model.thresholds
        figures = runs.evaluate_items(
            model, changed.labels.splits["evaluation"], changed.workspace.task
        )
        assert set(figures.labels) == set(model.labels)
        for split in report.figures.values():
            assert all(changed.workspace.task.label(value) for value in split.labels)
        return model, score_texts(model, ASKED)

    model, added = now(["fire", *THEMES])
    assert np.array_equal(added[:, 1:], own)
    assert not added[:, 0].any()
    assert "fire" in model.unlearned
    assert not model.calibration(added)[:, 0].any()

    model, renamed = now(["drink", *THEMES[1:]], 'drink:was = ["water"]')
    assert np.array_equal(renamed, own)
    assert "drink" not in model.unlearned

    _, moved = now([*THEMES[::-1]])
    assert np.array_equal(moved, own[:, ::-1])

    model, merged = now([*THEMES[1:]], 'food:was = ["water"]')
    join = np.maximum if kind == SEVERAL else np.add
    assert np.array_equal(merged[:, 0], join(column["water"], column["food"]))
    if kind == SEVERAL:
        assert model.thresholds == (max(cuts[:2]), *cuts[2:])
    assert explain(model, ["water1 water0"], ["food"])[0].score > 0

    _, retired = now([*THEMES], "power:retired = true")
    rest = own[:, :-1]
    if kind == MANY:
        rest = rest / rest.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(retired, rest, rtol=1e-6)


def test_calibration_is_exact_for_labels_that_were_added_moved_or_retired(tmp_path: Path):
    snapshot = labeled_snapshot(tmp_path, MANY)
    model = runs.train(snapshot).model
    own = model.calibration(score_texts(model, ASKED))
    task = aligned(snapshot, ["fire", *THEMES[::-1]], "power:retired = true").workspace.task
    changed = in_today(model, task)
    found = changed.calibration(score_texts(changed, ASKED))
    kept = own[:, :-1][:, ::-1]
    np.testing.assert_allclose(found[:, 1:], kept / kept.sum(axis=1, keepdims=True), rtol=1e-4)


def test_a_merged_label_is_calibrated_as_its_parts_are_on_average():
    parts = ((0, 2), (1,), ())
    one = Calibration(0.5, (1.0, -1.0, 3.0)).brought(parts)
    assert one == Calibration(0.5, (2.0, -1.0, -np.inf))
    several = Calibration(1.0, (1.0, -1.0, 3.0), (0.5, 2.0, 1.5)).brought(parts)
    assert several == Calibration(1.0, (2.0, -1.0, 0.0), (1.0, 2.0, 1.0))
    assert UNCHANGED.brought(parts) == UNCHANGED


def test_a_model_that_knows_too_few_of_the_labels_is_refused(tmp_path: Path):
    snapshot = labeled_snapshot(tmp_path, MANY)
    run = runs.keep(snapshot, runs.train(snapshot))
    other = with_task(snapshot, task_text(MANY, ["fire", "water", "wind"]))
    with pytest.raises(RunError, match=r"was trained for the labels water, food.*Train again"):
        runs.load_run(other, run)
    with pytest.raises(RunError, match=r"search, power, several for a text. Train again"):
        runs.load_run(with_task(snapshot, task_text(SEVERAL)), run)


def test_a_changed_task_has_predictions_of_its_own_in_the_cache(tmp_path: Path):
    snapshot = labeled_snapshot(tmp_path, MANY)
    run = runs.keep(snapshot, runs.train(snapshot))
    before = predictions_of(snapshot, run, runs.load_run(snapshot, run))
    changed = aligned(snapshot, [*THEMES], "power:retired = true")
    after = predictions_of(changed, run, runs.load_run(changed, run))
    assert before.probability.shape[1] == after.probability.shape[1] + 1
    assert set(after.codes[1]) == set(THEMES[:-1])


def test_labels_that_are_the_same_need_no_alignment(snapshot: Snapshot):
    task = snapshot.workspace.task
    assert alignment(task.values, task) is None


def test_a_file_of_one_label_a_text_is_as_before(tmp_path: Path):
    import torch

    snapshot = labeled_snapshot(tmp_path, BINARY)
    model = runs.train(snapshot).model
    save_model(model, tmp_path / "models" / "m.params")
    content = torch.load(tmp_path / "models" / "m.params", weights_only=True)
    assert content["format"] == "sunlight params 3"
    assert set(content) == {
        "format", "name", "labels", "seed", "weights", "scale", "shifts", "threshold", "cut_column",
        *model.source.saved(tmp_path / "models"),
    }  # fmt: skip
    assert load_model(tmp_path / "models" / "m.params").columns == model.columns

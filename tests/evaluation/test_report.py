import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.errors import RunError
from core.evaluation.intervals import cut_intervals
from core.evaluation.metrics import Cut
from core.evaluation.report import (
    AT_THRESHOLD,
    Figures,
    KeptPredictions,
    OutOfFold,
    Report,
    kept_out_of_fold,
    kept_predictions,
    load_report,
    measure,
    report_path,
    row_scores,
    save_report,
)
from core.models.calibration import Calibration
from tests.fuzzing import REPORT
from tests.models.test_explain import a_model
from tests.worlds import binary, score_intervals

SHIFTED = Calibration(0.5, (-1.0, 0.0))


def a_report() -> Report:
    draw = np.random.default_rng(0)
    score, targets = draw.random(40), draw.integers(0, 2, 40)
    few = figures_of(score[:3], np.ones(3, np.int64))  # none of them is positive
    return Report("linear", "pool", 1, "ab", 0.3, 0.5, (-1.0, 0.0), "said",
                  {"evaluation": figures_of(score, targets), "validation": few}, said(score),
                  out_of_fold=unseen())  # fmt: skip


def figures_of(score: np.ndarray, targets: np.ndarray, threshold: float = 0.3) -> Figures | None:
    model = replace(a_model(), calibration=SHIFTED, cut=(0, threshold))
    return measure(model, np.stack([score, 1 - score], axis=1), targets, 0)


def unseen() -> OutOfFold:
    probability = np.array([[0.1, 0.9], [1 / 3, 2 / 3]], np.float32)
    return kept_out_of_fold(a_model(), ["t0", "t1"], probability)


def said(score: np.ndarray) -> KeptPredictions:
    model = replace(a_model(), calibration=SHIFTED)
    ids = [f"e{at}" for at in range(len(score))]
    return kept_predictions(model, ids, np.stack([score, 1 - score], axis=1), 0)


def test_what_was_said_is_kept_item_by_item():
    kept = said(np.array([0.9, 0.2]))
    assert kept.item_ids == ("e0", "e1")
    assert kept.raw == (0.9, 0.2)
    assert kept.calibrated == pytest.approx((0.524633, 0.155362), abs=2e-6)
    assert kept.predicted == ("1", "0")


def test_intervals_of_the_ranking_are_bootstrapped_and_those_of_calls_counted():
    draw = np.random.default_rng(1)
    score, targets = draw.random(200), draw.integers(0, 2, 200)
    found = figures_of(score, targets).intervals
    drawn = score_intervals(binary(score), targets == 0)
    ranking = ("auc", "average_precision")
    assert {name: found[name] for name in ranking} == {name: drawn[name] for name in ranking}
    counted = cut_intervals(score > 0.5, targets == 0)
    assert {name: found[name] for name in counted} == counted
    for name in ("fscore", "precision", "recall"):  # of many items both say about the same
        assert found[name].value == drawn[name].value
        assert found[name].low == pytest.approx(drawn[name].low, abs=0.03)
        assert found[name].high == pytest.approx(drawn[name].high, abs=0.03)
    assert found[AT_THRESHOLD] == cut_intervals(score >= 0.3, targets == 0)["fscore"]


def test_a_model_that_finds_nothing_has_an_interval_too():
    score, targets = np.full(60, 0.1), np.arange(60) % 6
    found = figures_of(score, targets).intervals
    assert found["fscore"].low == found["fscore"].value == 0
    assert found["fscore"].high > 0.2


def test_figures_are_of_both_cuts():
    score = np.array([0.9, 0.6, 0.4, 0.35, 0.1])
    targets = np.array([0, 1, 0, 1, 1])
    figures = figures_of(score, targets, 0.35)
    actual = targets == 0
    assert figures.at_half == Cut(0.5, 0.5, 0.5)
    assert figures.at_threshold == Cut(pytest.approx(2 / 3), 0.5, 1.0)
    assert figures.at_threshold.fscore == pytest.approx(f1_score(actual, score >= 0.35))


def test_no_items_have_no_figures_and_a_row_of_none():
    assert figures_of(np.empty(0), np.empty(0, np.int64)) is None
    assert set(row_scores(None).values()) == {None}


def test_a_row_has_the_scores_at_one_half():
    figures = figures_of(np.array([0.9, 0.6, 0.4, 0.35, 0.1]), np.array([0, 1, 0, 1, 1]))
    assert row_scores(figures) == {"fscore": 0.5, "auc": figures.auc, "precision": 0.5,
        "average_precision": figures.average_precision, "recall": 0.5}  # fmt: skip


def test_a_saved_report_is_the_same(tmp_path: Path):
    params = tmp_path / "models" / "m.params"
    report = a_report()
    save_report(report, params)
    assert load_report(params) == report
    assert [file.name for file in params.parent.iterdir()] == ["m.json"]


def test_what_unseen_items_were_told_is_kept_by_label():
    assert unseen().item_ids == ("t0", "t1")
    assert unseen().labels == ("1", "0")
    assert unseen().probability == ((0.1, 0.3333333), (0.9, 0.6666667))


def test_a_report_from_before_out_of_fold_predictions_were_kept_is_read(tmp_path: Path):
    params = tmp_path / "models" / "m.params"
    save_report(a_report(), params)
    content = json.loads(report_path(params).read_text())
    del content["out_of_fold"]
    report_path(params).write_text(json.dumps(content))
    assert load_report(params) == replace(a_report(), out_of_fold=None)


def test_a_report_with_figures_that_are_no_more_is_read(tmp_path: Path):
    params = tmp_path / "models" / "m.params"
    save_report(a_report(), params)
    content = json.loads(report_path(params).read_text())
    for figures in content["figures"].values():
        figures.update(calibration_error_raw=0.1, brier_raw=None)
    report_path(params).write_text(json.dumps(content))
    assert content["figures"]
    assert load_report(params) == a_report()


def test_a_run_from_before_has_none(tmp_path: Path):
    assert load_report(tmp_path / "m.params") is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": "sunlight report 1"}', '{"format": "other"}']
)
def test_a_damaged_report_is_refused(tmp_path: Path, content: str):
    params = tmp_path / "m.params"
    report_path(params).write_text(content)
    with pytest.raises(RunError, match="not a report of Sunlight"):
        load_report(params)


def test_undefined_figures_survive_the_way_out_and_in(tmp_path: Path):
    report = replace(a_report(), figures={})
    save_report(report, tmp_path / "models" / "m.params")
    assert load_report(tmp_path / "models" / "m.params").figures == {}


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "high"},
        {"note": 7},
        {"shifts": [None]},
        {"said": {"item_ids": ["a"], "raw": [], "calibrated": [], "predicted": []}},
        {"said": {"item_ids": [1], "raw": [0.1], "calibrated": [0.1], "predicted": ["1"]}},
        {"out_of_fold": {"item_ids": ["a"], "labels": ["1", "0"], "probability": [[0.1]]}},
        {"scale": 10**400},
    ],
)
def test_a_report_whose_values_are_of_another_kind_is_refused(tmp_path: Path, change: dict):
    (tmp_path / "a.json").write_text(json.dumps(json.loads(REPORT) | change))
    with pytest.raises(RunError, match="is not a report of Sunlight"):
        load_report(tmp_path / "a.params")


def test_a_report_of_levels_without_end_is_refused(tmp_path: Path):
    (tmp_path / "a.json").write_text("[" * 5000)
    with pytest.raises(RunError, match="is not a report of Sunlight"):
        load_report(tmp_path / "a.params")

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score

from core.errors import RunError
from core.evaluation.intervals import (
    Judged,
    cut_intervals,
    judged,
    paired_difference,
    score_intervals,
)
from core.evaluation.metrics import Cut
from core.evaluation.report import (
    AT_THRESHOLD,
    OutOfFold,
    Report,
    Said,
    gain_between,
    judged_by,
    load_report,
    measure,
    report_path,
    said_out_of_fold,
    save_report,
    what_is_said,
)
from core.models.calibration import Calibration
from tests.fuzzing import REPORT
from tests.models.test_explain import a_model

SHIFTED = Calibration(0.5, (-1.0, 0.0))


def a_report() -> Report:
    draw = np.random.default_rng(0)
    score, targets = draw.random(40), draw.integers(0, 2, 40)
    figures = measure(np.stack([score, 1 - score], axis=1), targets, 0, 0.3, SHIFTED)
    none = measure(np.empty((0, 2)), np.empty(0, np.int64), 0, 0.3, SHIFTED)
    return Report("linear", "pool", 1, "ab", 0.3, 0.5, (-1.0, 0.0), "said",
                  {"evaluation": figures, "validation": none}, said(score),
                  out_of_fold=unseen())  # fmt: skip


def unseen() -> OutOfFold:
    probability = np.array([[0.1, 0.9], [1 / 3, 2 / 3]], np.float32)
    return said_out_of_fold(("1", "0"), ["t0", "t1"], probability)


def said(score: np.ndarray) -> Said:
    model = replace(a_model(), calibration=SHIFTED)
    ids = [f"e{at}" for at in range(len(score))]
    return what_is_said(model, ids, np.stack([score, 1 - score], axis=1), 0)


def test_what_was_said_is_kept_item_by_item():
    kept = said(np.array([0.9, 0.2]))
    assert kept.item_ids == ("e0", "e1")
    assert kept.raw == (0.9, 0.2)
    assert kept.calibrated == pytest.approx((0.524633, 0.155362), abs=2e-6)
    assert kept.predicted == ("1", "0")


def test_intervals_of_the_ranking_are_bootstrapped_and_those_of_calls_counted():
    draw = np.random.default_rng(1)
    score, targets = draw.random(200), draw.integers(0, 2, 200)
    found = measure(np.stack([score, 1 - score], axis=1), targets, 0, 0.3, SHIFTED).intervals
    drawn = score_intervals(judged(score), targets == 0, keep_balance=False)
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
    found = measure(np.stack([score, 1 - score], axis=1), targets, 0, 0.3, SHIFTED).intervals
    assert found["fscore"].low == found["fscore"].value == 0
    assert found["fscore"].high > 0.2


def test_runs_are_compared_on_the_items_that_both_were_asked_about():
    draw = np.random.default_rng(2)
    score = draw.random(300)
    truth = {f"e{at}": "1" if score[at] > 0.6 else "0" for at in range(300)}
    knows, guesses = (replace(a_report(), said=said(each)) for each in (score, draw.random(200)))
    gain = gain_between(guesses, knows, truth, "1", "auc")
    actual = np.array([truth[f"e{at}"] == "1" for at in range(200)])
    paired = [judged_by(report.said, "1", [f"e{at}" for at in range(200)])
              for report in (guesses, knows)]  # fmt: skip
    order = sorted(range(200), key="e{}".format)
    expected = paired_difference(
        *(Judged(one.score[order], one.predicted[order]) for one in paired),
        actual[order],
        "auc",
        keep_balance=False,
    )
    assert gain == expected
    assert gain.is_clear
    assert gain_between(guesses, knows, {}, "1", "auc") is None


def test_figures_are_of_both_cuts_and_both_probabilities():
    score = np.array([0.9, 0.6, 0.4, 0.35, 0.1])
    targets = np.array([0, 1, 0, 1, 1])
    figures = measure(np.stack([score, 1 - score], axis=1), targets, 0, 0.35, SHIFTED)
    actual = targets == 0
    assert figures.at_half == Cut(0.5, 0.5, 0.5)
    assert figures.at_threshold == Cut(pytest.approx(2 / 3), 0.5, 1.0)
    assert figures.at_threshold.fscore == pytest.approx(f1_score(actual, score >= 0.35))
    assert figures.brier_raw == pytest.approx(brier_score_loss(actual, score))
    odds = 0.5 * np.log(score / (1 - score)) - 1
    calibrated = 1 / (1 + np.exp(-odds))
    assert figures.brier_calibrated == pytest.approx(brier_score_loss(actual, calibrated))


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


def test_a_report_from_before_out_of_fold_opinions_were_kept_is_read(tmp_path: Path):
    params = tmp_path / "models" / "m.params"
    save_report(a_report(), params)
    content = json.loads(report_path(params).read_text())
    del content["out_of_fold"]
    report_path(params).write_text(json.dumps(content))
    assert load_report(params) == replace(a_report(), out_of_fold=None)


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

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score

from core.calibration import Calibration
from core.errors import RunError
from core.evaluation import Cut
from core.report import Report, load_report, measure, report_path, save_report

SHIFTED = Calibration(0.5, (-1.0, 0.0))


def a_report() -> Report:
    draw = np.random.default_rng(0)
    score, targets = draw.random(40), draw.integers(0, 2, 40)
    figures = measure(np.stack([score, 1 - score], axis=1), targets, 0, 0.3, SHIFTED)
    none = measure(np.empty((0, 2)), np.empty(0, np.int64), 0, 0.3, SHIFTED)
    return Report("linear", "pool", 1, "ab", 0.3, 0.5, (-1.0, 0.0), "said",
                  {"evaluation": figures, "validation": none})  # fmt: skip


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

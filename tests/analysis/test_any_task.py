"""Studies of tasks without a positive label, and with several labels for a text."""

from pathlib import Path

import numpy as np
import pytest

from core.analysis import learning_curves, strategy_yield
from core.analysis.simulation import LabeledPool, Plan, by_mix, steps
from core.evaluation.runs import train
from core.evaluation.stopping import estimate
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot
from tests.conftest import write_csv
from tests.label_worlds import MANY, SEVERAL, items_of, labeled_snapshot, task_text, with_labels


@pytest.fixture(params=[MANY, SEVERAL])
def snapshot(tmp_path: Path, request: pytest.FixtureRequest) -> Snapshot:
    return labeled_snapshot(tmp_path, request.param)


def test_without_a_positive_label_no_prevalence_is_told(snapshot: Snapshot):
    found = estimate(snapshot, [train(snapshot).report])
    assert found.prevalence is None


def test_what_a_strategy_brought_in_has_no_share_of_positives(snapshot: Snapshot):
    (found,) = strategy_yield.by_strategy(strategy_yield.chosen_labels(snapshot))
    assert found.positive is None
    assert found.labeled == 160


def test_a_simulated_loop_goes_by_macro_f(snapshot: Snapshot):
    labels = [(item.item_id, item.text, item.label) for item in snapshot.labels.items]
    labeled = write_csv(
        snapshot.workspace.path / "labeled.csv", [("item_id", "text", "label"), *labels]
    )
    task, mixes = snapshot.workspace.task, {"random": {"random": 1}}
    study = learning_curves.Study(labeled, task, Plan(120, 20, 1), mixes, ["linear"], range(1))
    told: list[str] = []
    out, progress = snapshot.workspace.path / "curves.csv", in_words(told.append)
    points = learning_curves.learn(study, out, workers=1, progress=progress)
    assert f": macro F {points[-1].fscore:.3f} with " in told[-1]
    assert [point.positive_share for point in points] == [None, None]
    assert all(point.fscore is None or 0 <= point.fscore <= 1 for point in points)
    assert points[-1].auc is not None
    assert not np.isnan(points[-1].auc)


@pytest.mark.parametrize("kind", [MANY, SEVERAL])
@pytest.mark.parametrize("n_labels", [77, 200])
def test_a_loop_of_many_labels_is_simulated(kind: str, n_labels: int, tmp_path: Path):
    values = [f"t{at}q" for at in range(n_labels)]
    items = items_of(kind, 1_000, values=values)
    labeled = write_csv(tmp_path / "labeled.csv", [("item_id", "text", "label"), *items])
    (tmp_path / "task.toml").write_text(task_text(kind, values), encoding="utf-8")
    task, mixes = open_workspace(tmp_path).task, {"unsure": {"low confidence": 1}}
    study = learning_curves.Study(labeled, task, Plan(300, 50, 1), mixes, ["linear"], range(1))
    points = learning_curves.learn(study, tmp_path / "curves.csv", workers=1)
    assert [point.labels for point in points] == [300, 350]
    assert all(point.fscore > 0 and point.auc > 0.5 for point in points)


def test_a_simulated_label_tells_how_sure_the_model_was_of_its_item(snapshot: Snapshot):
    several = snapshot.workspace.task.several
    oracle = {item: answer for item, _, answer in items_of(SEVERAL if several else MANY, 300)}
    table = LabeledPool(with_labels(snapshot, ()), oracle)
    first, last = steps(table, by_mix({"low confidence": 1}, 20), "linear", 1, Plan(120, 20, 1))
    chosen = first.probability[[row for _, row, _ in first.picks]]
    sure = np.maximum(chosen, 1 - chosen).min(axis=1) if several else chosen.max(axis=1)
    items = last.snapshot.labels.splits["training"][-20:]
    assert [item.confidence for item in items] == pytest.approx(sure.tolist())
    assert all(item.label == oracle[item.item_id] for item in items)

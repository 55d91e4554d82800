from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from core.errors import LoopError, RunError
from core.evaluation.runs import columns, current_run, find_run, keep, load_run, read_report, train
from core.models.predict import score_texts
from core.sampling.next_batch import propose
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import MODELS
from tests.conftest import MakeWorkspace, active_workspace, headlines, write_csv


@pytest.mark.parametrize("name", MODELS)
def test_a_kept_run_can_be_loaded_and_scores_the_same(active: Snapshot, name: str):
    trained = train(active, name=name)
    run = keep(active, trained)
    assert run.model == name
    snapshot = read_snapshot(active.workspace)
    assert snapshot.logs.runs == [run]
    texts = [item.text for item in snapshot.labels.splits["evaluation"]]
    loaded = load_run(snapshot, run)
    assert np.array_equal(score_texts(loaded, texts), score_texts(trained.model, texts))
    assert loaded.calibration == trained.model.calibration
    assert loaded.threshold == trained.model.threshold


def test_the_file_has_the_chapters_name(active: Snapshot):
    run = keep(active, train(active))
    (file,) = active.workspace.models.glob("*.params")
    assert run.params_file == f"models/{file.name}"
    _, fscore, auc, n_training = file.name.removesuffix(".params").split("_")
    assert fscore == f"{run.fscore:.3f}"
    assert auc == f"{run.auc:.3f}"
    assert n_training == "60"


def test_the_scores_are_those_of_the_positive_label(active: Snapshot):
    trained = train(active, seed=3)
    items = active.labels.splits["evaluation"]
    task = active.workspace.task
    targets = columns(items, task) == task.positive_index
    score = score_texts(trained.model, [item.text for item in items])[:, task.positive_index]
    assert trained.run.auc == pytest.approx(metrics.roc_auc_score(targets, score))
    assert trained.run.seed == 3


def test_a_run_is_current_until_a_label_changes(active: Snapshot):
    keep(active, train(active))
    snapshot = read_snapshot(active.workspace)
    assert current_run(snapshot) == snapshot.logs.runs[0]
    file = snapshot.workspace.path / "training_data" / "related.csv"
    file.write_text(file.read_text() + "new,a new flood,1\n")
    assert current_run(read_snapshot(active.workspace)) is None


def test_a_run_is_not_trained_twice_on_the_same_labels(active: Snapshot):
    for name in ("ann", "bob"):
        propose(read_snapshot(active.workspace), name)
    assert len(read_snapshot(active.workspace).logs.runs) == 1


def test_runs_are_found_by_id_or_the_last(active: Snapshot):
    with pytest.raises(RunError, match="no run yet"):
        find_run(active)
    for seed in (1, 2):
        keep(active, train(active, seed=seed))
    snapshot = read_snapshot(active.workspace)
    assert find_run(snapshot).run_id == "run-0002"
    assert find_run(snapshot, "run-0001").seed == 1
    with pytest.raises(RunError, match="no run `run-0009`"):
        find_run(snapshot, "run-0009")


def test_an_unknown_model_is_refused(active: Snapshot):
    with pytest.raises(RunError, match="no model `oracle`"):
        train(active, name="oracle")


def test_a_params_file_outside_of_models_is_refused(active: Snapshot):
    run = replace(keep(active, train(active)), params_file="../../etc/passwd")
    with pytest.raises(RunError, match="not in models/"):
        load_run(active, run)


def test_training_without_two_labels_is_refused(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([item[:2] for item in headlines(50)]))
    with pytest.raises(LoopError, match="at least two labels"):
        train(snapshot)


def test_scores_without_evaluation_data_are_empty(make_workspace: MakeWorkspace):
    items = headlines(60)
    labels = {("training", label): [i for i in items if i[2] == label] for label in "10"}
    run = train(read_snapshot(make_workspace(labels=labels))).run
    assert (run.fscore, run.auc, run.n_evaluation) == (None, None, 0)


def test_the_task_says_which_model_is_trained(make_workspace: MakeWorkspace):
    workspace = active_workspace(make_workspace)
    task = workspace.path / "task.toml"
    task.write_text(task.read_text() + '[model]\nname = "book"\n')
    snapshot = read_snapshot(open_workspace(workspace.path))
    assert train(snapshot).run.model == "book"
    keep(snapshot, train(snapshot, name="linear"))
    # What another model learned is not what the task's model would propose.
    assert current_run(read_snapshot(open_workspace(workspace.path))) is None


def test_runs_share_the_file_of_their_space(active: Snapshot):
    for seed in (1, 2):
        keep(active, train(active, seed=seed))
    suffixes = sorted(file.suffix for file in active.workspace.models.iterdir())
    assert suffixes == [".json", ".json", ".params", ".params", ".space"]


def test_the_report_says_more_than_the_row(make_workspace: MakeWorkspace):
    workspace = active_workspace(make_workspace)
    validation = [(f"v{at}", text, label) for at, (_, text, label) in enumerate(headlines(24, 5))]
    for name, label in (("related", "1"), ("not_related", "0")):
        rows = [row for row in validation if row[2] == label]
        write_csv(workspace.path / "validation_data" / f"{name}.csv", rows)
    snapshot = read_snapshot(workspace)
    run = keep(snapshot, train(snapshot))
    report = read_report(snapshot, run)
    assert set(report.figures) == {"out of fold", "evaluation", "validation"}
    evaluation = report.figures["evaluation"]
    assert evaluation.at_half.fscore == run.fscore
    assert (evaluation.auc, evaluation.n_items) == (run.auc, 30)
    assert report.figures["validation"].n_items == 24
    assert report.threshold == load_run(snapshot, run).threshold
    assert (report.source, len(report.shifts)) == ("pool + encoder", 2)
    (workspace.path / run.params_file).with_suffix(".json").unlink()
    assert read_report(snapshot, run) is None


def test_training_on_too_few_items_of_a_label_says_so(make_workspace: MakeWorkspace):
    items = headlines(60)
    labels = {("training", "0"): [i for i in items if i[2] == "0"], ("training", "1"): items[5:6]}
    trained = train(read_snapshot(make_workspace([item[:2] for item in items], labels)))
    assert "fewer than 4" in trained.report.note
    assert (trained.report.threshold, trained.report.figures) == (0.5, {})


def test_a_damaged_space_is_refused(active: Snapshot):
    run = keep(active, train(active))
    (space,) = active.workspace.models.glob("*.space")
    for content in (b"damaged", space.read_bytes()[:-3000]):
        space.write_bytes(content)
        with pytest.raises(RunError, match="damaged"):
            load_run(active, run)
    space.unlink()
    with pytest.raises(RunError, match=f"{space.name} is missing"):
        load_run(active, run)

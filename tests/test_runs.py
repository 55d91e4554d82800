from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from core.errors import LoopError, RunError
from core.iteration import propose
from core.loop import Loop, read_loop
from core.runs import columns, current_run, find_run, keep, load_run, train
from core.scoring import score_texts
from tests.conftest import MakeWorkspace, headlines


def test_a_kept_run_can_be_loaded_and_scores_the_same(active: Loop):
    trained = train(active)
    run = keep(active, trained)
    loop = read_loop(active.workspace)
    assert loop.logs.runs == [run]
    texts = [item.text for item in loop.labels.splits["evaluation"]]
    loaded = load_run(loop, run)
    assert np.array_equal(score_texts(loaded, texts), score_texts(trained.model, texts))


def test_the_file_has_the_chapters_name(active: Loop):
    run = keep(active, train(active))
    (file,) = active.workspace.models.glob("*.params")
    assert run.params_file == f"models/{file.name}"
    _, fscore, auc, n_training = file.name.removesuffix(".params").split("_")
    assert fscore == f"{run.fscore:.3f}"
    assert auc == f"{run.auc:.3f}"
    assert n_training == "60"


def test_the_scores_are_those_of_the_positive_label(active: Loop):
    trained = train(active, seed=3)
    items = active.labels.splits["evaluation"]
    task = active.workspace.task
    targets = columns(items, task) == task.positive_index
    score = score_texts(trained.model, [item.text for item in items])[:, task.positive_index]
    assert trained.run.auc == pytest.approx(metrics.roc_auc_score(targets, score))
    assert trained.run.seed == 3


def test_a_run_is_current_until_a_label_changes(active: Loop):
    keep(active, train(active))
    loop = read_loop(active.workspace)
    assert current_run(loop) == loop.logs.runs[0]
    file = loop.workspace.path / "training_data" / "related.csv"
    file.write_text(file.read_text() + "new,a new flood,1\n")
    assert current_run(read_loop(active.workspace)) is None


def test_a_run_is_not_trained_twice_on_the_same_labels(active: Loop):
    for name in ("ann", "bob"):
        propose(read_loop(active.workspace), name)
    assert len(read_loop(active.workspace).logs.runs) == 1


def test_runs_are_found_by_id_or_the_last(active: Loop):
    with pytest.raises(RunError, match="no run yet"):
        find_run(active)
    for seed in (1, 2):
        keep(active, train(active, seed=seed))
    loop = read_loop(active.workspace)
    assert find_run(loop).run_id == "run-0002"
    assert find_run(loop, "run-0001").seed == 1
    with pytest.raises(RunError, match="no run `run-0009`"):
        find_run(loop, "run-0009")


def test_an_unknown_model_is_refused(active: Loop):
    with pytest.raises(RunError, match="no model `oracle`"):
        train(active, name="oracle")


def test_a_params_file_outside_of_models_is_refused(active: Loop):
    run = replace(keep(active, train(active)), params_file="../../etc/passwd")
    with pytest.raises(RunError, match="not in models/"):
        load_run(active, run)


def test_training_without_two_labels_is_refused(make_workspace: MakeWorkspace):
    loop = read_loop(make_workspace([item[:2] for item in headlines(50)]))
    with pytest.raises(LoopError, match="at least two labels"):
        train(loop)


def test_scores_without_evaluation_data_are_empty(make_workspace: MakeWorkspace):
    items = headlines(60)
    labels = {("training", label): [i for i in items if i[2] == label] for label in "10"}
    run = train(read_loop(make_workspace(labels=labels))).run
    assert (run.fscore, run.auc, run.n_evaluation) == (None, None, 0)

from pathlib import Path

import numpy as np

from core.evaluation.runs import load_run
from core.models.pool_predictions import pool_probabilities, predictions_of
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot


def test_predictions_are_what_the_model_says_and_are_kept(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    run = snapshot.logs.runs[-1]
    model = load_run(snapshot, run)
    expected = pool_probabilities(snapshot, model)
    for _ in range(2):
        found = predictions_of(snapshot, run, model)
        assert np.array_equal(found.probability, expected)
    column, cut = model.cut
    predicted = np.where(expected[:, column] >= cut, column, 1 - column)
    assert np.array_equal(found.confidence, expected[np.arange(len(expected)), predicted])
    codes, answers = found.codes
    assert answers == snapshot.workspace.task.values
    assert np.array_equal(codes, predicted)
    assert found.answer(7) == answers[codes[7]]
    assert len(list(snapshot.workspace.cache.glob("predictions-*"))) == 1


def test_another_run_has_predictions_of_its_own(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    first, last = snapshot.logs.runs[0], snapshot.logs.runs[-1]
    before = predictions_of(snapshot, first, load_run(snapshot, first)).probability
    after = predictions_of(snapshot, last, load_run(snapshot, last)).probability
    assert not np.array_equal(before, after)

from dataclasses import replace

import numpy as np
import pytest

from core.calibration import stratified_folds
from core.crossfit import cross_fit
from core.learning import learn
from core.loop import Loop, read_loop
from core.pool_scoring import pool_probabilities
from core.runs import feature_source, training_items
from core.scoring import score_texts
from tests.conftest import MakeWorkspace, headlines


@pytest.mark.parametrize("name", ["linear", "book"])
def test_no_item_is_judged_by_a_model_that_learned_from_it(active: Loop, name: str):
    """Fold by fold: trained without it, its items are judged as they were."""
    found, items = cross_fit(active, name, folds=3), training_items(active)
    task, source = active.workspace.task, feature_source(active, name)
    fold = stratified_folds(items.targets, 3, task.seed)
    held_out = [item.text for item in active.labels.splits["evaluation"]]
    of_pool, of_held_out = [], []
    for number in range(3):
        rest = np.flatnonzero(fold != number)
        texts = [items.texts[row] for row in rest]
        seen = replace(items, texts=texts, targets=items.targets[rest])
        model = learn(name, source, seen, task.seed).model
        asked = [items.texts[row] for row in np.flatnonzero(fold == number)]
        assert_close(found.training[fold == number], score_texts(model, asked))
        of_pool.append(pool_probabilities(active, model))
        of_held_out.append(score_texts(model, held_out))
    assert_close(found.pool, np.mean(of_pool, axis=0))
    assert_close(found.held_out, np.mean(of_held_out, axis=0))


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_item_of_a_label_is_too_few_to_leave_out(make_workspace: MakeWorkspace):
    rows = headlines(40)
    labels = {
        ("training", "1"): [rows[5]],
        ("training", "0"): [row for row in rows if row[2] == "0"][:20],
    }
    assert cross_fit(read_loop(make_workspace([row[:2] for row in rows], labels))) is None

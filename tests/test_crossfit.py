from dataclasses import replace

import numpy as np
import pytest

from core.crossfit import cross_fit, folds_of
from core.iteration import pool_probabilities
from core.labels import Labels
from core.loop import Loop, read_loop
from core.runs import columns, train
from core.scoring import score_texts
from tests.conftest import MakeWorkspace, headlines


def test_no_item_is_judged_by_a_model_that_learned_from_it(active: Loop):
    """Fold by fold: trained without it, its items are judged as they were."""
    found, items = cross_fit(active, folds=3), active.labels.usable_training()
    task = active.workspace.task
    fold_of = folds_of(columns(items, task), 3, task.seed)
    held_out = [item.text for item in active.labels.splits["evaluation"]]
    of_pool, of_held_out = [], []
    for fold in range(3):
        rest = [item for item, at in zip(items, fold_of, strict=True) if at != fold]
        splits = {**active.labels.splits, "training": rest}
        model = train(replace(active, labels=Labels(splits, [], []))).model
        texts = [item.text for item, at in zip(items, fold_of, strict=True) if at == fold]
        np.testing.assert_allclose(
            found.training[fold_of == fold], score_texts(model, texts), atol=1e-6
        )
        of_pool.append(pool_probabilities(active, model))
        of_held_out.append(score_texts(model, held_out))
    np.testing.assert_allclose(found.pool, np.mean(of_pool, axis=0), atol=1e-6)
    np.testing.assert_allclose(found.held_out, np.mean(of_held_out, axis=0), atol=1e-6)


@pytest.mark.parametrize("counts", [(40, 20), (7, 3), (2, 2), (1, 9)])
def test_folds_share_out_every_label_evenly(counts: tuple[int, int]):
    targets = np.random.default_rng(0).permutation(np.repeat([0, 1], counts))
    fold_of = folds_of(targets, 5, 1)
    for label in (0, 1):
        sizes = np.bincount(fold_of[targets == label], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    assert not np.array_equal(fold_of, folds_of(targets, 5, 2))


def test_one_item_of_a_label_is_too_few_to_leave_out(make_workspace: MakeWorkspace):
    rows = headlines(40)
    labels = {
        ("training", "1"): [rows[5]],
        ("training", "0"): [row for row in rows if row[2] == "0"][:20],
    }
    assert cross_fit(read_loop(make_workspace([row[:2] for row in rows], labels))) is None

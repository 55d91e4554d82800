"""Predictions of single items that a person may see."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.evaluation.report import OutOfFold
from core.evaluation.runs import load_run, read_report
from core.models.pool_predictions import predictions_of
from core.query.shown_predictions import NewestRun, ShownPrediction, shown_predictions
from core.sampling.next_batch import propose
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def newest_of(snapshot: Snapshot) -> NewestRun:
    run = snapshot.logs.runs[-1]
    predictions = predictions_of(snapshot, run, load_run(snapshot, run))
    return NewestRun(run, predictions, read_report(snapshot, run).out_of_fold)


def predictions_as_they_stand(
    snapshot: Snapshot, newest: NewestRun, items: list[str]
) -> list[ShownPrediction]:
    """What the model says of these items of the pool, whatever it was trained on."""
    values = snapshot.workspace.task.values
    rows = [
        newest.predictions.probability[snapshot.pool_words.pool.positions([i])[i]] for i in items
    ]
    column, cut = newest.predictions.columns.cut
    at = [column if row[column] >= cut else 1 - column for row in rows]
    return [ShownPrediction(values[i], float(row[i])) for i, row in zip(at, rows, strict=True)]


def test_of_training_items_it_is_said_what_models_said_that_did_not_see_them(snapshot: Snapshot):
    newest = newest_of(snapshot)
    told = zip(*newest.unseen.probability, strict=True)
    known = dict(zip(newest.unseen.item_ids, told, strict=True))
    items = [item.item_id for item in snapshot.labels.usable_training]
    column, cut = newest.unseen.cut
    for item, said in zip(items, shown_predictions(snapshot, newest, items), strict=True):
        assert said.is_learned == (item not in known)
        if item in known:
            at = column if known[item][column] >= cut else 1 - column
            assert said.confidence == known[item][at]
            assert said.predicted == newest.unseen.labels[at]


def test_without_that_it_is_said_that_the_model_has_learned_from_the_item(snapshot: Snapshot):
    newest = replace(newest_of(snapshot), unseen=None)
    in_pool = snapshot.pool_words.pool.positions(i.item_id for i in snapshot.labels.usable_training)
    items = sorted(in_pool)[:5]
    expected = predictions_as_they_stand(snapshot, newest, items)
    assert shown_predictions(snapshot, newest, items) == [
        replace(one, is_learned=True) for one in expected
    ]


def test_of_items_without_a_label_the_pools_predictions_are_told(snapshot: Snapshot):
    newest = newest_of(snapshot)
    free = snapshot.pool_words.pool.ids.to_pylist()
    items = [item for item, is_free in zip(free, snapshot.candidates, strict=True) if is_free][:20]
    assert shown_predictions(snapshot, newest, items) == predictions_as_they_stand(
        snapshot, newest, items
    )
    assert shown_predictions(snapshot, newest, ["nowhere"]) == [None]


def test_nothing_is_said_of_items_that_wait_for_a_held_out_label_nor_of_their_copies(
    snapshot: Snapshot, make_workspace: MakeWorkspace
):
    pool = [item[:2] for item in headlines(60)]
    copies = [(f"copy {item}", text.upper()) for item, text in pool]
    waiting = read_snapshot(make_workspace([*pool, *copies]))
    drawn = [p.item_id for p in propose(waiting, "ann").proposals]
    waiting = read_snapshot(waiting.workspace)
    size = len(waiting.pool_words.pool)
    predictions = replace(
        newest_of(snapshot).predictions,
        probability=newest_of(snapshot).predictions.probability[:size],
    )
    unseen = OutOfFold(tuple(drawn), ("1", "0"), ((0.5,) * len(drawn),) * 2)
    newest = NewestRun(snapshot.logs.runs[-1], predictions, unseen)
    asked = [*drawn, *(f"copy {item}" for item in drawn)]
    assert shown_predictions(waiting, newest, asked) == [None] * len(asked)
    others = [item for item, _ in pool if item not in drawn]
    assert None not in shown_predictions(waiting, newest, others)

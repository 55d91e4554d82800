from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.projection import (
    COLUMNS,
    POOL,
    inside,
    landscape,
    pick_points,
    pool_points,
    sampled,
)
from core.evaluation.runs import load_run
from core.models.pool_predictions import Predictions, predictions_of
from core.sampling.next_batch import propose
from core.sampling.picks import picks_of, word_history
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


@pytest.fixture
def predictions(snapshot: Snapshot) -> Predictions:
    run = snapshot.logs.runs[-1]
    return predictions_of(snapshot, run, load_run(snapshot, run))


def test_points_are_what_the_model_and_the_training_words_say(
    snapshot: Snapshot, predictions: Predictions
):
    counts = Counter(word for item in snapshot.labels.usable_training for word in item.text.split())
    found = pool_points(snapshot, predictions, sampled(snapshot, 200))
    texts, ids = (
        snapshot.pool_words.pool.texts.to_pylist(),
        snapshot.pool_words.pool.ids.to_pylist(),
    )
    assert tuple(found.columns) == COLUMNS
    for point in found.itertuples():
        place, words = ids.index(point.item_id), point.text.split()
        assert point.text == texts[place]
        assert point.confidence == pytest.approx(predictions.probability[place].max())
        assert point.familiarity == pytest.approx(
            (1 + sum(map(counts.get, words, [0] * len(words)))) / len(words)
        )


def test_the_sample_is_the_same_at_every_look_and_holds_nothing_that_is_held_out(
    snapshot: Snapshot,
):
    found = sampled(snapshot, 300)
    assert np.array_equal(found, sampled(snapshot, 300))
    assert len(np.unique(found)) == 300
    assert not snapshot.held_out[found].any()
    everything = sampled(snapshot, 10**6)
    assert np.array_equal(
        everything, np.flatnonzero(snapshot.pool_words.is_first & ~snapshot.held_out)
    )


def test_items_that_wait_for_an_evaluation_label_are_not_sampled(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    batch = propose(read_snapshot(workspace), "ann")
    snapshot = read_snapshot(workspace)
    ids = set(snapshot.pool_words.pool.ids.take(sampled(snapshot)).to_pylist())
    assert not ids & {proposal.item_id for proposal in batch.proposals}
    assert len(ids) == 50


def test_picks_stand_where_they_stood_when_they_were_chosen(snapshot: Snapshot):
    picks = picks_of(snapshot)
    history = word_history(snapshot.labels.usable_training, snapshot.logs.proposals)
    points = pick_points(picks, history)
    assert len(points) == len(picks)
    for pick, point in zip(picks, points.itertuples(), strict=True):
        assert point.confidence == pick.proposal.confidence
        assert point.familiarity == history.familiarity(pick.text, pick.proposal.batch_id)


def test_a_pick_stands_there_once_and_on_top():
    pool = points_of([("a", POOL, 0.5, 1.0), ("b", POOL, 0.6, 2.0)])
    picks = points_of([("b", "outlier", 0.7, 0.3)])
    found = landscape(pool, picks)
    assert found["item_id"].tolist() == ["a", "b"]
    assert found["strategy"].tolist() == [POOL, "outlier"]
    assert landscape(pool, picks.head(0)).equals(pool)


def test_a_region_holds_what_brute_force_finds():
    draw = np.random.default_rng(0)
    points = points_of(
        [
            (f"i{at}", draw.choice([POOL, "outlier"]), draw.random(), draw.random() * 9)
            for at in range(400)
        ]
    )
    for _ in range(30):
        ranges = {
            "confidence": sorted(draw.random(2)),
            "familiarity": sorted(draw.random(2) * 9),
        }
        expected = [
            point.item_id
            for point in sorted(
                points.itertuples(), key=lambda point: (point.strategy == POOL, point.familiarity)
            )
            if all(low <= getattr(point, name) <= high for name, (low, high) in ranges.items())
        ]
        assert inside(points, ranges)["item_id"].tolist() == expected
    assert len(inside(points, {})) == 400


def points_of(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame([(row[0], f"text {row[0]}", *row[1:]) for row in rows], columns=COLUMNS)

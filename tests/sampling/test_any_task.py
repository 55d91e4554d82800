"""Every strategy on one label with a positive one, on many without, and on several for a text."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import LoopError, TaskError
from core.evaluation import runs
from core.models.pool_predictions import pool_probabilities
from core.sampling.catalog import CATALOG, preset_of, presets, refusal
from core.sampling.mix import PoolArrays, mixed
from core.sampling.next_batch import BatchRequest, preview, propose
from core.workspace.searches import Search, keep_search
from core.workspace.snapshot import Snapshot
from core.workspace.task import check_mix
from core.workspace.task_toml import parse_task
from tests.label_worlds import KINDS, MANY, SEVERAL, THEMES, changed, label_tables, labeled_snapshot

UNFIT = dict(
    zip(
        KINDS,
        (
            {"mean confidence"},
            {"mean confidence", "most likely positive"},
            {"most likely positive"},
        ),
        strict=True,
    )
)
USABLE = [(kind, name) for kind in KINDS for name in CATALOG if name not in UNFIT[kind]]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Snapshot, np.ndarray]]:
    """The workspace of each kind, and what its model says of the pool."""
    found = {}
    for kind in KINDS:
        snapshot = labeled_snapshot(tmp_path_factory.mktemp("world"), kind, source=True)
        keep_search(snapshot.workspace, Search("everything", "/./"))
        found[kind] = snapshot, pool_probabilities(snapshot, runs.train(snapshot).model)
    return found


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("kind", "name"), USABLE)
def test_a_strategy_keeps_its_laws_whatever_the_labels(worlds, kind: str, name: str):
    snapshot, probability = worlds[kind]
    first, again = (mixed(snapshot, probability, {name: 40}, draw(3))[0][1] for _ in range(2))
    assert first.indices.tolist() == again.indices.tolist()
    assert len(set(first.indices.tolist())) == len(first) == len(first.scores) == 40
    assert snapshot.candidates[first.indices].all()
    assert np.isfinite(first.scores).all()
    assert (np.diff(first.scores) >= 0).all()
    ((_, every),) = mixed(snapshot, probability, {name: 10_000}, draw(3))
    assert len(every) == snapshot.candidates.sum()


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_labels_do_not_allow_is_refused_with_another_way(worlds, kind: str):
    snapshot, probability = worlds[kind]
    assert {name for name in CATALOG if refusal(name, snapshot.workspace.task)} == UNFIT[kind]
    for name in UNFIT[kind]:
        with pytest.raises(LoopError, match=r"[Uu]se `"):
            mixed(snapshot, probability, {name: 3}, draw())


@pytest.mark.parametrize("kind", KINDS)
def test_presets_ask_for_nothing_that_is_refused(worlds, kind: str):
    task = worlds[kind][0].workspace.task
    for preset in presets(task):
        assert not any(refusal(name, task) for name in preset.mix)
        assert check_mix(preset.mix, "here") == preset.mix
        assert preset_of(preset.mix, presets(task)) == preset


def test_of_several_labels_the_least_sure_one_counts_or_their_mean(worlds):
    snapshot, probability = worlds[SEVERAL]
    arrays, p = PoolArrays(snapshot, probability), probability.astype(float)
    sure = np.maximum(p, 1 - p)
    assert arrays.confidence == pytest.approx(sure.min(axis=1), abs=1e-6)
    assert arrays.mean_confidence == pytest.approx(sure.mean(axis=1), abs=1e-6)
    assert arrays.probability.sum(axis=1) == pytest.approx(np.ones(len(p)))
    chosen = {
        name: set(mixed(snapshot, probability, {name: 30}, draw())[0][1].indices.tolist())
        for name in ("low confidence", "margin", "ratio", "entropy", "mean confidence")
    }
    candidates = np.flatnonzero(snapshot.candidates)
    by_hand = candidates[np.argsort(arrays.confidence[candidates], kind="stable")[:30]]
    assert chosen["low confidence"] == set(by_hand.tolist())
    assert chosen["margin"] == chosen["ratio"] == chosen["entropy"] == chosen["low confidence"]
    assert chosen["mean confidence"] != chosen["low confidence"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_rarest_label_is_that_of_the_training_data_or_the_one_that_is_named(worlds, kind: str):
    snapshot, probability = worlds[kind]
    values = snapshot.workspace.task.values
    given = runs.columns(snapshot.labels.usable_training, snapshot.workspace.task)
    counts = given.sum(axis=0) if kind == SEVERAL else np.bincount(given)
    for named in ("", values[0]):
        column = values.index(named) if named else int(counts.argmin())
        asked = changed(snapshot, more=f'rarest = "{named}"\n')
        ((_, ranked),) = mixed(asked, probability, {"rarest label": 20}, draw())
        candidates = np.flatnonzero(asked.candidates)
        best = np.sort(probability[candidates, column])[::-1][:20]
        assert probability[ranked.indices, column].tolist() == best.tolist()


def test_a_label_that_the_model_does_not_know_cannot_be_looked_for(worlds):
    snapshot, probability = worlds[MANY]
    asked = changed(snapshot, [*THEMES, "fire"], 'rarest = "fire"\n')
    unknown = np.pad(probability, ((0, 0), (0, 1)))
    with pytest.raises(LoopError, match=r"`fire`, which the model does not know yet. Search for"):
        mixed(asked, unknown, {"rarest label": 3}, draw())


def test_a_label_that_no_training_item_has_is_not_looked_for(worlds):
    snapshot, probability = worlds[MANY]
    splits = dict(snapshot.labels.splits)
    splits["training"] = [x for x in splits["training"] if x.label != THEMES[-1]]
    without = replace(snapshot, labels=replace(snapshot.labels, splits=splits))
    counts = np.bincount(runs.columns(without.labels.usable_training, without.workspace.task))
    ((_, ranked),) = mixed(without, probability, {"rarest label": 5}, draw())
    assert ranked.scores == pytest.approx(1 - probability[ranked.indices, counts.argmin()])
    named = changed(without, more=f'rarest = "{THEMES[-1]}"\n')
    with pytest.raises(LoopError, match=f"`{THEMES[-1]}`, which the model does not know"):
        mixed(named, probability, {"rarest label": 5}, draw())


def test_the_label_to_look_for_is_one_of_the_tasks():
    labels, asked = dict.fromkeys(THEMES, ""), '[batch]\nrarest = "h2o"\n'
    with pytest.raises(TaskError, match="names `h2o`, which is not a label"):
        parse_task(label_tables(labels) + asked, "task.toml")
    labels["water"] = 'was = ["h2o"]'
    assert parse_task(label_tables(labels) + asked, "task.toml").rarest == "water"


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_says_what_is_predicted_of_each_item(tmp_path: Path, kind: str):
    snapshot = labeled_snapshot(tmp_path, kind)
    mix = {"random": 2, "low confidence": 5, "rarest label": 5}
    batch = preview(snapshot, wishes=BatchRequest(mix=mix, seed=1))
    model = runs.train(snapshot).model
    probability = pool_probabilities(snapshot, model)
    at = snapshot.pool_words.pool.positions(p.item_id for p in batch.proposals)
    for proposal in batch.proposals:
        row = probability[[at[proposal.item_id]]]
        assert [proposal.predicted] == model.columns.most_probable.answers(row)
        assert proposal.confidence == pytest.approx(
            float(model.columns.most_probable.confidence(row)[0])
        )
        assert snapshot.workspace.task.is_offered(proposal.predicted)


def test_a_batch_goes_on_after_a_label_was_added(tmp_path: Path):
    snapshot = labeled_snapshot(tmp_path, MANY)
    propose(snapshot, "ann")
    assert len(preview(changed(snapshot, [*THEMES, "fire"]), "ann").proposals) == 12

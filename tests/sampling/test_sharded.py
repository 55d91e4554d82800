"""The choice from shards is the choice from the whole pool."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

import numpy as np
import pytest

from core.errors import LoopError
from core.evaluation.runs import train
from core.models import predict
from core.models.model import Model
from core.models.pool_predictions import pool_probabilities
from core.sampling import sharded
from core.sampling.catalog import CATALOG
from core.sampling.mix import Pick, mixed, shuffled
from core.sampling.next_batch import BatchRequest, preview, propose
from core.sampling.sharded import Gathered, Wanted, choose, gather
from core.system.engines import THREADS
from core.workspace.events import Inbox
from core.workspace.logs import Event
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, active_workspace, write_csv

MIX = {"random": 10, "low confidence": 80, "outlier": 10}
SHARDED = [name for name, strategy in CATALOG.items() if strategy.scores]
OTHERS = [name for name in CATALOG if name not in SHARDED and name != "stratified column"]


@dataclass
class Counting:
    """The default engine; how many parts each of its maps had."""

    maps: list[int] = field(default_factory=list)

    def map(self, function: Callable, parts: Sequence) -> list:
        self.maps.append(len(parts))
        return THREADS.map(function, parts)


def in_shards(monkeypatch: pytest.MonkeyPatch, number: int, n_items: int, chunk: int = 16) -> None:
    """Divides a pool of so many items into so many shards, the last of them smaller."""
    monkeypatch.setattr(predict, "CHUNK", chunk)
    chunks = -(-n_items // chunk)
    monkeypatch.setattr(predict, "SHARD", -(-chunks // number))
    assert len(predict.shard_bounds(n_items)) == number + 1


@pytest.fixture
def tied(make_workspace: MakeWorkspace) -> Snapshot:
    """300 texts of a few words each, many of them the same words in another order."""
    words = "flood council road court fire bank".split()
    texts = [" ".join(text) for size in (1, 2, 3, 4) for text in permutations(words, size)]
    order = np.random.default_rng(4).permutation(len(texts))[:380]
    rows = [(f"i{at:03}", texts[place]) for at, place in enumerate(order)]
    labels = {
        (split, label): [row for row in part if ("fire" in row[1]) == (label == "1")]
        for split, part in (("evaluation", rows[300:330]), ("training", rows[330:]))
        for label in ("1", "0")
    }
    return read_snapshot(make_workspace(rows[:300], labels))


def from_the_whole_pool(snapshot: Snapshot, model: Model, wanted: Wanted) -> list[Pick]:
    generator = np.random.default_rng(wanted.seed)
    chosen = mixed(snapshot, pool_probabilities(snapshot, model), wanted.counts, generator)
    return shuffled(chosen, generator)


@pytest.mark.parametrize("name", ["book", "linear", "hidden"])
@pytest.mark.parametrize("shards", [1, 2, 7])
def test_any_number_of_shards_gives_the_batch_of_the_whole_pool(
    monkeypatch: pytest.MonkeyPatch, tied: Snapshot, name: str, shards: int
):
    in_shards(monkeypatch, shards, 300)
    model, engine = train(tied, name=name).model, Counting()
    mixes = [{each: 9} for each in [*SHARDED, *OTHERS]]
    mixes += [MIX, dict.fromkeys(SHARDED, 5), dict.fromkeys([*SHARDED, *OTHERS], 5)]
    mixes += [{"outlier": 1000}, {"random": 0, "margin": 3}, {"entropy": 200, "novel words": 90}]
    probability = pool_probabilities(tied, model)
    for counts in mixes:
        wanted = Wanted(counts, 11)
        picks, told = choose(tied, model, wanted, None, engine)
        assert picks == from_the_whole_pool(tied, model, wanted), counts
        assert told.keys() == {place for _, place, _ in picks}
        assert all(np.array_equal(told[place], probability[place]) for place in told)
    assert set(engine.maps) == {shards}


def test_the_task_decides_what_shards_cannot(monkeypatch: pytest.MonkeyPatch, tied: Snapshot):
    model = train(tied).model
    kinds = {
        name: type(gather(tied, model, Wanted({name: 3}, 0))).__name__
        for name in [*SHARDED, *OTHERS]
    }
    assert kinds == dict.fromkeys(SHARDED, "Gathered") | dict.fromkeys(OTHERS, "PoolScores")


def test_an_unknown_strategy_is_refused_before_anything_is_scored(tied: Snapshot):
    with pytest.raises(LoopError, match="There is no strategy `painting`"):
        gather(tied, train(tied).model, Wanted({"painting": 3}, 0))


def test_candidates_that_are_not_enough_are_gathered_again(
    monkeypatch: pytest.MonkeyPatch, tied: Snapshot
):
    """One candidate of a shard is too few for nearly everything."""
    in_shards(monkeypatch, 2, 300)
    monkeypatch.setattr(sharded, "SPARE", 0)
    asked = sharded._asked
    monkeypatch.setattr(sharded, "_asked", lambda *given: replace(asked(*given), most=1))
    model = train(tied, name="book").model
    for name in SHARDED:
        engine, wanted = Counting(), Wanted({name: 12}, 2)
        picks, _ = choose(tied, model, wanted, None, engine)
        assert picks == from_the_whole_pool(tied, model, wanted), name
        assert len(engine.maps) > 2


def answered(
    snapshot: Snapshot, batch_id: str, labels: Mapping[str, str] | None = None
) -> Snapshot:
    """The loop after the batch's items got these labels, `0` by default."""
    Inbox(snapshot.workspace).receive(
        [
            Event(f"{batch_id}-{p.rank}", batch_id, p.item_id, "label",
                  (labels or {}).get(p.item_id, "0"), "bob", "2026", 1.0, False, "")
            for p in snapshot.logs.batch(batch_id)
        ]
    )  # fmt: skip
    return read_snapshot(snapshot.workspace)


def test_what_others_were_given_meanwhile_is_left_to_them(make_workspace: MakeWorkspace):
    """Fewer items are left, and their words count; what was gathered is still enough."""
    snapshot = read_snapshot(active_workspace(make_workspace))
    rare = [(f"rare{at}", f"new{at} seldom{at} once{at} {at}") for at in range(60)]
    write_csv(snapshot.workspace.path / "unlabeled_data" / "rare.csv", rare)
    snapshot = read_snapshot(snapshot.workspace)
    model, engine = train(snapshot).model, Counting()
    wanted = Wanted({"low confidence": 40, "outlier": 10, "novel words": 10}, 5)
    gathered = gather(snapshot, model, wanted, engine=engine)
    other = propose(snapshot, "bob", BatchRequest(mix=wanted.counts, size=30))
    for later in (
        read_snapshot(snapshot.workspace),
        answered(read_snapshot(snapshot.workspace), other.batch_id),
    ):
        picks, _ = choose(later, model, wanted, gathered, engine)
        assert picks == from_the_whole_pool(later, model, wanted)
        assert not {place for _, place, _ in picks} - set(np.flatnonzero(later.candidates))
    assert len(engine.maps) == 1


@pytest.mark.parametrize("name", SHARDED)
def test_where_too_many_are_gone_they_are_gathered_again(
    monkeypatch: pytest.MonkeyPatch, tied: Snapshot, name: str
):
    in_shards(monkeypatch, 7, 300)
    model, engine, wanted = train(tied).model, Counting(), Wanted({name: 8}, 5)
    gathered = gather(tied, model, wanted, engine=engine)
    propose(tied, "bob", BatchRequest(mix={name: 180}, seed=5))
    snapshot = read_snapshot(tied.workspace)
    picks, _ = choose(snapshot, model, wanted, gathered, engine)
    assert picks == from_the_whole_pool(snapshot, model, wanted)
    assert len(engine.maps) > 1


def test_what_was_gathered_for_something_else_is_not_used(tied: Snapshot):
    model, wanted = train(tied).model, Wanted(MIX, 5)
    unsure = Wanted({"low confidence": 10}, 5)
    propose(tied, "bob", BatchRequest(mix=unsure.counts))
    others = {
        "items came back": (unsure, gather(read_snapshot(tied.workspace), model, unsure)),
        "another seed": (Wanted({"random": 9}, 6), gather(tied, model, Wanted({"random": 9}, 5))),
        "another mix": (Wanted({"margin": 4}, 5), gather(tied, model, wanted)),
        "all scores": (wanted, gather(tied, model, Wanted({"diverse": 4}, 5))),
        "not all scores": (Wanted({"diverse": 4}, 5), gather(tied, model, wanted)),
    }
    for why, (asked, gathered) in others.items():
        engine = Counting()
        picks, _ = choose(tied, model, asked, gathered, engine)
        assert picks == from_the_whole_pool(tied, model, asked), why
        assert engine.maps, why


def test_words_that_count_in_proportion_are_counted_anew(tied: Snapshot):
    """Scores of underrepresented words may shrink as labels come: old fences hold nothing back."""
    model, wanted, engine = train(tied).model, Wanted({"underrepresented words": 3}, 5), Counting()
    gathered = gather(tied, model, wanted, engine=engine)
    batch = propose(tied, "bob", BatchRequest(mix={"random": 60}, seed=1))
    snapshot = answered(read_snapshot(tied.workspace), batch.batch_id)
    picks, _ = choose(snapshot, model, wanted, gathered, engine)
    assert picks == from_the_whole_pool(snapshot, model, wanted)
    assert len(engine.maps) > 1


def test_labels_that_are_taken_back_make_outliers_again(tied: Snapshot):
    model, wanted, engine = train(tied).model, Wanted({"outlier": 20}, 5), Counting()
    batch = propose(tied, "bob", BatchRequest(mix={"random": 60}, seed=1))
    before = read_snapshot(tied.workspace)
    later = answered(before, batch.batch_id)
    gathered = gather(later, model, wanted, engine=engine)
    assert isinstance(gathered, Gathered)
    picks, _ = choose(before, model, wanted, gathered, engine)
    assert picks == from_the_whole_pool(before, model, wanted)
    assert len(engine.maps) > 1


def test_a_preview_goes_through_the_engine(tied: Snapshot):
    engine = Counting()
    by_engine, plain = preview(tied, engine=engine), preview(tied)
    assert [p.item_id for p in by_engine.proposals] == [p.item_id for p in plain.proposals]
    assert engine.maps == [1]


def test_a_batch_of_more_than_there_is_empties_the_pool(tied: Snapshot):
    model, engine = train(tied).model, Counting()
    picks, _ = choose(tied, model, Wanted({"random": 100, "outlier": 10_000}, 5), None, engine)
    assert len(picks) == tied.candidates.sum()
    assert len(engine.maps) == 1

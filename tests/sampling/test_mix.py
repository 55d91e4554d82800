from collections import Counter

import numpy as np
import pytest

from core.errors import LoopError, TaskError
from core.sampling.catalog import CATALOG, refusal
from core.sampling.mix import PoolArrays, mixed, shuffled
from core.sampling.next_batch import BatchRequest, preview
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import STRATEGIES, check_mix
from core.workspace.task_toml import default_task
from tests.conftest import SMALL_TASK, MakeWorkspace, active_workspace, headlines, write_csv

PROBABILITY = np.random.default_rng(0).dirichlet([1, 1], 300).astype(np.float32)


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def without_column(strategies: tuple[str, ...]) -> list[str]:
    """Those that the chapter's task allows and that need no column and no kept search."""
    usable = [name for name in strategies if not refusal(name, default_task())]
    return [name for name in usable if name not in ("stratified column", "matches")]


def test_every_strategy_gives_its_share_and_no_item_comes_twice(active: Snapshot):
    counts = {name: 5 + at for at, name in enumerate(without_column(STRATEGIES))}
    chosen = mixed(active, PROBABILITY, counts, draw())
    assert {name: len(ranked) for name, ranked in chosen} == counts
    items = np.concatenate([ranked.indices for _, ranked in chosen])
    assert len(set(items.tolist())) == len(items)
    assert active.candidates[items].all()


@pytest.mark.parametrize("name", without_column(STRATEGIES))
def test_a_strategy_alone_empties_the_pool_and_stops(active: Snapshot, name: str):
    ((_, ranked),) = mixed(active, PROBABILITY, {name: 1000}, draw())
    assert len(ranked) == active.candidates.sum()


def test_random_chooses_first_whatever_the_order_of_the_mix(active: Snapshot):
    everything = {"most likely positive": 50, "outlier": 50, "random": 50}
    alone = mixed(active, PROBABILITY, {"random": 50}, draw(8))[0][1]
    name, first = mixed(active, PROBABILITY, everything, draw(8))[0]
    assert name == "random"
    assert first.indices.tolist() == alone.indices.tolist()


def test_the_picks_are_shuffled_and_keep_strategy_and_score(active: Snapshot):
    chosen = mixed(active, PROBABILITY, {"random": 20, "outlier": 20}, draw())
    picks = shuffled(chosen, draw(1))
    assert sorted(picks) == sorted(
        (name, int(at), float(score))
        for name, ranked in chosen
        for at, score in zip(ranked.indices, ranked.scores, strict=True)
    )
    assert len({name for name, _, _ in picks[:20]}) == 2


def test_an_unknown_strategy_is_refused(active: Snapshot):
    with pytest.raises(LoopError, match="There is no strategy `painting`"):
        mixed(active, PROBABILITY, {"painting": 3}, draw())


def test_held_out_items_count_in_nothing(active: Snapshot, make_workspace: MakeWorkspace):
    arrays = PoolArrays(active, PROBABILITY)
    assert arrays.pool_counts.sum() == active.pool_words.word_bags.lengths.sum()
    held_out = make_workspace((), {("evaluation", "0"): [("i0000", "x y", "0")]})
    snapshot = read_snapshot(held_out)
    texts = snapshot.pool_words.pool.texts.take([0]).to_pylist()
    write_csv(held_out.path / "evaluation_data" / "not_related.csv", [("i0000", texts[0], "0")])
    after = PoolArrays(read_snapshot(held_out), PROBABILITY)
    assert after.pool_counts.sum() == arrays.pool_counts.sum() - len(texts[0].split())


def test_lengths_fall_into_the_pages_buckets(make_workspace: MakeWorkspace):
    pool = [(str(n), " ".join(["word"] * n)) for n in (1, 5, 6, 8, 9, 20)]
    arrays = PoolArrays(read_snapshot(make_workspace(pool)), PROBABILITY)
    strata = arrays.length_strata.tolist()
    assert [strata.count(stratum) for stratum in sorted(set(strata))] == [2, 2, 2]
    assert strata == sorted(strata)


def with_sources(make_workspace: MakeWorkspace, stratify_by: str) -> Snapshot:
    """An active loop whose pool says of each item where it comes from; most come from `abc`."""
    task = SMALL_TASK + f'stratify_by = "{stratify_by}"\n'
    workspace = active_workspace(make_workspace)
    (workspace.path / "task.toml").write_text(task, encoding="utf-8")
    rows = [
        (item_id, text, "abc" if at % 10 else ("bbc", "cbc")[at % 20 == 0])
        for at, (item_id, text, _) in enumerate(headlines(390)[:300])
    ]
    write_csv(
        workspace.path / "unlabeled_data" / "pool.csv", [("item_id", "text", "source"), *rows]
    )
    return read_snapshot(open_workspace(workspace.path))


def test_a_column_of_the_pool_makes_strata(make_workspace: MakeWorkspace):
    snapshot = with_sources(make_workspace, "source")
    batch = preview(snapshot, wishes=BatchRequest(mix=check_mix({"stratified_column": 12}, "x")))
    pool = snapshot.pool_words.pool
    sources = dict(zip(pool.ids.to_pylist(), pool.table["source"].to_pylist(), strict=True))
    assert Counter(sources[p.item_id] for p in batch.proposals) == {"abc": 4, "bbc": 4, "cbc": 4}


@pytest.mark.parametrize("column", ["", "paper"])
def test_a_column_that_the_pool_lacks_is_refused(make_workspace: MakeWorkspace, column: str):
    snapshot = with_sources(make_workspace, column)
    with pytest.raises(TaskError, match=rf"names `{column}`. The pool's columns: `source`"):
        preview(snapshot, wishes=BatchRequest(mix={"stratified column": 3}))


def test_what_nobody_asks_for_is_not_computed(active: Snapshot):
    assert set(vars(PoolArrays(active, PROBABILITY))) == {"snapshot", "scores"}
    looks = {array for name in default_task().mix for array in CATALOG[name].arrays}
    assert looks == {"confidence", "bags", "training_counts"}

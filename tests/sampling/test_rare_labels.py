"""The strategy `matches`, and the start for rare labels."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from core.errors import LoopError, PoolExhaustedError, SearchError
from core.features.base import Features
from core.features.cached import pool_space
from core.sampling.mix import mixed
from core.sampling.next_batch import BatchRequest, preview
from core.sampling.rare_labels import LIKEST, match_strata, rare_labels, sought, with_start
from core.sampling.strategies import matches
from core.workspace.labels import Labels
from core.workspace.layout import open_workspace
from core.workspace.searches import Search, keep_search
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import SMALL_TASK, MakeWorkspace, headlines
from tests.label_worlds import MANY, SEVERAL, labeled_snapshot, with_labels

PROBABILITY = np.random.default_rng(0).dirichlet([1, 1], 300).astype(np.float32)


def keep(snapshot: Snapshot, *searches: tuple[str, ...]) -> None:
    for name, *more in searches:
        keep_search(snapshot.workspace, Search(name, *more))


def texts_of(snapshot: Snapshot, rows: np.ndarray) -> list[str]:
    return snapshot.pool_words.pool.texts.take(rows).to_pylist()


def written_out(found: Features, n_sparse: int) -> np.ndarray:
    sparse = np.zeros((len(found), n_sparse))
    np.add.at(sparse, (found.bags.rows, found.bags.ids), found.values)
    return np.hstack([sparse, found.dense])


def few_positives(snapshot: Snapshot, number: int) -> Snapshot:
    """The snapshot with so many positive training items."""
    training = snapshot.labels.splits["training"]
    found = [item for item in training if item.label == "1"][:number]
    found += [item for item in training if item.label == "0"]
    return replace(snapshot, labels=replace(snapshot.labels, splits={
        **snapshot.labels.splits, "training": found}))  # fmt: skip


def started(snapshot: Snapshot, share: float) -> Snapshot:
    task = replace(snapshot.workspace.task, rare_start=share)
    return replace(snapshot, workspace=replace(snapshot.workspace, task=task))


def test_searches_take_turns_and_what_none_matches_is_never_chosen():
    strata = np.array([0] * 50 + [1] * 5 + [-1] * 45)
    candidates = np.ones(100, bool)
    found = matches(strata, candidates, 20, np.random.default_rng(1))
    assert Counter(strata[found.indices].tolist()) == {0: 15, 1: 5}
    found = matches(strata, candidates, 8, np.random.default_rng(1))
    assert Counter(strata[found.indices].tolist()) == {0: 4, 1: 4}
    assert len(matches(strata, candidates, 99, np.random.default_rng(1))) == 55
    assert not len(matches(np.full(9, -1), np.ones(9, bool), 3, np.random.default_rng(1)))


def test_a_search_is_drawn_from_uniformly():
    strata, hits = np.array([0, -1] * 20), np.zeros(40)
    for seed in range(400):
        draw = np.random.default_rng(seed)
        hits[matches(strata, np.ones(40, bool), 5, draw).indices] += 1
    # Binomial: 400 draws of a quarter, expected 100, standard deviation 8.7.
    assert np.abs(hits[::2] - 100).max() < 40
    assert not hits[1::2].any()


def test_an_item_stands_for_the_search_with_the_fewest_matches(active: Snapshot):
    keep(active, ("any disaster", "hits", "1"), ("floods", "flood hits", "1"))
    strata, texts = match_strata(active), active.pool_words.pool.texts.to_pylist()
    expected = [1 if "flood" in x else 0 if "hits" in x else -1 for x in texts]
    assert strata.tolist() == expected
    assert set(expected) == {-1, 0, 1}


def test_matches_choose_unlabeled_items_that_a_search_finds(active: Snapshot):
    keep(active, ("floods", "/flood|quake/", "1"))
    counts = {"random": 20, "matches": 9}
    (_, alone), (name, ranked) = mixed(active, PROBABILITY, counts, np.random.default_rng(3))
    assert name == "matches"
    assert all("flood" in x or "quake" in x for x in texts_of(active, ranked.indices))
    assert active.candidates[ranked.indices].all()
    assert not set(alone.indices) & set(ranked.indices)
    ((_, without),) = mixed(active, PROBABILITY, {"random": 20}, np.random.default_rng(3))
    assert without.indices.tolist() == alone.indices.tolist()


def test_without_kept_searches_the_strategy_is_refused(active: Snapshot):
    with pytest.raises(LoopError, match="Keep one on Explore"):
        preview(active, wishes=BatchRequest(mix={"matches": 5}))


def test_searches_that_find_nothing_more_are_no_pool_without_items(active: Snapshot):
    keep(active, ("nothing", "qqqqqqqq", "1"))
    with pytest.raises(PoolExhaustedError, match="None of the unlabeled items is what this mix"):
        preview(active, wishes=BatchRequest(mix={"matches": 5}))


def test_of_several_searches_the_one_that_cannot_be_asked_is_named(active: Snapshot):
    keep(active, ("floods", "flood", "1"))
    with (active.workspace.path / "searches.toml").open("a") as file:
        file.write('\n[[searches]]\nname = "broken"\nquery = "/flo(od/"\n')
    with pytest.raises(SearchError, match="`broken`: The regular expression cannot be read"):
        match_strata(active)


def test_searches_of_rare_labels_alone_are_asked_where_there_are_some(active: Snapshot):
    keep(active, ("floods", "flood", "1"), ("banks", "bank", "0"))
    assert [x.name for x in sought(active)[0]] == ["floods", "banks"]  # both labels are frequent
    few = few_positives(active, 9)
    assert [x.name for x in sought(few)[0]] == ["floods"]
    assert (sought(few)[1], sought(active)[1]) == (True, False)


@pytest.mark.parametrize(("n_positive", "n"), [(0, 50), (2, 100), (2, 60), (0, 49)])
def test_a_label_is_rare_by_the_estimate_of_at_least_fifty_test_items(
    active: Snapshot, n_positive: int, n: int
):
    items = [(f"e{at}", f"text {at}", "1" if at < n_positive else "0") for at in range(n)]
    found = rare_labels(with_labels(active, [], items))
    assert found == (["1"] if n >= 50 and n_positive / n < 0.03 else [])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_the_start_leaves_randoms_share_exact(active: Snapshot, share: float):
    few = started(few_positives(active, 9), share)
    keep(few, ("floods", "hits", "1"))
    usual = {"random": 10, "low confidence": 80, "outlier": 10}
    counts = with_start(few, usual)
    there = sum("hits" in x for x in texts_of(few, np.flatnonzero(few.candidates)))
    expected = min(round(share * 100), 90, there)
    assert counts["random"] == 10
    assert counts.get("matches", 0) == expected
    assert sum(counts.values()) == 100
    assert with_start(started(active, share), usual) == usual  # ten are there


def test_the_start_is_never_more_than_what_matches(active: Snapshot):
    few = started(few_positives(active, 0), 0.5)
    keep(few, ("one", f'"{few.pool_words.pool.texts[5].as_py()}"', "1"))
    assert with_start(few, {"random": 10, "margin": 30}) == {
        "random": 10, "margin": 29, "matches": 1,
    }  # fmt: skip


def rare(snapshot: Snapshot, share: float) -> Snapshot:
    """With a task that starts so, two positive training items, and a test set without any."""
    few = started(few_positives(snapshot, 2), share)
    test = [replace(item, label="0") for item in few.labels.splits["evaluation"]]
    test += [replace(test[0], item_id=f"t{at}", text=f"t{at}") for at in range(50 - len(test))]
    splits = {**few.labels.splits, "evaluation": test}
    return replace(few, labels=replace(few.labels, splits=splits))


def test_the_start_draws_among_what_is_like_the_first_finds(active: Snapshot):
    few = rare(active, 0.5)
    examples = [x.text for x in few.labels.usable_training if x.label == "1"]
    space, rows = pool_space(few), np.flatnonzero(few.candidates)
    pool = space.rows(few.pool_words.pool.texts.to_pylist()).features()
    texts = space.rows(examples).features()
    pool, texts = written_out(pool, space.n_sparse), written_out(texts, space.n_sparse)
    likeness = (pool @ (texts / np.linalg.norm(texts, axis=1, keepdims=True)).sum(axis=0))[rows]
    likeness /= np.maximum(np.linalg.norm(pool[rows], axis=1), 1e-9)
    expected, keys = [], few.pool_words.keys
    for row in rows[np.lexsort((rows, -likeness.round(5)))]:
        if keys[row] not in keys[expected]:
            expected.append(row)
    found = np.flatnonzero(match_strata(few) == 0)
    assert set(found) == set(expected[:LIKEST])
    assert with_start(few, {"random": 10, "margin": 30}) == {
        "random": 10, "margin": 10, "matches": 20,
    }  # fmt: skip


def test_copies_are_drawn_once_and_ten_finds_end_it(make_workspace: MakeWorkspace):
    rows = headlines(120)
    copies = [(f"copy{at}", text.upper()) for at, (_, text, _) in enumerate(rows[70:])]
    test = [(f"t{at}", f"nothing {at}", "0") for at in range(50)]
    positives = [row for row in rows[:70] if row[2] == "1"]
    folder = make_workspace([*(row[:2] for row in rows), *copies], {("evaluation", "0"): test}).path
    snapshot = started(read_snapshot(open_workspace(folder)), 0.5)
    for number, expected in ((2, True), (9, True), (10, False)):
        found = with_labels(snapshot, [*positives[:number], *test[:1]], test)
        if not expected:
            with pytest.raises(LoopError, match="there are none"):
                match_strata(found)
            continue
        keys = found.pool_words.keys[match_strata(found) == 0]
        assert len(np.unique(keys)) == len(keys) == LIKEST


def test_nothing_is_like_the_first_finds_unless_a_rare_label_and_the_task_ask(active: Snapshot):
    keep(active, ("floods", "flood", "1"))
    alone = match_strata(active)
    asked = match_strata(rare(active, 0.5))
    assert (alone.max(), asked.max()) == (0, 1)
    assert np.array_equal(match_strata(rare(active, 0.0)), alone)
    frequent = started(few_positives(active, 2), 0.5)  # in the test set it is
    assert np.array_equal(match_strata(frequent), alone)


def test_a_mix_that_a_person_asks_for_has_no_start(active: Snapshot):
    few = started(few_positives(active, 5), 0.5)
    keep(few, ("floods", "hits", "1"))
    asked = preview(few, wishes=BatchRequest(mix={"random": 10}))
    assert {x.strategy for x in asked.proposals} == {"random"}
    usual = Counter(x.strategy for x in preview(few).proposals)
    assert usual == {"random": 1, "matches": 5, "low confidence": 4}


def test_first_training_data_is_random_beside_the_start_and_test_data_all_random(
    make_workspace: MakeWorkspace,
):
    task = SMALL_TASK + "rare_start = 0.5\n"
    pool, test = headlines(200)[:150], headlines(200)[150:170]
    labels = {("evaluation", label): [x for x in test if x[2] == label] for label in ("1", "0")}
    make_workspace([item[:2] for item in pool], task=task)
    folder = make_workspace(task=task).path
    keep_search(open_workspace(folder), Search("floods", "hits", "1"))
    batch = preview(read_snapshot(open_workspace(folder)))
    assert {x.strategy for x in batch.proposals} == {"random"}
    assert batch.split == "evaluation"
    make_workspace(labels=labels, task=task)
    batch = preview(read_snapshot(open_workspace(folder)))
    assert batch.split == "training"
    assert Counter(x.strategy for x in batch.proposals) == {"random": 5, "matches": 5}
    found = [
        x for x, p in zip(batch.texts, batch.proposals, strict=True) if p.strategy == "matches"
    ]
    assert all("hits" in x for x in found)


@pytest.mark.parametrize("kind", [MANY, SEVERAL])
def test_without_a_positive_label_the_searches_label_counts(tmp_path, kind: str):
    snapshot = started(labeled_snapshot(tmp_path, kind), 0.5)
    keep(snapshot, ("power", "power0", "power"), ("water", "water0", "water"), ("any", "word1"))
    none = Labels({**snapshot.labels.splits, "training": []}, [], [])
    without = replace(snapshot, labels=none)
    assert {x.name for x in sought(without)[0]} == {"power", "water"}
    training = [x for x in snapshot.labels.splits["training"] if "power" not in x.label]
    lacking = replace(none, splits={**snapshot.labels.splits, "training": training})
    some = replace(snapshot, labels=lacking)
    assert [x.name for x in sought(some)[0]] == ["power"]
    counts = with_start(some, {"random": 2, "low confidence": 10})
    assert counts["random"] == 2
    assert 0 < counts["matches"] <= 6

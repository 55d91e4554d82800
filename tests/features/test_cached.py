"""The pool's space and rows: what is counted, what is cached, what stays out."""

from pathlib import Path

import numpy as np
import pytest

from core.features import cached as module
from core.features import corpus_counts
from core.features import space_rows as spaces
from core.features.cached import (
    counted_texts,
    halvings_of,
    pool_space,
)
from core.features.corpus_counts import count_texts, pairs_in, sampled
from core.features.pool_features import Space, space_of
from core.pool.token_parts import tokens_of
from core.system import progress
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.features.test_pool_features import learn, some_weights


def test_the_space_is_that_of_the_texts(active: Snapshot):
    """Of the pool and of the training items that it does not hold, but of nothing held out."""
    texts = active.pool_words.pool.texts.to_pylist()
    assert not active.held_out.any()
    outside = [item.text for item in active.labels.usable_training]
    assert pool_space(active).key == learn([*texts, *outside]).key


def test_copies_of_held_out_items_teach_nothing(active: Snapshot):
    before = pool_space(active)
    held_out = active.labels.splits["evaluation"]
    copies = [(f"copy{at}", f"{item.text.upper()} ") for at, item in enumerate(held_out)]
    write_csv(active.workspace.path / "unlabeled_data" / "copies.csv", copies)
    snapshot = read_snapshot(active.workspace)
    assert snapshot.held_out.sum() == len(held_out) == 30
    assert pool_space(snapshot).key == before.key
    # They are scored like all others.
    assert len(before.pool_rows(snapshot)) == 330


def test_pool_items_that_become_held_out_are_no_longer_counted(make_workspace: MakeWorkspace):
    items = headlines(200)
    workspace = make_workspace([item[:2] for item in items])
    before = pool_space(read_snapshot(workspace))
    write_csv(workspace.path / "evaluation_data" / "related.csv", [(*items[5][:2], "1")])
    after = pool_space(read_snapshot(workspace))
    assert after.key == learn([text for _, text, _ in items[:5] + items[6:]]).key != before.key


def test_the_cache_gives_the_same_as_no_cache(active: Snapshot):
    plain = read_snapshot(active.workspace, write_cache=False)
    space = pool_space(plain)
    assert not list(active.workspace.cache.glob("space-*"))
    rows, weights = space.pool_rows(plain), some_weights(space)
    expected = rows.projection(weights)(0, len(rows))
    for _ in range(2):
        cached = pool_space(active)
        assert cached.key == space.key
        again = cached.pool_rows(active).projection(weights)
        assert np.array_equal(again(0, len(rows)), expected)
    kinds = sorted(entry.name.split("-")[0] for entry in active.workspace.cache.iterdir())
    assert kinds == ["pool", "rows", "space", "tally", "words"]


def test_labels_from_the_pool_change_no_space(make_workspace: MakeWorkspace):
    items = headlines(200)
    workspace = make_workspace([item[:2] for item in items])
    before = pool_space(read_snapshot(workspace))
    write_csv(workspace.path / "training_data" / "related.csv", [(*items[5][:2], "1")])
    snapshot = read_snapshot(workspace)
    assert len(snapshot.labels.usable_training) == 1
    assert pool_space(snapshot).key == before.key


def test_an_older_space_places_todays_pool(active: Snapshot):
    older = pool_space(active)
    write_csv(active.workspace.path / "unlabeled_data" / "more.csv", [("n", "quake hits quake")])
    snapshot = read_snapshot(active.workspace)
    rows, weights = older.pool_rows(snapshot), some_weights(older)
    outside = older.rows(snapshot.pool_words.pool.texts.to_pylist())
    np.testing.assert_allclose(
        rows.projection(weights)(0, 301), outside.projection(weights)(0, 301), atol=1e-6
    )


ITEMS = headlines(400)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts were counted, call by call."""
    calls, real = [], module.count_texts

    def counting(tokens, bags, counted, *others):
        calls.append(int(counted.sum()))
        return real(tokens, bags, counted, *others)

    monkeypatch.setattr(module, "count_texts", counting)
    return calls


@pytest.fixture
def learned(make_workspace: MakeWorkspace) -> Workspace:
    """A pool of two files, from which a space was learned: 200 items and 100 items."""
    workspace = make_workspace([item[:2] for item in ITEMS[:200]])
    write_csv(pool_file(workspace, "second"), [item[:2] for item in ITEMS[200:300]])
    space_from_cache(workspace)
    return workspace


def pool_file(workspace: Workspace, name: str) -> Path:
    return workspace.path / "unlabeled_data" / f"{name}.csv"


def space_from_cache(workspace: Workspace) -> Space:
    return pool_space(read_snapshot(workspace))


def space_from_nothing(workspace: Workspace) -> Space:
    """What the texts teach that are not held out, in an order of their own."""
    snapshot = read_snapshot(workspace)
    texts = snapshot.pool_words.pool.texts.to_pylist()
    kept = [
        text for text, is_out in zip(texts, snapshot.held_out.tolist(), strict=True) if not is_out
    ]
    return learn(sorted(kept))


def hold_out(workspace: Workspace, rows: list) -> None:
    write_csv(workspace.path / "evaluation_data" / "related.csv", [(*r[:2], "1") for r in rows])


def grow(workspace: Workspace, rows: list) -> None:
    write_csv(pool_file(workspace, "pool"), [item[:2] for item in [*ITEMS[:200], *rows]])


def test_a_file_that_grew_costs_its_new_texts(learned: Workspace, counted: list[int]):
    grow(learned, ITEMS[300:310])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [10]


def test_a_file_that_was_added_costs_its_texts(learned: Workspace, counted: list[int]):
    write_csv(pool_file(learned, "another"), [item[:2] for item in ITEMS[300:400]])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [100]


def test_held_out_items_are_taken_away_and_brought_back(learned: Workspace, counted: list[int]):
    before = space_from_cache(learned).key
    hold_out(learned, ITEMS[50:90])
    assert space_from_cache(learned).key == space_from_nothing(learned).key != before
    hold_out(learned, ITEMS[60:95])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    hold_out(learned, [])
    assert space_from_cache(learned).key == before
    assert counted == [40, 10, 5, 35]


def test_a_text_that_is_gone_has_all_texts_counted(learned: Workspace, counted: list[int]):
    rows = [item[:2] for item in ITEMS[:200]]
    rows[100] = ("changed", "a headline that stood nowhere before")
    write_csv(pool_file(learned, "pool"), rows)
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [300]


def test_copies_count_as_often_as_they_stand_there(learned: Workspace, counted: list[int]):
    grow(learned, [("c1", ITEMS[3][1]), ("c2", ITEMS[3][1]), ("c3", ITEMS[250][1])])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    grow(learned, [("c1", ITEMS[3][1])])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [3, 2]


def test_another_order_of_the_same_texts_costs_nothing(learned: Workspace, counted: list[int]):
    before = space_from_cache(learned).key
    pool_file(learned, "second").rename(pool_file(learned, "another"))
    write_csv(pool_file(learned, "pool"), [(f"new{at}", i[1]) for at, i in enumerate(ITEMS[:200])])
    assert space_from_cache(learned).key == before
    assert counted == []


def test_many_changes_have_all_texts_counted(learned: Workspace, counted: list[int]):
    hold_out(learned, ITEMS[:150])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [150]
    hold_out(learned, [])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [150, 150]


@pytest.mark.parametrize("damage", ["a bit", "a file", "the manifest", "the version", "the end"])
def test_a_damaged_tally_is_not_trusted(
    learned: Workspace, counted: list[int], monkeypatch: pytest.MonkeyPatch, damage: str
):
    (entry,) = learned.cache.glob("tally-*")
    pairs = entry / "pair_counts.npy"
    match damage:
        case "a bit":
            content = bytearray(pairs.read_bytes())
            content[-4] ^= 1
            pairs.write_bytes(content)
        case "a file":
            pairs.unlink()
        case "the manifest":
            (entry / "manifest.json").unlink()
        case "the version":
            monkeypatch.setattr(module, "COUNTS_VERSION", module.COUNTS_VERSION + 1)
        case "the end":
            pairs.write_bytes(pairs.read_bytes()[:-8])
    grow(learned, ITEMS[300:310])
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [310]


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_counting_that_was_interrupted_begins_again(
    learned: Workspace, counted: list[int], monkeypatch: pytest.MonkeyPatch
):
    grow(learned, ITEMS[300:310])

    for room, step in (
        (module, "add_corpus_counts"),
        (module, "_save_tally"),
        (module, "space_of"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(room, step, interrupted)
            with pytest.raises(KeyboardInterrupt):
                space_from_cache(learned)
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    # Before the tally stood there it was counted anew, and then no more.
    assert counted == [10, 10, 10]
    assert len(list(learned.cache.glob("tally-*"))) == 1


@pytest.fixture
def few_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few pairs are counted that 300 texts are sampled by quarters."""
    monkeypatch.setattr(corpus_counts, "MOST_PAIRS", 900)


def halved(workspace: Workspace) -> int:
    snapshot = read_snapshot(workspace)
    return halvings_of(counted_texts(snapshot))


def space_by_hand(workspace: Workspace) -> Space:
    """All words and runs, and the pairs of the texts in the sample alone."""
    snapshot = read_snapshot(workspace)
    counted = np.flatnonzero(~snapshot.held_out)
    texts = snapshot.pool_words.pool.texts.take(counted).to_pylist()
    paired = sampled(snapshot.pool_words.hashes[counted], halved(workspace))
    return space_of(count_texts(*tokens_of(texts), None, paired))


@pytest.mark.usefixtures("few_paired")
def test_of_a_large_pool_the_pairs_of_a_sample_are_counted(learned: Workspace):
    assert halved(learned) == 2
    every = space_from_nothing(learned)
    found = space_from_cache(learned)
    assert found.key == space_by_hand(learned).key != every.key
    for name in ("words", "grams", "idf", "rarity"):
        assert np.array_equal(getattr(found, name), getattr(every, name))


@pytest.mark.usefixtures("few_paired")
def test_changes_of_a_sampled_pool_cost_what_changed(learned: Workspace, counted: list[int]):
    before = space_from_cache(learned).key
    hold_out(learned, ITEMS[50:90])
    assert space_from_cache(learned).key == space_by_hand(learned).key != before
    hold_out(learned, [])
    assert space_from_cache(learned).key == before
    # Nor does the order of the texts matter.
    write_csv(pool_file(learned, "pool"), [item[:2] for item in reversed(ITEMS[:200])])
    assert space_from_cache(learned).key == before
    grow(learned, ITEMS[300:340])
    assert space_from_cache(learned).key == space_by_hand(learned).key
    assert counted == [40, 40, 40]


def test_another_sample_has_all_texts_counted(
    learned: Workspace, counted: list[int], monkeypatch: pytest.MonkeyPatch
):
    (pool, _) = counted_texts(read_snapshot(learned))
    n_pairs = pairs_in(pool.tokens, pool.bags)
    monkeypatch.setattr(corpus_counts, "MOST_PAIRS", n_pairs)
    assert halved(learned) == 0
    grow(learned, ITEMS[300:310])
    assert halved(learned) == 1
    assert space_from_cache(learned).key == space_by_hand(learned).key
    grow(learned, [])
    assert halved(learned) == 0
    assert space_from_cache(learned).key == space_from_nothing(learned).key
    assert counted == [310, 300]


@pytest.mark.usefixtures("few_paired")
def test_rows_are_the_same_in_whatever_blocks_they_are_placed(
    learned: Workspace, monkeypatch: pytest.MonkeyPatch
):
    snapshot = read_snapshot(learned)
    space = space_from_cache(learned)
    words = snapshot.pool_words
    expected = spaces.place(space, words.tokens.to_pylist(), words.token_bags.part(0, 300))
    monkeypatch.setattr(spaces, "TOKENS_AT_ONCE", 50)
    said: list[str] = []
    monkeypatch.setattr(progress, "EVERY", 0)
    rows = space.pool_rows(snapshot, progress.in_words(said.append))
    assert len(said) > 10
    assert said[-1].startswith("placing texts: 300 of 300 texts, ")
    for ours, theirs in (
        (rows.texts.repeats, expected.texts.repeats),
        (rows.texts.bags, expected.texts.bags),
    ):
        assert np.array_equal(ours.ids, theirs.ids)
        assert np.array_equal(ours.offsets, theirs.offsets)
    np.testing.assert_allclose(rows.texts.scales, expected.texts.scales, rtol=1e-6)
    np.testing.assert_allclose(rows.texts.corrections, expected.texts.corrections, rtol=1e-6)


def test_placing_that_was_interrupted_is_not_trusted(
    learned: Workspace, monkeypatch: pytest.MonkeyPatch
):
    snapshot, space = read_snapshot(learned), space_from_cache(learned)
    monkeypatch.setattr(spaces, "TOKENS_AT_ONCE", 50)
    monkeypatch.setattr(progress, "EVERY", 0)
    with pytest.raises(KeyboardInterrupt):
        space.pool_rows(snapshot, interrupted)
    assert not list(learned.cache.glob("rows-*"))
    assert not list(learned.cache.glob("*.unfinished"))
    assert len(space.pool_rows(snapshot)) == 300


def numbers_of(snapshot: Snapshot, space: Space) -> list[list]:
    """All that the pool's rows hold."""
    rows = space.pool_rows(snapshot)
    held = [rows.parts.words, rows.parts.grams, rows.texts.bags, rows.texts.repeats]
    arrays = [array for bags in held for array in (bags.ids, bags.offsets)]
    return [array.tolist() for array in (*arrays, rows.texts.scales, rows.texts.corrections)]


@pytest.mark.parametrize(
    ("name", "rows", "most"),
    [
        ("pool.csv", [("new", "flood flood after a dam breaks")], 2),
        ("then.csv", [("new", "flood flood after a dam breaks"), ("more", "dam")], 2),
        ("pool.csv", [], 0),
        ("a.csv", [("new", "flood flood after a dam breaks")], 26),
    ],
)
def test_of_a_pool_that_grew_only_the_new_texts_are_placed(
    active: Snapshot, monkeypatch: pytest.MonkeyPatch, name: str, rows: list, most: int
):
    monkeypatch.setattr(spaces, "TOKENS_AT_ONCE", 60)
    space, blocks, place = pool_space(active), [], spaces._placed
    monkeypatch.setattr(spaces, "_placed", lambda *given: blocks.append(1) or place(*given))
    space.pool_rows(active)
    before = len(blocks)
    with (active.workspace.path / "unlabeled_data" / name).open("a") as file:
        file.writelines(f"{item},{text}\n" for item, text in rows)
    grown = read_snapshot(active.workspace)
    found = numbers_of(grown, space)
    assert before == 25
    assert most - 1 <= len(blocks) - before <= most
    assert found == numbers_of(read_snapshot(active.workspace, write_cache=False), space)

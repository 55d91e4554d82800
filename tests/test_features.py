import shutil
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import features
from core.features import (
    PoolWords,
    Vocabulary,
    book_vocabulary,
    count_words,
    pool_bags,
    read_pool_words,
    words_of,
)
from core.loop import Loop, read_loop
from core.workspace import open_workspace
from tests.conftest import MakeWorkspace, write_csv

TEXTS = st.lists(st.text(st.sampled_from("ab é\u3000\t"), max_size=12), max_size=8)


def read(make_workspace: MakeWorkspace, texts: list[str], **options):
    pool = [(f"i{at}", text) for at, text in enumerate(texts)]
    return read_pool_words(make_workspace([("item_id", "text"), *pool]), **options)


@given(TEXTS)
def test_the_index_holds_every_word_in_order(tmp_path_factory, texts: list[str]):
    folder = tmp_path_factory.mktemp("workspace")
    rows = [("item_id", "text"), *((f"i{at}", text) for at, text in enumerate(texts))]
    write_csv(folder / "unlabeled_data" / "pool.csv", rows)
    found = read_pool_words(open_workspace(folder))
    words = found.words.to_pylist()
    assert [[words[at] for at in found.bags[n]] for n in range(len(texts))] == [
        words_of(text) for text in texts
    ]
    everything = count_words(found, np.ones(len(texts), bool))
    assert dict(zip(words, everything.tolist(), strict=True)) == Counter(
        word for text in texts for word in words_of(text)
    )


def index(found: PoolWords) -> list[object]:
    arrays = (found.bags.ids, found.bags.offsets, found.hashes, found.keys, found.is_first)
    return [found.words.to_pylist(), *(array.tolist() for array in arrays)]


@settings(max_examples=25)
@given(before=TEXTS, after=TEXTS)
def test_a_changed_pool_has_the_index_of_a_new_one(tmp_path_factory, before: list, after: list):
    workspace = open_workspace(tmp_path_factory.mktemp("workspace"))
    for number, texts in enumerate((before, before[:4] + after + before[2:])):
        rows = [(f"i{at}", text) for at, text in enumerate(texts)]
        write_csv(workspace.path / "unlabeled_data" / f"{number}.csv", rows)
        if not number:
            read_pool_words(workspace)
    (workspace.path / "unlabeled_data" / "0.csv").unlink()
    found = index(read_pool_words(workspace))
    shutil.rmtree(workspace.cache)
    assert found == index(read_pool_words(workspace, write_cache=False))


@pytest.mark.parametrize("damage", ["version", "words", "none"])
def test_only_a_whole_index_of_this_version_is_taken_over(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, damage: str
):
    workspace = make_workspace([("i1", "flood hits town")])
    read_pool_words(workspace)
    (entry,) = workspace.cache.glob("words-*")
    match damage:
        case "version":
            monkeypatch.setattr(features, "WORDS_VERSION", 0)
        case "words":
            (entry / "words.arrow").write_bytes(b"flood")
    seen = []
    monkeypatch.setattr(features, "words_of", lambda text: seen.append(text) or text.split())
    write_csv(workspace.path / "unlabeled_data" / "then.csv", [("i2", "flood ends")])
    found = read_pool_words(workspace)
    assert seen == ["flood hits town", "flood ends"][damage == "none" :]
    assert found.words.to_pylist() == ["flood", "hits", "town", "ends"]


def test_only_the_first_of_several_copies_may_be_proposed(make_workspace: MakeWorkspace):
    texts = ["a b", "c", " A  B", "", "c d", "   "]
    found = read(make_workspace, texts)
    assert found.is_first.tolist() == [True, True, False, False, True, False]


def test_a_word_needs_three_uses_in_pool_and_training_together(make_workspace: MakeWorkspace):
    found = read(make_workspace, ["a a b", "b c", "c"])
    everything = np.ones(3, bool)
    vocabulary = book_vocabulary(found, everything, ["a b new new", "new c"])
    assert set(vocabulary.words) == {"a", "b", "c", "new"}
    assert set(book_vocabulary(found, everything, []).words) == set()


def test_items_that_are_not_counted_choose_no_word(make_workspace: MakeWorkspace):
    found = read(make_workspace, ["a a a", "b b b"])
    vocabulary = book_vocabulary(found, np.array([True, False]), [])
    assert vocabulary.words == ("a",)


def test_the_pools_bags_are_those_of_its_texts(make_workspace: MakeWorkspace):
    texts = ["a b a", "", "c", "b z"]
    vocabulary = Vocabulary(("b", "unheard", "a"))
    fast = pool_bags(read(make_workspace, texts), vocabulary)
    plain = vocabulary.bags(texts)
    assert fast.ids.tolist() == plain.ids.tolist() == [2, 0, 2, 0]
    assert fast.offsets.tolist() == plain.offsets.tolist()


def test_a_part_is_the_same_as_a_slice():
    bags = Vocabulary(("a", "b")).bags(["a", "b a", "", "b b b"])
    part = bags.part(1, 4)
    assert [part[n].tolist() for n in range(3)] == [[1, 0], [], [1, 1, 1]]


def test_the_cache_gives_the_same_as_no_cache(make_workspace: MakeWorkspace):
    texts = ["one two", "two three three", "one"]
    plain = read(make_workspace, texts, write_cache=False)
    for _ in range(2):
        cached = read(make_workspace, texts)
        assert cached.words.equals(plain.words)
        assert np.array_equal(cached.bags.ids, plain.bags.ids)
        assert np.array_equal(cached.keys, plain.keys)


def test_held_out_items_choose_no_word_of_the_model(active: Loop):
    held_out = active.labels.splits["evaluation"]
    assert held_out
    pool = [("item_id", "text")] + [
        (f"copy{at}", item.text) for at, item in enumerate(held_out) for _ in range(3)
    ]
    folder = active.workspace.path / "unlabeled_data"
    (folder / "copies.csv").write_text("\n".join(f'{a},"{b}"' for a, b in pool) + "\n")
    loop = read_loop(active.workspace)
    assert loop.held_out.sum() == len(pool) - 1
    before = book_vocabulary(active.pool_words, ~active.held_out, [])
    after = book_vocabulary(loop.pool_words, ~loop.held_out, [])
    assert set(before.words) == set(after.words)


def test_a_vocabularys_key_names_its_words_in_their_order():
    keys = [Vocabulary(words).key for words in (("a", "b"), ("a", "b"), ("b", "a"), ("ab",))]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3

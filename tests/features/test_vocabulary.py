import numpy as np

from core.features.vocabulary import Vocabulary, book_vocabulary
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace
from tests.worlds import pool_words_of


def read(make_workspace: MakeWorkspace, texts: list[str], **options):
    pool = [(f"i{at}", text) for at, text in enumerate(texts)]
    return pool_words_of(make_workspace([("item_id", "text"), *pool]), **options)


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
    pool = [(f"i{at}", text) for at, text in enumerate(texts)]
    snapshot = read_snapshot(make_workspace([("item_id", "text"), *pool]))
    fast, plain = vocabulary.pool_rows(snapshot).features(), vocabulary.rows(texts).features()
    assert fast.bags.ids.tolist() == plain.bags.ids.tolist() == [2, 0, 2, 0]
    assert fast.bags.offsets.tolist() == plain.bags.offsets.tolist()


def test_a_part_is_the_same_as_a_slice():
    bags = Vocabulary(("a", "b")).bags(["a", "b a", "", "b b b"])
    part = bags.part(1, 4)
    assert [part[n].tolist() for n in range(3)] == [[1, 0], [], [1, 1, 1]]


def test_held_out_items_choose_no_word_of_the_model(active: Snapshot):
    held_out = active.labels.splits["evaluation"]
    assert held_out
    pool = [("item_id", "text")] + [
        (f"copy{at}", item.text) for at, item in enumerate(held_out) for _ in range(3)
    ]
    folder = active.workspace.path / "unlabeled_data"
    (folder / "copies.csv").write_text("\n".join(f'{a},"{b}"' for a, b in pool) + "\n")
    snapshot = read_snapshot(active.workspace)
    assert snapshot.held_out.sum() == len(pool) - 1
    before = book_vocabulary(active.pool_words, ~active.held_out, [])
    after = book_vocabulary(snapshot.pool_words, ~snapshot.held_out, [])
    assert set(before.words) == set(after.words)


def test_a_vocabularys_key_names_its_words_in_their_order():
    keys = [Vocabulary(words).key for words in (("a", "b"), ("a", "b"), ("b", "a"), ("ab",))]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3

import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pool import words
from core.pool.hashing import hash_keys, hash_words, keys_of
from core.pool.splitting import words_of
from core.pool.text import text_key
from core.pool.words import PoolWords
from core.workspace.layout import open_workspace
from tests.conftest import MakeWorkspace, write_csv
from tests.worlds import pool_words_of

TEXTS = st.lists(
    st.text(st.sampled_from("ab A\u00b4\u00bdﷺé\u3000\t\x1c漢字ก\u0e31。"), max_size=12), max_size=8
)


def read(make_workspace: MakeWorkspace, texts: list[str], **options):
    pool = [(f"i{at}", text) for at, text in enumerate(texts)]
    return pool_words_of(make_workspace([("item_id", "text"), *pool]), **options)


@given(TEXTS)
def test_the_index_holds_every_word_in_order(tmp_path_factory, texts: list[str]):
    folder = tmp_path_factory.mktemp("workspace")
    rows = [("item_id", "text"), *((f"i{at}", text) for at, text in enumerate(texts))]
    write_csv(folder / "unlabeled_data" / "pool.csv", rows)
    found = pool_words_of(open_workspace(folder))
    words, tokens = found.words.to_pylist(), found.tokens.to_pylist()
    assert [[words[at] for at in found.word_bags[n]] for n in range(len(texts))] == [
        words_of(text) for text in texts
    ]
    assert dict(zip(words, found.counts.tolist(), strict=True)) == Counter(
        word for text in texts for word in words_of(text)
    )
    assert [[tokens[at] for at in found.token_bags[n]] for n in range(len(texts))] == [
        text.split() for text in texts
    ]
    assert tokens == list(dict.fromkeys(token for text in texts for token in text.split()))


@given(TEXTS)
def test_hashes_tell_words_and_keys_apart(tmp_path_factory, texts: list[str]):
    folder = tmp_path_factory.mktemp("workspace")
    rows = [("item_id", "text"), *((f"i{at}", text) for at, text in enumerate(texts))]
    write_csv(folder / "unlabeled_data" / "pool.csv", rows)
    found = pool_words_of(open_workspace(folder))
    assert found.hashes.tolist() == hash_words(texts).tolist()
    assert found.keys.tolist() == hash_keys(texts).tolist()
    assert len(set(found.hashes.tolist())) == len({tuple(text.split()) for text in texts})
    assert len(set(found.keys.tolist())) == len(set(map(text_key, texts)))
    for text in texts:
        copies = [at for at, other in enumerate(texts) if text_key(other) == text_key(text)]
        assert found.copies_of([text, text]).tolist() == copies
    assert found.copies_of(["not there"]).tolist() == []


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.thorough)])
def test_every_character_splits_and_folds_alone_as_in_a_text(step: int):
    """The index splits by Arrow and folds word by word; Python and whole texts are the rule."""
    codes = [*range(0x3000), *range(0x3000, 0x110000, step)]  # all spaces are among the first
    characters = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    texts = [f"a{character}b \u0301{character} {character}" for character in characters]
    split = pc.utf8_split_whitespace(pa.array(texts)).to_pylist()
    for text, parts in zip(texts, split, strict=True):
        assert [word for word in parts if word] == text.split()
        assert " ".join(filter(None, map(text_key, parts))) == text_key(text)


def index(found: PoolWords) -> list[object]:
    bags = (found.token_bags, found.word_bags)
    arrays = [array for each in bags for array in (each.ids, each.offsets)]
    arrays += [found.counts, found.hashes, found.keys, found.key_order, found.is_first]
    names = (found.tokens.to_pylist(), found.words.to_pylist())
    return [*names, *(array.tolist() for array in arrays)]


@given(before=TEXTS, after=TEXTS)
def test_a_changed_pool_has_the_index_of_a_new_one(tmp_path_factory, before: list, after: list):
    workspace = open_workspace(tmp_path_factory.mktemp("workspace"))
    for number, texts in enumerate((before, before[:4] + after + before[2:])):
        rows = [(f"i{at}", text) for at, text in enumerate(texts)]
        write_csv(workspace.path / "unlabeled_data" / f"{number}.csv", rows)
        if not number:
            pool_words_of(workspace)
    (workspace.path / "unlabeled_data" / "0.csv").unlink()
    found = index(pool_words_of(workspace))
    shutil.rmtree(workspace.cache)
    assert found == index(pool_words_of(workspace, write_cache=False))


@pytest.mark.parametrize("damage", ["version", "words", "none"])
def test_only_a_whole_index_of_this_version_is_taken_over(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, damage: str
):
    workspace = make_workspace([("i1", "flood hits town")])
    pool_words_of(workspace)
    (entry,) = workspace.cache.glob("words-*")
    match damage:
        case "version":
            monkeypatch.setattr(words, "WORDS_VERSION", 0)
        case "words":
            (entry / "words.bytes").write_bytes(b"flood")
    seen = []
    split = words.split_block

    def watched(texts: pa.Array):
        seen.extend(texts.to_pylist())
        return split(texts)

    monkeypatch.setattr(words, "split_block", watched)
    write_csv(workspace.path / "unlabeled_data" / "then.csv", [("i2", "flood ends")])
    found = pool_words_of(workspace)
    assert seen == ["flood hits town", "flood ends"][damage == "none" :]
    assert found.words.to_pylist() == ["flood", "hits", "town", "ends"]


@pytest.mark.parametrize("block", [1, 2, 7])
def test_the_size_of_the_blocks_changes_nothing(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, block: int
):
    texts = ["", " a b a", "c a\u00b4b ", "b", "d \u00bd A", "a b A", "", "c"]
    plain = index(read(make_workspace, texts, write_cache=False))
    monkeypatch.setattr(words, "TEXT_BYTES_AT_ONCE", block)
    monkeypatch.setattr(words, "WORDS_AT_ONCE", block)
    monkeypatch.setattr("core.pool.csv_files.ROWS_AT_ONCE", block)
    assert index(read(make_workspace, texts, write_cache=False)) == plain


def test_only_the_first_of_several_copies_may_be_proposed(make_workspace: MakeWorkspace):
    texts = ["a b", "c", " A  B", "", "c d", "   "]
    found = read(make_workspace, texts)
    assert found.is_first.tolist() == [True, True, False, False, True, False]


def test_the_cache_gives_the_same_as_no_cache(make_workspace: MakeWorkspace):
    texts = ["one two", "two three three", "one"]
    plain = read(make_workspace, texts, write_cache=False)
    for _ in range(2):
        cached = read(make_workspace, texts)
        assert cached.words.equals(plain.words)
        assert np.array_equal(cached.word_bags.ids, plain.word_bags.ids)
        assert np.array_equal(cached.keys, plain.keys)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_many_texts_have_the_keys_that_each_of_them_has(texts: list[str]):
    assert keys_of(pa.array(texts, pa.large_string())).tolist() == hash_keys(texts).tolist()


def test_a_pool_that_was_read_is_taken_as_it_is_until_a_file_changes(
    make_workspace: MakeWorkspace,
):
    workspace = make_workspace([("1", "flood"), ("2", "fire")])
    known = pool_words_of(workspace)
    assert pool_words_of(workspace, known=known) is known
    write_csv(workspace.path / "unlabeled_data" / "more.csv", [("3", "storm")])
    assert pool_words_of(workspace, known=known).pool.ids.to_pylist() == ["3", "1", "2"]
    assert len(known.pool) == 2


def test_texts_of_invisible_characters_are_blank_and_never_proposed(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    texts = ["\u200b", "a flood", " ", "\u2060 \u200e", "\u200b a", "漢", "\u0301", ""]
    is_blank = [True, False, True, True, False, False, True, True]
    found = read(make_workspace, texts)
    assert found.is_blank.tolist() == is_blank
    assert (~found.is_first).tolist() == is_blank
    monkeypatch.setattr(words, "WORDS_AT_ONCE", 1)
    assert words._blank_texts(found.tokens, found.token_bags).tolist() == is_blank

"""Words and phrases in texts, held to a plain reading of each text."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.pool import search
from core.pool.search import WordIndex, make_index, read_index, read_query
from core.pool.token_parts import tokens_of
from core.pool.tokens import SPACELESS
from core.workspace.layout import Workspace
from tests.conftest import MakeWorkspace, headlines
from tests.worlds import pool_words_of


def folded(character: str) -> str:
    lower = character.casefold()
    return lower if len(lower) == 1 else character.lower()[0]


@cache
def kind_of(written: str) -> tuple[str, str]:
    """What a character is in a word, or "" where it stands between words; and how it is folded."""
    plain = unicodedata.normalize("NFKC", written)
    character = plain if len(plain) == 1 else written
    if unicodedata.category(character).startswith("M"):
        return "mark", folded(character)
    if not (character == "_" or character.isalnum()):
        return "", ""
    is_spaceless = any(low <= ord(written) <= high for low, high in SPACELESS)
    return "alone" if is_spaceless else "letter", folded(character)


def plain_words(text: str) -> list[str]:
    """The words of a text, cut out character by character."""
    words, before = [], ""
    for kind, character in map(kind_of, text):
        if kind:
            if not before or kind == "alone" or (before == "alone" and kind != "mark"):
                words.append("")
            words[-1] += character
        before = kind
    return words


def plain_phrases(query: str) -> list[list[str]]:
    """What stands in quotes, and every token beside."""
    parts = re.split('["“”„]', query)
    typed = [token for part in parts[::2] for token in part.split()] + parts[1::2]
    return [words for words in map(plain_words, typed) if words]


def holds(text: str, query: str) -> bool:
    words = plain_words(text)
    return all(
        any(words[at : at + len(phrase)] == phrase for at in range(len(words)))
        for phrase in plain_phrases(query)
    )


def index_of(texts: Sequence[str]) -> WordIndex:
    tokens, bags = tokens_of(texts)
    return make_index(pa.array(tokens, pa.string()), bags)


def found(texts: Sequence[str], query: str) -> list[str]:
    return [texts[at] for at in index_of(texts).find(query)]


# Few letters, so that queries meet texts: case, marks, digits, two scripts without spaces, quotes.
LETTERS = "aAbß9_é\u0301日カก-,'\" \t"
TEXTS = st.lists(st.text(st.sampled_from(LETTERS), max_size=12), max_size=8)
QUERIES = st.text(st.sampled_from(LETTERS + "“”"), max_size=8)


@given(TEXTS, QUERIES)
@example(["a b", "b a", "a", ""], "a b")
@example(["a b", "b a", "ab", "a, B!"], '"a b"')
@example(["b a a b", "a b a"], '"a a"')
@example(["a", "b"], '"a b"')
@example([], "a")
@example(["a", ""], "")
@example(["a"], '"" - \'')
def test_an_index_finds_what_a_plain_reading_finds(texts: list[str], query: str):
    expected = [at for at, text in enumerate(texts) if holds(text, query)]
    assert index_of(texts).find(query).tolist() == expected


@given(st.lists(st.text(max_size=20), max_size=5), st.data())
def test_any_text_is_found_by_its_own_words(texts: list[str], data: st.DataObject):
    query = data.draw(st.sampled_from([*texts, "x"])).replace('"', " ")
    expected = [at for at, text in enumerate(texts) if holds(text, query)]
    assert index_of(texts).find(query).tolist() == expected


def test_a_word_is_found_as_a_whole_whatever_stands_around_it():
    texts = ["Flood, fire", "a flood-hit town", "FLOOD", "floodlight", "floods", "(flood)"]
    assert found(texts, "flood") == ["Flood, fire", "a flood-hit town", "FLOOD", "(flood)"]


def test_all_words_must_occur_in_any_order():
    texts = ["flood hits town", "town: flood", "town", "flood flood"]
    assert found(texts, "Town flood") == ["flood hits town", "town: flood"]


def test_quoted_words_stand_side_by_side():
    texts = ["police seek man", "seek police", "police, seek!", "police will seek", "a police-seek"]
    for query in ('"police seek"', "“police seek”", '"Police Seek', "police-seek"):
        assert found(texts, query) == ["police seek man", "police, seek!", "a police-seek"]


def test_a_phrase_does_not_go_on_in_the_next_text():
    assert found(["police", "seek"], '"police seek"') == []


def test_a_word_of_a_script_without_spaces_is_found_inside_a_sentence():
    texts = ["東京で洪水が発生", "洪水", "水洪"]
    assert found(texts, "洪水") == ["東京で洪水が発生", "洪水"]


@pytest.mark.parametrize("query", ["", "  ", "...", '"', '""', "- ' ,"])
def test_a_query_without_words_asks_nothing(query: str):
    assert read_query(query) == []
    assert found(["a", ""], query) == ["a", ""]


def small_blocks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(search, "CHARACTERS", size)
    monkeypatch.setattr(search, "TOKENS", size)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_blocks_of_any_size_give_one_index(size: int, monkeypatch: pytest.MonkeyPatch):
    texts = [text for _, text, _ in headlines(60)] + ["", "x " * 50, "a-b " * 3]
    whole = index_of(texts)
    small_blocks(monkeypatch, size)
    again = index_of(texts)
    for name in ("words", "items", "offsets"):
        assert np.array_equal(getattr(whole, name), getattr(again, name))
    assert again.find('"x x x"').tolist() == [61]


def test_more_words_than_16_bits_hold_are_told_apart():
    texts = [f"w{at}" for at in range(2**16 + 5)]
    index = index_of(texts)
    assert all(index.find(texts[at]).tolist() == [at] for at in (0, 4, 2**16 - 1, 2**16 + 4))


def test_a_kept_index_is_the_one_that_was_made(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(200)])
    words = pool_words_of(workspace)
    made = make_index(words.words, words.bags)
    for _ in range(2):
        kept = read_index(workspace.cache, words, write_cache=True)
        for name in ("words", "items", "offsets"):
            assert np.array_equal(getattr(made, name), getattr(kept, name))
        assert kept.find("flood").tolist() == made.find("flood").tolist()


def test_a_damaged_index_is_made_anew(make_workspace: MakeWorkspace):
    workspace: Workspace = make_workspace([item[:2] for item in headlines(50)])
    words = pool_words_of(workspace)
    expected = read_index(workspace.cache, words, write_cache=True).find("hits").tolist()
    (file,) = workspace.cache.glob("search-*/items.npy")
    file.write_bytes(file.read_bytes()[:-40])
    assert read_index(workspace.cache, words, write_cache=True).find("hits").tolist() == expected


def test_where_nothing_may_be_written_the_index_is_made_elsewhere(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(50)])
    words = pool_words_of(workspace, write_cache=False)
    assert len(read_index(workspace.cache, words, write_cache=False).find("hits"))
    assert not workspace.cache.exists()


def test_an_empty_pool_has_an_index(make_workspace: MakeWorkspace):
    workspace = make_workspace()
    words = pool_words_of(workspace)
    assert read_index(workspace.cache, words, write_cache=True).find("flood").tolist() == []

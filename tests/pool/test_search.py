"""Words, phrases and expressions in texts, held to a plain reading of each text."""

import re
import time
import unicodedata
from collections.abc import Sequence
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.errors import SearchError
from core.pool import search
from core.pool.search import find, find_in, read_query
from core.pool.tokens import SPACELESS
from tests.conftest import headlines


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
        # A mark belongs to the word by itself that it follows.
        before = "alone" if (before, kind) == ("alone", "mark") else kind
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


def places(texts: Sequence[str], query: str) -> list[int]:
    return find(pa.array(texts, pa.large_string()), query).tolist()


def found(texts: Sequence[str], query: str) -> list[str]:
    return [texts[at] for at in places(texts, query)]


def refusal_of(texts: Sequence[str], query: str) -> str:
    """Why the query cannot be asked; empty if it can."""
    try:
        places(texts, query)
    except SearchError as error:
        return str(error)
    return ""


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
@example(["ก\u0301", "\u0301", "a \u0301b"], "\u0301")
@example(["ก\u03019", "9"], "9")
@example(["ก\u0301b", "\u0301b", "a \u0301b"], "\u0301b")
def test_a_search_finds_what_a_plain_reading_finds(texts: list[str], query: str):
    expected = [at for at, text in enumerate(texts) if holds(text, query)]
    assert places(texts, query) == expected


KNOWN = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=20)
"""Without what this Python has no category for: RE2 may know it for a letter."""


@given(st.lists(KNOWN, max_size=5), st.data())
def test_any_text_is_found_by_its_own_words(texts: list[str], data: st.DataObject):
    query = data.draw(st.sampled_from([*texts, "x"])).replace('"', " ")
    expected = [at for at, text in enumerate(texts) if holds(text, query)]
    assert places(texts, query) == expected


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
    assert not read_query(query).patterns
    assert found(["a", ""], query) == ["a", ""]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_blocks_of_any_size_find_the_same(size: int, monkeypatch: pytest.MonkeyPatch):
    texts = [text for _, text, _ in headlines(60)] + ["", "x " * 50, "a-b " * 3]
    queries = ['"x x x"', '"in north"', "hits", "a-b"]
    whole = [places(texts, query) for query in queries]
    monkeypatch.setattr(search, "CHARACTERS", size)
    monkeypatch.setattr(search, "TEXTS_AT_ONCE", size)
    assert [places(texts, query) for query in queries] == whole
    assert whole[0] == [61]
    assert whole[1]


SPELLINGS = [
    "ＦＬＯＯＤ",
    "ﬂood",
    "STRASSE",
    "straße",
    "STRAẞE",
    "ÉTÉ",
    "été",
    "ΣΟΦΌΣ",
    "σοφός",
    "Ⅷ",
    "ⅷ",
]
"""Full width, a ligature (two letters in one: another word), sharp s, accents, final sigma."""


@pytest.mark.parametrize("query", [*SPELLINGS, "flood", "K", "\u212a", "_", "\ufe4d", "①", "1"])
def test_case_and_forms_of_letters_count_as_the_plain_reading_says(query: str):
    texts = [*SPELLINGS, "flood", "k", "\u212a", "a _ b", "\ufe4d", "①", "1", "a1"]
    assert found(texts, query) == [text for text in texts if holds(text, query)]


EXPRESSIONS = st.text(st.sampled_from("ab1 .*+?|()[]{}^$\\dwsb-,"), min_size=1, max_size=10)


@given(TEXTS, EXPRESSIONS)
@example(["flood", "a"], "flood|fire")
@example(["[a"], "[[]")
@example(["a-b"], "[a--b]")
def test_an_expression_finds_what_pythons_finds_or_is_refused(texts: list[str], written: str):
    """Where both read it: `$`, `\\w` and their like mean ASCII, and the very end, to RE2."""
    asked = f"/{written}/"
    assume(read_query(asked).patterns == (f"(?i){written}",))
    try:
        expected = re.compile(written.replace("$", r"\Z"), re.IGNORECASE | re.ASCII)
    except (re.error, FutureWarning):  # `[[`, which Python warns may once mean something else
        expected = None
    texts = [text for text in texts if text.isascii()]
    if refusal := refusal_of(texts, asked):
        assert refusal.startswith("The regular expression cannot be read: ")
    elif expected and not re.search(r"[*+?}][*+?{]|\[.*\[|\{,", written):
        assert places(texts, asked) == [at for at, x in enumerate(texts) if expected.search(x)]


@given(TEXTS, EXPRESSIONS)
@example(["a flood, floods"], "floods?")
@example(["ab b", "b a"], "b")
def test_an_expression_is_found_where_python_finds_it(texts: list[str], written: str):
    texts = [text for text in texts if text.isascii()]
    try:
        expected = re.compile(written, re.IGNORECASE | re.ASCII)
        found = find_in(texts, f"/{written}/")
    except (re.error, FutureWarning, SearchError):
        assume(False)
    # What both read in the same way; an empty match is nothing to see.
    assume(not re.search(r"[*+?}][*+?{]|\[.*\[|\{,|\$", written))
    assume(read_query(f"/{written}/").patterns == (f"(?i){written}",))
    for text, places in zip(texts, found, strict=True):
        wanted = [x.span() for x in expected.finditer(text)]
        if all(start < stop for start, stop in wanted):  # both go on differently after nothing
            assert places == wanted, text


@given(TEXTS, QUERIES)
@example(["Flood, flood-hit; floodlight", "no"], "flood")
@example(["ΣΟΦΌΣ ﬂood 𝐟lood", "大洪水です"], "σοφός")
@example(["a b a B c", "b a"], 'c "a b" b b')
@example(["a a a"], '"a a"')
def test_words_are_found_where_they_stand(texts: list[str], query: str):
    asked = {tuple(phrase) for phrase in plain_phrases(query)}
    for text, places in zip(texts, find_in(texts, query), strict=True):
        assert places == sorted(places)
        found = [tuple(plain_words(text[start:stop])) for start, stop in places]
        if asked and holds(text, query):
            words = plain_words(text)
            wanted = [
                phrase
                for phrase in asked
                for at in range(len(words))
                if tuple(words[at : at + len(phrase)]) == phrase
            ]
            assert sorted(found) == sorted(wanted)
        else:
            assert not places


def test_signs_that_mark_what_is_found_are_left_as_they_are():
    assert find_in(["a\x01b", "ab", "é a"], "/a/") == [[], [(0, 1)], [(2, 3)]]


def test_an_expression_sees_punctuation_and_parts_of_words():
    texts = ["floods!", "Flood", "flash flooding", "fl00d", "no"]
    assert found(texts, "/flood(s|ing)\\b/") == ["floods!", "flash flooding"]
    assert found(texts, " /^(?-i)flood/ ") == ["floods!"]
    assert found(texts, "/fl\\d+d/") == ["fl00d"]
    assert found(texts, "//") == texts


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("/(/", r"missing \)"),
        ("/[a/", "missing ]"),
        (r"/(a)\1/", "invalid escape"),
        ("/(?=a)/", "invalid perl operator"),
        ("/a{1001}/", "invalid repetition"),
        (r"/((\pL{1,30}){1,30}){1,9}/", "repetition|too large"),
        (f"/{'a' * 201}/", "has 201 characters"),
        ("a " * 501, "has 1,001 characters"),
    ],
)
def test_what_cannot_be_searched_for_is_told_in_a_sentence(query: str, told: str):
    with pytest.raises(SearchError, match=told):
        places(["a", "b"], query)


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search, "SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(SearchError, match="Ask for something simpler"):
        places(["abcdefghij " * 40] * 5_000, r"/(\pL{1,10}){1,20}9/")
    assert time.monotonic() - began < 60  # without an end it would take hours


@given(st.text(max_size=30))
@example("\ud800 a")
@example("/\x00/")
@example("'; drop table texts; --")
def test_any_query_is_answered_or_refused(query: str):
    if refusal_of(["a"], query):
        assert query.strip().startswith("/")
    else:
        assert set(places(["a", "\x00b", "ﬁ 洪水"], query)) <= {0, 1, 2}

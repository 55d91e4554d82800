"""Words of every script, against words that are cut out one character at a time."""

import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pool.hashing import hash_keys, hash_words
from core.pool.splitting import (
    UNBROKEN,
    WHITE_SPACE,
    are_unbroken,
    split_texts,
    words_of,
)
from core.pool.tokens import SPACELESS, character_kind, words_and_ngrams
from tests.scripts import SPACED, UNSPACED

MIXED = [
    "iPhone15今天发布,Apple股价涨5%",
    "flood,河谷 town",
    "「洪水」 a。 ก\u0e31น\u0e49ำ",
    "ab\u0301漢\u0301\u0302字x",
    "漢\u200b字 ・฿500 ー",
    "half \ud800漢",
    "\U000200a1\U000200a2 \u0e31漢",
]


KNOWN = ["ea04a20544eb6ff8", "85f921fc324e06c8", "caff749226b43625", "fe79fa920a941865"]
KNOWN_LENGTHS = (52, 682)


def cut_out(text: str) -> list[str]:
    """The words of a text, one token and one character after the other."""
    found = []
    for token in text.split():
        units: list[list] = []  # [text, whether it is a character by itself, where it ends]
        for at, character in enumerate(token):
            _, in_word, alone, is_mark = character_kind(ord(character))
            goes_on = units and units[-1][2] == at and (is_mark or not (alone or units[-1][1]))
            if goes_on and in_word:
                units[-1][0] += character
                units[-1][2] += 1
            elif in_word:
                units.append([character, alone, at + 1])
        if not any(alone for _, alone, _ in units):
            found.append(token)
            continue
        for one, other in pairwise([*units, ["", False, 0]]):
            found.append(one[0])
            if one[1] and other[1] and other[2] - len(other[0]) == one[2]:
                found.append(one[0] + other[0])
    return found


@given(st.text(st.sampled_from("ab A,。漢字カก\u0e31\u0301\u200b฿5_"), max_size=14))
def test_any_text_has_the_words_that_are_cut_out(text: str):
    assert words_of(text) == cut_out(text)


@given(st.text(max_size=14))
def test_any_text_at_all_is_split(text: str):
    assert words_of(text) == cut_out(text)


def test_texts_of_every_script_have_the_words_that_are_cut_out():
    texts = [*MIXED, *(text for some in (SPACED | UNSPACED).values() for text in some)]
    for size in (1, 7, len(texts)):
        for at in range(0, len(texts), size):
            words, bags = split_texts(texts[at : at + size])
            told = [[words[id_] for id_ in bags[row].tolist()] for row in range(len(bags))]
            assert told == [cut_out(text) for text in texts[at : at + size]]
            assert len(set(words)) == len(words)


def test_many_texts_are_split_as_few_are():
    texts = [*MIXED[:5], *UNSPACED["Thai"], *SPACED["Hindi"]]
    many = [f"{text} {number}" for number in range(300) for text in texts]
    words, bags = split_texts(many)
    told = [[words[id_] for id_ in bags[row].tolist()] for row in range(len(bags))]
    assert told == [cut_out(text) for text in many]


def test_a_word_is_a_character_and_each_pair_of_neighbors():
    assert words_of("河谷洪水") == ["河", "河谷", "谷", "谷洪", "洪", "洪水", "水"]
    assert words_of("河谷,洪水") == ["河", "河谷", "谷", "洪", "洪水", "水"]
    # Marks belong to the character before them; leading vowels are characters.
    assert words_of("น\u0e49ำท\u0e48วม")[:3] == ["น\u0e49", "น\u0e49ำ", "ำ"]
    assert words_of("ទ\u17b9កជ\u17c6នន\u17cb")[0] == "ទ\u17b9"


def test_words_between_keep_their_case_and_lose_punctuation():
    assert words_of("(iPhone15发布)") == ["iPhone15", "发", "发布", "布"]
    assert words_of("Flood, (again) 水") == ["Flood,", "(again)", "水"]


@pytest.mark.parametrize("script", SPACED)
def test_texts_with_spaces_are_split_at_white_space_alone(script: str):
    texts = SPACED[script]
    assert not are_unbroken(texts).any()
    words, bags = split_texts(texts)
    as_before, bags_before = split_texts(texts, WHITE_SPACE)
    assert words == as_before == list(dict.fromkeys(w for text in texts for w in text.split()))
    assert bags.ids.tolist() == bags_before.ids.tolist()
    assert [words_of(text) for text in texts] == [text.split() for text in texts]


def test_hashes_of_texts_with_spaces_are_what_they_were():
    """As version 0.6.0 had them: ids that were made of texts, copies and counts go by them."""
    texts = [text for some in SPACED.values() for text in some]
    tokens = sorted({token for text in texts for token in text.split()})
    words, grams = words_and_ngrams(tokens)
    found = (hash_words(texts), hash_keys(texts), words.hashes, grams.hashes)
    assert [f"{each.sum():016x}" for each in found] == KNOWN
    assert (len(words.hashes), len(grams.hashes)) == KNOWN_LENGTHS


@given(st.lists(st.text(st.sampled_from("ab,漢字ก\u0e31"), min_size=1, max_size=6)))
def test_one_expression_finds_what_is_looked_into(tokens: list[str]):
    expected = [any(character_kind(ord(c))[2] for c in token) for token in tokens]
    assert are_unbroken(tokens).tolist() == expected
    assert are_unbroken(pa.array(tokens, pa.large_string())).tolist() == expected


def test_the_expression_holds_letters_of_these_scripts_alone():
    for low, high in SPACELESS:
        for code in range(low, min(high, 0x30000) + 1):
            if unicodedata.category(chr(code)) != "Cn" and code < 0x3400:
                assert (chr(code) in UNBROKEN) == character_kind(code)[2]
            elif unicodedata.category(chr(code)) != "Cn":
                assert character_kind(code)[2]


def test_nothing_has_no_words():
    assert words_of("") == []
    words, bags = split_texts([])
    assert (words, len(bags)) == ([], 0)
    words, bags = split_texts(["", " "])
    assert bags.lengths.tolist() == [0, 0]
    assert np.array_equal(bags.offsets, [0, 0, 0])

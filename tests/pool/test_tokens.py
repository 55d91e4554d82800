"""Spelling: hashes over code points, against the same words and runs cut out by hand."""

import re
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.pool.tokens import NGRAM_LENGTHS, Parts, words_and_ngrams, words_in_tokens

# Letters that fold one to one, a mark, digits, punctuation, two scripts without spaces.
TOKENS = st.lists(st.text(st.sampled_from("abÀéß9_-'.日カก\u0301"), min_size=1, max_size=9))
ANY_TOKENS = st.lists(st.text(min_size=1, max_size=9).map(lambda t: "".join(t.split()) or "x"))


def cut_out(tokens: list[str], parts: Parts) -> list[list[str]]:
    """The parts as text: `starts` and `lengths` taken from the token between two spaces."""
    return [
        [
            f" {token} "[start + 1 : start + 1 + length]
            for start, length in zip(
                parts.starts[first:last].tolist(), parts.lengths[first:last].tolist(), strict=True
            )
        ]
        for token, (first, last) in zip(tokens, pairwise(parts.offsets), strict=True)
    ]


def runs_of(token: str) -> list[str]:
    padded = f" {token} "
    return [
        padded[at : at + length]
        for at in range(len(padded))
        for length in NGRAM_LENGTHS
        if at + length <= len(padded)
    ]


@given(ANY_TOKENS)
def test_runs_are_all_pieces_of_3_to_5_characters(tokens: list[str]):
    _, grams = words_and_ngrams(tokens)
    assert cut_out(tokens, grams) == [runs_of(token) for token in tokens]
    assert len(grams.hashes) == len(grams.starts) == grams.offsets[-1]


@given(TOKENS)
def test_words_are_runs_of_letters_and_single_characters_of_scripts_without_spaces(
    tokens: list[str],
):
    words = words_in_tokens(tokens)
    pattern = "[日カก]\u0301*|(?:[abÀéß9_]|\u0301)+"
    for token, found in zip(tokens, cut_out(tokens, words), strict=True):
        assert found == re.findall(pattern, token)
        assert "".join(found) == re.sub(r"[-'.]", "", token)


@given(TOKENS)
def test_parts_have_one_hash_if_they_are_folded_alike(tokens: list[str]):
    for parts in words_and_ngrams(tokens):
        hash_of: dict[str, int] = {}
        flat = [part for token in cut_out(tokens, parts) for part in token]
        for part, number in zip(flat, parts.hashes.tolist(), strict=True):
            assert hash_of.setdefault(part.lower(), number) == number
        assert len(set(hash_of.values())) == len(hash_of)


def test_a_token_has_the_same_parts_in_any_company():
    alone, together = words_and_ngrams(["flood,"]), words_and_ngrams(["ab", "flood,", "日本"])
    for one, many in zip(alone, together, strict=True):
        first, last = many.offsets[1], many.offsets[2]
        assert np.array_equal(one.hashes, many.hashes[first:last])
        assert np.array_equal(one.starts, many.starts[first:last])


def test_letters_are_folded_one_by_one():
    for one, other in (("FLOOD", "flood"), ("ΣΟΦΟΣ", "σοφος"), ("Ｆｌｏｏｄ", "flood"), ("ẞ", "ß")):
        for left, right in zip(words_and_ngrams([one]), words_and_ngrams([other]), strict=True):
            assert np.array_equal(left.hashes, right.hashes)
    # Characters that fold into two keep their places.
    assert words_and_ngrams(["İstanbul"])[0].lengths.tolist() == [8]


def test_a_word_is_not_the_run_that_looks_like_it():
    words, grams = words_and_ngrams(["abc"])
    assert not set(words.hashes.tolist()) & set(grams.hashes.tolist())


def test_no_tokens_have_no_parts():
    for parts in words_and_ngrams([]):
        assert len(parts.hashes) == 0
        assert parts.offsets.tolist() == [0]


def test_half_a_surrogate_pair_is_a_character_too():
    assert len(words_and_ngrams(["\ud800ab"])[1].hashes) == 3 + 2 + 1

"""Tokens and their parts, against counting by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pool import token_parts
from core.pool.bags import Bags
from core.pool.token_parts import (
    count_parts,
    find_repeats,
    make_token_parts,
    tokens_of,
    written_out,
)

TEXTS = st.lists(
    st.lists(st.sampled_from(["ab", "Ab", "abab", "b-a", "...", "ababababab"]), max_size=9).map(
        " ".join
    ),
    max_size=9,
)


def bags(items: list[list[int]]) -> Bags:
    ends = np.cumsum([0, *map(len, items)])
    return Bags(np.array([at for item in items for at in item], np.int32), ends.astype(np.int64))


def listed(found: Bags) -> list[list[int]]:
    return [found[at].tolist() for at in range(len(found))]


@given(TEXTS)
def test_texts_are_bags_of_their_distinct_tokens(texts: list[str]):
    tokens, found = tokens_of(texts)
    assert len(set(tokens)) == len(tokens)
    assert [[tokens[at] for at in found[n]] for n in range(len(texts))] == [
        text.split() for text in texts
    ]


LISTS = st.lists(st.lists(st.integers(0, 5), max_size=40), max_size=12)


@pytest.mark.parametrize("block", [1, 7, 2_000_000])
@given(held=st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=6, max_size=6), items=LISTS)
def test_repeats_are_those_that_counting_finds(block: int, held: list, items: list):
    before, token_parts.PARTS_AT_ONCE = token_parts.PARTS_AT_ONCE, block
    try:
        found = find_repeats(bags(items), bags(held))
    finally:
        token_parts.PARTS_AT_ONCE = before
    expected = [
        (row, part, times - 1)
        for row, item in enumerate(items)
        for part, times in sorted(Counter(p for token in item for p in held[token]).items())
        if times > 1
    ]
    columns = (found.rows.tolist(), found.ids.tolist(), found.again.tolist())
    assert list(zip(*columns, strict=True)) == expected


@given(items=LISTS)
def test_written_out_is_every_tokens_parts_in_their_order(items: list):
    held = [[3, 3], [], [1], [2, 0, 2], [5], [4]]
    expected = [[part for token in item for part in held[token]] for item in items]
    assert listed(written_out(bags(items), bags(held))) == expected


@pytest.mark.parametrize("block", [1, 1_000_000])
def test_blocks_of_tokens_change_nothing(monkeypatch, block: int):
    monkeypatch.setattr(token_parts, "CHARACTERS_AT_ONCE", block)
    tokens, uses = ["flood", "floods", "Flood,", "日本"], np.array([3, 1, 2, 0])
    words, grams = count_parts(tokens, uses)
    assert sorted(words.counts.tolist()) == [1, 5]
    assert int(grams.counts.max()) == 6  # " fl", "loo" and others of all three
    assert (np.diff(words.keys) > 0).all()
    known = make_token_parts(tokens, words.keys, grams.keys)
    assert [len(known.words[at]) for at in range(4)] == [1, 1, 1, 0]
    assert known.words[0][0] == known.words[2][0] != known.words[1][0]
    assert known.grams.lengths.tolist() == [12, 15, 15, 0]


def test_parts_that_are_not_known_are_left_out():
    words, _ = count_parts(["flood"], np.array([1]))
    known = make_token_parts(["goal", "flood"], words.keys, np.empty(0, np.uint64))
    assert listed(known.words) == [[], [0]]
    assert listed(known.grams) == [[], []]


def test_many_texts_are_split_as_few_are():
    spaces = [chr(at) for at in range(0x11000) if chr(at).isspace()]
    draw = np.random.default_rng(1)
    signs = ["a", "b", "é", "\0", "\u200b", *spaces]
    texts = ["".join(draw.choice(signs, 12)) for _ in range(token_parts.FEW + 1)] + ["", " "]
    tokens, found = tokens_of(texts)
    few, first = tokens_of(texts[:500])
    assert tokens[: len(few)] == few
    assert listed(found)[:500] == listed(first)
    assert listed(found)[500:] == [[tokens.index(word) for word in x.split()] for x in texts[500:]]
    assert tokens_of([*texts, "half \ud800"])[0] == [*tokens, "half", "\ud800"]

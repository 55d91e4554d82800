import random
from itertools import combinations

import pytest

from core.pool.text import text_key
from core.workspace import near_duplicates as found_by
from core.workspace.labels import Labeled
from core.workspace.near_duplicates import (
    LIKE,
    PAIRS_AT_ONCE,
    SHINGLE,
    Duplicates,
    differing_words,
    disagreeing_duplicates,
    hash_of_texts,
    jaccard,
    near_duplicates,
    shingles,
)
from tests.conftest import headlines


def labeled(item_id: str, text: str, label: str) -> Labeled:
    return Labeled(item_id, text, label, "training")


def copies_among(items: list[Labeled], settled: set[str] = frozenset()) -> list[Duplicates]:
    return disagreeing_duplicates(items, near_duplicates(items), settled)


def mutated(text: str, draw: random.Random) -> str:
    """The text with up to three characters replaced."""
    letters = list(text)
    for _ in range(draw.randrange(4)):
        letters[draw.randrange(len(letters))] = draw.choice("abcdef ")
    return "".join(letters)


@pytest.mark.parametrize("seed", range(5))
def test_they_are_those_that_brute_force_finds(seed: int):
    draw = random.Random(seed)
    texts = [text for _, text, _ in headlines(150, seed)]
    texts += [mutated(draw.choice(texts), draw) for _ in range(150)]
    items = [labeled(f"i{at}", text, draw.choice("01")) for at, text in enumerate(texts)]
    groups: dict[str, list[Labeled]] = {}
    for item in items:
        groups.setdefault(text_key(item.text), []).append(item)
    clear = [key for key, group in groups.items() if len({item.label for item in group}) == 1]
    expected = {
        frozenset(item.item_id for item in (*groups[one], *groups[other]))
        for one, other in combinations(clear, 2)
        if groups[one][0].label != groups[other][0].label
        and jaccard(pieces(one), pieces(other)) >= LIKE
    }
    assert expected
    same = {frozenset(i.item_id for i in groups[key]) for key in groups.keys() - set(clear)}
    found = copies_among(items)
    assert {ids(copies) for copies in found if copies.likeness < 1} == expected
    assert {ids(copies) for copies in found if copies.likeness == 1} == same
    likeness = [copies.likeness for copies in found]
    assert likeness == sorted(likeness, reverse=True)


def pieces(text: str) -> frozenset[str]:
    return frozenset(map("".join, zip(*(text[at:] for at in range(SHINGLE)), strict=False)))


def ids(copies) -> frozenset[str]:
    return frozenset(item.item_id for item in copies.items)


def test_copies_are_found_through_case_and_white_space():
    items = [labeled("a", "Flood hits  village", "1"), labeled("b", "flood HITS village ", "0")]
    (found,) = copies_among(items)
    assert [item.item_id for item in found.items] == ["a", "b"]
    assert found.likeness == 1


def test_a_group_that_was_looked_at_is_left_out():
    items = [labeled("a", "flood", "1"), labeled("b", "flood", "0")]
    assert copies_among(items, {"a"})
    assert copies_among(items, {"a", "b"}) == []


def test_texts_of_one_label_and_blank_ones_are_no_matter():
    assert copies_among([]) == []
    assert copies_among([labeled("a", "flood", "1"), labeled("b", "flood", "1")]) == []


def test_shingles_of_a_short_text_are_the_text():
    assert shingles("ab") == {"ab"}
    assert shingles("abcd") == {"abc", "bcd"}
    assert jaccard(shingles("abcd"), shingles("abce")) == pytest.approx(1 / 3)


@pytest.mark.parametrize("at_once", [1, 1_000, PAIRS_AT_ONCE])
@pytest.mark.parametrize("seed", range(3))
def test_no_pair_is_missed_however_short_the_texts(seed: int, at_once: int, monkeypatch):
    monkeypatch.setattr(found_by, "PAIRS_AT_ONCE", at_once)
    draw = random.Random(seed)
    texts = {"".join(draw.choices("ab ", k=draw.randrange(1, 14))) for _ in range(300)}
    items = [labeled(f"i{at}", text, "1") for at, text in enumerate(sorted(texts))]
    keys = sorted({text_key(text) for text in texts} - {""})
    expected = [
        (one, other, jaccard(pieces_or_all(one), pieces_or_all(other)))
        for one, other in combinations(keys, 2)
    ]
    assert near_duplicates(items) == [pair for pair in expected if pair[2] >= LIKE]


def pieces_or_all(text: str) -> frozenset[str]:
    return pieces(text) or frozenset([text])


def test_the_texts_hash_depends_on_the_texts_alone():
    items = [labeled("a", "flood", "1"), labeled("b", "fire", "0")]
    assert hash_of_texts(items) == hash_of_texts([labeled("b", "fire", "1"), items[0]])
    assert hash_of_texts(items) != hash_of_texts([*items, labeled("c", "flood", "1")])


def test_the_words_that_differ_are_marked_in_both_texts():
    one, other = "Flood hits north coast", "flood  hits the coast hard"
    assert differing_words(one, other) == [False, False, True, False]
    assert differing_words(other, one) == [False, False, True, False, True]
    assert differing_words("a b", "A  b") == [False, False]
    assert differing_words("a b", "b a").count(True) == 1
    assert differing_words("", "x") == []
    assert differing_words("x", "") == [True]

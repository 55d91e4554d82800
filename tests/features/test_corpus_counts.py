"""The tally: pairs counted by hand, sums against counting at once."""

from collections import Counter
from dataclasses import astuple, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features import corpus_counts
from core.features.corpus_counts import (
    WINDOW,
    CorpusCounts,
    add_corpus_counts,
    count_pairs,
    count_texts,
    halvings,
    pairs_in,
    sampled,
)
from core.features.pool_features import space_of
from core.pool.counts import Counts, added
from core.pool.token_parts import tokens_of
from tests.features.test_pool_features import TEXT, TEXTS
from tests.features.test_word_vectors import bags

N_WORDS = 7
IDS = st.lists(st.lists(st.integers(0, N_WORDS - 1), max_size=15), max_size=9)


def tallied(texts: list[str]) -> CorpusCounts:
    return count_texts(*tokens_of(texts))


def same(one: CorpusCounts, other: CorpusCounts) -> bool:
    """Whether both hold the same numbers, to the last bit and in the same order."""
    for field in fields(CorpusCounts):
        values, others = getattr(one, field.name), getattr(other, field.name)
        if isinstance(values, Counts):
            values, others = np.stack(astuple(values)), np.stack(astuple(others))
        if not np.array_equal(values, others):
            return False
    return True


@pytest.mark.parametrize("pending", [1, 8_000_000])
@given(texts=IDS)
def test_pairs_are_counted_within_a_text_and_the_window(pending: int, texts: list[list[int]]):
    before, corpus_counts.PENDING = corpus_counts.PENDING, pending
    try:
        found = count_pairs([bags(texts[:3]), bags(texts[3:])], N_WORDS)
    finally:
        corpus_counts.PENDING = before
    expected = Counter(
        min(one, other) * N_WORDS + max(one, other)
        for text in texts
        for at, one in enumerate(text)
        for other in text[at + 1 : at + 1 + WINDOW]
    )
    assert dict(zip(found.keys.tolist(), found.counts.tolist(), strict=True)) == expected
    assert (np.diff(found.keys) > 0).all()


def test_occurrences_and_texts_of_words_are_told_apart():
    found = tallied(["flood Flood flood", "flood, quake", "..."])
    assert found.n_texts == 3
    assert sorted(zip(found.occurrences.tolist(), found.texts.tolist(), strict=True)) == [
        (1, 1),
        (4, 2),
    ]
    assert found.grams.counts.max() == 2


@given(st.lists(TEXT, max_size=6), st.lists(TEXT, max_size=6))
def test_a_tally_is_the_sum_of_its_parts_and_can_be_taken_apart(some: list[str], more: list[str]):
    both = tallied([*some, *more])
    assert same(add_corpus_counts(tallied(some), tallied(more)), both)
    assert same(add_corpus_counts(tallied(more), tallied(some)), both)
    assert same(add_corpus_counts(both, tallied(more), -1), tallied(some))


def test_a_sum_teaches_what_its_texts_teach():
    parts = [tallied(TEXTS[at : at + 50]) for at in range(0, len(TEXTS), 50)]
    total = parts[0]
    for part in parts[1:]:
        total = add_corpus_counts(total, part)
    assert space_of(total).key == space_of(tallied(TEXTS)).key


@pytest.mark.parametrize("block", [1, 40, 500_000])
def test_texts_are_counted_the_same_in_whatever_blocks(monkeypatch: pytest.MonkeyPatch, block: int):
    tokens, texts = tokens_of(TEXTS)
    counted = np.arange(len(TEXTS)) % 7 > 1
    expected = tallied([text for text, is_in in zip(TEXTS, counted, strict=True) if is_in])
    monkeypatch.setattr(corpus_counts, "TOKENS_AT_ONCE", block)
    assert same(count_texts(tokens, texts, counted), expected)
    assert pairs_in(tokens, texts, counted) == expected.pairs.counts.sum()


def test_pairs_are_those_of_the_paired_texts_and_all_else_of_all():
    tokens, texts = tokens_of(TEXTS)
    paired, counted = np.arange(len(TEXTS)) % 3 > 0, np.arange(len(TEXTS)) % 5 > 0
    every = count_texts(tokens, texts, counted)
    found = count_texts(tokens, texts, counted, paired)
    both = np.flatnonzero(counted & paired)
    assert found.pairs.counts.sum() == pairs_in(tokens, texts.take(both)) > 0
    assert same(replace(found, pairs=every.pairs), every)
    # The two halves of the pairs are all pairs.
    rest = count_texts(tokens, texts, counted, ~paired)
    together = added(found.pairs, rest.pairs)
    assert np.array_equal(together.keys, every.pairs.keys)
    assert np.array_equal(together.counts, every.pairs.counts)


@pytest.mark.parametrize(
    ("pairs", "halved"), [(0, 0), (1, 0), (100, 0), (101, 1), (200, 1), (201, 2), (400, 2)]
)
def test_a_sample_is_halved_until_no_more_than_the_most_pairs_are_left(
    monkeypatch: pytest.MonkeyPatch, pairs: int, halved: int
):
    monkeypatch.setattr(corpus_counts, "MOST_PAIRS", 100)
    assert halvings(pairs) == halved


def test_each_sample_is_half_of_the_one_before_and_the_order_is_free(
    monkeypatch: pytest.MonkeyPatch,
):
    hashes = np.random.default_rng(0).integers(0, 2**64, 40_000, np.uint64)
    assert sampled(hashes, 0) is None
    before = np.ones(len(hashes), bool)
    for halved in (1, 2, 3, 4):
        found = sampled(hashes, halved)
        assert not (found & ~before).any()
        assert found.sum() == pytest.approx(40_000 / 2**halved, rel=0.05)
        before = found
    monkeypatch.setattr(corpus_counts, "TOKENS_AT_ONCE", 7_000)
    assert np.array_equal(sampled(hashes[::-1], 4)[::-1], before)

"""The words and character n-grams of tokens, as ids, and of the texts that are made of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.pool.bags import Bags, distinct_words, joined, offsets_of
from core.pool.counts import Counts, added_up, summed
from core.pool.hashing import is_among, split_block
from core.pool.text import number_words
from core.pool.tokens import PAIRS, Hashes, Parts, words_and_ngrams
from core.system.parallel import spans

CHARACTERS_AT_ONCE = 1_000_000  # of tokens that are spelled, which bounds the memory
PARTS_AT_ONCE = 1_000_000  # of texts that are written out, likewise: about 60 megabytes
FEW = 1_000  # texts up to which Python's own way of splitting is as fast


@dataclass(frozen=True)
class TokenParts:
    """Which words, n-grams and an encoder's pieces each token holds, as ids, in their order."""

    words: Bags
    grams: Bags
    pieces: Bags | None = None

    def __len__(self) -> int:
        return len(self.words)

    @property
    def kinds(self) -> list[Bags]:
        return [kind for kind in (self.words, self.grams, self.pieces) if kind is not None]


@dataclass(frozen=True)
class RepeatedParts:
    """Parts that a text holds more than once, by text: `again` is how often beyond the first."""

    rows: NDArray[np.int64]
    ids: NDArray[np.int32]
    again: NDArray[np.int64]


def tokens_of(texts: Sequence[str]) -> tuple[list[str], Bags]:
    """The distinct tokens of these texts, and each text as a bag of their ids."""
    if len(texts) > FEW:
        with suppress(UnicodeEncodeError):  # half a character
            return split_block(pa.array(texts, pa.large_string()))
    return number_words(map(str.split, texts))


def make_token_parts(
    tokens: Sequence[str], words: Hashes, grams: Hashes, splitting: int = PAIRS
) -> TokenParts:
    """The tokens' parts as places in these sorted hashes; parts that are not there are left out."""
    parts = [(_look_up(x, words), _look_up(y, grams)) for _, x, y in _spelled(tokens, splitting)]
    return TokenParts(joined([word for word, _ in parts]), joined([gram for _, gram in parts]))


def count_parts(
    tokens: Sequence[str], uses: NDArray[np.int64], splitting: int = PAIRS
) -> tuple[Counts, Counts]:
    """How often each word and each n-gram occurs, if token i is used `uses[i]` times."""
    none = Counts(np.empty(0, np.uint64), np.empty(0, np.int64))
    counted = ([none], [none])
    for start, *kinds in _spelled(tokens, splitting):
        for parts, blocks in zip(kinds, counted, strict=True):
            size = len(parts.offsets) - 1
            each = np.repeat(uses[start : start + size], np.diff(parts.offsets))
            blocks.append(added_up(parts.hashes[each > 0], each[each > 0]))
    words, grams = map(summed, counted)
    return words, grams


def words_in(tokens: Sequence[str], splitting: int = PAIRS) -> NDArray[np.int64]:
    """How many words each token holds, `(n_tokens,)`."""
    counts = (np.diff(words.offsets) for _, words, _ in _spelled(tokens, splitting))
    return np.concatenate([np.empty(0, np.int64), *counts])


def blocks_of(bags: Bags, lexicon: Bags) -> Iterator[tuple[int, int]]:
    """(start, stop) of texts that together hold about `PARTS_AT_ONCE` parts, at least one text."""
    lengths = lexicon.lengths
    for first, last in spans(bags.offsets, PARTS_AT_ONCE):
        tokens = bags.part(first, last)
        held = offsets_of(lengths[tokens.ids])[tokens.offsets]
        for start, stop in spans(held, PARTS_AT_ONCE):
            yield first + start, first + stop


def written_out(bags: Bags, lexicon: Bags) -> Bags:
    """The texts as bags of part ids, in their order, from bags of token ids."""
    parts = lexicon.take(bags.ids)
    return Bags(parts.ids, parts.offsets[bags.offsets])


def find_repeats(bags: Bags, lexicon: Bags) -> RepeatedParts:
    """The parts that a text holds more than once; texts in order, ids in order within a text."""
    found = [(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64))]
    start = 0
    for parts, counts in _distinct(bags, lexicon):
        several = counts > 1
        rows, ids = parts.rows[several] + start, parts.ids[several]
        found.append((rows, ids, counts[several] - 1))
        start += len(parts)
    return RepeatedParts(*(np.concatenate(each) for each in zip(*found, strict=True)))


def distinct_parts(bags: Bags, lexicon: Bags) -> tuple[Bags, NDArray[np.int64]]:
    """Each text's distinct parts in the order of their ids, and how often each occurs in it."""
    blocks = [*_distinct(bags, lexicon)]
    counts = [np.empty(0, np.int64), *(counts for _, counts in blocks)]
    return joined([parts for parts, _ in blocks]), np.concatenate(counts)


def _distinct(bags: Bags, lexicon: Bags) -> Iterator[tuple[Bags, NDArray[np.int64]]]:
    """`distinct_words` of the texts' parts, of one block of texts after the other."""
    for start, stop in blocks_of(bags, lexicon):
        yield distinct_words(written_out(bags.part(start, stop), lexicon))


def _spelled(tokens: Sequence[str], splitting: int) -> Iterator[tuple[int, Parts, Parts]]:
    """(first token, words, n-grams) of one block of tokens after the other."""
    ends = offsets_of(np.fromiter(map(len, tokens), np.int64, len(tokens)))
    for start, stop in spans(ends, CHARACTERS_AT_ONCE):
        yield start, *words_and_ngrams(tokens[start:stop], splitting)


def _look_up(parts: Parts, known: Hashes) -> Bags:
    """The parts as places in `known`, without those that are not there."""
    encoded = pa.array(parts.hashes).dictionary_encode()
    hashes, code = encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
    place, kept = np.searchsorted(known, hashes), is_among(hashes, known)[code]
    return Bags(place[code[kept]].astype(np.int32), offsets_of(kept)[parts.offsets])

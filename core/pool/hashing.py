"""Hashes of texts: 64-bit numbers, equal for equal texts whatever file and row they stand in.

Sorted by these numbers, texts are found among millions in a few steps. Hashes of texts by their
words tell copies: one look at each distinct word replaces one at each text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.bags import Bags, Indices, Mask, offsets_of, run_starts
from core.pool.text import number_words, text_key
from core.pool.tokens import Hashes, mixed, powers
from core.system.parallel import spans

BYTES_AT_ONCE = 2**21  # bytes of texts that are hashed at a time, which bounds the memory
TEXT_BYTES_AT_ONCE = 6_000_000  # of which words are made, likewise: those of 100,000 headlines
LENGTH_SALT = np.uint64(3)


def hash_texts(texts: pa.Array | Sequence[str]) -> Hashes:
    """A hash of each text, `(n_texts,)`; two of a million collide once in 36 million pools."""
    if not isinstance(texts, pa.Array):
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        texts = pa.array(encoded, pa.large_binary())
    spanned = spans(text_offsets(texts), BYTES_AT_ONCE)
    blocks = [_hash_block(texts.slice(start, stop - start)) for start, stop in spanned]
    return np.concatenate([np.empty(0, np.uint64), *blocks])


def hash_sequences(hashes: Hashes, offsets: NDArray[np.integer]) -> Hashes:
    """A hash of each sequence of hashes: sequence i is `hashes[offsets[i]:offsets[i + 1]]`."""
    lengths = np.diff(offsets)
    place = np.arange(len(hashes)) - np.repeat(offsets[:-1], lengths)
    terms = hashes * powers(int(lengths.max(initial=0)))[place]
    # Sums between two places, for a sequence may be empty; they are exact modulo 2^64.
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    found = sums[offsets[1:]] - sums[offsets[:-1]]
    return mixed(found + mixed(lengths.astype(np.uint64) + LENGTH_SALT))


def set_key(hashes: Hashes) -> tuple[int, int, int]:
    """Names the texts, each as often as it occurs, in whatever order they come."""
    return len(hashes), int(hashes.sum()), int(mixed(hashes).sum())


def found_at(hashes: NDArray[np.int64], order: Indices, wanted: NDArray[np.int64]) -> list[Indices]:
    """The places of each wanted hash, in ascending order; `order` sorts `hashes`."""
    first = np.searchsorted(hashes, wanted, "left", sorter=order)
    last = np.searchsorted(hashes, wanted, "right", sorter=order)
    plain = np.asarray(order)  # parts of a mapped array are some twenty times slower to take
    return [plain[start:stop] for start, stop in zip(first, last, strict=True)]


def firsts(hashes: NDArray[np.integer], order: Indices) -> Mask:
    """Which items are the first of those with the same hash."""
    first = np.zeros(len(order), bool)
    first[order[run_starts(hashes[order])]] = True
    return first


def text_offsets(texts: pa.Array) -> NDArray[np.integer]:
    """Where each text begins among the bytes of its array, and where the last one ends."""
    is_large = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    if not len(texts):
        return np.zeros(1, np.int64)
    offsets = np.frombuffer(texts.buffers()[1], np.int64 if is_large else np.int32)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def _hash_block(texts: pa.Array) -> Hashes:
    offsets, data = text_offsets(texts), texts.buffers()[2]
    first, last = int(offsets[0]), int(offsets[-1])
    # There is no buffer where all texts are empty.
    every = np.frombuffer(data, np.uint8)[first:last] if last else np.empty(0, np.uint8)
    return hash_sequences(mixed(np.arange(256, dtype=np.uint64))[every], offsets - first)


def is_among(numbers: NDArray[np.integer], listed: NDArray[np.integer]) -> Mask:
    """Which of these numbers are listed; `listed` is ascending."""
    at = np.searchsorted(listed, numbers)
    inside = at < len(listed)
    inside[inside] = listed[at[inside]] == numbers[inside]
    return inside


@dataclass(frozen=True)
class WordHashes:
    """For each word its own hash, and those of the words of its text key: mostly one."""

    whole: Hashes
    parts: Hashes
    part_offsets: NDArray[np.int64]

    @cached_property
    def is_odd(self) -> Mask:
        """Words whose text key is not one word."""
        return np.diff(self.part_offsets) != 1

    def texts(self, bags: Bags) -> Hashes:
        return hash_sequences(self.whole[bags.ids], bags.offsets)

    def keys(self, bags: Bags) -> Hashes:
        if not self.is_odd[bags.ids].any():
            return hash_sequences(self.parts[self.part_offsets[bags.ids]], bags.offsets)
        parts = Bags(np.arange(len(self.parts), dtype=np.int32), self.part_offsets).take(bags.ids)
        return hash_sequences(self.parts[parts.ids], parts.offsets[bags.offsets])


def hash_words(texts: Sequence[str]) -> Hashes:
    """64 bits of each text's words in their order: those that the pool's `hashes` hold."""
    words, bags = number_words(map(str.split, texts))
    return hash_sequences(hash_texts(words)[bags.ids], bags.offsets)


def hash_keys(texts: Sequence[str]) -> Hashes:
    """64 bits of each text's key: of its words' keys, for NFKC reaches across no white space."""
    words, bags = number_words(text_key(text).split() for text in texts)
    return hash_sequences(hash_texts(words)[bags.ids], bags.offsets)


def keys_of(texts: pa.Array) -> Hashes:
    """`hash_keys` of many texts: each distinct word is looked at once."""
    found = [np.empty(0, np.uint64)]
    for start, stop in spans(text_offsets(texts), TEXT_BYTES_AT_ONCE):
        words, bags = split_block(texts.slice(start, stop - start))
        found.append(hash_each(words).keys(bags))
    return np.concatenate(found)


def made_id(key: int) -> str:
    """The id of an item that came without one: by its text key, so it outlasts every change."""
    return f"t-{key:016x}"


def split_block(texts: pa.Array) -> tuple[list[str], Bags]:
    """(the distinct words in the order of their use, each text as a bag of their ids)."""
    split = pc.utf8_split_whitespace(texts)  # splits where Python does
    words, offsets = split.flatten(), split.offsets.to_numpy().astype(np.int64)
    offsets = offsets - offsets[0]
    is_word = pc.not_equal(words, "").to_numpy(zero_copy_only=False)
    if not is_word.all():  # white space at the beginning or end of a text
        words = words.filter(pa.array(is_word))
        offsets = offsets_of(is_word)[offsets]
    encoded = words.dictionary_encode()
    return encoded.dictionary.to_pylist(), Bags(encoded.indices.to_numpy(), offsets)


def hash_each(words: Sequence[str]) -> WordHashes:
    keys = [text_key(word).split() for word in words]
    parts = hash_texts([part for parts in keys for part in parts])
    return WordHashes(hash_texts(words), parts, offsets_of([len(parts) for parts in keys]))

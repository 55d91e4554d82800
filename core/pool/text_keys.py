"""Hashes of texts by their words: by them copies of a text are found.

One look at each distinct word replaces one at each text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.bags import Bags, Mask, offsets_of
from core.pool.hashing import hash_sequences, hash_texts, text_offsets
from core.pool.text import number_words, text_key, words_of
from core.pool.tokens import Hashes
from core.system.parallel import spans

TEXT_BYTES_AT_ONCE = 6_000_000
"""Bytes of texts that are worked on at a time, which bounds the memory: those of 100,000
headlines."""


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
        """The hashes of these texts, given as bags of the words."""
        return hash_sequences(self.whole[bags.ids], bags.offsets)

    def keys(self, bags: Bags) -> Hashes:
        """The hashes of their keys."""
        if not self.is_odd[bags.ids].any():
            return hash_sequences(self.parts[self.part_offsets[bags.ids]], bags.offsets)
        parts = Bags(np.arange(len(self.parts), dtype=np.int32), self.part_offsets).take(bags.ids)
        return hash_sequences(self.parts[parts.ids], parts.offsets[bags.offsets])


def hash_words(texts: Sequence[str]) -> Hashes:
    """64 bits of each text's words in their order: those that the pool's `hashes` hold."""
    words, bags = number_words(map(words_of, texts))
    return hash_sequences(hash_texts(words)[bags.ids], bags.offsets)


def hash_keys(texts: Sequence[str]) -> Hashes:
    """64 bits of each text's key. Two texts of a million collide with a chance of 1 in 36 million.

    A text's key is the keys of its words, side by side: nothing that NFKC does reaches across white
    space.
    """
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
    """The hashes of each of these words."""
    keys = [text_key(word).split() for word in words]
    parts = hash_texts([part for parts in keys for part in parts])
    return WordHashes(hash_texts(words), parts, offsets_of([len(parts) for parts in keys]))

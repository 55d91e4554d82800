"""What a model sees of a text: the chapter's words, as ids that are built once per pool.

The chapter splits at white space and keeps words that occur at least three times in pool and
training data (chapter 2, `create_features`). Ids of *all* words are kept in the cache, since which
words are kept, and how novel an item's words are, changes with every label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from core.pool.bags import Bags, Ids
from core.pool.text import words_of
from core.pool.words import PoolWords

MIN_WORD_COUNT = 3
"""Chapter 2: rarer words tell the model nothing that it could learn."""

LENGTHS = ((1, "short: up to 5 words"), (6, "medium: 6 to 8"), (9, "long: 9 and more"))
"""Buckets by the least number of words: about a third of a newspaper's headlines each."""


def length_buckets(n_words: ArrayLike) -> NDArray[np.int64]:
    """Each number of words as a place in `LENGTHS`; a text without words is short."""
    return np.searchsorted([least for least, _ in LENGTHS[1:]], n_words, "right")


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows; a word's id is its place."""

    name: ClassVar[str] = "words"
    version: ClassVar[int] = 1
    cost: ClassVar[str] = "counted in a moment; knows no word that is rare in the pool"

    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def key(self) -> str:
        """A hash of the words."""
        words = "\n".join((f"{self.name} {self.version}", *self.words))
        return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: at for at, word in enumerate(self.words)}

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these words that are in the vocabulary."""
        return self.ids.keys() & set(tokens)

    def bags(self, texts: Sequence[str]) -> Bags:
        """The texts' known words; unknown ones are left out."""
        ids = self.ids
        return _bags([[ids[word] for word in words_of(text) if word in ids] for text in texts])


def count_words(pool_words: PoolWords, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How often each word of the pool occurs in the items where `counted` is true, `(n_words,)`."""
    left_out = pool_words.bags.take(np.flatnonzero(~counted))
    return pool_words.counts - np.bincount(left_out.ids, minlength=len(pool_words.words))


def book_vocabulary(
    pool_words: PoolWords, counted: NDArray[np.bool_], texts: Sequence[str]
) -> Vocabulary:
    """The words that occur at least three times in the counted pool items and `texts` together.

    Evaluation and validation items must be in neither: what is held out chooses no word.
    """
    counts = count_words(pool_words, counted)
    extra: dict[str, int] = {}
    for text in texts:
        for word in words_of(text):
            extra[word] = extra.get(word, 0) + 1
    at = word_positions(pool_words, list(extra))
    new = []
    for (word, count), place in zip(extra.items(), at, strict=True):
        if place >= 0:
            counts[place] += count
        elif count >= MIN_WORD_COUNT:
            new.append(word)
    kept = pool_words.words.take(pa.array(np.flatnonzero(counts >= MIN_WORD_COUNT)))
    return Vocabulary((*kept.to_pylist(), *new))


def pool_bags(pool_words: PoolWords, vocabulary: Vocabulary) -> Bags:
    """The whole pool in the vocabulary's ids."""
    return renumbered(pool_words.bags, vocabulary_ids(pool_words, vocabulary))


def vocabulary_ids(pool_words: PoolWords, vocabulary: Vocabulary) -> Ids:
    """The vocabulary's id of each word of the pool, `(n_words,)`, -1 for those that it lacks."""
    known = np.full(len(pool_words.words), -1, np.int32)
    at = word_positions(pool_words, vocabulary.words)
    in_pool = at >= 0
    known[at[in_pool]] = np.flatnonzero(in_pool)
    return known


def renumbered(bags: Bags, ids: Ids) -> Bags:
    """The bags with `ids[word]` for each word, without the words for which that is -1."""
    new = ids[bags.ids]
    is_known = new >= 0
    kept_before = np.concatenate([[0], np.cumsum(is_known)])
    return Bags(new[is_known], kept_before[bags.offsets])


def word_positions(pool_words: PoolWords, words: Sequence[str]) -> NDArray[np.int64]:
    """Each word's id among the pool's words, -1 for those that the pool does not have."""
    found = pc.index_in(pa.array(words, pa.large_string()), value_set=pool_words.words)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _bags(items: Sequence[Sequence[int]]) -> Bags:
    lengths = np.fromiter(map(len, items), np.int64, len(items))
    ids = np.fromiter((word for item in items for word in item), np.int32, int(lengths.sum()))
    return Bags(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))

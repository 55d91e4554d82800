"""The feature source `words`: a text as a bag of words, the vocabulary of the chapter's network.

The chapter splits at white space and keeps words that occur at least three times in pool and
training data (chapter 2, `create_features`); which these are changes with every label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.features.base import Doubles, Features, Numbers, Projection, Weights, bag_sums
from core.pool.bags import Bags, Ids, Indices, Mask, distinct_words, offsets_of
from core.pool.splitting import split_texts
from core.pool.tokens import LEAST_ICU, PAIRS, WHITE_SPACE
from core.pool.words import PoolWords
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

MIN_WORD_COUNT = 3  # chapter 2: rarer words tell the model nothing that it could learn
WORD_END = "\n"  # stands in no word: words are what is left of a text that is split at white space


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows, split by this version; a word's id is its place."""

    name: ClassVar[str] = "words"
    version: ClassVar[int] = 1
    n_dense: ClassVar[int] = 0
    encoder_name: ClassVar[str] = ""

    words: tuple[str, ...]
    splitting: int = PAIRS

    @classmethod
    def of_saved(cls, words: str | Sequence[str], splitting: int = WHITE_SPACE) -> "Vocabulary":
        """From what `saved` holds; older params files have a list. Raises TypeError for others."""
        if type(splitting) is not int or splitting < 1 or PAIRS < splitting < LEAST_ICU:
            raise TypeError("words are split as this version does not know")
        if isinstance(words, str):
            words = words.split(WORD_END) if words else ()
        if not all(isinstance(word, str) for word in words):
            raise TypeError("words are texts")
        return cls(tuple(words), splitting)

    @property
    def n_sparse(self) -> int:
        return len(self.words)

    @cached_property
    def key(self) -> str:
        words = "\n".join((f"{self.name} {self.version}", *self.words))
        return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: at for at, word in enumerate(self.words)}

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these tokens all of whose words it has."""
        tokens = [*set(tokens)]
        held, known = split_texts(tokens, self.splitting)[1].lengths, self.bags(tokens).lengths
        return {tokens[at] for at in np.flatnonzero((held == known) & (held > 0)).tolist()}

    def bags(self, texts: Sequence[str]) -> Bags:
        words, bags = split_texts(texts, self.splitting)
        return _renumbered(bags, np.array([self.ids.get(word, -1) for word in words], np.int32))

    def rows(self, texts: Sequence[str], progress: Progress = silent) -> "WordRows":
        return WordRows(self, self.bags(texts))

    def pool_rows(self, snapshot: Snapshot, progress: Progress = silent) -> "WordRows":
        pool, by_words = snapshot.pool_words, self.splitting != WHITE_SPACE
        if by_words and self.splitting != pool.splitting:
            return self.rows(pool.pool.texts.to_pylist())
        words = pool.words if by_words else pool.tokens
        known = np.full(len(words), -1, np.int32)
        at = word_positions(words, self.words)
        known[at[at >= 0]] = np.flatnonzero(at >= 0)
        return WordRows(self, pool.word_bags if by_words else pool.token_bags, known)

    def saved(self, folder: Path) -> dict[str, str | int]:
        return {"words": WORD_END.join(self.words), "splitting": self.splitting}


@dataclass(frozen=True, eq=False)
class WordRows:
    """Texts as bags of words, by the ids of their vocabulary or, with `known`, by others.

    `known` is the vocabulary's id of each other one, -1 for words that it lacks.
    """

    vocabulary: Vocabulary
    bags: Bags
    known: Ids | None = None

    def __len__(self) -> int:
        return len(self.bags)

    @cached_property
    def lengths(self) -> Doubles:
        words, counts = distinct_words(_renumbered(self.bags, self.known))
        return np.sqrt(np.bincount(words.rows, counts.astype(float) ** 2, len(words)))

    def features(self) -> Features:
        bags = _renumbered(self.bags, self.known)
        dense = np.zeros((len(bags), 0), np.float32)
        return Features(bags, np.ones(len(bags.ids), np.float32), dense)

    def projection(self, weights: Weights) -> Projection:
        return Projection(partial(_word_product, weights.sparse, self.known), self.bags)


def _word_product(table: Numbers, known: Ids | None, bags: Bags) -> Numbers:
    return bag_sums(table, _renumbered(bags, known))


def count_words(pool_words: PoolWords, counted: Mask) -> Indices:
    """How often each word of the pool occurs in the items where `counted` is true, `(n_words,)`."""
    left_out = pool_words.word_bags.take(np.flatnonzero(~counted))
    return pool_words.counts - np.bincount(left_out.ids, minlength=len(pool_words.words))


def book_vocabulary(pool_words: PoolWords, counted: Mask, texts: Sequence[str]) -> Vocabulary:
    """The words that occur at least three times in the counted pool items and `texts` together.

    Evaluation and validation items must be in neither: what is held out chooses no word.
    """
    counts = count_words(pool_words, counted)
    words, bags = split_texts(texts, pool_words.splitting)
    extra, at = np.bincount(bags.ids, minlength=len(words)), word_positions(pool_words.words, words)
    counts[at[at >= 0]] += extra[at >= 0]
    new = [words[word] for word in np.flatnonzero((at < 0) & (extra >= MIN_WORD_COUNT)).tolist()]
    kept = pool_words.words.take(pa.array(np.flatnonzero(counts >= MIN_WORD_COUNT)))
    return Vocabulary((*kept.to_pylist(), *new), pool_words.splitting)


def _renumbered(bags: Bags, ids: Ids | None) -> Bags:
    """The bags with `ids[word]` for each word, without the words for which that is -1."""
    if ids is None:
        return bags
    new = ids[bags.ids]
    return Bags(new[new >= 0], offsets_of(new >= 0)[bags.offsets])


def pool_bags(pool_words: PoolWords, texts: Sequence[str]) -> Bags:
    """The texts' words that the pool has, by its ids; others are left out."""
    words, bags = split_texts(texts, pool_words.splitting)
    return _renumbered(bags, word_positions(pool_words.words, words).astype(np.int32))


def word_positions(known: pa.Array, words: Sequence[str]) -> Indices:
    """Each word's place among the known ones, -1 for those that are not there."""
    found = pc.index_in(pa.array(words, pa.large_string()), value_set=known)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)

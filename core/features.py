"""What a model sees of a text: the chapter's words, as ids that are built once per pool.

The chapter splits at white space and keeps words that occur at least three times in pool and
training data (chapter 2, `create_features`). Ids of *all* words are kept in the cache, since which
words are kept, and how novel an item's words are, changes with every label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.cache import load_cached, load_earlier
from core.fingerprints import hash_texts
from core.labels import text_key
from core.pool import Pool, read_pool
from core.workspace import Workspace

WORDS_VERSION = 2
"""Part of the cache's key: a change of what is stored rebuilds it."""

MIN_WORD_COUNT = 3
"""Chapter 2: rarer words tell the model nothing that it could learn."""

LENGTHS = ((1, "short: up to 5 words"), (6, "medium: 6 to 8"), (9, "long: 9 and more"))
"""Buckets by the least number of words: about a third of a newspaper's headlines each."""

BLOCK = 50_000
"""Texts that are split into words at a time, which bounds the memory."""

Ids = NDArray[np.int32]
Offsets = NDArray[np.int64]


@dataclass(frozen=True)
class Bags:
    """Texts as bags of word ids: item i has `ids[offsets[i]:offsets[i + 1]]`."""

    ids: Ids
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, item: int) -> Ids:
        return self.ids[self.offsets[item] : self.offsets[item + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def lengths_of(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """The lengths of these items alone: of a large pool's few that is a thousand times less."""
        return self.offsets[items + 1] - self.offsets[items]

    def part(self, start: int, stop: int) -> "Bags":
        """Items `start` up to `stop`, without a copy of the ids."""
        offsets = self.offsets[start : stop + 1]
        return Bags(self.ids[offsets[0] : offsets[-1]], offsets - offsets[0])

    def places(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in `ids` the bags of these items stand, one bag after the other."""
        lengths = self.lengths_of(items)
        before = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) + np.repeat(self.offsets[items] - before, lengths)

    def take(self, items: NDArray[np.int64]) -> "Bags":
        """These items, in this order."""
        ends = np.cumsum(self.lengths_of(items))
        return Bags(self.ids[self.places(items)], np.concatenate([[0], ends]))


@dataclass(frozen=True)
class PoolWords:
    """The pool with the ids of all its words, and which of its items are copies of each other.

    `hashes` has 64 bits of each item's text, `keys` of its text key; `is_first` is false for an
    item whose id or text stood in the pool before, and for a text without words: such items are
    never proposed.
    """

    pool: Pool
    words: pa.Array
    bags: Bags
    hashes: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    is_first: NDArray[np.bool_]


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


def words_of(text: str) -> list[str]:
    """The words of a text, as the chapter splits it."""
    return text.split()


def key_hash(text: str) -> int:
    """64 bits of a text's key. Two texts of a million collide with a chance of 1 in 36 million."""
    return int.from_bytes(blake2b(text_key(text).encode(), digest_size=8).digest(), "little")


def read_pool_words(workspace: Workspace, *, write_cache: bool = True) -> PoolWords:
    """The workspace's pool with its word ids, from the cache where its files did not change.

    Where they did, only texts that were not there before are split into words.
    """
    pool = read_pool(workspace, write_cache=write_cache)

    def build(folder: Path) -> None:
        before = load_earlier(workspace.cache, "words", _load_index)
        index = _index_texts(pool.texts, before or _index_of_nothing())
        _save_index(folder, index)
        np.save(folder / "is_first.npy", _is_first(pool, index.keys, index.bags))

    def load(folder: Path) -> PoolWords:
        index = _load_index(folder)
        is_first = np.load(folder / "is_first.npy", mmap_mode="r")
        return PoolWords(pool, index.words, index.bags, index.hashes, index.keys, is_first)

    key = (WORDS_VERSION, pool.key)
    return load_cached(workspace.cache, "words", key, build, load, write=write_cache)


def count_words(pool_words: PoolWords, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How often each word of the pool occurs in the items where `counted` is true, `(n_words,)`."""
    bags = pool_words.bags
    chosen = bags.ids if counted.all() else bags.ids[np.repeat(counted, bags.lengths)]
    return np.bincount(chosen, minlength=len(pool_words.words))


def distinct_words(bags: Bags) -> tuple[Bags, NDArray[np.int64]]:
    """Each item's distinct words in the order of their ids, and how often each occurs in it."""
    if not len(bags.ids):
        return bags, np.empty(0, np.int64)
    n_words = int(bags.ids.max()) + 1
    items = np.repeat(np.arange(len(bags)), bags.lengths)
    pairs, counts = np.unique(items * n_words + bags.ids, return_counts=True)
    sizes = np.bincount(pairs // n_words, minlength=len(bags))
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return Bags((pairs % n_words).astype(np.int32), offsets), counts


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
    """The whole pool in the vocabulary's ids: what a model scores."""
    known = np.full(len(pool_words.words), -1, np.int32)
    at = word_positions(pool_words, vocabulary.words)
    in_pool = at >= 0
    known[at[in_pool]] = np.flatnonzero(in_pool)
    ids = known[pool_words.bags.ids]
    is_known = ids >= 0
    kept_before = np.concatenate([[0], np.cumsum(is_known)])
    return Bags(ids[is_known], kept_before[pool_words.bags.offsets])


def word_positions(pool_words: PoolWords, words: Sequence[str]) -> NDArray[np.int64]:
    """Each word's id among the pool's words, -1 for those that the pool does not have."""
    found = pc.index_in(pa.array(words, pa.string()), value_set=pool_words.words)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


@dataclass(frozen=True)
class _Index:
    """All words in the order of their first use; the texts' word ids, hashes and keys' hashes."""

    words: pa.Array
    bags: Bags
    hashes: NDArray[np.uint64]
    keys: NDArray[np.uint64]


def _index_of_nothing() -> _Index:
    no_hashes = np.empty(0, np.uint64)
    bags = Bags(np.empty(0, np.int32), np.zeros(1, np.int64))
    return _Index(pa.array([], pa.string()), bags, no_hashes, no_hashes)


def _index_texts(texts: pa.Array, before: _Index) -> _Index:
    """The index of these texts, the same whatever `before` holds: it only shortens the way."""
    hashes = hash_texts(texts)
    found = pc.index_in(pa.array(hashes), value_set=pa.array(before.hashes))
    at = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    new = np.flatnonzero(at < 0)
    at[new] = len(before.hashes) + np.arange(len(new))
    ids_of = {word: place for place, word in enumerate(before.words.to_pylist())}
    ids, lengths, keys = [before.bags.ids], [before.bags.lengths], [before.keys]
    for start in range(0, len(new), BLOCK):
        block = texts.take(pa.array(new[start : start + BLOCK])).to_pylist()
        split = [words_of(text) for text in block]
        ids.append(
            np.fromiter(
                (ids_of.setdefault(word, len(ids_of)) for words in split for word in words),
                np.int32,
            )
        )
        lengths.append(np.fromiter(map(len, split), np.int64, len(split)))
        keys.append(np.fromiter(map(key_hash, block), np.uint64, len(block)))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    bags = Bags(np.concatenate(ids), offsets).take(at)
    words, bags = _in_order_of_use(pa.array(list(ids_of), pa.string()), bags)
    return _Index(words, bags, hashes, np.concatenate(keys)[at])


def _in_order_of_use(words: pa.Array, bags: Bags) -> tuple[pa.Array, Bags]:
    """The words that are used, numbered by their first use, and the bags in these numbers."""
    first = np.full(len(words), len(bags.ids))
    first[bags.ids[::-1]] = np.arange(len(bags.ids))[::-1]  # of several the last one stays
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(bags.ids))]
    place = np.zeros(len(words), np.int32)
    place[order] = np.arange(len(order))
    return words.take(pa.array(order)), Bags(place[bags.ids], bags.offsets)


def _save_index(folder: Path, index: _Index) -> None:
    arrays = {"ids": index.bags.ids, "offsets": index.bags.offsets}
    arrays |= {"hashes": index.hashes, "keys": index.keys, "version": np.array(WORDS_VERSION)}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    table = pa.table({"word": index.words})
    with (
        pa.OSFile(str(folder / "words.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table)


def _load_index(folder: Path) -> _Index:
    """The index in this folder, mapped into memory; ValueError for one of another version."""
    version = folder / "version.npy"
    if not version.exists() or int(np.load(version)) != WORDS_VERSION:
        raise ValueError(f"{folder.name} is of another version")
    ids, offsets, hashes, keys = (
        np.load(folder / f"{name}.npy", mmap_mode="r")
        for name in ("ids", "offsets", "hashes", "keys")
    )
    with pa.memory_map(str(folder / "words.arrow")) as source:
        words = pa.ipc.open_file(source).read_all()["word"].combine_chunks()
    return _Index(words, Bags(ids, offsets), hashes, keys)


def _is_first(pool: Pool, keys: NDArray[np.uint64], bags: Bags) -> NDArray[np.bool_]:
    first = np.zeros(len(pool), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    seen_at = pc.index_in(pool.ids, value_set=pool.ids).to_numpy(zero_copy_only=False)
    return first & (seen_at == np.arange(len(pool))) & (bags.lengths > 0)


def _bags(items: Sequence[Sequence[int]]) -> Bags:
    lengths = np.fromiter(map(len, items), np.int64, len(items))
    ids = np.fromiter((word for item in items for word in item), np.int32, int(lengths.sum()))
    return Bags(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))

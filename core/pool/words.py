"""The pool as bags of words, and its exact duplicates: texts that are copies of each other.

Texts are split at white space, as the chapter does it. What a text is known by beyond its words is
worked out from its words: one look at each distinct word replaces one at each text.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.bags import Bags, Ids, Indices, Mask, offsets_of
from core.pool.builder import Piece
from core.pool.folder import pool_files
from core.pool.hashing import (
    firsts,
    found_at,
    hash_sequences,
    hash_texts,
    sorted_places,
    text_offsets,
)
from core.pool.items import Pool, read_pool
from core.pool.text import number_words, text_key, words_of
from core.pool.tokens import Hashes
from core.system.disk_cache import load_cached, load_earlier
from core.system.mapped_arrays import (
    GrowingArray,
    open_arrays,
    open_column,
    save_arrays,
    save_column,
)
from core.system.parallel import in_order, spans
from core.system.progress import Pace, Progress, silent
from core.system.stamps import file_stamps

WORDS_VERSION = 3
"""Part of the cache's key: a change of what is stored rebuilds it."""
TEXT_BYTES_AT_ONCE, WORDS_AT_ONCE = 6_000_000, 700_000
"""Bytes of texts, and words, that are worked on at a time: this bounds the memory. Those of 100,000
headlines."""


@dataclass(frozen=True)
class PoolWords:
    """The pool with the ids of all its words, and which of its items are copies of each other.

    `words` stand in the order of their first use, `counts` is how often each occurs. `hashes` has
    64 bits of each item's words in their order, `keys` of its text key; `key_order` sorts the
    items by `keys`. `is_first` is false for an item whose id or text stood in the pool before, and
    for a text without words: such items are never proposed.
    """

    pool: Pool
    words: pa.Array
    counts: NDArray[np.int64]
    bags: Bags
    hashes: Hashes
    keys: Hashes
    key_order: Indices
    is_first: Mask

    def copies_of(self, texts: Sequence[str]) -> Indices:
        """Where items stand whose text is one of these, or a copy of one."""
        wanted = np.unique(hash_keys(texts)).view(np.int64)
        found = found_at(self.keys.view(np.int64), self.key_order, wanted)
        return np.concatenate([np.empty(0, np.int64), *found])


@dataclass(frozen=True)
class _Index:
    """What an earlier pool left: its words, and where each of its pieces stands."""

    words: pa.Array
    bags: Bags
    hashes: Hashes
    keys: Hashes
    starts: dict[tuple[object, ...], int]


@dataclass(frozen=True)
class _WordHashes:
    """For each word its own hash and those of the words of its text key, mostly one."""

    whole: Hashes
    parts: Hashes
    part_offsets: NDArray[np.int64]

    @cached_property
    def is_odd(self) -> Mask:
        """Words whose text key is not one word."""
        return np.diff(self.part_offsets) != 1

    def keys(self, bags: Bags) -> Hashes:
        """The hashes of these texts' keys."""
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
        words, bags = _split_block(texts.slice(start, stop - start))
        found.append(_hash_words_of(words).keys(bags))
    return np.concatenate(found)


def read_pool_words(
    root: Path,
    cache: Path,
    known: PoolWords | None = None,
    *,
    write_cache: bool = True,
    progress: Progress = silent,
) -> PoolWords:
    """The pool of the workspace folder `root` with its words, from `cache` where nothing changed.

    Where something did, only texts that were not there before are split into words. `known` is what
    the caller has read before: it is given back as it is while the files are the same.
    """
    if known and known.pool.stamps == file_stamps(root, pool_files(root)):
        return known
    pool = read_pool(root, cache, write_cache=write_cache, progress=progress)

    def build(folder: Path) -> None:
        before = load_earlier(cache, "words", _load_index)
        _write_words(folder, pool, before, progress)
        bags = Bags(*open_arrays(folder, "ids", "offsets"))
        _write_hashes(folder, pool, bags, before)
        _write_copies(folder, pool, bags)

    def load(folder: Path) -> PoolWords:
        names = ("counts", "ids", "offsets", "hashes", "keys", "key_order", "is_first")
        counts, ids, offsets, *others = open_arrays(folder, *names)
        return PoolWords(pool, open_column(folder, "words"), counts, Bags(ids, offsets), *others)

    key = (WORDS_VERSION, pool.key)
    return load_cached(cache, "words", key, build, load, write=write_cache)


def _write_words(folder: Path, pool: Pool, before: _Index | None, progress: Progress) -> None:
    """The words, their counts, and the bags; the same numbers whatever there was before."""
    numbers: dict[str, int] = {}
    counts = np.zeros(0, np.int64)
    pace = Pace(progress, "splitting into words", len(pool), "items")
    with (
        GrowingArray(folder, "ids", np.int32) as ids,
        GrowingArray(folder, "offsets", np.int64) as offsets,
    ):
        offsets.append(np.zeros(1))
        for found, lengths in _numbered(pool, before, numbers):
            more = np.bincount(found, minlength=len(numbers))
            counts = more + np.pad(counts, (0, len(more) - len(counts)))
            offsets.append(len(ids) + np.cumsum(lengths))
            ids.append(found)
            pace.add(len(lengths))
    save_arrays(folder, counts=counts)
    save_column(folder, "words", pa.array(list(numbers), pa.large_string()))
    pieces = [[*_identity(piece), piece.rows] for piece in pool.pieces]
    stored = json.dumps({"version": WORDS_VERSION, "pieces": pieces})
    (folder / "pieces.json").write_text(stored, encoding="utf-8")


def _write_hashes(folder: Path, pool: Pool, bags: Bags, before: _Index | None) -> None:
    """Each text's hashes, copied where the text was there before."""
    words = _hash_words_of(open_column(folder, "words").to_pylist())
    with (
        GrowingArray(folder, "hashes", np.uint64) as hashes,
        GrowingArray(folder, "keys", np.uint64) as keys,
    ):
        for first, piece, old in _pieces(pool, before):
            if old is not None:
                hashes.append(before.hashes[old : old + piece.rows])
                keys.append(before.keys[old : old + piece.rows])
                continue
            own = bags.part(first, first + piece.rows)
            blocks = (own.part(*span) for span in spans(own.offsets, WORDS_AT_ONCE))
            for some_hashes, some_keys in in_order(partial(_hash_block, words), blocks):
                hashes.append(some_hashes)
                keys.append(some_keys)


def _write_copies(folder: Path, pool: Pool, bags: Bags) -> None:
    """Which items are copies of each other, and which of them is the first."""
    (keys,) = open_arrays(folder, "keys")
    key_order = sorted_places(keys.view(np.int64))
    is_first = firsts(keys, key_order) & firsts(pool.id_hashes, pool.id_order)
    save_arrays(folder, key_order=key_order, is_first=is_first & (bags.lengths > 0))


def _numbered(
    pool: Pool, before: _Index | None, numbers: dict[str, int]
) -> Iterator[tuple[Ids, NDArray[np.int64]]]:
    """(word ids, lengths) of all texts, in blocks; a word's number is that of its first use."""
    # What has become of each word id of before; -1: the word has not been used yet.
    renumbered = np.full(len(before.words) if before else 0, -1, np.int32)
    for first, piece, old in _pieces(pool, before):
        if old is None:
            texts = pool.texts.slice(first, piece.rows)
            parts = (
                texts.slice(a, b - a) for a, b in spans(text_offsets(texts), TEXT_BYTES_AT_ONCE)
            )
            for words, bags in in_order(_split_block, parts):
                yield _number(words, numbers)[bags.ids], bags.lengths
            continue
        copied = before.bags.part(old, old + piece.rows)
        for start, stop in spans(copied.offsets, WORDS_AT_ONCE):
            bags = copied.part(start, stop)
            unused = bags.ids[renumbered[bags.ids] < 0]
            fresh, at = np.unique(unused, return_index=True)
            fresh = fresh[np.argsort(at)]  # in the order of their use
            words = before.words.take(pa.array(fresh)).to_pylist()
            renumbered[fresh] = _number(words, numbers)
            yield renumbered[bags.ids], bags.lengths


def _number(words: Sequence[str], numbers: dict[str, int]) -> Ids:
    """The words' numbers; words that have none yet get the next ones."""
    found = (numbers.setdefault(word, len(numbers)) for word in words)
    return np.fromiter(found, np.int32, len(words))


def _pieces(pool: Pool, before: _Index | None) -> Iterator[tuple[int, Piece, int | None]]:
    """(first row, piece, where the same piece stood before) of each piece of the pool."""
    first = 0
    for piece in pool.pieces:
        yield first, piece, before.starts.get(_identity(piece)) if before else None
        first += piece.rows


def _identity(piece: Piece) -> tuple[str, tuple[str, ...], bool]:
    """What decides which texts a piece holds: its bytes, its columns, whether a header begins."""
    return piece.digest, piece.columns, piece.start == 0


def _split_block(texts: pa.Array) -> tuple[list[str], Bags]:
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


def _hash_words_of(words: Sequence[str]) -> _WordHashes:
    keys = [text_key(word).split() for word in words]
    parts = hash_texts([part for parts in keys for part in parts])
    return _WordHashes(hash_texts(words), parts, offsets_of([len(parts) for parts in keys]))


def _hash_block(words: _WordHashes, bags: Bags) -> tuple[Hashes, Hashes]:
    return hash_sequences(words.whole[bags.ids], bags.offsets), words.keys(bags)


def _load_index(folder: Path) -> _Index:
    """The index in this folder, mapped into memory; ValueError for one of another version."""
    path = folder / "pieces.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if stored.get("version") != WORDS_VERSION:
        raise ValueError(f"{folder.name} is of another version")
    starts, first = {}, 0
    for digest, columns, is_start, rows in stored["pieces"]:
        starts[digest, tuple(columns), is_start] = first
        first += rows
    ids, offsets, hashes, keys = open_arrays(folder, "ids", "offsets", "hashes", "keys")
    return _Index(open_column(folder, "words"), Bags(ids, offsets), hashes, keys, starts)

"""The pool as bags of tokens and of words, and its exact duplicates."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from core.pool.bags import Bags, Ids, Indices, Mask, offsets_of
from core.pool.builder import Piece
from core.pool.folder import pool_files
from core.pool.hashing import (
    TEXT_BYTES_AT_ONCE,
    firsts,
    found_at,
    hash_each,
    hash_keys,
    split_block,
    text_offsets,
)
from core.pool.items import Pool, read_pool
from core.pool.search import find
from core.pool.splitting import PAIRS, are_unbroken, split_tokens
from core.pool.text import is_blank
from core.pool.token_parts import blocks_of, written_out
from core.pool.tokens import Hashes
from core.system.disk_cache import file_stamps, load_cached, load_earlier
from core.system.mapped_arrays import (
    GrowingArray,
    GrowingColumn,
    open_arrays,
    open_column,
    save_arrays,
)
from core.system.parallel import in_order, spans
from core.system.progress import Pace, Progress, silent

WORDS_VERSION = 4  # part of the cache's key: a change of what is stored rebuilds it
LENGTHS = ("short", "medium", "long")
QUERIES = 32  # whose rows are kept: 8 bytes a row that is found
WORDS_AT_ONCE = 700_000  # which bounds the memory: those of 100,000 headlines


@dataclass(frozen=True)
class LengthThirds:
    """The least number of words of a medium and of a long text; a text without words is short."""

    medium: int
    long: int

    @classmethod
    def of(cls, n_words: NDArray[np.integer]) -> "LengthThirds":
        """About a third of these texts each, as near as their lengths allow."""
        if not len(n_words):
            return cls(1, 2)
        low, high = np.quantile(n_words, [1 / 3, 2 / 3], method="lower").tolist()
        return cls(low + 1, max(high, low + 1) + 1)

    def __call__(self, n_words: ArrayLike) -> NDArray[np.int64]:
        """Each number of words as a place in `LENGTHS`."""
        return np.searchsorted([self.medium, self.long], n_words, "right")

    @property
    def told(self) -> tuple[str, str, str]:
        """Each third with its bounds in words."""
        last = self.long - 1
        middle = f"{self.medium}" if last == self.medium else f"{self.medium} to {last}"
        return (
            f"short: up to {self.medium - 1:,} words",
            f"medium: {middle}",
            f"long: {self.long:,} and more",
        )


@dataclass(frozen=True)
class PoolWords:
    """The pool with the ids of all its words, and which of its items are copies of each other.

    `tokens` stand in the order of their first use; only in scripts without spaces `words` are
    others. `counts` is how often each word occurs. `hashes` has 64 bits of each item's tokens in
    their order, `keys` of its text key; `key_order` sorts the items by `keys`. `is_first` is false
    for an item whose id or text stood before, and for a blank text: they are never proposed.
    """

    pool: Pool
    tokens: pa.Array
    token_bags: Bags
    hashes: Hashes
    keys: Hashes
    key_order: Indices
    is_first: Mask
    words: pa.Array
    counts: NDArray[np.int64]
    word_bags: Bags
    splitting: int = PAIRS

    @cached_property
    def is_blank(self) -> Mask:
        """Items without a text that anybody can see, `(n_pool,)`."""
        return _blank_texts(self.tokens, self.token_bags)

    @cached_property
    def length_thirds(self) -> LengthThirds:
        return LengthThirds.of(self.word_bags.lengths)

    @cached_property
    def holding(self) -> Callable[[str], Indices]:
        """The rows that hold what a query asks for, as `search.find`; kept for the last queries."""
        return lru_cache(QUERIES)(partial(find, self.pool.texts))

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


def read_pool_words(
    root: Path,
    cache: Path,
    splitting: int = PAIRS,
    known: PoolWords | None = None,
    *,
    write_cache: bool = True,
    progress: Progress = silent,
) -> PoolWords:
    """The pool of the workspace folder `root` with its words, from `cache` where nothing changed.

    Where something did, only texts that were not there before are split into words. `known` is what
    the caller has read before: it is given back as it is while the files are the same.
    """
    is_known = known and known.splitting == splitting
    if is_known and known.pool.stamps == file_stamps(root, pool_files(root)):
        return known
    pool = read_pool(root, cache, write_cache=write_cache, progress=progress)

    def build(folder: Path) -> None:
        before = load_earlier(cache, "words", _load_index)
        _write_words(folder, pool, before, progress)
        bags = Bags(*open_arrays(folder, "ids", "offsets"))
        _write_hashes(folder, pool, bags, before)
        (keys,) = open_arrays(folder, "keys")
        key_order = np.argsort(np.asarray(keys).view(np.int64), kind="stable")
        is_first = firsts(keys, key_order) & firsts(pool.id_hashes, pool.id_order)
        is_first &= ~_blank_texts(open_column(folder, "words"), bags)
        save_arrays(folder, key_order=key_order, is_first=is_first)

    def load(folder: Path) -> PoolWords:
        names = ("counts", "ids", "offsets", "hashes", "keys", "key_order", "is_first")
        counts, ids, offsets, *others = open_arrays(folder, *names)
        tokens, bags = open_column(folder, "words"), Bags(ids, offsets)
        return PoolWords(pool, tokens, bags, *others, tokens, counts, bags, splitting)

    key = (WORDS_VERSION, pool.key)
    found = load_cached(cache, "words", key, build, load, write=write_cache)
    if not are_unbroken(found.tokens).any():
        return found

    def load_split(folder: Path) -> PoolWords:
        counts, *bags = open_arrays(folder, "counts", "ids", "offsets")
        words = open_column(folder, "words")
        return replace(found, words=words, counts=counts, word_bags=Bags(*bags))

    build, key = partial(_write_split, found), (splitting, *key)
    return load_cached(cache, "split", key, build, load_split, write=write_cache)


def _write_split(pool: PoolWords, folder: Path) -> None:
    """The words of tokens that are several, their counts, and the texts as bags of them."""
    words, lexicon = split_tokens(pool.tokens.to_pylist(), pool.splitting)
    uses, bags = np.repeat(pool.counts, lexicon.lengths), pool.token_bags
    counts = np.bincount(lexicon.ids, uses).astype(np.int64)
    save_arrays(folder, counts=counts, offsets=offsets_of(lexicon.lengths[bags.ids])[bags.offsets])
    with GrowingArray(folder, "ids", np.int32) as ids:
        for start, stop in blocks_of(bags, lexicon):
            ids.append(written_out(bags.part(start, stop), lexicon).ids)
    with closing(GrowingColumn(folder, "words")) as column:
        column.append(pa.array(words, pa.large_string()))


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
    with closing(GrowingColumn(folder, "words")) as column:
        column.append(pa.array(list(numbers), pa.large_string()))
    pieces = [[*_identity(piece), piece.rows] for piece in pool.pieces]
    stored = json.dumps({"version": WORDS_VERSION, "pieces": pieces})
    (folder / "pieces.json").write_text(stored, encoding="utf-8")


def _write_hashes(folder: Path, pool: Pool, bags: Bags, before: _Index | None) -> None:
    """Each text's hashes, copied where the text was there before."""
    words, pieces = open_column(folder, "words"), [*_pieces(pool, before)]
    is_new = np.zeros(len(words), bool)
    for first, piece, old in pieces:
        if old is None:
            is_new[bags.part(first, first + piece.rows).ids] = True
    place = np.cumsum(is_new, dtype=np.int32) - 1
    hashes_of = hash_each(words.filter(pa.array(is_new)).to_pylist())

    def hashed(some: Bags) -> tuple[Hashes, Hashes]:
        some = Bags(place[some.ids], some.offsets)
        return hashes_of.texts(some), hashes_of.keys(some)

    with (
        GrowingArray(folder, "hashes", np.uint64) as hashes,
        GrowingArray(folder, "keys", np.uint64) as keys,
    ):
        for first, piece, old in pieces:
            if old is not None:
                hashes.append(before.hashes[old : old + piece.rows])
                keys.append(before.keys[old : old + piece.rows])
                continue
            own = bags.part(first, first + piece.rows)
            blocks = (own.part(*span) for span in spans(own.offsets, WORDS_AT_ONCE))
            for some_hashes, some_keys in in_order(hashed, blocks):
                hashes.append(some_hashes)
                keys.append(some_keys)


def _blank_texts(words: pa.Array, bags: Bags) -> Mask:
    """Texts of which nothing is seen: without words, or with invisible ones alone."""
    is_seen = pc.match_substring_regex(words, "[!-~]").to_numpy(zero_copy_only=False).copy()
    rest = np.flatnonzero(~is_seen)  # of most languages few: the others are looked at one by one
    is_seen[rest] = [not is_blank(word) for word in words.take(pa.array(rest)).to_pylist()]
    if is_seen.all():
        return bags.lengths == 0
    blank = [np.empty(0, bool)]
    for span in spans(bags.offsets, WORDS_AT_ONCE):
        part = bags.part(*span)
        blank.append(np.diff(offsets_of(is_seen[part.ids])[part.offsets]) == 0)
    return np.concatenate(blank)


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
            for words, bags in in_order(split_block, parts):
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

"""The corpus counts of the pool and the feature space learned from them, kept in `.cache`.

Held-out items are not counted; training items that the pool does not hold are, as if it held them.
"""

from dataclasses import dataclass, replace
from functools import partial, reduce
from pathlib import Path

import numpy as np

from core.features.corpus_counts import (
    CorpusCounts,
    add_corpus_counts,
    count_texts,
    halvings,
    pairs_in,
    sampled,
)
from core.features.pool_features import ARRAYS, Space, space_of
from core.pool.bags import Bags, Indices, Mask
from core.pool.counts import Counts, added, count
from core.pool.hashing import hash_words, is_among, set_key
from core.pool.token_parts import tokens_of
from core.pool.tokens import PAIRS, Hashes
from core.system.disk_cache import load_cached, load_earlier
from core.system.mapped_arrays import open_arrays, save_arrays
from core.system.parallel import row_blocks
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

COUNTS_VERSION = 3
"""Part of the cache's key, with how words are split, and both are kept in the entry: to counts of
another version, or by other words, nothing is ever added."""
FEW = 0.5
"""Share of the texts up to which changes are counted apart: beyond it, counting all is faster."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts as bags of token ids, their hashes, and which are counted: those not held out."""

    tokens: list[str]
    bags: Bags
    hashes: Hashes
    counted: Mask
    splitting: int = PAIRS


Tallied = tuple[Counts, int, CorpusCounts]
"""How often each hash of a text was counted, how often the sample of the texts was halved whose
pairs are counted, and the tally."""


def counted_texts(snapshot: Snapshot) -> list[Texts]:
    """The pool's texts, and those of the training items that it does not hold."""
    words, items = snapshot.pool_words, snapshot.labels.usable_training
    pool = Texts(words.tokens.to_pylist(), words.token_bags, words.hashes, ~snapshot.held_out)
    in_pool = words.pool.positions(item.item_id for item in items)
    others = sorted(item.text for item in items if item.item_id not in in_pool)
    texts = [pool, Texts(*tokens_of(others), hash_words(others), np.ones(len(others), bool))]
    return [replace(some, splitting=words.splitting) for some in texts]


def counts_key(texts: list[Texts]) -> tuple[int, ...]:
    """Names the counted texts, on which alone the tally depends, each as often as it occurs."""
    keys = [
        set_key(some.hashes[start:stop][some.counted[start:stop]])
        for some in texts
        for start, stop in row_blocks(len(some.hashes))
    ]
    return (COUNTS_VERSION, texts[0].splitting, *(sum(x) % 2**64 for x in zip(*keys, strict=True)))


def pool_corpus_counts(snapshot: Snapshot, texts: list[Texts], progress: Progress) -> CorpusCounts:
    """The tally of these texts: the same numbers whatever the cache holds."""
    key, cache = counts_key(texts), snapshot.workspace.cache
    load = partial(_load_tally, key[:2])

    def build(folder: Path) -> None:
        hashes = [some.hashes[some.counted] for some in texts]
        wanted, halved = count(np.concatenate(hashes).view(np.int64)), halvings_of(texts)
        before = load_earlier(cache, "tally", load)
        tally = before and before[1] == halved and _changed(before, wanted, texts)
        save_arrays(folder, version=np.array(key[:2]))
        _save_tally(folder, wanted, halved, tally or count_anew(texts, progress))

    return load_cached(cache, "tally", key, build, load, write=snapshot.write_cache)[-1]


def count_anew(texts: list[Texts], progress: Progress = silent) -> CorpusCounts:
    """The same, counted from the beginning; `progress` is told of the pool's texts, the first."""
    halved = halvings_of(texts)
    pool, *others = texts
    filled = (some for some in others if some.counted.any())
    tally = _tally_of(pool, halved, progress)
    return reduce(add_corpus_counts, (_tally_of(some, halved) for some in filled), tally)


def halvings_of(texts: list[Texts]) -> int:
    return halvings(sum(pairs_in(x.tokens, x.bags, x.counted, x.splitting) for x in texts))


def _changed(before: Tallied, wanted: Counts, texts: list[Texts]) -> CorpusCounts | None:
    """The tally from an earlier one; None if a text is gone, or counting all of them is better."""
    counted, halved, tally = before
    changes = added(wanted, counted, -1)
    if np.abs(changes.counts).sum() > FEW * wanted.counts.sum():
        return None
    found, missing = [], np.ones(len(changes.keys), bool)
    for some in texts:
        rows = np.where(missing, _rows_of(changes.keys, some.hashes), -1)
        missing &= rows < 0
        found.append(rows)
    if missing.any():
        return None
    for some, rows in zip(texts, found, strict=True):
        for sign in (1, -1):
            times = np.where(rows < 0, 0, np.maximum(sign * changes.counts, 0))
            if times.any():
                taken = np.repeat(rows, times)
                bags, hashes = some.bags.take(taken), some.hashes[taken]
                changed = replace(some, bags=bags, hashes=hashes, counted=np.ones(len(taken), bool))
                tally = add_corpus_counts(tally, _tally_of(changed, halved), sign)
    return tally


def _tally_of(texts: Texts, halved: int, progress: Progress = silent) -> CorpusCounts:
    """The tally of the counted ones, with the pairs of those in the sample halved so often."""
    paired = sampled(texts.hashes, halved)
    counted = texts.tokens, texts.bags, texts.counted
    return count_texts(*counted, paired, progress, texts.splitting)


def _rows_of(keys: Indices, hashes: Hashes) -> Indices:
    """A row for each of these sorted keys whose text has this hash, -1 where there is none."""
    rows = np.full(len(keys), -1)
    for start, stop in row_blocks(len(hashes)):
        block = hashes[start:stop].view(np.int64)
        found = np.flatnonzero(is_among(block, keys))
        rows[np.searchsorted(keys, block[found])] = start + found
    return rows


def _save_tally(folder: Path, texts: Counts, halved: int, tally: CorpusCounts) -> None:
    arrays = {"words": tally.words, "occurrences": tally.occurrences, "in_texts": tally.texts}
    for name, part in (("text", texts), ("gram", tally.grams), ("pair", tally.pairs)):
        arrays |= {f"{name}s": part.keys, f"{name}_counts": part.counts.astype(np.int32)}
    numbers = {"halved": halved, "n_texts": tally.n_texts}
    save_arrays(folder, **arrays, **{name: np.array(number) for name, number in numbers.items()})


def _load_tally(wanted: tuple[int, ...], folder: Path) -> Tallied:
    """The tally in this folder; ValueError for one of another version than is wanted."""
    (version,) = open_arrays(folder, "version")
    if tuple(version.flat) != wanted:
        raise ValueError(f"{folder.name} is of another version")
    found = [open_arrays(folder, f"{name}s", f"{name}_counts") for name in ("text", "gram", "pair")]
    texts, grams, pairs = (Counts(keys, counts.astype(np.int64)) for keys, counts in found)
    names = ("halved", "n_texts", "words", "occurrences", "in_texts")
    halved, n_texts, *words = open_arrays(folder, *names)
    return texts, int(halved), CorpusCounts(int(n_texts), *words, grams, pairs)


def pool_space(snapshot: Snapshot, progress: Progress = silent) -> Space:
    """What the pool teaches, from the cache where neither pool nor held-out items have changed."""
    texts = counted_texts(snapshot)

    def build(folder: Path) -> None:
        counts = pool_corpus_counts(snapshot, texts, progress)
        progress("preparing your texts: meanings of words")
        save_arrays(folder, **space_of(counts).arrays())

    def load(folder: Path) -> Space:
        return Space(*open_arrays(folder, *ARRAYS), splitting=texts[0].splitting)

    cache, key = snapshot.workspace.cache, (Space.version, *counts_key(texts))
    return load_cached(cache, "space", key, build, load, write=snapshot.write_cache)

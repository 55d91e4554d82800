"""The pool's feature space and the pool's rows in it, kept in `.cache`.

Held-out items are not counted in anything that the space learns; their rows are worked out as all
others are. Training items that the pool does not hold are counted, as if it held them.

Beside the space the cache keeps its tally: where texts were added, held out or no longer held out
since, only those are counted, and added or taken away.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.bags import Bags
from core.cache import load_cached, load_earlier
from core.counts import Counts, added, count
from core.encoded import EncodedRows, EncodedSpace
from core.encoder import open_encoder
from core.encoder_cache import CachedEncoder
from core.fingerprints import set_key
from core.labels import Labeled
from core.lexicon import Lexicon, tokens_of
from core.loop import Loop
from core.progress import Progress, silent
from core.sources import Rows
from core.space import Space, SpaceRows, place, space_of
from core.spelling import Hashes
from core.tally import Tally, add_tally, tally_texts
from core.word_index import hash_words

TALLY_VERSION = 1
"""Part of the cache's key, and kept in the entry: counts of another version are never added to."""

FEW = 0.5
"""Share of the texts up to which changes are counted apart: beyond it, counting all is faster."""

MOST_TOKENS = 50_000_000
"""In the pool, up to which its tally is kept, at twelve bytes for each distinct pair of words: the
7 million tokens of a million headlines take 97 megabytes."""


@dataclass(frozen=True, eq=False)
class _Tallied:
    """A tally, and the hashes of the texts that it counts: how often each was counted."""

    texts: Counts
    tally: Tally


def pool_space(loop: Loop) -> Space:
    """What the pool teaches, from the cache where neither pool nor held-out items have changed."""
    outside = _outside_texts(loop, loop.labels.usable_training())
    hashes = np.concatenate([loop.pool_words.hashes[~loop.held_out], hash_words(outside)])
    texts = set_key(hashes)

    def build(folder: Path) -> None:
        space = space_of(_pool_tally(loop, outside, hashes))
        _save(
            folder,
            words=space.words,
            grams=space.grams,
            idf=space.idf,
            rarity=space.rarity,
            meanings=space.meanings,
        )

    def load(folder: Path) -> Space:
        return Space(*_load(folder, "words", "grams", "idf", "rarity", "meanings"))

    key = (Space.version, TALLY_VERSION, texts)
    return load_cached(loop.workspace.cache, "space", key, build, load, write=loop.write_cache)


def whole_space(loop: Loop) -> Space:
    """The space of all texts, those that are held out among them; not kept.

    For questions about all items, which held-out ones answer only if they look as the others do: by
    `pool_space` their rare words are unknown. No model that chooses or is evaluated may see it.
    """
    training = loop.labels.usable_training()
    outside = _outside_texts(loop, training)
    hashes = np.concatenate([loop.pool_words.hashes[~loop.held_out], hash_words(outside)])
    held_out = [*loop.labels.splits["evaluation"], *loop.labels.splits["validation"]]
    in_pool = loop.pool_words.pool.texts.filter(pa.array(loop.held_out)).to_pylist()
    others = tally_texts(*tokens_of([*in_pool, *_outside_texts(loop, held_out)]))
    return space_of(add_tally(_pool_tally(loop, outside, hashes), others))


def pool_encoder(
    loop: Loop, name: str | None = None, *, download: bool = False, progress: Progress = silent
) -> CachedEncoder | None:
    """The encoder of this name with what it has read for this workspace; None if there is no name.

    Without a name it is the task's. Raises RunError if it cannot be had; it is downloaded only if
    that is allowed.
    """
    name = loop.workspace.task.encoder if name is None else name
    if not name:
        return None
    encoder = open_encoder(name, loop.workspace.path, download=download, progress=progress)
    return CachedEncoder(encoder, loop.workspace.cache, write=loop.write_cache)


def pool_rows(loop: Loop, source: Space | EncodedSpace, progress: Progress = silent) -> Rows:
    """The whole pool in this source, which may be that of an older run.

    With an encoder every text is encoded that was not before.
    """
    if isinstance(source, EncodedSpace):
        texts = loop.pool_words.pool.texts.to_pylist()
        vectors = source.encoder.vectors(texts, progress)
        return EncodedRows(_space_rows(loop, source.space), vectors)
    return _space_rows(loop, source)


def _space_rows(loop: Loop, space: Space) -> SpaceRows:
    key = (Space.version, loop.pool_words.pool.key, space.key)
    bags = loop.pool_words.bags

    def build(folder: Path) -> None:
        rows = placed_pool(loop, space)
        _save(
            folder,
            words=rows.lexicon.words.ids,
            word_offsets=rows.lexicon.words.offsets,
            grams=rows.lexicon.grams.ids,
            gram_offsets=rows.lexicon.grams.offsets,
            repeats=rows.repeats.ids,
            repeat_offsets=rows.repeats.offsets,
            corrections=rows.corrections,
            scales=rows.scales,
        )

    def load(folder: Path) -> SpaceRows:
        words, grams, repeats = (
            Bags(*_load(folder, name, f"{name.removesuffix('s')}_offsets"))
            for name in ("words", "grams", "repeats")
        )
        scales, corrections = _load(folder, "scales", "corrections")
        return SpaceRows(space, Lexicon(words, grams), bags, scales, repeats, corrections)

    cache = loop.workspace.cache
    return load_cached(cache, "rows", key, build, load, write=loop.write_cache)


def placed_pool(loop: Loop, space: Space) -> SpaceRows:
    """The whole pool in this space, worked out and not kept."""
    return place(space, loop.pool_words.words.to_pylist(), loop.pool_words.bags)


def _outside_texts(loop: Loop, items: list[Labeled]) -> list[str]:
    """The texts of those of these items that are not in the pool, in an order of their own."""
    in_pool = loop.pool_words.pool.positions(item.item_id for item in items)
    return sorted(item.text for item in items if item.item_id not in in_pool)


def _pool_tally(loop: Loop, outside: list[str], hashes: Hashes) -> Tally:
    """The tally of the texts of these hashes, all of which stand in the pool or outside.

    The same numbers whatever the cache holds.
    """
    tokens, bags = _with_texts(loop, outside)
    counted = np.flatnonzero(np.concatenate([~loop.held_out, np.ones(len(outside), bool)]))
    if len(bags.ids) > MOST_TOKENS:
        return tally_texts(tokens, bags.take(counted))
    wanted = count(hashes.view(np.int64))

    def build(folder: Path) -> None:
        before = load_earlier(loop.workspace.cache, "tally", _load_tally)
        every = np.concatenate([loop.pool_words.hashes, hash_words(outside)])
        tally = before and _changed(before, wanted, tokens, bags, every)
        _save_tally(folder, wanted, tally or tally_texts(tokens, bags.take(counted)))

    def load(folder: Path) -> Tally:
        return _load_tally(folder).tally

    key = (TALLY_VERSION, set_key(hashes))
    return load_cached(loop.workspace.cache, "tally", key, build, load, write=loop.write_cache)


def _changed(
    before: _Tallied, wanted: Counts, tokens: list[str], bags: Bags, hashes: Hashes
) -> Tally | None:
    """The wanted texts' tally from an earlier one; None if counting all of them is better.

    `bags` are texts with these `hashes`, among them those that are held out: they can be taken
    away. A text that is gone cannot be.
    """
    changes = added(wanted, before.texts, -1)
    if np.abs(changes.counts).sum() > FEW * wanted.counts.sum():
        return None
    rows = pc.index_in(pa.array(changes.keys.view(np.uint64)), value_set=pa.array(hashes))
    if rows.null_count:
        return None
    rows, tally = rows.to_numpy().astype(np.int64), before.tally
    for sign in (1, -1):
        times = np.maximum(sign * changes.counts, 0)
        if times.any():
            changed = tally_texts(tokens, bags.take(np.repeat(rows, times)))
            tally = add_tally(tally, changed, sign)
    return tally


def _save_tally(folder: Path, texts: Counts, tally: Tally) -> None:
    _save(
        folder,
        version=np.array(TALLY_VERSION),
        texts=texts.keys,
        text_counts=texts.counts.astype(np.int32),
        n_texts=np.array(tally.n_texts),
        words=tally.words,
        occurrences=tally.occurrences,
        in_texts=tally.texts,
        grams=tally.grams.keys,
        gram_counts=tally.grams.counts,
        pairs=tally.pairs.keys,
        pair_counts=tally.pairs.counts.astype(np.int32),
    )


def _load_tally(folder: Path) -> _Tallied:
    """The tally in this folder; ValueError for one of another version."""
    (version,) = _load(folder, "version")
    if int(version) != TALLY_VERSION:
        raise ValueError(f"{folder.name} is of another version")
    texts, grams, pairs = (
        Counts(keys, counts.astype(np.int64))
        for keys, counts in (
            _load(folder, f"{name}s", f"{name}_counts") for name in ("text", "gram", "pair")
        )
    )
    n_texts, *words = _load(folder, "n_texts", "words", "occurrences", "in_texts")
    return _Tallied(texts, Tally(int(n_texts), *words, grams, pairs))


def _with_texts(loop: Loop, texts: list[str]) -> tuple[list[str], Bags]:
    """The pool and these texts as one: all tokens, and bags of their ids."""
    words, pool = loop.pool_words.words.to_pylist(), loop.pool_words.bags
    tokens, bags = tokens_of(texts)
    at = {word: place for place, word in enumerate(words)} if texts else {}
    ids = np.array([at.setdefault(token, len(at)) for token in tokens], np.int32)[bags.ids]
    offsets = np.concatenate([pool.offsets, pool.offsets[-1] + bags.offsets[1:]])
    return list(at) or words, Bags(np.concatenate([pool.ids, ids]), offsets)


def _save(folder: Path, **arrays: NDArray) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def _load(folder: Path, *names: str) -> list[NDArray]:
    return [np.load(folder / f"{name}.npy", mmap_mode="r") for name in names]

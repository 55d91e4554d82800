"""The pool's feature space and the pool's rows in it, kept in `.cache`.

Held-out items are not counted in anything that the space learns; their rows are worked out as all
others are. Training items that the pool does not hold are counted, as if it held them.
"""

from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cache import load_cached
from core.encoded import EncodedRows, EncodedSpace
from core.encoder import open_encoder
from core.encoder_cache import CachedEncoder
from core.features import Bags
from core.lexicon import Lexicon, tokens_of
from core.loop import Loop
from core.progress import Progress, silent
from core.sources import Rows
from core.space import Space, SpaceRows, learn_space, place


def pool_space(loop: Loop) -> Space:
    """What the pool teaches, from the cache where neither pool nor held-out items have changed."""
    outside = _outside_texts(loop)
    counted = ~loop.held_out
    hashes = [blake2b(content).hexdigest() for content in (np.packbits(counted), _joined(outside))]
    key = (Space.version, loop.pool_words.pool.key, *hashes)

    def build(folder: Path) -> None:
        tokens, bags = _with_texts(loop, outside)
        everything = np.concatenate([counted, np.ones(len(outside), bool)])
        space = learn_space(tokens, bags, everything)
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

    cache = loop.workspace.cache
    return load_cached(cache, "space", key, build, load, write=loop.write_cache)


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
        rows = place(space, loop.pool_words.words.to_pylist(), bags)
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


def _outside_texts(loop: Loop) -> list[str]:
    """The texts of training items that are not in the pool, in an order of their own."""
    training = loop.labels.usable_training()
    in_pool = loop.pool_words.pool.positions(item.item_id for item in training)
    return sorted(item.text for item in training if item.item_id not in in_pool)


def _with_texts(loop: Loop, texts: list[str]) -> tuple[list[str], Bags]:
    """The pool and these texts as one: all tokens, and bags of their ids."""
    words, pool = loop.pool_words.words.to_pylist(), loop.pool_words.bags
    tokens, bags = tokens_of(texts)
    at = {word: place for place, word in enumerate(words)} if texts else {}
    ids = np.array([at.setdefault(token, len(at)) for token in tokens], np.int32)[bags.ids]
    offsets = np.concatenate([pool.offsets, pool.offsets[-1] + bags.offsets[1:]])
    return list(at) or words, Bags(np.concatenate([pool.ids, ids]), offsets)


def _joined(texts: list[str]) -> bytes:
    return "\x00".join(texts).encode("utf-8", "surrogatepass")


def _save(folder: Path, **arrays: NDArray) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def _load(folder: Path, *names: str) -> list[NDArray]:
    return [np.load(folder / f"{name}.npy", mmap_mode="r") for name in names]

"""The pool's feature space and the pool's rows in it, kept in `.cache`.

Held-out items are not counted in anything that the space learns; their rows are worked out as all
others are. Training items that the pool does not hold are counted, as if it held them.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.features.base import Rows
from core.features.cached import counted_texts, every_text, pool_tally, tally_anew, tally_key
from core.features.encoder import open_encoder
from core.features.encoder_cache import CachedEncoder
from core.features.encoder_features import EncodedRows, EncodedSpace
from core.features.pool_features import Space, SpaceRows, place, place_blocks, space_of
from core.pool.bags import Bags
from core.pool.token_parts import Lexicon, make_lexicon
from core.system.disk_cache import load_cached
from core.system.mapped_arrays import GrowingArray, open_arrays, save_arrays
from core.system.progress import Pace, Progress, silent
from core.workspace.snapshot import Loop


def pool_space(loop: Loop, progress: Progress = silent) -> Space:
    """What the pool teaches, from the cache where neither pool nor held-out items have changed."""
    texts = counted_texts(loop)

    def learn() -> Space:
        tally = pool_tally(loop, texts, progress)
        progress("learning what words mean")
        return space_of(tally)

    return _cached_space(loop, "space", tally_key(texts), learn)


def whole_space(loop: Loop, progress: Progress = silent) -> Space:
    """The space of all texts, those that are held out among them; as cached as the pool's own.

    For questions about all items, which held-out ones answer only if they look as the others do: by
    `pool_space` their rare words are unknown. No model that chooses or is evaluated may see it.
    """
    texts = every_text(loop)

    def learn() -> Space:
        progress("learning words and meanings from all texts")
        return space_of(tally_anew(texts, progress))

    return _cached_space(loop, "whole", tally_key(texts), learn)


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
        return EncodedRows(_space_rows(loop, source.space, progress), vectors)
    return _space_rows(loop, source, progress)


def _cached_space(
    loop: Loop, kind: str, texts: tuple[int, ...], learn: Callable[[], Space]
) -> Space:
    """The space of these texts; what `learn` gives if the cache has none."""

    def build(folder: Path) -> None:
        space = learn()
        save_arrays(
            folder,
            words=space.words,
            grams=space.grams,
            idf=space.idf,
            rarity=space.rarity,
            meanings=space.meanings,
        )

    def load(folder: Path) -> Space:
        return Space(*open_arrays(folder, "words", "grams", "idf", "rarity", "meanings"))

    cache, key = loop.workspace.cache, (Space.version, *texts)
    return load_cached(cache, kind, key, build, load, write=loop.write_cache)


def _space_rows(loop: Loop, space: Space, progress: Progress = silent) -> SpaceRows:
    key = (Space.version, loop.pool_words.pool.key, space.key)
    bags = loop.pool_words.bags

    def build(folder: Path) -> None:
        lexicon = make_lexicon(loop.pool_words.words.to_pylist(), space.words, space.grams)
        save_arrays(
            folder,
            words=lexicon.words.ids,
            word_offsets=lexicon.words.offsets,
            grams=lexicon.grams.ids,
            gram_offsets=lexicon.grams.offsets,
        )
        pace = Pace(progress, "placing texts", len(bags), "texts")
        _save_blocks(folder, place_blocks(space, lexicon, bags), pace)

    def load(folder: Path) -> SpaceRows:
        words, grams, repeats = (
            Bags(*open_arrays(folder, name, f"{name.removesuffix('s')}_offsets"))
            for name in ("words", "grams", "repeats")
        )
        scales, corrections = open_arrays(folder, "scales", "corrections")
        return SpaceRows(space, Lexicon(words, grams), bags, scales, repeats, corrections)

    cache = loop.workspace.cache
    return load_cached(cache, "rows", key, build, load, write=loop.write_cache)


def _save_blocks(folder: Path, blocks: Iterable[SpaceRows], pace: Pace) -> None:
    """What is known of the texts beyond their tokens, each block as soon as it is there."""
    end = 0
    with (
        GrowingArray(folder, "scales", np.float32, (3,)) as scales,
        GrowingArray(folder, "repeats", np.int32) as repeats,
        GrowingArray(folder, "repeat_offsets", np.int64) as offsets,
        GrowingArray(folder, "corrections", np.float32) as corrections,
    ):
        offsets.append(np.zeros(1, np.int64))
        for block in blocks:
            scales.append(block.scales)
            repeats.append(block.repeats.ids)
            offsets.append(block.repeats.offsets[1:] + end)
            corrections.append(block.corrections)
            end += len(block.repeats.ids)
            pace.add(len(block))


def placed_items(loop: Loop, space: Space, items: NDArray[np.int64]) -> SpaceRows:
    """These items of the pool in this space, worked out and not kept."""
    return place(space, loop.pool_words.words.to_pylist(), loop.pool_words.bags.take(items))

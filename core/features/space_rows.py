"""Texts in the feature space of a pool: sublinear TF-IDF and word vectors by way of their tokens.

A text is kept as the ids of its tokens. What the sum over its tokens counts linearly, but sublinear
TF-IDF does not, are words and n-grams that it holds more than once: these are corrected.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.features.attribution import by_fine_pieces, shared_sublinear, spread, whole
from core.features.base import Doubles, Features, Numbers, Projection, Pushes, Weights, bag_sums
from core.features.encoder import STATIC_WEIGHT
from core.pool.bags import Bags, Indices, joined, offsets_of
from core.pool.hashing import is_among
from core.pool.token_parts import (
    RepeatedParts,
    TokenParts,
    blocks_of,
    distinct_parts,
    find_repeats,
    make_token_parts,
    written_out,
)
from core.pool.tokens import Hashes, words_and_ngrams
from core.system.disk_cache import load_cached, load_earlier
from core.system.mapped_arrays import GrowingArray, open_arrays, save_arrays
from core.system.parallel import in_order, spans
from core.system.progress import Pace, Progress
from core.workspace.snapshot import Snapshot

if TYPE_CHECKING:  # a space makes its own rows
    from core.features.pool_features import Space

TOKENS_AT_ONCE = 500_000  # tokens of texts that are placed at a time, which bounds the memory
PART_LENGTH = 0.5**0.5
VECTOR_LENGTH = 0.75
"""Lengths of the blocks. Cross-validated on training items: for meanings of 0.5 to 1 the scores lie
within 0.008 of each other on a large pool; a small one gains by longer ones."""
LENGTHS = (PART_LENGTH, PART_LENGTH, VECTOR_LENGTH, STATIC_WEIGHT)  # the last with an encoder
KINDS = ("word", "gram", "piece")  # of parts, as files of the cache name them
UNKNOWN_AT_MOST = 0.5  # share of a text's pieces: of more the encoder knows too little
TEXTS = "texts.txt"  # the file of an entry of the cache that names its texts


@dataclass(frozen=True, eq=False)
class SpaceBlock:
    """What is each text's own in a space, as small as its tokens.

    `scales` multiply its words, n-grams, meanings and an encoder's pieces, if there is one,
    `(n_texts, 3 or 4)`. `repeats` correct what the
    sum over tokens counts linearly: their columns, what to add to idf's factor (already scaled).
    """

    bags: Bags
    scales: Numbers
    repeats: Bags
    corrections: Numbers

    def __len__(self) -> int:
        return len(self.bags)

    def part(self, start: int, stop: int) -> "SpaceBlock":
        bags, scales = self.bags.part(start, stop), self.scales[start:stop]
        corrections = self.corrections[slice(*self.repeats.offsets[[start, stop]])]
        return SpaceBlock(bags, scales, self.repeats.part(start, stop), corrections)


def _space_product(table: Numbers, columns: Numbers, texts: SpaceBlock) -> Numbers:
    """Of weights folded onto tokens, `(n_tokens, n_blocks * n_outputs)`, and sparse columns'."""
    blocks = bag_sums(table, texts.bags)
    blocks = blocks.reshape(*texts.scales.shape, columns.shape[1]) * texts.scales[:, :, None]
    return blocks.sum(axis=1) + bag_sums(columns, texts.repeats, texts.corrections)


@dataclass(frozen=True, eq=False)
class SpaceRows:
    """Texts in a space; `parts` are those of the tokens in their bags."""

    space: "Space"
    parts: TokenParts
    texts: SpaceBlock

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def lengths(self) -> Doubles:
        squares = np.square(LENGTHS[: self.texts.scales.shape[1]])
        return np.sqrt((self.texts.scales > 0) @ squares)  # an empty block's scale is 0

    def features(self) -> Features:
        texts, n_words = self.texts, len(self.space.words)
        entries = []
        for at, held in enumerate((self.parts.words, self.parts.grams)):
            parts, times = distinct_parts(texts.bags, held)
            values = (1 + np.log(times).astype(np.float32)) * texts.scales[parts.rows, at]
            entries.append((parts.rows, parts.ids + at * n_words, values))
        bags, values = _by_row(entries, len(self))
        words = written_out(texts.bags, self.parts.words)
        dense = _mean_meanings(self.space, words) * texts.scales[:, 2:3]
        if self.parts.pieces is not None:
            pieces = written_out(texts.bags, self.parts.pieces)
            vectors = bag_sums(self.space.pieces.vectors, pieces) * texts.scales[:, 3:]
            dense = np.concatenate([dense, vectors], axis=1)
        return Features(bags, values * self.space.idf[bags.ids], dense)

    def projection(self, weights: Weights) -> Projection:
        space, n_outputs, n_words = self.space, weights.sparse.shape[1], len(self.space.words)
        columns = space.idf[:, None] * weights.sparse
        used, bags = self.parts.words.compact(n_words)
        meanings, vectors = np.split(weights.dense, [space.meanings.shape[1]])
        by_word = [columns[used], _weighted_meanings(space, used) @ meanings]
        words = bag_sums(np.concatenate(by_word, axis=1), bags)  # (n_tokens, 2 * n_outputs)
        grams = bag_sums(columns[n_words:], self.parts.grams)
        blocks = [words[:, :n_outputs], grams, words[:, n_outputs:]]
        if self.parts.pieces is not None:
            blocks.append(bag_sums(space.pieces.vectors @ vectors, self.parts.pieces))
        table = np.concatenate(blocks, axis=1)
        return Projection(partial(_space_product, table, columns), self.texts)

    def pushes(self, row: int, text: str, weights: Weights, outputs: NDArray) -> Pushes:
        """The shares of words, n-grams and meanings, spread over the text's characters."""
        scales = self.texts.scales[row].astype(np.float64)
        pushes = character_pushes(self.space, scales, text, weights, outputs)
        return Pushes(by_fine_pieces(text, pushes, self.space.splitting))


def character_pushes(
    space: "Space", scales: Doubles, text: str, weights: Weights, outputs: NDArray[np.floating]
) -> Doubles:
    """What each character adds to the text's row times these weights times `outputs`, `(n,)`.

    `outputs`, `(n_outputs,)`, is what each output counts. White space adds nothing.
    """
    words, grams = words_and_ngrams(text.split(), space.splitting)
    known, known_grams = is_among(words.hashes, space.words), is_among(grams.hashes, space.grams)
    word_at = np.where(known, np.searchsorted(space.words, words.hashes), -1)
    gram_at = np.searchsorted(space.grams, grams.hashes) + len(space.words)

    def value(columns: Indices) -> Doubles:
        return space.idf[columns] * (weights.sparse[columns] @ outputs)

    by_word = scales[0] * shared_sublinear(word_at, value)
    by_gram = scales[1] * shared_sublinear(np.where(known_grams, gram_at, -1), value)
    of_meanings, of_vectors = np.split(weights.dense @ outputs, [space.meanings.shape[1]])
    meanings = space.meanings[word_at[known]].astype(np.float64) @ of_meanings
    by_word[known] += scales[2] * space.rarity[word_at[known]] * meanings
    pushes = spread(text, words, by_word) + spread(text, grams, by_gram)
    if space.encoder:
        tokens = text.split()
        each = (space.pieces.vectors @ of_vectors).astype(np.float64)[:, None]
        each = scales[3] * bag_sums(each, space.pieces.pieces(tokens))[:, 0]
        pushes += spread(text, whole(tokens), each)
    return pushes


def place(space: "Space", tokens: Sequence[str], bags: Bags) -> SpaceRows:
    parts = _parts(space, tokens)
    blocks = list(_blocks(space, parts, bags))
    scales = [np.empty((0, len(parts.kinds) + 1), np.float32), *(block.scales for block in blocks)]
    corrections = [np.empty(0, np.float32), *(block.corrections for block in blocks)]
    repeats = joined([block.repeats for block in blocks])
    texts = SpaceBlock(bags, np.concatenate(scales), repeats, np.concatenate(corrections))
    return SpaceRows(space, parts, texts)


def place_pool(space: "Space", snapshot: Snapshot, progress: Progress) -> SpaceRows:
    """The whole pool in the space, from the cache if it is there.

    Of a pool that grew at its end only what is new is placed, and the last block of the others:
    all blocks begin where they would have begun, so that every number is the same.
    """
    pool_words, cache = snapshot.pool_words, snapshot.workspace.cache
    words, bags = pool_words.tokens, pool_words.token_bags

    def build(folder: Path) -> None:
        before = load_earlier(cache, "rows", load_beginning)
        # All but the last block, which more texts would have made longer.
        blocks = spans(before.texts.bags.offsets, TOKENS_AT_ONCE) if before else ()
        kept = max((start for start, _ in blocks), default=0)
        new = words.slice(len(before.parts) if before else 0).to_pylist()
        parts = _parts(space, new)
        if before:
            both = zip(before.parts.kinds, parts.kinds, strict=True)
            parts = TokenParts(*map(joined, both))
        for name, part in zip(KINDS, parts.kinds, strict=False):
            save_arrays(folder, **{f"{name}s": part.ids, f"{name}_offsets": part.offsets})
        pace = Pace(progress, "placing texts", len(bags), "texts")
        earlier = [before.texts.part(0, kept)] if before else []
        later = _blocks(space, parts, bags.part(kept, len(bags)))
        _save_blocks(folder, chain(earlier, later), pace, len(parts.kinds) + 1)
        (folder / TEXTS).write_text(_named(space, pool_words.hashes), encoding="utf-8")

    def load(folder: Path) -> SpaceRows:
        repeats, *parts = (
            Bags(*open_arrays(folder, f"{name}s", f"{name}_offsets"))
            for name in ("repeat", *KINDS[: 3 if space.encoder else 2])
        )
        scales, corrections = open_arrays(folder, "scales", "corrections")
        texts = SpaceBlock(bags.part(0, len(scales)), scales, repeats, corrections)
        return SpaceRows(space, TokenParts(*parts), texts)

    def load_beginning(folder: Path) -> SpaceRows:
        """Rows of the texts that the pool begins with; ValueError for those of others."""
        (scales,) = open_arrays(folder, "scales")
        named = _named(space, pool_words.hashes[: len(scales)])
        if (folder / TEXTS).read_text(encoding="utf-8") != named:
            raise ValueError(f"{folder.name} is of another pool or space")
        return load(folder)

    key = (space.version, pool_words.pool.key, space.key)
    return load_cached(cache, "rows", key, build, load, write=snapshot.write_cache)


def _named(space: "Space", hashes: Hashes) -> str:
    """Names these texts in this space. Words are numbered as they are used: texts tell them all."""
    named = blake2b(f"{space.version} {space.key}".encode(), digest_size=16)
    named.update(np.ascontiguousarray(hashes))
    return named.hexdigest()


def _parts(space: "Space", tokens: Sequence[str]) -> TokenParts:
    parts = make_token_parts(tokens, space.words, space.grams, space.splitting)
    return replace(parts, pieces=space.pieces.pieces(tokens)) if space.encoder else parts


def _save_blocks(folder: Path, blocks: Iterable[SpaceBlock], pace: Pace, n_blocks: int) -> None:
    """What is known of the texts beyond their tokens, each block as soon as it is there."""
    end = 0
    with (
        GrowingArray(folder, "scales", np.float32, (n_blocks,)) as scales,
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


def _blocks(space: "Space", parts: TokenParts, bags: Bags) -> Iterator[SpaceBlock]:
    """Texts in the space, one block after the other, as many as that may be."""
    idf = space.idf.astype(np.float64)
    squares = bag_sums(idf[: len(space.words), None] ** 2, parts.words)
    gram_squares = bag_sums(idf[len(space.words) :, None] ** 2, parts.grams)
    blocks = (bags.part(*span) for span in spans(bags.offsets, TOKENS_AT_ONCE))
    yield from in_order(partial(_placed, space, parts, idf, squares, gram_squares), blocks)


def _placed(
    space: "Space", parts: TokenParts, idf: Doubles, squares: Doubles, of_grams: Doubles, bags: Bags
) -> SpaceBlock:
    n_words = len(space.words)
    words, grams = find_repeats(bags, parts.words), find_repeats(bags, parts.grams)
    lengths = [
        _length(bags, squares, idf[:n_words], words),
        _length(bags, of_grams, idf[n_words:], grams),
        _meaning_length(space, bags, parts.words),
    ]
    if parts.pieces is not None:
        lengths.append(_piece_length(space, bags, parts.pieces))
    wanted, blocks = LENGTHS[: len(lengths)], np.stack(lengths, axis=1)
    # A block of zeros stays one.
    scales = np.divide(wanted, blocks, out=np.zeros(blocks.shape), where=blocks > 0)
    scales = scales.astype(np.float32)
    # For a part that a text holds t times: 1 + ln t less the t that the tokens' sum counts.
    more = [np.log1p(found.again) - found.again for found in (words, grams)]
    entries = [
        (words.rows, words.ids, more[0] * scales[words.rows, 0]),
        (grams.rows, grams.ids + n_words, more[1] * scales[grams.rows, 1]),
    ]
    repeats, corrections = _by_row(entries, len(bags))
    return SpaceBlock(bags, scales, repeats, corrections.astype(np.float32))


def _length(bags: Bags, squares: Doubles, idf: Doubles, repeats: RepeatedParts) -> Doubles:
    """The length of each text's sublinear TF-IDF block, `(n_texts,)`, from the tokens' squares."""
    squares = bag_sums(squares, bags)[:, 0]
    times = 1.0 + repeats.again
    more = ((1 + np.log(times)) ** 2 - times) * idf[repeats.ids] ** 2
    return np.sqrt(squares + np.bincount(repeats.rows, more, len(bags)))


def _meaning_length(space: "Space", bags: Bags, held: Bags) -> Doubles:
    lengths = [
        np.linalg.norm(_mean_meanings(space, written_out(bags.part(start, stop), held)), axis=1)
        for start, stop in blocks_of(bags, held)
    ]
    return np.concatenate([np.empty(0), *lengths])


def _piece_length(space: "Space", bags: Bags, held: Bags) -> Doubles:
    """The length of each text's sum of pieces; 0 where too many of them say nothing."""
    unknown, lengths = space.pieces.unknown[:, None].astype(np.float32), [np.empty(0)]
    for start, stop in blocks_of(bags, held):
        pieces = written_out(bags.part(start, stop), held)
        found = np.linalg.norm(bag_sums(space.pieces.vectors, pieces), axis=1)
        is_known = bag_sums(unknown, pieces)[:, 0] <= UNKNOWN_AT_MOST * pieces.lengths
        lengths.append(found * is_known)
    return np.concatenate(lengths)


def _mean_meanings(space: "Space", words: Bags) -> Numbers:
    """The weighted sum of the meanings of each text's words; a mean but for its length."""
    used, bags = words.compact(len(space.words))
    return bag_sums(_weighted_meanings(space, used), bags)


def _weighted_meanings(space: "Space", words: Indices) -> Numbers:
    """The meanings of these words, each times its rarity, `(n_words, 128)`."""
    return space.rarity[words][:, None] * space.meanings[words].astype(np.float32)


def _by_row(
    entries: Sequence[tuple[Indices, NDArray, NDArray[np.floating]]], n_rows: int
) -> tuple[Bags, NDArray[np.floating]]:
    """(columns by row, their values) of entries (rows, columns, values), in their order."""
    rows, columns, values = (np.concatenate(each) for each in zip(*entries, strict=True))
    order = np.argsort(rows, kind="stable")
    offsets = offsets_of(np.bincount(rows, minlength=n_rows))
    return Bags(columns[order].astype(np.int32), offsets), values[order]

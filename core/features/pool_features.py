"""The feature source `pool`: words, character runs and word meanings, all learned from the pool.

A text is three blocks side by side: its words and its runs of 3 to 5 characters (within tokens),
each by sublinear tf-idf, and the mean of its words' meanings, each word weighted by how rare it is
(Arora, Liang and Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings"). The first
two have length sqrt(1/2), so that together they have length 1; the third has length 0.75. Nothing
is downloaded, and nothing is presumed of the language.

The file that keeps a feature space: named by its content, shared by all runs that use it.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from core.features.base import Features, Projection, Weights, bag_sums
from core.features.corpus_counts import (
    CorpusCounts,
    count_texts,
    halvings,
    pairs_among,
    pairs_in,
    sampled,
)
from core.features.word_vectors import DIMENSIONS, learn_word_vectors
from core.pool.bags import Bags
from core.pool.token_parts import (
    RepeatedParts,
    TokenParts,
    blocks_of,
    find_repeats,
    make_token_parts,
    tokens_of,
    written_out,
)
from core.pool.tokens import Hashes, words_and_ngrams
from core.system.durable import write_model_file
from core.system.parallel import in_order, spans

MIN_TEXTS = 2
"""Words and runs of fewer texts are left out: what occurs once cannot be learned from."""
SMOOTH = 1e-3
"""Arora et al., section 3: a word of frequency p counts SMOOTH / (SMOOTH + p)."""
TOKENS_AT_ONCE = 500_000
"""Tokens of texts that are placed at a time, which bounds the memory."""
PART_LENGTH = 0.5**0.5
VECTOR_LENGTH = 0.75
"""Lengths of the blocks. Cross-validated on training items: for meanings of 0.5 to 1 the scores lie
within 0.008 of each other on a large pool; a small one gains by longer ones."""
Scales = NDArray[np.float32]
"""What each block of each text is multiplied with, `(n_texts, 3)`: words, runs, meanings."""


@dataclass(frozen=True, eq=False)
class Space:
    """What was learned from a pool. Columns: the words, then the runs; dense: the meanings.

    `words` and `grams` are sorted hashes, `idf` belongs to both one after the other, `rarity` and
    `meanings` to the words: `(n_words,)`, `(n_words, 128)`.
    """

    name: ClassVar[str] = "pool"
    version: ClassVar[int] = 2
    cost: ClassVar[str] = "learned from the pool in seconds, no download, any language"

    words: Hashes
    grams: Hashes
    idf: NDArray[np.float32]
    rarity: NDArray[np.float32]
    meanings: NDArray[np.float16]

    @cached_property
    def key(self) -> str:
        """A hash of everything that the space holds."""
        content = blake2b(f"{self.name} {self.version}".encode(), digest_size=16)
        for values in (self.words, self.grams, self.idf, self.rarity, self.meanings):
            content.update(np.ascontiguousarray(values).view(np.uint8))
        return content.hexdigest()

    @property
    def n_sparse(self) -> int:
        return len(self.idf)

    @property
    def n_dense(self) -> int:
        return DIMENSIONS

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these tokens whose words, one or several, the pool has taught."""
        tokens = sorted(set(tokens))
        words = make_token_parts(tokens, self.words, self.grams[:0]).words
        in_token = words_and_ngrams(tokens)[0].offsets
        known = (words.lengths > 0) & (words.lengths == np.diff(in_token))
        return {token for token, is_known in zip(tokens, known, strict=True) if is_known}

    def rows(self, texts: Sequence[str]) -> "SpaceRows":
        """These texts in the space: the numbers that they would have in the pool."""
        tokens, bags = tokens_of(texts)
        return place(self, tokens, bags)


@dataclass(frozen=True, eq=False)
class SpaceRows:
    """Texts in a space, as small as their tokens.

    `repeats` correct what the sum over tokens counts linearly: their columns, what to add to idf's
    factor (already scaled), by text.
    """

    space: Space
    lexicon: TokenParts
    bags: Bags
    scales: Scales
    repeats: Bags
    corrections: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.bags)

    def features(self) -> Features:
        """All rows written out."""
        n_words = len(self.space.words)
        words = written_out(self.bags, self.lexicon.words)
        grams = written_out(self.bags, self.lexicon.grams)
        blocks = (
            (words.ids, words.offsets, np.repeat(self.scales[:, 0], words.lengths)),
            (grams.ids + n_words, grams.offsets, np.repeat(self.scales[:, 1], grams.lengths)),
            (self.repeats.ids, self.repeats.offsets, self.corrections),
        )
        row = np.concatenate(
            [np.repeat(np.arange(len(self)), np.diff(offsets)) for _, offsets, _ in blocks]
        )
        order = np.argsort(row, kind="stable")
        ids = np.concatenate([ids for ids, _, _ in blocks])[order].astype(np.int32)
        values = np.concatenate([values for _, _, values in blocks])[order] * self.space.idf[ids]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(self)))])
        dense = _mean_meanings(self.space, words) * self.scales[:, 2:]
        return Features(Bags(ids, offsets), values, dense)

    def projection(self, weights: Weights) -> Projection:
        """The product with these weights: everything folded onto the tokens, then summed up."""
        space, n_outputs, n_words = self.space, weights.sparse.shape[1], len(self.space.words)
        columns = space.idf[:, None] * weights.sparse
        used, bags = _used(self.lexicon.words, n_words)
        by_word = [columns[used], _weighted_meanings(space, used) @ weights.dense]
        words = bag_sums(np.concatenate(by_word, axis=1), bags)  # (n_tokens, 2 * n_outputs)
        grams = bag_sums(columns[n_words:], self.lexicon.grams)
        table = np.concatenate([words[:, :n_outputs], grams, words[:, n_outputs:]], axis=1)
        rows = SpacePart(self.bags, self.scales, self.repeats, self.corrections)
        return Projection(SpaceFold(table, columns), rows)


@dataclass(frozen=True, eq=False)
class SpacePart:
    """What is each text's own in a space; the fields are those of `SpaceRows`."""

    bags: Bags
    scales: Scales
    repeats: Bags
    corrections: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.bags)

    def part(self, start: int, stop: int) -> "SpacePart":
        """Texts `start` up to `stop`, without a copy."""
        repeats = self.repeats.part(start, stop)
        first = self.repeats.offsets[start]
        corrections = self.corrections[first : first + len(repeats.ids)]
        return SpacePart(self.bags.part(start, stop), self.scales[start:stop], repeats, corrections)


@dataclass(frozen=True, eq=False)
class SpaceFold:
    """Weights folded onto tokens, `(n_tokens, 3 * n_outputs)`, and those of the sparse columns."""

    table: NDArray[np.float32]
    columns: NDArray[np.float32]

    def __call__(self, texts: SpacePart) -> NDArray[np.float32]:
        """The texts' product with the weights, `(n_texts, n_outputs)`."""
        blocks = bag_sums(self.table, texts.bags)
        blocks = blocks.reshape(len(texts), 3, self.columns.shape[1]) * texts.scales[:, :, None]
        return blocks.sum(axis=1) + bag_sums(self.columns, texts.repeats, texts.corrections)


def learn_space(
    tokens: Sequence[str], bags: Bags, hashes: Hashes, counted: NDArray[np.bool_]
) -> Space:
    """What the counted texts teach: texts as bags of token ids with their hashes, `(n_texts,)`."""
    paired = sampled(hashes, halvings(pairs_in(tokens, bags, counted)))
    return space_of(count_texts(tokens, bags, counted, paired))


def space_of(tally: CorpusCounts) -> Space:
    """What the tallied texts teach. The same numbers for the same counts."""
    kept = tally.texts >= MIN_TEXTS
    in_grams = tally.grams.counts >= MIN_TEXTS
    in_texts = np.concatenate([tally.texts[kept], tally.grams.counts[in_grams]])
    occurrences = tally.occurrences[kept]
    frequency = occurrences / max(occurrences.sum(), 1)
    return Space(
        tally.words[kept],
        tally.grams.keys[in_grams],
        (np.log((1 + tally.n_texts) / (1 + in_texts)) + 1).astype(np.float32),
        (SMOOTH / (SMOOTH + frequency)).astype(np.float32),
        learn_word_vectors(pairs_among(tally.pairs, kept), occurrences),
    )


def place(space: Space, tokens: Sequence[str], bags: Bags) -> SpaceRows:
    """Texts in the space, from bags of token ids."""
    lexicon = make_token_parts(tokens, space.words, space.grams)
    blocks = list(place_blocks(space, lexicon, bags))
    scales = [np.empty((0, 3), np.float32), *(block.scales for block in blocks)]
    corrections = [np.empty(0, np.float32), *(block.corrections for block in blocks)]
    ids = [np.empty(0, np.int32), *(block.repeats.ids for block in blocks)]
    lengths = [np.zeros(1, np.int64), *(block.repeats.lengths for block in blocks)]
    repeats = Bags(np.concatenate(ids), np.cumsum(np.concatenate(lengths)))
    return SpaceRows(
        space, lexicon, bags, np.concatenate(scales), repeats, np.concatenate(corrections)
    )


def place_blocks(space: Space, lexicon: TokenParts, bags: Bags) -> Iterator[SpaceRows]:
    """Texts in the space, one block after the other, as many as that may be."""
    idf = space.idf.astype(np.float64)
    squares = bag_sums(idf[: len(space.words), None] ** 2, lexicon.words)
    gram_squares = bag_sums(idf[len(space.words) :, None] ** 2, lexicon.grams)
    blocks = (bags.part(*span) for span in spans(bags.offsets, TOKENS_AT_ONCE))
    yield from in_order(partial(_placed, space, lexicon, idf, squares, gram_squares), blocks)


def _placed(
    space: Space,
    lexicon: TokenParts,
    idf: NDArray[np.float64],
    squares: NDArray[np.float64],
    gram_squares: NDArray[np.float64],
    bags: Bags,
) -> SpaceRows:
    n_words = len(space.words)
    words, grams = find_repeats(bags, lexicon.words), find_repeats(bags, lexicon.grams)
    lengths = (
        _length(bags, squares, idf[:n_words], words),
        _length(bags, gram_squares, idf[n_words:], grams),
        _meaning_length(space, bags, lexicon.words),
    )
    wanted = (PART_LENGTH, PART_LENGTH, VECTOR_LENGTH)
    scales = np.stack(list(map(_scale, lengths, wanted)), axis=1).astype(np.float32)
    repeats = [(words.rows, words.ids, words.again), (grams.rows, grams.ids + n_words, grams.again)]
    return SpaceRows(space, lexicon, bags, scales, *_corrections(repeats, scales, len(bags)))


def _length(
    bags: Bags, squares: NDArray[np.float64], idf: NDArray[np.float64], repeats: RepeatedParts
) -> NDArray[np.float64]:
    """The length of each text's sublinear tf-idf block, `(n_texts,)`, from the tokens' squares."""
    squares = bag_sums(squares, bags)[:, 0]
    times = 1.0 + repeats.again
    more = ((1 + np.log(times)) ** 2 - times) * idf[repeats.ids] ** 2
    return np.sqrt(squares + np.bincount(repeats.rows, more, len(bags)))


def _meaning_length(space: Space, bags: Bags, held: Bags) -> NDArray[np.float64]:
    lengths = [
        np.linalg.norm(_mean_meanings(space, written_out(bags.part(start, stop), held)), axis=1)
        for start, stop in blocks_of(bags, held)
    ]
    return np.concatenate([np.empty(0), *lengths])


def _mean_meanings(space: Space, words: Bags) -> NDArray[np.float32]:
    """The weighted sum of the meanings of each text's words; a mean but for its length."""
    used, bags = _used(words, len(space.words))
    return bag_sums(_weighted_meanings(space, used), bags)


def _weighted_meanings(space: Space, words: NDArray[np.int64]) -> NDArray[np.float32]:
    """The meanings of these words, each times its rarity, `(n_words, 128)`."""
    return space.rarity[words][:, None] * space.meanings[words].astype(np.float32)


def _used(bags: Bags, n_ids: int) -> tuple[NDArray[np.int64], Bags]:
    """The ids that occur, in order, and the same bags with their places among these."""
    occurs = np.zeros(n_ids, bool)
    occurs[bags.ids] = True
    places = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(occurs), Bags(places[bags.ids], bags.offsets)


def _scale(lengths: NDArray[np.float64], wanted: float) -> NDArray[np.float64]:
    """What brings a block to the wanted length; 0 for a block of zeros, which stays one."""
    return np.divide(wanted, lengths, out=np.zeros(len(lengths)), where=lengths > 0)


def _corrections(
    repeats: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]],
    scales: Scales,
    n_texts: int,
) -> tuple[Bags, NDArray[np.float32]]:
    """For a part that a text holds t times: 1 + ln t less the t that the tokens' sum counts."""
    row = np.concatenate([rows for rows, _, _ in repeats])
    order = np.argsort(row, kind="stable")
    ids = np.concatenate([ids for _, ids, _ in repeats])[order].astype(np.int32)
    values = [
        (np.log1p(again) - again) * scales[rows, block]
        for block, (rows, _, again) in enumerate(repeats)
    ]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n_texts))])
    return Bags(ids, offsets), np.concatenate(values)[order].astype(np.float32)


SPACE_FORMAT = "sunlight space 1"
_KEY = re.compile(r"[0-9a-f]{32}")


def save_space(space: Space, folder: Path) -> None:
    """The space stands in the folder; one that is there already is left as it is.

    Raises RunError if it cannot be written.
    """
    path = _path(folder, space.key)
    if path.exists():
        return
    content = {
        "format": SPACE_FORMAT,
        "words": torch.from_numpy(np.array(space.words).view(np.int64)),
        "grams": torch.from_numpy(np.array(space.grams).view(np.int64)),
        "idf": torch.from_numpy(np.array(space.idf)),
        "rarity": torch.from_numpy(np.array(space.rarity)),
        "meanings": torch.from_numpy(np.array(space.meanings)),
    }
    written = io.BytesIO()
    torch.save(content, written)
    write_model_file(path, written.getbuffer())


def load_space(folder: Path, key: str) -> Space:
    """The space of this key. Loads tensors only, never code.

    Raises ValueError if the file's content is not what its name says, FileNotFoundError if there
    is none, and what `torch.load` raises for a damaged file.
    """
    content = torch.load(_path(folder, key), weights_only=True, map_location="cpu")
    if content["format"] != SPACE_FORMAT:
        raise ValueError(content["format"])
    space = Space(
        content["words"].numpy().view(np.uint64),
        content["grams"].numpy().view(np.uint64),
        *(content[name].numpy() for name in ("idf", "rarity", "meanings")),
    )
    if space.key != key:
        raise ValueError("the content is not what the file's name says")
    return space


def _path(folder: Path, key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key} is no key of a space")
    return folder / f"{key}.space"

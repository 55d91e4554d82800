"""Hashes of texts: 64-bit numbers, equal for equal texts whatever file and row they stand in.

Sorted by these numbers, texts are found among millions in a few steps.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.pool.bags import Indices, Mask, run_starts
from core.pool.tokens import Hashes, mixed, powers
from core.system.parallel import spans

BYTES_AT_ONCE = 2**21
"""Bytes of texts that are hashed at a time, which bounds the memory."""
LENGTH_SALT = np.uint64(3)


def hash_texts(texts: pa.Array | Sequence[str]) -> Hashes:
    """A hash of each text, byte by byte, `(n_texts,)`.

    Of a million texts two that differ collide with a chance of 1 in 36 million.
    """
    if not isinstance(texts, pa.Array):
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        texts = pa.array(encoded, pa.large_binary())
    spanned = spans(text_offsets(texts), BYTES_AT_ONCE)
    blocks = [_hash_block(texts.slice(start, stop - start)) for start, stop in spanned]
    return np.concatenate([np.empty(0, np.uint64), *blocks])


def hash_sequences(hashes: Hashes, offsets: NDArray[np.integer]) -> Hashes:
    """A hash of each sequence of hashes: sequence i is `hashes[offsets[i]:offsets[i + 1]]`."""
    lengths = np.diff(offsets)
    place = np.arange(len(hashes)) - np.repeat(offsets[:-1], lengths)
    terms = hashes * powers(int(lengths.max(initial=0)))[place]
    # Sums between two places, for a sequence may be empty; they are exact modulo 2^64.
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    found = sums[offsets[1:]] - sums[offsets[:-1]]
    return mixed(found + mixed(lengths.astype(np.uint64) + LENGTH_SALT))


def set_key(hashes: Hashes) -> tuple[int, int, int]:
    """Names the texts, each as often as it occurs, in whatever order they come."""
    return len(hashes), int(hashes.sum()), int(mixed(hashes).sum())


def found_at(hashes: NDArray[np.int64], order: Indices, wanted: NDArray[np.int64]) -> list[Indices]:
    """The places of each wanted hash, in ascending order; `order` sorts `hashes`."""
    first = np.searchsorted(hashes, wanted, "left", sorter=order)
    last = np.searchsorted(hashes, wanted, "right", sorter=order)
    plain = np.asarray(order)  # parts of a mapped array are some twenty times slower to take
    return [plain[start:stop] for start, stop in zip(first, last, strict=True)]


def firsts(hashes: NDArray[np.integer], order: Indices) -> Mask:
    """Which items are the first of those with the same hash."""
    first = np.zeros(len(order), bool)
    first[order[run_starts(hashes[order])]] = True
    return first


def text_offsets(texts: pa.Array) -> NDArray[np.integer]:
    """Where each text begins among the bytes of its array, and where the last one ends."""
    is_large = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    if not len(texts):
        return np.zeros(1, np.int64)
    offsets = np.frombuffer(texts.buffers()[1], np.int64 if is_large else np.int32)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def _hash_block(texts: pa.Array) -> Hashes:
    offsets, data = text_offsets(texts), texts.buffers()[2]
    first, last = int(offsets[0]), int(offsets[-1])
    # There is no buffer where all texts are empty.
    every = np.frombuffer(data, np.uint8)[first:last] if last else np.empty(0, np.uint8)
    return hash_sequences(mixed(np.arange(256, dtype=np.uint64))[every], offsets - first)


def is_among(numbers: NDArray[np.integer], listed: NDArray[np.integer]) -> Mask:
    """Which of these numbers are listed; `listed` is ascending."""
    at = np.searchsorted(listed, numbers)
    inside = at < len(listed)
    inside[inside] = listed[at[inside]] == numbers[inside]
    return inside

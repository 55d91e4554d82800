"""Texts as 64-bit numbers: equal texts have equal ones, whatever file and row they stand in."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from core.spelling import Hashes, mixed, powers

BLOCK = 50_000
"""Texts that are hashed at a time, which bounds the memory."""

LENGTH_SALT = np.uint64(3)


def hash_texts(texts: pa.Array | Sequence[str]) -> Hashes:
    """A hash of each text, byte by byte, `(n_texts,)`.

    Of a million texts two that differ collide with a chance of 1 in 36 million.
    """
    if not isinstance(texts, pa.Array):
        texts = pa.array([text.encode("utf-8", "surrogatepass") for text in texts], pa.binary())
    blocks = [_hash_block(texts.slice(at, BLOCK)) for at in range(0, len(texts), BLOCK)]
    return np.concatenate([np.empty(0, np.uint64), *blocks])


def set_key(hashes: Hashes) -> tuple[int, int, int]:
    """Names the texts, each as often as it occurs, in whatever order they come."""
    return len(hashes), int(hashes.sum()), int(mixed(hashes).sum())


def _hash_block(texts: pa.Array) -> Hashes:
    _, ends, data = texts.buffers()
    offsets = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    lengths = np.diff(offsets)
    place = np.arange(first, last) - np.repeat(offsets[:-1], lengths)
    # There is no buffer where all texts are empty.
    every = np.frombuffer(data, np.uint8)[first:last] if last else np.empty(0, np.uint8)
    terms = (
        mixed(np.arange(256, dtype=np.uint64))[every] * powers(int(lengths.max(initial=0)))[place]
    )
    # Sums between two places, for a text may be empty; they are exact modulo 2^64.
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    found = sums[offsets[1:] - first] - sums[offsets[:-1] - first]
    return mixed(found + mixed(lengths.astype(np.uint64) + LENGTH_SALT))

"""What an encoder has said of texts, kept in `.cache/encoder/<its key>/` for good.

Texts are known by their hash. They are encoded in blocks, each of which becomes a file in one step:
a process that is killed loses one, and several at once do no harm. A file's name is the hash of its
content; what does not fit its name is encoded again.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.features.encoder import Encoder
from core.pool.bags import Mask
from core.pool.tokens import Hashes
from core.system.durable import remove, remove_abandoned, write_whole
from core.system.mapped_arrays import encoded
from core.system.progress import Pace, Progress, silent

TEXTS_IN_A_FILE = 1_024


@dataclass(frozen=True)
class PlainEncoder:
    """An encoder that keeps nothing of what it has read: for texts that come once, and elsewhere.

    It can take the place of a `CachedEncoder`, and be sent to another process.
    """

    encoder: Encoder

    @cached_property
    def n_dimensions(self) -> int:
        """How many numbers a vector has. Raises RunError if the encoder cannot be used."""
        return self.encoder.encode([""]).shape[1]

    def vectors(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float16]:
        """Vectors, `(n_texts, n_dimensions)`; raises RunError."""
        return self.encoder.encode(texts) if texts else np.empty((0, self.n_dimensions), np.float16)


Block = NDArray[np.void]  # records of `text`, its hash, in ascending order, and `vector`


class CachedEncoder:
    """An encoder that reads no text twice. Several threads may use it."""

    def __init__(self, encoder: Encoder, root: Path, *, write: bool = True) -> None:
        """`root` is the workspace's `.cache`; with `write` it is cleared of what is damaged."""
        self.encoder = encoder
        self._folder = root / "encoder" / encoder.key
        self._write = write
        self._lock = Lock()
        self._blocks: list[Path | Block] = []  # in memory where they cannot be written
        self._block_of: dict[int, int] = {}  # of each text's hash the place of its block
        for path in sorted(self._folder.glob("*.npy")):
            block = _read(path)
            if block is not None:
                self._add(path, block)
            elif write:
                remove(path)
        if write:
            remove_abandoned(self._folder)

    @cached_property
    def n_dimensions(self) -> int:
        """How many numbers a vector has. Raises RunError if the encoder cannot be used."""
        for block in map(_read, self._blocks):
            if block is not None:
                return block["vector"].shape[1]
        return self.encoder.encode([""]).shape[1]

    def vectors(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float16]:
        """Vectors, `(n_texts, n_dimensions)`; those not kept are encoded. Raises RunError."""
        found = np.empty((len(texts), self.n_dimensions), np.float16)
        hashes = hashes_of(texts)
        missing = np.ones(len(texts), bool)
        with self._lock:
            while missing.any():
                missing = self._gather(hashes, found)
                self._encode(texts, hashes, missing, progress)
        return found

    def _add(self, where: Path | Block, block: Block) -> None:
        self._block_of |= dict.fromkeys(block["text"].tolist(), len(self._blocks))
        self._blocks.append(where)

    def _gather(self, hashes: Hashes, found: NDArray[np.float16]) -> Mask:
        """Fills in the vectors that are kept; which are not, `(n_texts,)`."""
        number = np.array([self._block_of.get(text, -1) for text in hashes.tolist()], np.int64)
        missing = number < 0
        for at in np.unique(number[~missing]):
            rows, block = np.flatnonzero(number == at), _read(self._blocks[at])
            if block is None:  # someone emptied the cache: what stood there is encoded again
                missing[rows] = True
            else:
                found[rows] = block["vector"][np.searchsorted(block["text"], hashes[rows])]
        return missing

    def _encode(
        self, texts: Sequence[str], hashes: Hashes, missing: Mask, progress: Progress
    ) -> None:
        """Encodes each of the missing texts once, and keeps block by block."""
        places = np.flatnonzero(missing)
        places = places[np.sort(np.unique(hashes[places], return_index=True)[1])]
        name, total = self.encoder.name, len(places)
        if total > TEXTS_IN_A_FILE:
            progress(f"opening the encoder {name}")
            self.encoder.encode([""])  # reading the weights is not a part of the pace
            progress(f"encoding {total:,} texts with {name}")
        pace = Pace(progress, f"encoding with {name}", total, "texts")
        for start in range(0, total, TEXTS_IN_A_FILE):
            part = places[start : start + TEXTS_IN_A_FILE]
            self._keep(_block(hashes[part], self.encoder.encode([texts[at] for at in part])))
            pace.add(len(part))

    def _keep(self, block: Block) -> None:
        """The block stands in a file, or in memory where that is not allowed or not possible."""
        if self._write:
            try:
                content = encoded(block)
                path = self._folder / f"{_digest(content)}.npy"
                write_whole(path, content)
                return self._add(path if _read(path) is not None else block, block)
            except OSError:
                self._write = False
        return self._add(block, block)


def hashes_of(texts: Sequence[str]) -> Hashes:
    """A hash of 64 bits for each text: two of a million share one with odds of 1 : 37 million."""
    in_bytes = (text.encode("utf-8", "surrogatepass") for text in texts)
    digests = (blake2b(text, digest_size=8).digest() for text in in_bytes)
    return np.frombuffer(b"".join(digests), "<u8")


def _block(texts: Hashes, vectors: NDArray[np.float16]) -> Block:
    block = np.empty(len(texts), [("text", "<u8"), ("vector", "<f2", vectors.shape[1:])])
    order = np.argsort(texts)
    block["text"], block["vector"] = texts[order], vectors[order]
    return block


def _read(where: Path | Block) -> Block | None:
    """The block, or None if its file is gone or damaged."""
    if not isinstance(where, Path):
        return where
    try:
        content = where.read_bytes()
    except OSError:
        return None
    if _digest(content) != where.stem:
        return None
    return np.load(io.BytesIO(content), allow_pickle=False)


def _digest(content: bytes | memoryview) -> str:
    return blake2b(content, digest_size=16).hexdigest()

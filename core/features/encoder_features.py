"""The feature source `pool + encoder`: a pool's space, and a sentence encoder's vectors beside it.

Sparse columns are the space's; dense ones are its meanings, then the encoder's vectors.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.features.base import Features, Fold, Numbers, Projection, Pushes, RowBlock, Rows, Weights
from core.features.encoder_cache import CachedEncoder
from core.features.pool_features import Space
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class EncodedSpace:
    """A space and an encoder side by side, as one feature source."""

    name: ClassVar[str] = "pool + encoder"
    version: ClassVar[int] = 1

    space: Space
    encoder: CachedEncoder

    @cached_property
    def key(self) -> str:
        keys = f"{self.name} {self.version} {self.space.key} {self.encoder.encoder.key}"
        return blake2b(keys.encode(), digest_size=16).hexdigest()

    @property
    def n_sparse(self) -> int:
        return self.space.n_sparse

    @property
    def n_dense(self) -> int:
        return self.space.n_dense + self.encoder.n_dimensions

    @property
    def encoder_name(self) -> str:
        return self.encoder.encoder.name

    @property
    def splitting(self) -> int:
        return self.space.splitting

    def known(self, tokens: Iterable[str]) -> set[str]:
        return self.space.known(tokens)

    def rows(self, texts: Sequence[str], progress: Progress = silent) -> "EncodedRows":
        return EncodedRows(self.space.rows(texts), self.encoder.vectors(texts, progress))

    def pool_rows(self, snapshot: Snapshot, progress: Progress = silent) -> "EncodedRows":
        texts = snapshot.pool_words.pool.texts.to_pylist()
        vectors = self.encoder.vectors(texts, progress)
        return EncodedRows(self.space.pool_rows(snapshot, progress), vectors)

    def saved(self, folder: Path) -> dict[str, str]:
        encoder = self.encoder.encoder
        return {"encoder": encoder.name, "encoder_key": encoder.key} | self.space.saved(folder)


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """Rows in the space, or what is their own of them, and their vectors `(n_rows, n_dimensions)`.

    The second is a `RowBlock`.
    """

    rows: Rows | RowBlock
    vectors: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.vectors)

    def part(self, start: int, stop: int) -> "EncodedRows":
        return EncodedRows(self.rows.part(start, stop), self.vectors[start:stop])

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64)
        return np.hypot(self.rows.lengths, np.sqrt(squares))

    def features(self) -> Features:
        of_space = self.rows.features()
        dense = np.concatenate([of_space.dense, self.vectors.astype(np.float32)], axis=1)
        return Features(of_space.bags, of_space.values, dense)

    def projection(self, weights: Weights) -> Projection:
        of_space, of_vectors = self._divided(weights)
        product = self.rows.projection(of_space)
        rows = EncodedRows(product.rows, self.vectors)
        return Projection(partial(_encoded_product, product.fold, of_vectors), rows)

    def pushes(self, row: int, text: str, weights: Weights, outputs: NDArray) -> Pushes:
        of_space, of_vectors = self._divided(weights)
        pieces = self.rows.pushes(row, text, of_space, outputs).pieces
        whole = self.vectors[row].astype(np.float32) @ of_vectors
        return Pushes(pieces, float(whole @ outputs))

    def _divided(self, weights: Weights) -> tuple[Weights, Numbers]:
        """The weights of the space, and those of the vectors, `(n_dimensions, n_outputs)`."""
        n_meanings = len(weights.dense) - self.vectors.shape[1]
        return Weights(weights.sparse, weights.dense[:n_meanings]), weights.dense[n_meanings:]


def _encoded_product(of_space: Fold, of_vectors: Numbers, texts: EncodedRows) -> Numbers:
    return of_space(texts.rows) + texts.vectors.astype(np.float32) @ of_vectors

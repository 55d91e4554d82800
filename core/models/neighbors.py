"""Nearest neighbors: the labeled items most like a text, in the model's own features.

Likeness is the cosine of the two rows of features, worked out for all labeled items: exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.features.base import Features
from core.models.model import Model
from core.pool.bags import Indices
from core.workspace.labels import Labeled

MOST_PARTS = 30  # after so many labels given one by one all texts are looked at anew, as one part


@dataclass(frozen=True)
class Neighbor:
    """A labeled item, and the cosine of its features with those of the text asked about."""

    item: Labeled
    likeness: float


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """Texts by their features; `lengths` are those of their rows, `(n_texts,)`."""

    texts: tuple[str, ...]
    features: Features
    lengths: NDArray[np.float64]

    def cosines(self, other: "TextFeatures", n_columns: int) -> NDArray[np.float64]:
        """Of each text with the one text of the other, `(n_texts,)`."""
        weights = np.zeros(n_columns)
        np.add.at(weights, other.features.bags.ids, other.features.values)
        entries = weights[self.features.bags.ids] * self.features.values
        sparse = np.bincount(self.features.bags.rows, entries, minlength=len(self.texts))
        products = sparse + self.features.dense @ other.features.dense[0].astype(np.float64)
        return products / np.maximum(self.lengths * other.lengths[0], 1e-12)


@dataclass(frozen=True, eq=False)
class NeighborIndex:
    """Labeled items, and where each one's text stands among all texts of the parts."""

    model: Model
    items: tuple[Labeled, ...]
    parts: tuple[TextFeatures, ...]
    places: Indices

    def nearest(self, text: str, number: int, but: str = "") -> list[Neighbor]:
        """The labeled items most like the text, if anything is alike, without the item `but`."""
        asked, n_columns = _features_of(self.model, [text]), self.model.source.n_sparse
        cosines = np.concatenate([part.cosines(asked, n_columns) for part in self.parts])
        cosines = cosines[self.places]
        order = np.argsort(-cosines, kind="stable")
        likest = (at for at in order if cosines[at] > 0 and self.items[at].item_id != but)
        return [Neighbor(self.items[at], float(cosines[at])) for at in islice(likest, number)]


def neighbor_index(
    model: Model, items: Sequence[Labeled], earlier: NeighborIndex | None = None
) -> NeighborIndex:
    """These items as the model sees them, with what `earlier` knows; raises RunError."""
    texts = list(dict.fromkeys(item.text for item in items))
    parts = earlier.parts if earlier and len(earlier.parts) < MOST_PARTS else ()
    known = {text for part in parts for text in part.texts}
    missing = [text for text in texts if text not in known]
    if missing or not parts:
        parts = (*parts, _features_of(model, missing))
    of = {text: at for at, text in enumerate(text for part in parts for text in part.texts)}
    places = np.array([of[item.text] for item in items], np.int64)
    return NeighborIndex(model, tuple(items), parts, places)


def _features_of(model: Model, texts: Sequence[str]) -> TextFeatures:
    features = model.source.rows(texts).features()
    return TextFeatures(tuple(texts), features, _lengths(features))


def _lengths(features: Features) -> NDArray[np.float64]:
    """The length of each row; a column that stands there several times counts by its sum."""
    bags = features.bags
    n_columns = int(bags.ids.max(initial=0)) + 1
    entries, entry = np.unique(bags.rows * n_columns + bags.ids, return_inverse=True)
    sums = np.bincount(entry, features.values, len(entries))
    sparse = np.bincount(entries // n_columns, sums**2, minlength=len(features))
    return np.sqrt(sparse + (features.dense.astype(np.float64) ** 2).sum(axis=1))

"""Scores by slices of the evaluation items: by length, by annotator, by columns of the pool."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.intervals import Interval, cut_intervals
from core.pool.bags import Mask
from core.pool.text import words_of
from core.pool.words import LengthThirds, PoolWords
from core.workspace.labels import Labeled
from core.workspace.task import NOT_RECORDED

THIN = 10
"""Items of the label below which a slice is thin: its recall is then known to 30 points at best."""

MOST_GROUPS = 12  # groups of a column that are told apart; the rarer ones are one group

OTHERS, EMPTY = "all others", "empty"

MOST_SHARE = 0.5
"""Different values for each item from which a column names items and does not group them."""


@dataclass(frozen=True)
class Slice:
    """Scores of one group of items for one label against the others; None: nothing to count.

    `is_thin`: it has too few items of the label to be compared with other slices.
    """

    group: str
    items: int
    positives: int
    fscore: Interval | None
    recall: Interval | None

    @property
    def is_thin(self) -> bool:
        return self.positives < THIN


def slices(groups: Sequence[str], predicted: Mask, actual: Mask) -> list[Slice]:
    """Each group's scores: large groups first, thin ones last; never in the order of the scores."""
    of, found = np.array(groups, object), []
    for name in set(groups):
        own = actual[of == name]
        scores = cut_intervals(predicted[of == name], own)
        of_label = scores.get("fscore"), scores.get("recall")
        found.append(Slice(name, len(own), int(own.sum()), *of_label))
    return sorted(found, key=lambda each: (each.is_thin, -each.items, each.group))


def groupings(items: Sequence[Labeled], pool_words: PoolWords) -> dict[str, list[str]]:
    """Each item's group, by length, by annotator and by each column of the pool that groups.

    A grouping with one group says nothing and is left out.
    """
    found = {
        "length": lengths_of(items, pool_words.length_thirds),
        "annotator": [item.annotator or NOT_RECORDED for item in items],
    }
    pool = pool_words.pool
    at = pool.positions(item.item_id for item in items)
    for name in pool.columns if at else ():
        places = list(at.values())
        values = dict(zip(at, pool.table[name].take(places).to_pylist(), strict=True))
        groups = grouped([values.get(item.item_id, "") for item in items])
        if groups:
            found[name if name not in found else f"column {name}"] = groups
    return {name: groups for name, groups in found.items() if len(set(groups)) > 1}


def lengths_of(items: Sequence[Labeled], thirds: LengthThirds) -> list[str]:
    """Each item's third of the pool by its number of words."""
    return [thirds.told[int(thirds(len(words_of(item.text))))] for item in items]


def grouped(values: Sequence[str | None]) -> list[str] | None:
    """The values as at most `MOST_GROUPS` groups; None where they are about as many as the items.

    The most frequent ones stay, the others are one group.
    """
    texts = [str(value).strip() if value else EMPTY for value in values]
    if len(set(texts)) <= MOST_GROUPS:
        return texts
    if len(set(texts)) > MOST_SHARE * len(texts):
        return None
    kept = {name for name, _ in Counter(sorted(texts)).most_common(MOST_GROUPS - 1)}
    return [text if text in kept else OTHERS for text in texts]

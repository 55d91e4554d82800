"""Labels that deserve a second look: what the model contradicts, and what has been settled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.report import OutOfFold
from core.workspace.labels import Labeled


@dataclass(frozen=True)
class LabelIssue:
    """A label that a model which did not see the item contradicts.

    `probability` is P(its label), `confidence` P(predicted); neither is calibrated.
    """

    item: Labeled
    probability: float
    predicted: str
    confidence: float


def find_label_issues(
    items: Sequence[Labeled], unseen: OutOfFold, settled: Collection[str] = ()
) -> list[LabelIssue]:
    """The items whose label is not what was predicted out of fold, the least probable label first.

    Without those that are settled, that were labeled since, or whose label the run did not know.
    """
    at = {item: place for place, item in enumerate(unseen.item_ids)}
    column = {label: number for number, label in enumerate(unseen.labels)}
    asked = [
        item
        for item in items
        if item.item_id in at and item.item_id not in settled and item.label in column
    ]
    said = np.array(unseen.probability).T[[at[item.item_id] for item in asked]]
    given = np.array([column[item.label] for item in asked], np.int64)
    predicted = said.argmax(axis=1)
    doubts = [
        LabelIssue(
            asked[row],
            float(said[row, given[row]]),
            unseen.labels[predicted[row]],
            float(said[row, predicted[row]]),
        )
        for row in np.flatnonzero(predicted != given)
    ]
    return sorted(doubts, key=lambda doubt: (doubt.probability, doubt.item.item_id))

"""Label issues: labels that out-of-fold predictions contradict (Northcutt and others 2021)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.report import OutOfFold
from core.workspace.labels import Labeled


@dataclass(frozen=True)
class LabelIssue:
    """A label that a model which did not see the item contradicts, perhaps an error.

    `probability` is P(its label), `confidence` P(predicted); neither is calibrated.
    """

    item: Labeled
    probability: float
    predicted: str
    confidence: float


def find_label_issues(
    items: Sequence[Labeled], unseen: OutOfFold, reviewed: Collection[str] = ()
) -> list[LabelIssue]:
    """The items whose label is not what was predicted out of fold, the least probable label first.

    Without those that a person has reviewed, that were labeled since, or whose label the run did
    not know.
    """
    at = {item: place for place, item in enumerate(unseen.item_ids)}
    column = {label: number for number, label in enumerate(unseen.labels)}
    asked = [
        item
        for item in items
        if item.item_id in at and item.item_id not in reviewed and item.label in column
    ]
    probability = np.array(unseen.probability).T[[at[item.item_id] for item in asked]]
    given = np.array([column[item.label] for item in asked], np.int64)
    predicted = probability.argmax(axis=1)
    issues = [
        LabelIssue(
            asked[row],
            float(probability[row, given[row]]),
            unseen.labels[predicted[row]],
            float(probability[row, predicted[row]]),
        )
        for row in np.flatnonzero(predicted != given)
    ]
    return sorted(issues, key=lambda issue: (issue.probability, issue.item.item_id))

"""Label issues: labels that out-of-fold predictions contradict (Northcutt and others 2021)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

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
    issues = []
    for item in items:
        told = unseen.by_item.get(item.item_id, {})
        if item.label in told and item.item_id not in reviewed:
            predicted = max(told, key=told.__getitem__)
            if predicted != item.label:
                issues.append(LabelIssue(item, told[item.label], predicted, told[predicted]))
    return sorted(issues, key=lambda issue: (issue.probability, issue.item.item_id))

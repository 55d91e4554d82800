"""Label issues: labels that out-of-fold predictions contradict (Northcutt and others 2021).

Also labels of one text that differ.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.report import OutOfFold
from core.pool.text import text_key
from core.workspace.labels import Labeled
from core.workspace.task import NONE, SEPARATOR


@dataclass(frozen=True)
class LabelIssue:
    """A label that a model which did not see the item contradicts, perhaps an error.

    `probability` is P(its label), `confidence` P(predicted); neither is calibrated. Of several
    labels for a text, both are those of the one of which the model is least sure that it is so.
    """

    item: Labeled
    probability: float
    predicted: str
    confidence: float


def find_label_issues(
    items: Sequence[Labeled], unseen: OutOfFold, reviewed: Collection[str] = ()
) -> list[LabelIssue]:
    """The items predicted otherwise out of fold, least probable label first; no reviewed ones."""
    issues, labels, several = [], np.array(unseen.labels, object), bool(unseen.thresholds)
    row = {item_id: at for at, item_id in enumerate(unseen.item_ids)}
    for item in items:
        predicted, confidence = unseen.answers.get(item.item_id, (item.label, 0.0))
        chosen = item.label.split(SEPARATOR) if several else [item.label]
        has = np.isin(labels, chosen)
        is_known = has.sum() == len(chosen) or (several and item.label == NONE)
        if predicted != item.label and is_known and item.item_id not in reviewed:
            told = unseen.table[row[item.item_id]]
            believed = np.where(has, told, 1 - told if several else 1)
            issues.append(LabelIssue(item, float(believed.min()), predicted, confidence))
    return sorted(issues, key=lambda issue: (issue.probability, issue.item.item_id))


def disagreeing_duplicates(
    items: Iterable[Labeled], reviewed: Collection[str] = ()
) -> list[list[Labeled]]:
    """Groups of items of the same text under different labels; none whose items are all reviewed.

    In the order of the first item of each.
    """
    groups: dict[str, list[Labeled]] = defaultdict(list)
    for item in items:
        groups[text_key(item.text)].append(item)
    return [
        group
        for group in groups.values()
        if len({item.label for item in group}) > 1
        and not {item.item_id for item in group} <= set(reviewed)
    ]

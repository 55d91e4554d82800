"""The order of the labels on the card, and which of them have keys in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from core.workspace.snapshot import Snapshot
from core.workspace.task import Label

DIGITS = "1234567890"


def values_in_order(snapshot: Snapshot, before: str) -> tuple[str, ...]:
    """The labels' values, those given most often before this moment first; empty if as they stand.

    What came later is not counted: nothing moves within a batch, whoever opens it again.
    """
    task = snapshot.workspace.task
    if not task.frequent_first:
        return ()
    answers = [item.label for item in snapshot.labels.items if not item.labeled_at]
    for event in snapshot.logs.events:
        if event.action == "label" and event.labeled_at < before:
            answers.append(event.label)
    given = Counter(
        value for answer in answers if (today := task.today(answer)) for value in task.chosen(today)
    )
    return tuple(sorted(task.values, key=lambda value: -given[value]))


def keys_in_order(labels: Sequence[Label], order: Sequence[str]) -> tuple[Label, ...]:
    """The labels; where some have no key, the first ones of this order have the digits."""
    if not order or all(label.key for label in labels):
        return tuple(labels)
    taken = {label.key for label in labels if label.key}
    digits = iter([digit for digit in DIGITS if digit in taken])
    keys = {label.value: label.key for label in labels if label.key not in {*DIGITS, ""}}
    for value in order:
        if value not in keys:
            keys[value] = next(digits, "")
    return tuple(replace(label, key=keys[label.value]) for label in labels)

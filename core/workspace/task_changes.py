"""What another version of a task changes, told before it is saved."""

from collections import Counter
from collections.abc import Iterator, Mapping

from core.errors import TaskError
from core.system.findings import counted
from core.workspace.snapshot import Snapshot
from core.workspace.task import Label, Task

PAUSE = (
    "The items labeled so far keep their labels: look through the test set for items that should "
    "have a new one. Predictions pause until a model has been trained with these labels."
)


def items_of(snapshot: Snapshot) -> Counter[str]:
    """How many items have each label, by value; of one that was undone, how many had it."""
    labels, events = snapshot.labels, snapshot.logs.events
    had = {(event.label, event.item_id) for event in events if event.action == "label"}
    have = {(item.label, item.item_id) for item in labels.items}
    have |= {(row.label, row.item_id) for each in labels.conflicts for row in each.rows}
    once, now = (Counter(value for value, _ in pairs) for pairs in (had, have))
    return Counter({**once, **now})


def changes(old: Task, new: Task, items: Mapping[str, int]) -> list[str]:
    """What saving `new` in place of `old` does, in sentences; none if it does nothing.

    `items` is what `items_of` gives. Raises TaskError if a label is gone that items have.
    """
    return [*_texts(old, new, items), *_labels(old, new, items), *_numbers(old, new)]


def _texts(old: Task, new: Task, items: Mapping[str, int]) -> Iterator[str]:
    if new.title != old.title:
        yield f"Changes the title to {new.title or 'nothing'}."
    if new.short != old.short:
        yield "Changes the question above each item."
    if new.detailed != old.detailed:
        yield f"Changes the definitions.{_labeled_before(items)}"


def _labeled_before(items: Mapping[str, int]) -> str:
    labeled = sum(items.values())
    return f" The {labeled:,} labels given so far stay as they are." if labeled else ""


def _labels(old: Task, new: Task, items: Mapping[str, int]) -> Iterator[str]:
    former = {label.value: label for label in old.labels}
    for value, label in former.items():
        if value not in new.values:
            yield _removed(label, items.get(value, 0))
    for label in new.labels:
        if label.value in former:
            yield from _edited(former[label.value], label, items.get(label.value, 0))
        else:
            yield f"Adds the label {label.name}, with the key {label.key}."
    if new.values != old.values and any(items.values()):
        yield PAUSE
    positive = {label.value for label in old.labels if label.positive}
    for label in new.labels:
        if label.positive and label.value not in positive:
            yield f"Makes {label.name} the positive label, which scores are about from now on."
    was, now = (next((x for x in task.labels if x.default), None) for task in (old, new))
    if (was and was.value) != (now and now.value):
        yield f"Enter gives {now.name if now else 'no label'}."


def _removed(label: Label, items: int) -> str:
    if items:
        raise TaskError(
            f"The label {label.name} was given to {counted(items, 'item')} and cannot be removed. "
            "Put it back, or discard the changes."
        )
    return f"Removes the label {label.name}, which no item has."


def _edited(old: Label, new: Label, items: int) -> Iterator[str]:
    if new.name != old.name:
        yield (
            f"Renames the label {old.name} to {new.name}. {counted(items, 'item')} "
            f"{'has' if items == 1 else 'have'} it. Files keep the value {new.value}."
        )
    if new.key != old.key:
        yield f"Gives {new.name} the key {new.key} instead of {old.key}."
    if new.description != old.description:
        yield f"Changes the description of {new.name}."


def _numbers(old: Task, new: Task) -> Iterator[str]:
    names = {"evaluation": "the test set", "validation": "validation", "training": "first training"}
    for split, name in names.items():
        if new.targets[split] != old.targets[split]:
            asked = f"{new.targets[split]:,} items for {name}"
            yield f"Asks for {asked} instead of {old.targets[split]:,}."
    if new.batch_size != old.batch_size:
        yield f"Proposes {new.batch_size:,} items in a batch instead of {old.batch_size:,}."
    if new.mix != old.mix:
        mix = ", ".join(f"{part:,} {name}" for name, part in new.mix.items())
        yield f"Fills the next batches in these parts: {mix}."
    if new.show != old.show:
        yield f"Shows {', '.join(new.show) or 'no columns'} under each text."
    if new.rest_minutes != old.rest_minutes:
        after = f"after {new.rest_minutes:,} minutes" if new.rest_minutes else "never"
        yield f"Suggests a break {after}."

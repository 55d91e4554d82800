"""What another version of a task changes, told before it is saved."""

from collections import Counter
from collections.abc import Iterator, Mapping

from core.errors import TaskError
from core.system.findings import counted
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLITS, Task

PAUSE = (
    "Items labeled so far keep their labels, so look through the test set for items that should "
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
    names = {label.value: label.name for label in (*old.labels, *new.labels)}
    before, after = _facts(old, names), _facts(new, names)
    told = [
        f"Changes the {what} from {before[what]} to {after[what]}."
        for what in before
        if before[what] != after[what]
    ]
    if old.detailed != new.detailed:
        told.append(
            f"Changes the definitions. {counted(sum(items.values()), 'label')} given so far stay."
        )
    return [*told, *_labels(old, new, items)]


def _facts(task: Task, names: Mapping[str, str]) -> dict[str, str]:
    """What is told with its former value; labels by their `names`."""
    positive = [names[label.value] for label in task.labels if label.positive]
    default = [names[label.value] for label in task.labels if label.default]
    facts = {
        "title": task.title,
        "question": task.short,
        "positive label": " ".join(positive),
        "label for Enter": " ".join(default),
        "size of a batch": f"{task.batch_size:,}",
        "mix of a batch": ", ".join(f"{part:,} {name}" for name, part in task.mix.items()),
        "columns under a text": ", ".join(task.show),
        "minutes before a break": f"{task.rest_minutes:,}",
    }
    facts |= {f"number of {split} items": f"{task.targets[split]:,}" for split in SPLITS}
    return {what: value or "none" for what, value in facts.items()}


def _labels(old: Task, new: Task, items: Mapping[str, int]) -> Iterator[str]:
    former = {label.value: label for label in old.labels}
    for value in [value for value in former if value not in new.values]:
        if number := items.get(value):
            had = f"{counted(number, 'item')} had the label {former[value].name}"
            raise TaskError(f"{had}, so it cannot be removed.")
        yield f"Removes the label {former[value].name}, which no item has."
    for label in new.labels:
        was = former.get(label.value)
        if was is None:
            yield f"Adds the label {label.name}, with the key {label.key}."
            continue
        number = counted(items.get(label.value, 0), "item")
        if label.name != was.name:
            kept = f"The files of {number} keep the value {label.value}."
            yield f"Renames the label {was.name} to {label.name}. {kept}"
        if label.key != was.key:
            yield f"Changes the key of {label.name} from {was.key} to {label.key}."
        if label.description != was.description:
            yield f"Changes the definition of {label.name}, which {number} have."
    if new.values != old.values and any(items.values()):
        yield PAUSE

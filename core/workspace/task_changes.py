"""What another version of a task changes, told before it is saved."""

from collections import Counter
from collections.abc import Iterator, Mapping

from core.errors import TaskError
from core.system.findings import counted
from core.workspace.snapshot import Snapshot
from core.workspace.task import HOLD, SPLITS, Label, Task

LOOK = "Items labeled so far keep their labels: look for some that should have a new one."
SWITCH = (
    "A text can have several labels from now on. Each text keeps the one that it has, and no "
    "label can be the one for Enter. This cannot be taken back once there are labels."
)


def items_of(snapshot: Snapshot) -> Counter[str]:
    """How many items have each label, by value; of one that was undone, how many had it."""
    labels, task = snapshot.labels, snapshot.workspace.task
    have = [(item.label, item.item_id) for item in (*labels.items, *labels.apart)]
    have += [(value, item.item_id) for item in labels.items for value in item.retired]
    had = [(x.label, x.item_id) for x in snapshot.logs.events if x.action == "label"]
    once, now = (
        {
            (task.current.get(value, value), item_id)
            for answer, item_id in set(said)
            for value in task.filed_under(answer)
        }
        for said in (had, have)
    )
    return Counter({**Counter(value for value, _ in once), **Counter(value for value, _ in now)})


def changes(old: Task, new: Task, items: Mapping[str, int]) -> list[str]:
    """What saving `new` in place of `old` does, in sentences; none if it does nothing.

    `items` is what `items_of` gives. Raises TaskError if a label is gone that items have, or if
    texts that have labels can have but one from now on.
    """
    names = {label.value: label.name for label in (*old.labels, *new.labels)}
    before, after = _facts(old, names), _facts(new, names)
    changed = [what for what in before if before[what] != after[what]]
    told = [f"Changes the {x} from {before[x]} to {after[x]}." for x in changed]
    if old.detailed != new.detailed:
        told.append(
            f"Changes the definitions. {counted(sum(items.values()), 'label')} given so far stay."
        )
    if old.several and not new.several and any(items.values()):
        raise TaskError("Some texts have several labels already, so each cannot have just one.")
    if old.several != new.several:
        told.append(SWITCH if new.several else "A text has one label from now on.")
    return [*told, *_labels(old, new, items)]


def _facts(task: Task, names: Mapping[str, str]) -> dict[str, str]:
    """What is told with its former value; labels by their `names`."""
    positive = [names[label.value] for label in task.labels if label.positive]
    default = [names[label.value] for label in task.labels if label.default]
    quality = task.quality
    facts = {
        "title": task.title,
        "question": task.short,
        "positive label": " ".join(positive),
        "label for Enter": " ".join(default),
        "size of a batch": f"{task.batch_size:,}",
        "size of the first batches": f"{task.first_batch_size:,}",
        "mix of a batch": ", ".join(f"{part:,} {name}" for name, part in task.mix.items()),
        "columns under a text": ", ".join(task.show),
        "column above a text": task.before,
        "order of labels": "the frequent ones first" if task.frequent_first else "as listed",
        "share of kept searches at first": f"{100 * task.rare_start:g}%",
        "share of unseen labels looked at": f"{100 * task.recheck_bulk:g}%",
        "share of second opinions": f"{100 * quality.overlap:g}%",
        "share of repeats": f"{100 * quality.repeat:g}%",
        "number of items to start with": f"{quality.start:,}",
        "use of disputed training items": "none" if quality.disputed == HOLD else "their label",
    }
    facts |= {f"number of {split} items": f"{task.targets[split]:,}" for split in SPLITS}
    return {what: value or "none" for what, value in facts.items()}


def _labels(old: Task, new: Task, items: Mapping[str, int]) -> Iterator[str]:
    former = {label.value: label for label in (*old.labels, *old.retired)}
    kept = {label.value for label in (*new.labels, *new.retired)}
    for label in former.values():
        if label.value not in kept:
            yield _gone(label, former, new, items.get(label.value, 0))
    for label in new.labels:
        # The label of a renamed value is the one that had the former value.
        was = next((former[x] for x in (label.value, *reversed(label.was)) if x in former), None)
        if was is None:
            key = f"with the key {label.key}" if label.key else "found by typing its name"
            yield f"Adds the label {label.name}, {key}."
            if any(items.values()):
                yield f"The model does not know {label.name} until it has learned from examples."
                yield LOOK
            continue
        yield from _edits(was, label, counted(items.get(was.value, 0), "item"))
    for label in new.retired:
        was = former.get(label.value)
        if was and not was.retired:
            number = counted(items.get(label.value, 0), "item")
            yield (
                f"Retires the label {was.name}: it is not offered any more. Its {number} are kept, "
                "out of training and of every score; you can label them again here."
            )


def _gone(label: Label, former: Mapping[str, Label], new: Task, number: int) -> str:
    """What became of a value that the new task has no label for; raises TaskError if it cannot."""
    now = next((x for x in (*new.labels, *new.retired) if label.value in x.was), None)
    if now is None and number:
        had = f"{counted(number, 'item')} had the label {label.name}"
        raise TaskError(f"{had}, so it cannot be removed. Retire it, or merge it into another.")
    if now is None:
        return f"Removes the label {label.name}, which no item has."
    if now.value in former:
        into = former[now.value].name
        return (
            f"Merges the label {label.name} into {into}: its {counted(number, 'item')} have the "
            f"label {into} from now on. No file is rewritten."
        )
    return (
        f"Writes {now.value} for {label.name} in files from now on. Rows of {label.value} stay "
        "and mean the same."
    )


def _edits(was: Label, label: Label, number: str) -> Iterator[str]:
    """What is told of a label that stays."""
    if was.retired:
        yield f"Offers the label {label.name} again, and its {number} count again."
    if label.name != was.name:
        kept = f"The files of {number} keep the value {label.value}."
        yield f"Renames the label {was.name} to {label.name}. {kept}"
    if label.key != was.key:
        before, after = was.key or "none", label.key or "none: it is found by typing"
        yield f"Changes the key of {label.name} from {before} to {after}."
    if label.description != was.description:
        yield (
            f"Changes the definition of {label.name}, which {number} have. Review lists those that "
            "were labeled here, for a second look."
        )
    if label.examples != was.examples:
        yield f"Changes the examples of {label.name}."

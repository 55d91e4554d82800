"""What has happened to an item: when it was proposed and why, and what people did with it."""

from dataclasses import dataclass

from core.loop import Loop


@dataclass(frozen=True)
class Happening:
    """One line of an item's history; `at` as the logs write it, empty where nobody wrote it."""

    at: str
    what: str
    who: str = ""


def history(loop: Loop, item_id: str) -> list[Happening]:
    """Everything that label files and logs say of an item, in order of time."""
    found = [*_in_files(loop, item_id), *_proposed(loop, item_id), *_done(loop, item_id)]
    return sorted(found, key=lambda happening: happening.at)


def _in_files(loop: Loop, item_id: str) -> list[Happening]:
    """A label that nobody logged: the row as it stands."""
    task = loop.workspace.task
    return [
        Happening("", f"labeled {task.label(item.label).name} in {item.file} line {item.line}")
        for items in loop.labels.splits.values()
        for item in items
        if item.item_id == item_id and not item.labeled_at and item.file
    ]


def _proposed(loop: Loop, item_id: str) -> list[Happening]:
    task = loop.workspace.task
    found = []
    for proposal in loop.logs.proposals:
        if proposal.item_id != item_id:
            continue
        what = f"proposed for {proposal.split} in {proposal.batch_id}, {proposal.strategy}"
        if proposal.run_id:
            what += f", by {proposal.run_id}"
        if proposal.predicted in task.values and proposal.confidence is not None:
            guess = task.label(proposal.predicted).name
            what += f", which said {guess} with confidence {proposal.confidence:.2f}"
        found.append(Happening(proposal.created_at, what, proposal.annotator))
    return found


def _done(loop: Loop, item_id: str) -> list[Happening]:
    task, label, found = loop.workspace.task, "", []
    for event in loop.logs.events:
        if event.item_id != item_id or event.action == "save":
            continue
        what = {"undo": "label taken back", "skip": "skipped"}.get(event.action, event.action)
        if event.action == "label":
            name = task.label(event.label).name if event.label in task.values else event.label
            what = f"changed to {name}" if label and label != event.label else f"labeled {name}"
            label = event.label
        if event.action == "flag":
            what = f"flagged: {event.note}" if event.note.strip() else "flag taken back"
        found.append(Happening(event.labeled_at, what, event.annotator))
    return found

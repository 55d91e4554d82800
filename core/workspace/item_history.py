"""An item's history: when it was proposed and why, and what people did with it."""

from dataclasses import dataclass

from core.workspace.logs import Proposal, shown_id
from core.workspace.opinions import BULK_NOTE, is_bulk, is_of_group
from core.workspace.snapshot import Snapshot
from core.workspace.task import ADJUDICATION, BULK, REPEAT, SECOND_OPINION, SPLIT_NAMES, SUNLIGHT

TOLD = {SECOND_OPINION: "second opinion", REPEAT: "asked again", ADJUDICATION: "decided"}
"""What an answer is called, by why the item was proposed once more."""


@dataclass(frozen=True)
class Happening:
    """One line of an item's history; `at` as the logs write it, empty where nobody wrote it."""

    at: str
    what: str
    who: str = ""


def history(snapshot: Snapshot, item_id: str, *, is_held_out: bool = False) -> list[Happening]:
    """All that files and logs say of an item by time; of a held-out one nothing of models."""
    task = snapshot.workspace.task
    found = [  # of a label that nobody logged: the row as it stands
        Happening("", f"labeled {task.name_of(item.label)} in {item.file} line {item.line}")
        for item in (*snapshot.labels.items, *snapshot.labels.retired)
        if item.item_id == item_id and not item.labeled_at and item.file
    ]
    found += [
        Happening(each.created_at, _why(snapshot, each, is_told=not is_held_out), each.annotator)
        for each in snapshot.logs.proposals
        if each.item_id == item_id and each.strategy != ADJUDICATION
    ]
    return sorted([*found, *_done(snapshot, item_id)], key=lambda happening: happening.at)


def _why(snapshot: Snapshot, proposal: Proposal, *, is_told: bool) -> str:
    """What it was proposed for; and why, if what models have said may be told."""
    batch = shown_id(proposal.batch_id)
    if proposal.strategy == SUNLIGHT:
        return f"picked by hand on Explore ({batch})"
    if is_of_group(proposal):
        return f"one of a group that is labeled at once ({batch})"
    if proposal.strategy == BULK:
        return f"proposed to check a group ({batch})"
    if proposal.strategy in TOLD:
        return f"proposed again for a {proposal.strategy} in {batch}"
    what = f"proposed for the {SPLIT_NAMES[proposal.split]} in {batch}"
    if not is_told:
        return what
    what += f", chosen by {proposal.strategy}"
    if not proposal.run_id:
        return what
    task, model = snapshot.workspace.task, shown_id(proposal.run_id)
    if task.renewed(proposal.predicted) is None or proposal.confidence is None:
        return f"{what} ({model})"
    predicted = task.name_of(proposal.predicted)
    return f"{what}; {model} predicted {predicted}, {proposal.confidence:.0%}"


def _done(snapshot: Snapshot, item_id: str) -> list[Happening]:
    task, label, found = snapshot.workspace.task, "", []
    for event in snapshot.logs.events:
        if event.item_id != item_id or event.action == "save":
            continue
        what = {"undo": "label undone", "skip": "skipped"}.get(event.action, event.action)
        again = snapshot.logs.asked_again.get((event.batch_id, item_id))
        if again and event.action in ("label", "undo"):
            said = task.name_of(event.label) if event.action == "label" else "taken back"
            what = f"{TOLD[again.strategy]}: {said}{f' ({event.note})' if event.note else ''}"
        elif event.action == "label":
            name = task.name_of(event.label)
            what = f"changed to {name}" if label and label != name else f"labeled {name}"
            label = name
        if is_bulk(event):
            what += f" with its group ({event.note.removeprefix(BULK_NOTE)})"
        if event.action == "flag":
            what = f"flagged: {event.note}" if event.note.strip() else "flag removed"
        found.append(Happening(event.labeled_at, what, event.annotator))
    return found

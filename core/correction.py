"""A second look at labels: each decision is a new event in the item's own batch, and saved.

A label that stands only in a label file has no batch. Its item is proposed once more first, into
the batch in which the person's decisions of this kind are collected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from core.doubts import SECOND_LOOK
from core.errors import EventError
from core.inbox import Inbox
from core.labels import Conflict, Labeled, last_words
from core.logs import Event, Proposal, append_records, fresh_id, now, read_logs
from core.task import SPLITS
from core.workspace import Workspace

REVIEW = "review"
"""Why an item was proposed of which nobody wrote down why; and how such batches are called."""


@dataclass(frozen=True)
class Decision:
    """A label for an item that had one; `assisted`: was the model's opinion on the screen."""

    item: Labeled
    label: str
    assisted: bool = False


def decide(
    workspace: Workspace, inbox: Inbox, decisions: Sequence[Decision], annotator: str
) -> None:
    """The decisions stand in the log and in the label files when this returns.

    Raises EventError if one of them is refused; the others stand.
    """
    with workspace.locked():
        batches = _batches(workspace, [decision.item for decision in decisions], annotator)
    labels = [
        _event(batch_id, annotator, decision)
        for batch_id, decision in zip(batches, decisions, strict=True)
    ]
    saves = [_event(batch_id, annotator) for batch_id in dict.fromkeys(batches)]
    receipt = inbox.receive([*labels, *saves])
    if receipt.refused:
        raise EventError(receipt.refused[0][1])


def in_conflict(conflict: Conflict) -> Labeled:
    """The row that a decision on this conflict is about: held-out data keeps what it has."""
    return min(conflict.rows, key=lambda row: SPLITS.index(row.split))


def _batches(workspace: Workspace, items: Sequence[Labeled], annotator: str) -> list[str]:
    """Each item's batch; those that have none are proposed. The caller holds the lock."""
    logs = read_logs(workspace)
    words = last_words(logs, workspace.task, [])
    found, fresh = [], []
    for item in items:
        if item.item_id in words:
            found.append(words[item.item_id].batch_id)
            continue
        batch_id = _own_batch([*logs.proposals, *fresh], item.split, annotator)
        fresh.append(_proposal(item, batch_id, [*logs.proposals, *fresh], annotator))
        found.append(batch_id)
    append_records(workspace.batches, fresh)
    return found


def _own_batch(proposals: Sequence[Proposal], split: str, annotator: str) -> str:
    """The batch that collects this person's decisions on labels of this split, or a new one."""
    for proposal in reversed(proposals):
        is_own = (proposal.split, proposal.annotator) == (split, annotator)
        if is_own and proposal.batch_id.startswith(f"{REVIEW}-"):
            return proposal.batch_id
    taken = {p.batch_id for p in proposals if p.batch_id.startswith(f"{REVIEW}-")}
    return fresh_id(REVIEW, taken)


def _proposal(
    item: Labeled, batch_id: str, proposals: Sequence[Proposal], annotator: str
) -> Proposal:
    """The item once more, with what its label file says of why it was labeled."""
    rank = 1 + sum(proposal.batch_id == batch_id for proposal in proposals)
    return Proposal(
        batch_id=batch_id,
        created_at=now(),
        split=item.split,
        annotator=annotator,
        rank=rank,
        item_id=item.item_id,
        strategy=item.strategy or REVIEW,
        score=None,
        predicted="",
        confidence=item.confidence,
        run_id="",
        seed=0,
    )


def _event(batch_id: str, annotator: str, decision: Decision | None = None) -> Event:
    """The event of a decision; without one, that of a save."""
    return Event(
        event_id=f"{uuid4().hex}-1",
        batch_id=batch_id,
        item_id=decision.item.item_id if decision else "",
        action="label" if decision else "save",
        label=decision.label if decision else "",
        annotator=annotator,
        labeled_at=now(),
        seconds=None,
        assisted=decision.assisted if decision else False,
        note=SECOND_LOOK if decision else "",
    )

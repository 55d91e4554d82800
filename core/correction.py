"""A second look at labels: each decision is a new event in the item's own batch, and saved.

A label that stands only in a label file has no batch. Its item is proposed once more first, into
the batch in which the person's decisions of this kind are collected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from core.doubts import SECOND_LOOK
from core.errors import EventError
from core.inbox import Inbox
from core.labels import Conflict, Labeled, last_words
from core.logs import Event, Logs, Proposal, append_records, fresh_id, now, read_logs
from core.task import SPLITS
from core.workspace import Workspace

REVIEW = "review"
"""Why an item was proposed of which nobody wrote down why; and how such batches are called."""


@dataclass(frozen=True)
class Decision:
    """A label for an item, mostly one that had another; was the model's opinion on the screen?"""

    item: Labeled
    label: str
    assisted: bool = False


def decide(
    workspace: Workspace, inbox: Inbox, decisions: Sequence[Decision], annotator: str
) -> None:
    """The decisions stand in the log and in the label files when this returns.

    A decision that stands already is not written twice. Raises EventError if an item was labeled
    otherwise since it was read, and if one is refused; of several the others stand then.
    """
    with workspace.locked():
        logs = read_logs(workspace)
        words = last_words(logs, workspace.task, [])
        decisions = [each for each in decisions if not _is_repeated(each, words)]
        batches = _batches(workspace, logs, words, decisions, annotator)
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


def _is_repeated(decision: Decision, words: Mapping[str, Event]) -> bool:
    """Whether a key was pressed twice upon an item. Raises EventError if somebody was faster."""
    item = decision.item
    word = words.get(item.item_id)
    if not word or not item.label or word.label == item.label:
        return False
    if word.label == decision.label:
        return True
    raise EventError(
        f"Item `{item.item_id}` was labeled otherwise meanwhile. Look at it again, and decide then."
    )


def _batches(
    workspace: Workspace,
    logs: Logs,
    words: Mapping[str, Event],
    decisions: Sequence[Decision],
    annotator: str,
) -> list[str]:
    """Each item's batch; those that have none are proposed. The caller holds the lock."""
    proposed = {(p.item_id, p.split): p.batch_id for p in logs.proposals}
    found, fresh = [], []
    for item in (decision.item for decision in decisions):
        word, own = words.get(item.item_id), proposed.get((item.item_id, item.split))
        if word or own:
            found.append(word.batch_id if word else own)
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

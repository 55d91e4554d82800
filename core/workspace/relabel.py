"""A second look at labels: each decision is a new event in the item's own batch, and saved.

A label that stands only in a label file has no batch. Its item is proposed once more first, into
the batch in which the person's decisions of this kind are collected.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import EventError
from core.workspace.byhand import refused
from core.workspace.events import Inbox
from core.workspace.labels import Conflict, Labeled, last_words
from core.workspace.layout import Workspace
from core.workspace.logs import (
    Event,
    Logs,
    Proposal,
    append_records,
    fresh_id,
    new_event,
    new_proposal,
    read_logs,
)
from core.workspace.snapshot import Loop, read_loop
from core.workspace.task import SPLITS

REVIEW = "review"
"""Why an item was proposed of which nobody wrote down why; and how such batches are called."""

SECOND_LOOK = "second look"
"""The note of an event by which somebody looked at a label again, and changed it or kept it."""


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
        _check_free(workspace, [each.item for each in decisions if not each.item.label])
        batches = _batches(workspace, logs, words, decisions, annotator)
        labels = [
            _label(batch_id, annotator, decision)
            for batch_id, decision in zip(batches, decisions, strict=True)
        ]
        # Under the lock: nobody may draw an item for evaluation in between.
        refused_ones = inbox.receive(labels).refused
    inbox.receive([new_event(batch_id, annotator, "save") for batch_id in dict.fromkeys(batches)])
    if refused_ones:
        raise EventError(refused_ones[0][1])


def as_they_stand(loop: Loop, item_ids: Sequence[str]) -> list[Labeled]:
    """These items, each with the label that counts; one without a label has an empty one.

    An item of several splits is what is held out, and one without a label is of the split that
    waits for it.
    """
    found = {conflict.item_id: in_conflict(conflict) for conflict in loop.labels.conflicts}
    for split in reversed(SPLITS):
        found |= {item.item_id: item for item in loop.labels.splits[split]}
    waiting = {p.item_id: p.split for batch in loop.open_batches.values() for p in batch}
    texts = loop.pool_words.pool.texts_of(item_ids)
    return [
        found.get(item) or Labeled(item, texts.get(item, item), "", waiting.get(item, "training"))
        for item in item_ids
    ]


def in_conflict(conflict: Conflict) -> Labeled:
    """The row that a decision on this conflict is about: held-out data keeps what it has."""
    return min(conflict.rows, key=lambda row: SPLITS.index(row.split))


def _label(batch_id: str, annotator: str, decision: Decision) -> Event:
    return new_event(
        batch_id,
        annotator,
        "label",
        decision.item.item_id,
        label=decision.label,
        assisted=decision.assisted,
        note=SECOND_LOOK,
    )


def _is_repeated(decision: Decision, words: Mapping[str, Event]) -> bool:
    """Whether a key was pressed twice upon an item. Raises EventError if somebody was faster."""
    item = decision.item
    word = words.get(item.item_id)
    if not word or word.label == item.label:
        return False
    if word.label == decision.label:
        return True
    raise EventError(
        f"Item `{item.item_id}` was labeled otherwise meanwhile. Look at it again, and decide then."
    )


def _check_free(workspace: Workspace, items: Sequence[Labeled]) -> None:
    """Raises EventError if one of these items, which have no label, must not get one here."""
    if not items:
        return
    loop = read_loop(workspace)
    waiting = {p.item_id: p.split for batch in loop.open_batches.values() for p in batch}
    for item in items:
        is_awaited = waiting.get(item.item_id) == item.split
        if not is_awaited and (refusal := refused(loop, item.item_id)):
            raise EventError(refusal)


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
        rank = 1 + sum(p.batch_id == batch_id for p in (*logs.proposals, *fresh))
        # With what its label file says of why it was labeled.
        fresh.append(
            new_proposal(
                batch_id,
                annotator,
                item.split,
                item.item_id,
                item.strategy or REVIEW,
                rank=rank,
                confidence=item.confidence,
            )
        )
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


def settled(events: Iterable[Event]) -> set[str]:
    """The items whose last word is one of somebody who looked at the label again."""
    found = set()
    for event in events:
        if event.action in ("label", "undo"):
            is_second = event.action == "label" and event.note == SECOND_LOOK
            (found.add if is_second else found.discard)(event.item_id)
    return found

"""Labels and flags that a person gives while looking around, beside all batches.

Each is a batch of its own, of one item and the strategy `sunlight`, and always training data.
"""

from dataclasses import dataclass

from core.errors import LoopError
from core.pool.text import text_key
from core.workspace.assignment import Flag, flags
from core.workspace.events import Inbox
from core.workspace.labels import Labeled
from core.workspace.layout import Workspace
from core.workspace.logs import Action, Event, append_records, fresh_id, new_event, new_proposal
from core.workspace.snapshot import Loop, read_loop
from core.workspace.task import SUNLIGHT


@dataclass(frozen=True)
class Hand:
    """Who labels or flags, and whether the model's opinion was on their screen."""

    annotator: str
    assisted: bool


def label_by_hand(
    workspace: Workspace, inbox: Inbox, item_id: str, label: str, hand: Hand
) -> Event:
    """The event that gives an item this label; log and label file have it when this returns.

    Raises LoopError for an item that is held out, or that nothing is known of.
    """
    workspace.task.label(label)
    with workspace.locked():
        loop = read_loop(workspace)
        if refusal := refused(loop, item_id):
            raise LoopError(refusal)
        batch_id = _propose(loop, item_id, hand.annotator)
        # Under the lock: nobody may draw the item for evaluation in between.
        event = _receive(inbox, batch_id, item_id, "label", hand, label=label)
    _receive(inbox, batch_id, "", "save", hand)
    return event


def flag_by_hand(workspace: Workspace, inbox: Inbox, item_id: str, note: str, hand: Hand) -> Event:
    """The event that flags an item for another look; an empty note takes the flag back.

    It stands in the batch that has proposed the item, or in a new one; the item is not labeled
    by it, and may still be proposed for anything. Raises LoopError if nothing is known of it.
    """
    with workspace.locked():
        loop = read_loop(workspace)
        if text_of(loop, item_id) is None:
            raise LoopError(_unknown(item_id))
        batches = [p.batch_id for p in loop.logs.proposals if p.item_id == item_id]
        batch_id = batches[-1] if batches else _propose(loop, item_id, hand.annotator)
        return _receive(inbox, batch_id, item_id, "flag", hand, note=note.strip())


def refused(loop: Loop, item_id: str) -> str:
    """Why this item cannot be labeled by hand, and what to do instead; empty if it can be."""
    text = text_of(loop, item_id)
    if text is None:
        return _unknown(item_id)
    waiting = {p.item_id: p.split for batch in loop.open_batches.values() for p in batch}
    split = waiting.get(item_id, "training")
    if split != "training":
        return (
            f"Item `{item_id}` waits for its {split} label. It is labeled on Annotate, before "
            "anybody has seen what the model thinks of it."
        )
    for split in ("evaluation", "validation"):
        if any(item.item_id == item_id for item in loop.labels.splits[split]):
            return (
                f"Item `{item_id}` is {split} data, which measures the model. It is changed only "
                "in the batch that it was labeled in: go back there on Annotate."
            )
    if _is_held_out_copy(loop, item_id, text):
        return (
            f"The text of item `{item_id}` also stands in the evaluation or validation data. "
            "A model must not learn from it; take another item."
        )
    return ""


def label_of(loop: Loop, item_id: str) -> Labeled | None:
    """The label of an item that counts now, or None."""
    for items in loop.labels.splits.values():
        for item in items:
            if item.item_id == item_id:
                return item
    return None


def flag_of(loop: Loop, item_id: str) -> Flag | None:
    """The flag that an item has now, or None."""
    return next((flag for flag in flags(loop.logs.events) if flag.item_id == item_id), None)


def text_of(loop: Loop, item_id: str) -> str | None:
    """The item's text, in the pool or in a label file; None if neither has it."""
    in_pool = loop.pool_words.pool.texts_of([item_id])
    labeled = label_of(loop, item_id)
    rows = [row for c in loop.labels.conflicts if c.item_id == item_id for row in c.rows]
    texts = [*in_pool.values(), *(row.text for row in [labeled, *rows] if row)]
    return texts[0] if texts else None


def _is_held_out_copy(loop: Loop, item_id: str, text: str) -> bool:
    at = loop.pool_words.pool.positions([item_id])
    if any(loop.held_out[place] for place in at.values()):
        return True
    return text_key(text) in loop.labels.held_out_keys


def _propose(loop: Loop, item_id: str, annotator: str) -> str:
    """Writes a batch of this item alone; its id."""
    batch_id = fresh_id("batch", {proposal.batch_id for proposal in loop.logs.proposals})
    seed = loop.workspace.task.seed
    proposal = new_proposal(batch_id, annotator, "training", item_id, SUNLIGHT, seed=seed)
    append_records(loop.workspace.batches, [proposal])
    return batch_id


def _receive(
    inbox: Inbox,
    batch_id: str,
    item_id: str,
    action: Action,
    hand: Hand,
    *,
    label: str = "",
    note: str = "",
) -> Event:
    event = new_event(
        batch_id, hand.annotator, action, item_id, label=label, assisted=hand.assisted, note=note
    )
    for _, reason in inbox.receive([event]).refused:
        raise LoopError(reason)
    return event


def _unknown(item_id: str) -> str:
    return f"Item `{item_id}` is no longer in the pool. Put its file back, or draw again."

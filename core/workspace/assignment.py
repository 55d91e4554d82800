"""Who labels what: whose a batch is, which one a person goes on with, and what they set aside.

A batch belongs to the person it was made for. Whoever takes over what is left of one gets it as a
batch of their own: the same items are proposed once more, for the same reasons. An item belongs to
the batch that proposed it last: so no two people hold one, even if they ask at the same moment.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from core.workspace.logs import Event, Proposal, append_records, fresh_id, now
from core.workspace.opinions import OVERLAP, TARGETED, is_check, is_of_group, kind_of
from core.workspace.snapshot import Snapshot
from core.workspace.task import OPINIONS

SKIPS_TO_SET_ASIDE = 2
"""A skipped item comes back last; skipped once more, it is set aside until nothing else is left."""


def batch_for(snapshot: Snapshot, annotator: str) -> str | None:
    """This person's oldest open batch in which something is left to ask, or None.

    The check of a group comes first: the person has just asked for it.
    """
    skipped, batches = skips(snapshot.logs.events, annotator), snapshot.open_batches.items()
    for batch_id, waiting in sorted(batches, key=lambda batch: not is_check(batch[1][0])):
        is_due = any(skipped[proposal.item_id] < SKIPS_TO_SET_ASIDE for proposal in waiting)
        if waiting[0].annotator == annotator and is_due:
            return batch_id
    return None


def take_over(snapshot: Snapshot, annotator: str, moment: datetime | None = None) -> str | None:
    """The id of a new batch of what is left of a free one, or None; the caller holds the lock."""
    waiting = free_batch(snapshot, annotator, moment)
    return _hand_over(snapshot, waiting, annotator) if waiting else None


def free_batch(
    snapshot: Snapshot, annotator: str, moment: datetime | None = None
) -> list[Proposal] | None:
    """What is left of an open batch that is nobody's, or another's and long enough at rest."""
    moment = moment or datetime.now(UTC)
    rest = timedelta(minutes=snapshot.workspace.task.release_minutes)
    touched = _touched(snapshot)
    for batch_id, waiting in snapshot.open_batches.items():
        owner = waiting[0].annotator
        is_free = not owner or (owner != annotator and moment - touched[batch_id] > rest)
        if is_free and (left := _may_go_to(snapshot, waiting, annotator)):
            return left
    return None


def _may_go_to(snapshot: Snapshot, waiting: list[Proposal], annotator: str) -> list[Proposal]:
    """What this person can take over: of opinions those asked of nobody, on what others labeled."""
    has_said = snapshot.labels.words.has_said
    return [
        asked
        for asked in waiting
        if asked.strategy not in OPINIONS
        or not (asked.annotator or has_said(annotator, asked.item_id))
    ]


def take_what_is_left(snapshot: Snapshot, annotator: str) -> str | None:
    """The id of a batch for somebody for whom nothing new can be proposed, or None.

    Their own batch of items that they set aside; else a new one, of the last half of the batch that
    rested longest: its owner may be at it from the other end. The caller holds the lock.
    """
    batches = snapshot.open_batches
    for batch_id, waiting in batches.items():
        if waiting[0].annotator == annotator:
            return batch_id
    left = {
        batch_id: found
        for batch_id, waiting in batches.items()
        if (found := _may_go_to(snapshot, waiting, annotator))
    }
    if not left:
        return None
    waiting = left[min(left, key=_touched(snapshot).__getitem__)]
    return _hand_over(snapshot, waiting[len(waiting) // 2 :], annotator)


def owed(snapshot: Snapshot, annotator: str) -> set[str]:
    """The items of which this person was asked for an opinion that they have not given yet."""
    waiting = (p for batch in snapshot.open_batches.values() for p in batch)
    own = (p for p in waiting if p.annotator == annotator != "")
    return {p.item_id for p in own if p.strategy in OPINIONS}


def items_of(snapshot: Snapshot, batch_id: str) -> list[Proposal]:
    """What a batch holds for its owner, by rank: what waits in it, and what was labeled in it."""
    held = {proposal.item_id for proposal in snapshot.open_batches.get(batch_id, [])}
    held |= {item.item_id for item in snapshot.labels.items if item.batch_id == batch_id}
    held |= {item_id for batch, item_id in snapshot.labels.words.answered if batch == batch_id}
    return [proposal for proposal in snapshot.logs.batch(batch_id) if proposal.item_id in held]


def earlier_batch(snapshot: Snapshot, annotator: str, batch_id: str | None = None) -> str | None:
    """This person's last batch before this one (or of all) that holds a label, or None.

    A group that was labeled at once is none: nobody looked at its items one by one.
    """
    labeled = {item.batch_id for item in snapshot.labels.items}
    labeled |= {batch for batch, _ in snapshot.labels.words.answered}
    owners = {p.batch_id: p.annotator for p in snapshot.logs.proposals if not is_of_group(p)}
    before = takewhile(lambda other: other != batch_id, owners)
    own = [other for other in before if owners[other] == annotator and other in labeled]
    return own[-1] if own else None


def skips(events: Iterable[Event], annotator: str) -> Counter[str]:
    """How often this person has skipped each item since its last label or undo."""
    skipped: Counter[str] = Counter()
    for event in events:
        if event.action in ("label", "undo"):
            skipped.pop(event.item_id, None)
        elif event.action == "skip" and event.annotator == annotator:
            skipped[event.item_id] += 1
    return skipped


def flags(events: Iterable[Event]) -> list[Event]:
    """The flags that items have now, the oldest first. One without a note takes one back."""
    flagged: dict[str, Event] = {}
    for event in events:
        if event.action == "flag":
            flagged.pop(event.item_id, None)
            if event.note.strip():
                flagged[event.item_id] = event
    return list(flagged.values())


def _touched(snapshot: Snapshot) -> dict[str, datetime]:
    """When each open batch was made or last worked in."""
    touched = {
        batch_id: moment_of(waiting[0].created_at)
        for batch_id, waiting in snapshot.open_batches.items()
    }
    for event in snapshot.logs.events:
        if event.batch_id in touched:
            touched[event.batch_id] = max(touched[event.batch_id], moment_of(event.labeled_at))
    return touched


def _hand_over(snapshot: Snapshot, waiting: list[Proposal], annotator: str) -> str:
    """Proposes these items once more, as a batch of this person; its id."""
    kind = kind_of(waiting[0])
    kind = kind if kind in (OVERLAP, TARGETED) else "batch"
    batch_id = fresh_id(kind, {proposal.batch_id for proposal in snapshot.logs.proposals})
    own = {"batch_id": batch_id, "annotator": annotator, "created_at": now()}
    append_records(snapshot.workspace.batches, [replace(each, **own) for each in waiting])
    return batch_id


def moment_of(text: str) -> datetime:
    """A log's time; a time that cannot be read counts as long ago."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

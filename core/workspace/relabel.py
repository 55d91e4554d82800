"""Labels that a person gives beside the batches: by hand while looking around, or at a second look.

By hand: always training data, of the strategy `sunlight`. What one person labels in one sitting,
with nothing proposed or trained in between, is one batch. A second look: each decision is a new
event in the item's own batch, and saved. A label that stands only in a label file has no batch: its
item is proposed once more first, into the batch that collects the person's decisions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from core.errors import EventError, LoopError
from core.workspace.assignment import flags, moment_of
from core.workspace.events import Inbox
from core.workspace.labels import AGAIN, Conflict, Labeled, Labels, last_words, resolve
from core.workspace.layout import Workspace
from core.workspace.logs import (
    Event,
    Logs,
    Proposal,
    append_records,
    fresh_id,
    new_event,
    now,
    read_logs,
)
from core.workspace.opinions import SECOND_LOOK, is_of_group, kind_of
from core.workspace.snapshot import Snapshot, is_held_out, read_snapshot
from core.workspace.task import ADJUDICATION, SPLIT_NAMES, SPLITS, SUNLIGHT

SITTING = timedelta(minutes=30)  # between two labels by hand of one batch


@dataclass(frozen=True)
class Hand:
    """Who labels or flags, and whether the model's prediction was on their screen."""

    annotator: str
    assisted: bool


@dataclass(frozen=True)
class Change:
    """An event by hand, and what stood before it: the label, or the flag's note; empty for none."""

    event: Event
    before: str


@dataclass(frozen=True)
class Changes:
    """What was done to several items, and why others were left as they were, by their ids."""

    done: tuple[Change, ...]
    refused: Mapping[str, str]


def label_by_hand(
    workspace: Workspace, inbox: Inbox, item_ids: Iterable[str], label: str, hand: Hand
) -> Changes:
    """Gives each item this label by an event of its own; log and label files have them then.

    Items that must not be labeled by hand are refused, and the others labeled.
    """
    workspace.task.require(label)
    with workspace.locked():
        snapshot = read_snapshot(workspace)
        reasons = {item: refused(snapshot, item) for item in dict.fromkeys(item_ids)}
        todo = [item for item, reason in reasons.items() if not reason]
        batch_id = _propose(snapshot, todo, hand.annotator)
        done = partial(new_event, batch_id, hand.annotator, assisted=hand.assisted)
        # Under the lock: nobody may draw an item for evaluation in between.
        events = receive(inbox, [done("label", item, label=label) for item in todo])
    receive(inbox, [done("save")] if todo else [])
    before, refusals = snapshot.labels.by_id, {x: why for x, why in reasons.items() if why}
    stood = (before[x].label if x in before else "" for x in todo)
    return Changes(tuple(map(Change, events, stood)), refusals)


def given_here(snapshot: Snapshot, item_ids: Iterable[str], annotator: str) -> list[Change]:
    """This person's labels by hand that count for these items, and what stood before them."""
    wanted, logs, task = {*item_ids}, snapshot.logs, snapshot.workspace.task
    by_hand = {p.batch_id for p in logs.proposals if p.strategy == SUNLIGHT}
    theirs = (x for x in logs.events if x.annotator == annotator and x.item_id in wanted)
    own = {event.event_id for event in theirs if event.batch_id in by_hand}
    words = last_words(logs, task, [])
    given = [words[x] for x in sorted(wanted & words.keys()) if words[x].event_id in own]
    others = replace(logs, events=[x for x in logs.events if x.event_id not in own])
    labels = resolve(snapshot.workspace, others, snapshot.pool_words.pool.texts_of)
    return [Change(x, _label_in(labels, x.item_id)) for x in given if x.action == "label"]


def take_back_by_hand(
    workspace: Workspace, inbox: Inbox, changes: Iterable[Change], hand: Hand
) -> Changes:
    """Undoes what was done by hand: items have the label or flag from before again, or none.

    Items that were labeled or flagged again since are refused.
    """
    reasons, todo = {}, []
    with workspace.locked():
        logs = read_logs(*workspace.logs)
        standing = {"flag": {flag.item_id: flag for flag in flags(logs.events)}}
        words = last_words(logs, workspace.task, [])
        for change in changes:
            event = change.event
            last = standing.get(event.action, words).get(event.item_id)
            is_flag_gone = event.action == "flag" and not event.note
            if (last.event_id == event.event_id) if last else is_flag_gone:
                todo.append(_reverse(change, hand))
            else:
                what = "flagged" if event.action == "flag" else "labeled"
                told = f"Item `{event.item_id}` was {what} again since. Look at it again first."
                reasons[event.item_id] = told
        receive(inbox, [each.event for each in todo])
    batches = dict.fromkeys(x.event.batch_id for x in todo if x.event.action != "flag")
    receive(inbox, [new_event(batch_id, hand.annotator, "save") for batch_id in batches])
    return Changes(tuple(todo), reasons)


def flag_by_hand(
    workspace: Workspace, inbox: Inbox, item_ids: Sequence[str], note: str, hand: Hand
) -> Changes:
    """Flags each item for another look; an empty note takes its flag back.

    The flag stands in the batch that has proposed the item last, or in a new one; the item is not
    labeled by it, and may still be proposed for anything. Items that nothing is known of are
    refused.
    """
    with workspace.locked():
        snapshot = read_snapshot(workspace)
        known = [item for item in dict.fromkeys(item_ids) if text_of(snapshot, item) is not None]
        batches = {p.item_id: p.batch_id for p in snapshot.logs.proposals}
        noted = {flag.item_id: flag.note for flag in flags(snapshot.logs.events)}
        new = [item for item in known if item not in batches]
        batches |= dict.fromkeys(new, _propose(snapshot, new, hand.annotator))
        done = partial(new_event, annotator=hand.annotator, action="flag", note=note.strip())
        events = [done(batches[item], item_id=item, assisted=hand.assisted) for item in known]
        receive(inbox, events)
    changes = tuple(Change(event, noted.get(event.item_id, "")) for event in events)
    return Changes(changes, {item: _unknown(item) for item in {*item_ids}.difference(known)})


def refused(snapshot: Snapshot, item_id: str) -> str:
    """Why this item cannot be labeled by hand, and what to do instead; empty if it can be."""
    text = text_of(snapshot, item_id)
    if text is None:
        return _unknown(item_id)
    split = snapshot.waiting.get(item_id, "training")
    if split != "training":
        return (
            f"Item `{item_id}` is waiting for its label in the {SPLIT_NAMES[split]}. Label it on "
            "Annotate, where its prediction is hidden."
        )
    retired = {item.item_id: item for item in snapshot.labels.retired}
    labeled = snapshot.labels.by_id.get(item_id) or retired.get(item_id)
    if labeled and labeled.split != "training":
        return (
            f"Item `{item_id}` is in the {SPLIT_NAMES[labeled.split]}, which measures the model. "
            "To change its label, open its batch on Annotate."
        )
    if is_held_out(snapshot, text):
        return (
            f"The text of item `{item_id}` is also in the test or validation set, so the model "
            "must not learn from it. Choose another item."
        )
    return ""


def flag_of(snapshot: Snapshot, item_id: str) -> Event | None:
    """The flag that an item has now, or None."""
    return next((flag for flag in flags(snapshot.logs.events) if flag.item_id == item_id), None)


def text_of(snapshot: Snapshot, item_id: str) -> str | None:
    """The item's text, in the pool or in a label file; None if neither has it."""
    in_pool, labels = snapshot.pool_words.pool.texts_of([item_id]), snapshot.labels
    rows = [labels.by_id[item_id]] if item_id in labels.by_id else []
    rows += [row for row in labels.apart if row.item_id == item_id]
    texts = [*in_pool.values(), *(row.text for row in rows)]
    return texts[0] if texts else None


def _reverse(change: Change, hand: Hand) -> Change:
    """What brings back what stood before a change."""
    event, before = change.event, change.before
    done = partial(
        new_event, event.batch_id, hand.annotator, item_id=event.item_id, assisted=hand.assisted
    )
    if event.action == "flag":
        return Change(done("flag", note=before), event.note)
    return Change(done("label", label=before) if before else done("undo"), event.label)


def _label_in(labels: Labels, item_id: str) -> str:
    """The item's label in a label file or the log, but for rows that labels by hand have left."""
    item = labels.by_id.get(item_id)
    rows = [item] if item else [row for row in labels.apart if row.item_id == item_id]
    return next((x.label for x in rows if x.batch_id or x.strategy != SUNLIGHT), "")


def _propose(snapshot: Snapshot, item_ids: Sequence[str], annotator: str) -> str:
    """Puts the items into this person's batch of the moment, or a new one; its id."""
    moment, proposals = now(), snapshot.logs.proposals
    batch_id = _batch_at_hand(snapshot, annotator, moment)
    held = {p.item_id for p in proposals if p.batch_id == batch_id}
    batch_id = batch_id or fresh_id("batch", {p.batch_id for p in proposals})
    own, seed = (batch_id, moment, "training", annotator), snapshot.workspace.task.seed
    new = enumerate((item for item in item_ids if item not in held), len(held) + 1)
    added = [Proposal(*own, rank, item, SUNLIGHT, seed=seed) for rank, item in new]
    append_records(snapshot.workspace.batches, added)
    return batch_id


def _batch_at_hand(snapshot: Snapshot, annotator: str, moment: str) -> str:
    """The batch by hand that this person was at a moment ago; empty if anything came between.

    So batches follow each other in time, and no run has learned from a part of one.
    """
    proposals, runs = snapshot.logs.proposals, snapshot.logs.runs
    last = proposals[-1] if proposals else None
    if not last or (last.strategy, last.annotator) != (SUNLIGHT, annotator):
        return ""
    is_trained = bool(runs) and runs[-1].created_at >= last.created_at
    is_over = moment_of(moment) - moment_of(last.created_at) > SITTING
    return "" if is_trained or is_over else last.batch_id


def receive(inbox: Inbox, events: Sequence[Event]) -> Sequence[Event]:
    """These events, in one write; raises LoopError for one that is refused."""
    for _, reason in inbox.receive(events).refused:
        raise LoopError(reason)
    return events


def _unknown(item_id: str) -> str:
    return f"Item `{item_id}` is no longer in the pool. Put its file back, or choose another item."


REVIEW = "review"
"""Why an item was proposed of which nobody wrote down why; and how such batches are called."""


@dataclass(frozen=True)
class Decision:
    """A label for an item, mostly one that had another; was the prediction on the screen?"""

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
        logs = read_logs(*workspace.logs)
        words = last_words(logs, workspace.task, [])
        decisions = [each for each in decisions if not _is_repeated(each, words)]
        _check_free(workspace, [each.item for each in decisions if not each.item.label])
        batches = _batches(workspace, logs, words, decisions, annotator)
        given = partial(new_event, annotator=annotator, action="label", note=SECOND_LOOK)
        labels = [
            given(batch_id, item_id=each.item.item_id, label=each.label, assisted=each.assisted)
            for batch_id, each in zip(batches, decisions, strict=True)
        ]
        # Under the lock: nobody may draw an item for evaluation in between.
        refused_ones = inbox.receive(labels).refused
    inbox.receive([new_event(batch_id, annotator, "save") for batch_id in dict.fromkeys(batches)])
    if refused_ones:
        raise EventError(refused_ones[0][1])


def as_they_stand(snapshot: Snapshot, item_ids: Sequence[str]) -> list[Labeled]:
    """These items, each with the label that counts; one without a label has an empty one.

    Of several splits an item has the held-out one; without a label, the one that waits for it.
    """
    found = {conflict.item_id: in_conflict(conflict) for conflict in snapshot.labels.conflicts}
    found |= {item.item_id: item for item in snapshot.labels.retired}
    found |= snapshot.labels.by_id
    texts, waiting = snapshot.pool_words.pool.texts_of(item_ids), snapshot.waiting
    return [
        found.get(item) or Labeled(item, texts.get(item, item), "", waiting.get(item, "training"))
        for item in item_ids
    ]


def in_conflict(conflict: Conflict) -> Labeled:
    """The row that a decision on this conflict is about: held-out data keeps what it has."""
    return min(conflict.rows, key=lambda row: SPLITS.index(row.split))


def _is_repeated(decision: Decision, words: Mapping[str, Event]) -> bool:
    """Whether a key was pressed twice upon an item. Raises EventError if somebody was faster."""
    item = decision.item
    word = words.get(item.item_id)
    if not word or word.label == item.label:
        return False
    if word.label == decision.label:
        return True
    raise EventError(
        f"Somebody else gave item `{item.item_id}` another label just now. Look at it again first."
    )


def _check_free(workspace: Workspace, items: Sequence[Labeled]) -> None:
    """Raises EventError if one of these items, which have no label, must not get one here."""
    if not items:
        return
    snapshot = read_snapshot(workspace)
    for item in items:
        is_awaited = snapshot.waiting.get(item.item_id) == item.split
        if not is_awaited and (refusal := refused(snapshot, item.item_id)):
            raise EventError(refusal)


def _batches(
    workspace: Workspace,
    logs: Logs,
    words: Mapping[str, Event],
    decisions: Sequence[Decision],
    annotator: str,
) -> list[str]:
    """Each item's batch; those that have none are proposed. The caller holds the lock."""
    proposals, found = [*logs.proposals], []
    asked = (p for p in logs.standing if not is_of_group(p))
    proposed = {(p.item_id, p.split): p.batch_id for p in asked}
    for item in (decision.item for decision in decisions):
        word, batch_id = words.get(item.item_id), proposed.get((item.item_id, item.split))
        if not word and not batch_id:
            batch_id, held = _own_batch(proposals, REVIEW, item.split, annotator)
            # With what its label file says of why it was labeled.
            about = len(held) + 1, item.item_id, item.strategy or REVIEW
            own = Proposal(batch_id, now(), item.split, annotator, *about)
            proposals.append(replace(own, confidence=item.confidence))
        found.append(word.batch_id if word else batch_id)
    append_records(workspace.batches, proposals[len(logs.proposals) :])
    return found


def _own_batch(
    proposals: Sequence[Proposal], kind: str, split: str, annotator: str
) -> tuple[str, list[str]]:
    """(the batch, old or new, that collects this person's decisions on a split, its items)."""
    same = [p for p in proposals if kind_of(p) == kind]
    own = [p.batch_id for p in same if (p.split, p.annotator) == (split, annotator)]
    batch_id = own[-1] if own else fresh_id(kind, {p.batch_id for p in same})
    return batch_id, [p.item_id for p in same if p.batch_id == batch_id]


def to_label_again(snapshot: Snapshot, value: str) -> list[Labeled]:
    """The items of a retired label that can be queued, split by split: in the pool, not queued yet.

    An item of several splits is what is held out.
    """
    labels = snapshot.labels
    had = [x for x in (*labels.items, *labels.retired) if value in x.retired]
    had = [item for item in had if item.item_id not in labels.queued]
    had.sort(key=lambda item: SPLITS.index(item.split))
    first = {item.item_id: item for item in reversed(had)}
    in_pool = snapshot.pool_words.pool.positions(first)
    return [item for item in had if item.item_id in in_pool and first[item.item_id] is item]


def label_again(workspace: Workspace, value: str) -> int:
    """Queues a retired label's items for their splits, in batches that are nobody's; how many."""
    with workspace.locked():
        snapshot = read_snapshot(workspace)
        items, proposals = to_label_again(snapshot, value), []
        size = workspace.task.batch_size
        taken = {p.batch_id for p in snapshot.logs.proposals if p.batch_id.startswith(AGAIN)}
        for split in SPLITS:
            for at, item in enumerate(item for item in items if item.split == split):
                if at % size == 0:
                    batch_id = fresh_id(AGAIN, taken)
                    taken.add(batch_id)
                own = batch_id, now(), split, "", at % size + 1, item.item_id, item.strategy
                proposals.append(Proposal(*own, confidence=item.confidence))
        append_records(workspace.batches, proposals)
    return len(proposals)


def adjudicate(
    workspace: Workspace, inbox: Inbox, item_id: str, label: str, annotator: str, why: str = ""
) -> Event:
    """The event that decides which label of an item counts, and why opinions differed.

    An empty label takes the decision of this person back. Log and label files have it when this
    returns. Raises LoopError for an item that is in no split.
    """
    with workspace.locked():
        snapshot = read_snapshot(workspace)
        item = snapshot.labels.by_id.get(item_id)
        if item is None:
            raise LoopError(f"Item `{item_id}` has no label to decide about. Reload the page.")
        proposals = snapshot.logs.proposals
        batch_id, held = _own_batch(proposals, ADJUDICATION, item.split, annotator)
        if item_id not in held:
            about = item.split, annotator, len(held) + 1, item_id, ADJUDICATION
            append_records(workspace.batches, [Proposal(batch_id, now(), *about)])
        done = partial(new_event, batch_id, annotator, note=why)
        event = done("label", item_id, label=label) if label else done("undo", item_id)
        receive(inbox, [event])
    receive(inbox, [new_event(batch_id, annotator, "save")])
    return event

"""Labels given to a whole group of items at once, after a look at ten of them drawn by chance.

A group is a batch that nobody is asked about, such as `bulk-0001`: its proposals name the items,
its first `save` the label and why they are alike. Those to look at are proposed once more, in
`bulk-0001-check-0001`, and labeled on the card. If all of them have the label, the others get it,
each in one event, in one write. The group's last `save`, without a label, ends it. So a group is
found again after a closed tab and a killed server.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import LoopError
from core.system.findings import counted
from core.workspace.assignment import SKIPS_TO_SET_ASIDE, skips
from core.workspace.events import Inbox
from core.workspace.logs import Event, Proposal, append_records, fresh_id, new_event, now
from core.workspace.opinions import BULK_NOTE, kind_of
from core.workspace.relabel import Hand
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import BULK, SPLIT_NAMES

CHECKED = 10
"""Items of a group that somebody looks at first. If a tenth of a group has another label, 65% of
all checks find one of those; if a quarter has, 94% do."""
MOST = 10_000  # items of a group: one write, in a second or two
LONGEST_REASON = 300  # characters: the reason stands with every label


@dataclass(frozen=True)
class Sorted:
    """What of a set of items can be labeled at once: their rows in the pool, in its order.

    `left_out` says how many others there are, by the reason.
    """

    rows: NDArray[np.int64]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Group:
    """A group that waits for its check, or for somebody to say what is to become of it.

    `answers` are those of all items that were looked at, `last` those of the last check, both empty
    where an item has no label yet; `is_checked` once nobody is asked about it any more. `rest` are
    the items that would get the label now.
    """

    batch_id: str
    label: str
    reason: str
    annotator: str
    answers: tuple[str, ...]
    last: tuple[str, ...]
    is_checked: bool
    rest: tuple[str, ...]

    @property
    def hits(self) -> int:
        """How many of the items that were looked at have the label."""
        return self.answers.count(self.label)

    @property
    def passed(self) -> bool:
        """Whether all items of the last check have the label."""
        return self.is_checked and {*self.last} == {self.label}

    @property
    def result(self) -> str:
        return f"{self.hits} of {len(self.answers)} checked"


@dataclass(frozen=True)
class Given:
    """A group that was labeled at once; `standing` of its labels nobody has looked at since."""

    batch_id: str
    label: str
    reason: str
    annotator: str
    labeled_at: str
    standing: int


def sort_out(snapshot: Snapshot, rows: NDArray[np.int64]) -> Sorted:
    """Which of these rows can be labeled at once; of the others, how many there are and why.

    Rows behind the pool, as `Tables` counts them, are labeled.
    """
    pool, words = snapshot.pool_words.pool, snapshot.pool_words
    inside, left_out = np.unique(rows[rows < len(pool)]), Counter[str]()
    left_out["labeled"] = len(np.unique(rows)) - len(inside)

    def leave_out(reason: str, is_out: NDArray[np.bool_]) -> None:
        nonlocal inside
        left_out[reason] += int(is_out.sum())
        inside = inside[~is_out]

    leave_out("in the test or validation set, or copies", snapshot.held_out[inside])
    leave_out("labeled", np.isin(inside, pool.rows_of(sorted(snapshot.labels.ids()))))
    leave_out("in an open batch", np.isin(inside, pool.rows_of(sorted(snapshot.waiting))))
    leave_out("copies of those", ~snapshot.untaken[inside])
    leave_out("without text", words.is_blank[inside])
    is_copy = np.ones(len(inside), bool)
    is_copy[np.unique(words.keys[inside], return_index=True)[1]] = False
    leave_out("copies of each other", is_copy)
    return Sorted(inside, +left_out)


def begin(
    snapshot: Snapshot, inbox: Inbox, item_ids: Sequence[str], label: str, reason: str, hand: Hand
) -> str:
    """Proposes ten items of a group for its check, and keeps what the group is; its batch.

    `reason` says how the items were found. Raises LoopError for a group that is too large or too
    small, and while the test or validation set is not complete.
    """
    workspace = snapshot.workspace
    workspace.task.require(label)
    with workspace.locked():
        snapshot = read_snapshot(workspace, snapshot.pool_words)
        pool = snapshot.pool_words.pool
        found = sort_out(snapshot, np.array([*pool.positions(item_ids).values()], np.int64)).rows
        if refusal := refused(snapshot, len(found)):
            raise LoopError(refusal)
        ids = pool.ids.take(pa.array(found)).to_pylist()
        taken = {p.batch_id for p in snapshot.logs.proposals if kind_of(p) == BULK}
        batch_id = fresh_id(BULK, taken)
        group = _proposals(snapshot, batch_id, ids, hand.annotator)
        append_records(workspace.batches, [*group, *_check(snapshot, batch_id, ids, hand)])
    named = reason[:LONGEST_REASON]
    _write(inbox, [new_event(batch_id, hand.annotator, "save", label=label, note=named)])
    return batch_id


def refused(snapshot: Snapshot, number: int) -> str:
    """Why so many items cannot be labeled at once, and what to do instead; empty if they can be."""
    targets, splits = snapshot.workspace.task.targets, snapshot.labels.splits
    for split in ("evaluation", "validation"):
        if len(splits[split]) < targets[split]:
            return (
                f"Label the {SPLIT_NAMES[split]} first: it is drawn at random, and items that are "
                "labeled in bulk could not be drawn for it any more."
            )
    if number > MOST:
        return f"At most {MOST:,} items can be labeled at once. Add a filter."
    if number <= CHECKED:
        few = f"{counted(number, 'item')} can be labeled here, and {CHECKED} are looked at anyway"
        return f"{few}. Label them one by one." if number else "No item can be labeled here."
    return ""


def groups(snapshot: Snapshot, annotator: str = "") -> list[Group]:
    """The groups that wait for their check or a decision, of one person if one is named."""
    found, given = [], {event.batch_id for event in snapshot.labels.words.bulk.values()}
    for batch_id, event in _kept(snapshot).items():
        label = snapshot.workspace.task.today(event.label)
        if label and annotator in ("", event.annotator):
            group = _group(snapshot, batch_id, replace(event, label=label))
            # Whoever labeled the others may have died before the group's last word was written.
            found += [group] if group.rest or batch_id not in given else []
    return found


def check_more(snapshot: Snapshot, inbox: Inbox, batch_id: str, hand: Hand) -> str:
    """Proposes ten more items of the group for a look; the batch that holds them.

    Raises LoopError if the group is over, or none of its items is left.
    """
    with snapshot.workspace.locked():
        snapshot = read_snapshot(snapshot.workspace, snapshot.pool_words)
        group = _open_group(snapshot, batch_id)
        if not group.rest:
            raise LoopError("No item of this group is left to look at.")
        asked = _check(snapshot, batch_id, group.rest, hand)
        append_records(snapshot.workspace.batches, asked)
    return asked[0].batch_id


def label_rest(snapshot: Snapshot, inbox: Inbox, batch_id: str, hand: Hand) -> int:
    """Gives the group's other items its label; their number.

    Logs and label files have them when this returns. Raises LoopError if the group is over, or an
    item of the last check has another label.
    """
    with snapshot.workspace.locked():
        snapshot = read_snapshot(snapshot.workspace, snapshot.pool_words)
        group = _open_group(snapshot, batch_id)
        if not group.passed:
            raise LoopError(f"{group.result} have the label: the others cannot be labeled at once.")
        note = f"{BULK_NOTE}{group.reason}; {group.result}"
        first = new_event(batch_id, hand.annotator, "label", label=group.label, note=note)
        first = replace(first, assisted=hand.assisted)
        # Under the lock: nobody may draw one of them for anything in between.
        _write(inbox, _for_each(first, group.rest))
    end(inbox, batch_id, hand, group.result)
    return len(group.rest)


def end(inbox: Inbox, batch_id: str, hand: Hand, why: str) -> None:
    """The group is over: no more of its items are labeled at once."""
    _write(inbox, [new_event(batch_id, hand.annotator, "save", note=why)])


def given_groups(snapshot: Snapshot) -> list[Given]:
    """The groups of which labels stand as they were given at once, the newest first."""
    words, firsts = snapshot.labels.words, dict[str, Event]()
    unseen = Counter(words.bulk[item].batch_id for item in words.unseen)
    for event in _saves(snapshot):
        firsts.setdefault(event.batch_id, event)
    at = {event.batch_id: event for event in words.bulk.values()}
    found = [
        Given(batch, x.label, firsts[batch].note, x.annotator, x.labeled_at, unseen[batch])
        for batch, x in at.items()
        if batch in firsts and unseen[batch]
    ]
    return sorted(found, key=lambda given: given.labeled_at, reverse=True)


def take_back(snapshot: Snapshot, inbox: Inbox, batch_id: str, hand: Hand) -> int:
    """Takes back the group's labels that nobody has changed or seen since; their number.

    The items that were looked at first keep theirs.
    """
    with snapshot.workspace.locked():
        words = read_snapshot(snapshot.workspace, snapshot.pool_words).labels.words
        items = [x for x in words.bulk if x in words.unseen and words.bulk[x].batch_id == batch_id]
        first = new_event(batch_id, hand.annotator, "undo", note=f"{BULK_NOTE}taken back")
        _write(inbox, _for_each(first, items))
    return len(items)


def _for_each(first: Event, item_ids: Sequence[str]) -> list[Event]:
    """The event once for each of these items."""
    made = first.event_id.partition("-")[0]
    return [
        replace(first, event_id=f"{made}-{number}", item_id=item_id)
        for number, item_id in enumerate(item_ids, start=1)
    ]


def _write(inbox: Inbox, events: Sequence[Event]) -> None:
    """All of them stand in the log when this returns, in one write."""
    for _, reason in inbox.receive(events).refused:
        raise LoopError(reason)


def _kept(snapshot: Snapshot) -> dict[str, Event]:
    """The save that says what each group is which is not over."""
    found: dict[str, Event] = {}
    for event in _saves(snapshot):
        if event.label:
            found.setdefault(event.batch_id, event)
        else:
            found.pop(event.batch_id, None)
    return found


def _saves(snapshot: Snapshot) -> list[Event]:
    return [x for x in snapshot.logs.events if x.action == "save" and kind_of(x) == BULK]


def _open_group(snapshot: Snapshot, batch_id: str) -> Group:
    for group in groups(snapshot):
        if group.batch_id == batch_id:
            return group
    raise LoopError("Somebody has decided about this group already. Reload the page.")


def _group(snapshot: Snapshot, batch_id: str, first: Event) -> Group:
    items, checks = [], dict[str, list[str]]()
    for proposal in snapshot.logs.proposals:
        if proposal.batch_id == batch_id:
            items.append(proposal.item_id)
        elif kind_of(proposal) == f"{batch_id}-check":
            checks.setdefault(proposal.batch_id, []).append(proposal.item_id)
    last = [*checks.values()][-1] if checks else []
    looked_at = [item for check in checks.values() for item in check]
    skipped = skips(snapshot.logs.events, first.annotator)
    asked = [x for x in last if x in snapshot.waiting and skipped[x] < SKIPS_TO_SET_ASIDE]
    pool = snapshot.pool_words.pool
    rest = pool.positions([*dict.fromkeys(items).keys() - {*looked_at}])
    rows = sort_out(snapshot, np.array([*rest.values()], np.int64)).rows
    return Group(
        batch_id, first.label, first.note, first.annotator,
        answers=_answers(snapshot, looked_at),
        last=_answers(snapshot, last),
        is_checked=bool(last) and not asked,
        rest=tuple(pool.ids.take(pa.array(rows)).to_pylist()),
    )  # fmt: skip


def _answers(snapshot: Snapshot, item_ids: Sequence[str]) -> tuple[str, ...]:
    labeled = snapshot.labels.by_id
    return tuple(labeled[item].label if item in labeled else "" for item in item_ids)


def _check(
    snapshot: Snapshot, batch_id: str, item_ids: Sequence[str], hand: Hand
) -> list[Proposal]:
    """Ten of these items, drawn by chance, as a batch of this person."""
    taken = {p.batch_id for p in snapshot.logs.proposals if kind_of(p) == f"{batch_id}-check"}
    generator = np.random.default_rng(snapshot.workspace.task.seed + len(snapshot.logs.proposals))
    drawn = generator.permutation(len(item_ids))[:CHECKED]
    check = fresh_id(f"{batch_id}-check", taken)
    return _proposals(snapshot, check, [item_ids[at] for at in drawn], hand.annotator)


def _proposals(
    snapshot: Snapshot, batch_id: str, item_ids: Sequence[str], annotator: str
) -> list[Proposal]:
    of = partial(Proposal, batch_id, now(), "training", annotator, strategy=BULK)
    seed = snapshot.workspace.task.seed
    return [of(rank, item_id, seed=seed) for rank, item_id in enumerate(item_ids, start=1)]

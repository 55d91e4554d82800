"""Labels given to a whole group of items at once, after a look at ten of them drawn by chance.

A group is a batch that nobody is asked about, such as `bulk-0001`: its proposals name the items,
its first `save` the label and how they were found, and a `save` without a label ends it. Those to
look at stand in `bulk-0001-check-0001` as well, for the card. So a group is found again after a
closed tab and a killed server.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import LoopError
from core.system.findings import counted
from core.workspace.assignment import SKIPS_TO_SET_ASIDE, skips
from core.workspace.events import Inbox
from core.workspace.logs import Event, Proposal, append_records, fresh_id, new_event, now
from core.workspace.opinions import BULK_NOTE, kind_of
from core.workspace.relabel import Hand, receive
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import BULK, SPLIT_NAMES

CHECKED = 10
"""Items of a group that somebody looks at first. Where a tenth of a group has another label, 65%
of all checks find one of those; where a quarter has, 94% do."""
MOST = 10_000  # items of a group: one write, in a second or two
LONGEST_REASON = 300  # characters: the reason stands with every label


@dataclass(frozen=True)
class Group:
    """A group that waits for its check, or for somebody to say what is to become of it.

    `about` has the label, and as its note how the items were found. `answers` are those of all
    items that were looked at, the last check's behind, empty where there is none; `is_checked`
    once nobody is asked any more. `rest` would get the label now.
    """

    about: Event
    answers: tuple[str, ...]
    n_last: int
    is_checked: bool
    rest: tuple[str, ...]

    @property
    def hits(self) -> int:
        return self.answers.count(self.about.label)

    @property
    def passed(self) -> bool:
        """Whether all items of the last check have the label."""
        return self.is_checked and {*self.answers[-self.n_last :]} == {self.about.label}

    @property
    def result(self) -> str:
        return f"{self.hits} of {len(self.answers)} checked"


def free_rows(snapshot: Snapshot, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of these rows that can be labeled at once, in the pool's order.

    Without items that are labeled, held out or waiting, and copies of those; of copies the first.
    """
    words = snapshot.pool_words
    rows = np.unique(rows[rows < len(words.pool)])  # behind the pool all are labeled
    rows = rows[snapshot.untaken[rows] & ~words.is_blank[rows]]
    return np.sort(rows[np.unique(words.keys[rows], return_index=True)[1]])


def left_out(snapshot: Snapshot, rows: NDArray[np.int64]) -> dict[str, int]:
    """Why others of these rows than `free_rows` are not free, and how many; one reason for each."""
    words, left = snapshot.pool_words, np.setdiff1d(rows, free_rows(snapshot, rows))
    is_behind = left >= len(words.pool)  # all of those are labeled
    found, left = Counter(labeled=int(is_behind.sum())), left[~is_behind]
    reasons = {
        "in the test or validation set": np.flatnonzero(snapshot.held_out),
        "labeled": words.pool.rows_of([*snapshot.labels.ids()]),
        "waiting for a label": words.pool.rows_of([*snapshot.waiting]),
        "without text": np.flatnonzero(words.is_blank),
        "copies": left,
    }
    for why, these in reasons.items():
        found[why] += int(np.isin(left, these).sum())
        left = np.setdiff1d(left, these)
    return {why: number for why, number in found.items() if number}


def refused(snapshot: Snapshot, number: int) -> str:
    """Why so many items cannot be labeled at once, and what to do instead; empty if they can be."""
    targets, splits = snapshot.workspace.task.targets, snapshot.labels.splits
    for split in ("evaluation", "validation"):
        if len(splits[split]) < targets[split]:
            what = "it is drawn at random, from which labels of a whole group would take items"
            return f"Label the {SPLIT_NAMES[split]} first: {what}."
    if number > MOST:
        return f"At most {MOST:,} items can be labeled at once. Add a filter."
    if 0 < number <= CHECKED:
        few = f"{counted(number, 'item')} can be labeled here, and {CHECKED} are looked at anyway"
        return f"{few}. Label them one by one."
    return "" if number else "No item can be labeled here."


def begin(
    snapshot: Snapshot, inbox: Inbox, item_ids: Sequence[str], label: str, reason: str, hand: Hand
) -> str:
    """Proposes ten items of a group for its check, and keeps what the group is; its batch.

    `reason` says how the items were found. Raises LoopError for what `refused` refuses.
    """
    workspace = snapshot.workspace
    workspace.task.require(label)
    with workspace.locked():
        snapshot = read_snapshot(workspace, snapshot.pool_words)
        ids = _free(snapshot, item_ids)
        if refusal := refused(snapshot, len(ids)):
            raise LoopError(refusal)
        group = _proposed(snapshot, BULK, ids, hand)
        check = _check(snapshot, group[0].batch_id, ids, hand)
        append_records(workspace.batches, [*group, *check])
    about = new_event(group[0].batch_id, hand.annotator, "save", label=label)
    receive(inbox, [replace(about, note=reason[:LONGEST_REASON])])
    return about.batch_id


def groups(snapshot: Snapshot, annotator: str) -> list[Group]:
    """This person's groups that wait for their check or a decision."""
    task, words, about = snapshot.workspace.task, snapshot.labels.words, dict[str, Event]()
    for event in snapshot.logs.events:
        if event.action == "save" and kind_of(event) == BULK:
            about[event.batch_id] = event
    given, found = {event.batch_id for event in words.bulk.values()}, []
    for batch_id, event in about.items():
        if event.annotator == annotator and (label := task.today(event.label)):
            group = _group(snapshot, replace(event, label=label))
            # Whoever labeled the others may have died before the group's last word was written.
            found += [group] if group.rest or batch_id not in given else []
    return found


def check_more(snapshot: Snapshot, _: Inbox, batch_id: str, hand: Hand) -> None:
    """Proposes ten more items of the group for a look, or what is left of it.

    Raises LoopError if the group is over.
    """
    with _opened(snapshot, batch_id, hand) as (fresh, group):
        asked = _check(fresh, batch_id, group.rest, hand)
        append_records(snapshot.workspace.batches, asked)


def label_rest(snapshot: Snapshot, inbox: Inbox, batch_id: str, hand: Hand) -> int:
    """Gives the group's other items its label; their number.

    Logs and label files have them when this returns. Raises LoopError if the group is over, or an
    item of the last check has another label, TaskError if the label is retired.
    """
    with _opened(snapshot, batch_id, hand) as (fresh, group):
        fresh.workspace.task.require(group.about.label)
        if not group.passed:
            raise LoopError(f"{group.result} have the label: the others cannot be labeled at once.")
        if not group.rest:
            raise LoopError("Somebody has labeled the others meanwhile. Go back to the list.")
        note = f"{BULK_NOTE}{group.about.note}; {group.result}"
        first = new_event(batch_id, hand.annotator, "label", label=group.about.label, note=note)
        # Under the lock: nobody may draw one of them for anything in between.
        receive(inbox, _for_each(replace(first, assisted=hand.assisted), group.rest))
    end(snapshot, inbox, batch_id, hand)
    return len(group.rest)


def end(_: Snapshot, inbox: Inbox, batch_id: str, hand: Hand) -> None:
    """The group is over: no more of its items are labeled at once."""
    receive(inbox, [new_event(batch_id, hand.annotator, "save")])


def given(snapshot: Snapshot) -> list[tuple[Event, int]]:
    """One of each group's labels, and how many of them nobody has looked at; the newest first."""
    words = snapshot.labels.words
    events = [words.bulk[item_id] for item_id in words.unseen]
    counts = Counter(event.batch_id for event in events)
    firsts = {event.batch_id: event for event in events}
    return [(firsts[batch_id], counts[batch_id]) for batch_id in sorted(counts, reverse=True)]


def take_back(snapshot: Snapshot, inbox: Inbox, batch_id: str, hand: Hand) -> int:
    """Takes back the group's labels that nobody has changed or seen since; their number.

    The items that were looked at first keep theirs.
    """
    with snapshot.workspace.locked():
        words = read_snapshot(snapshot.workspace, snapshot.pool_words).labels.words
        items = [x for x in words.bulk if x in words.unseen and words.bulk[x].batch_id == batch_id]
        first = new_event(batch_id, hand.annotator, "undo", note=f"{BULK_NOTE}taken back")
        receive(inbox, _for_each(first, items))
    return len(items)


def _for_each(first: Event, item_ids: Iterable[str]) -> list[Event]:
    """The event once for each of these items."""
    made = first.event_id.partition("-")[0]
    return [
        replace(first, event_id=f"{made}-{number}", item_id=item_id)
        for number, item_id in enumerate(item_ids, start=1)
    ]


@contextmanager
def _opened(snapshot: Snapshot, batch_id: str, hand: Hand) -> Iterator[tuple[Snapshot, Group]]:
    """The workspace, locked, as it is now, and this person's group."""
    with snapshot.workspace.locked():
        fresh = read_snapshot(snapshot.workspace, snapshot.pool_words)
        for group in groups(fresh, hand.annotator):
            if group.about.batch_id == batch_id:
                yield fresh, group
                return
        raise LoopError("This group has been decided about already. Reload the page.")


def _group(snapshot: Snapshot, about: Event) -> Group:
    batches: dict[str, list[str]] = defaultdict(list)
    for proposal in snapshot.logs.proposals:
        if f"{proposal.batch_id}-".startswith(f"{about.batch_id}-"):
            batches[proposal.batch_id].append(proposal.item_id)
    items, checks = batches.pop(about.batch_id, []), [*batches.values()]
    last, looked_at = (checks or [[]])[-1], [item for check in checks for item in check]
    skipped, labeled = skips(snapshot.logs.events, about.annotator), snapshot.labels.by_id
    asked = [x for x in last if x in snapshot.waiting and skipped[x] < SKIPS_TO_SET_ASIDE]
    return Group(
        about,
        tuple(labeled[item].label if item in labeled else "" for item in looked_at),
        len(last),
        is_checked=bool(checks) and not asked,
        rest=tuple(_free(snapshot, [*dict.fromkeys(items).keys() - {*looked_at}])),
    )


def _free(snapshot: Snapshot, item_ids: Sequence[str]) -> list[str]:
    """Those of these items that can be labeled at once, in the pool's order."""
    pool = snapshot.pool_words.pool
    rows = np.array([*pool.positions(item_ids).values()], np.int64)
    return pool.ids.take(pa.array(free_rows(snapshot, rows))).to_pylist()


def _check(
    snapshot: Snapshot, batch_id: str, item_ids: Sequence[str], hand: Hand
) -> list[Proposal]:
    """Ten of these items, drawn by chance, as a batch of this person."""
    generator = np.random.default_rng(snapshot.workspace.task.seed + len(snapshot.logs.proposals))
    drawn = generator.permutation(len(item_ids))[:CHECKED]
    return _proposed(snapshot, f"{batch_id}-check", [item_ids[at] for at in drawn], hand)


def _proposed(snapshot: Snapshot, kind: str, item_ids: Iterable[str], hand: Hand) -> list[Proposal]:
    """These items as the next batch of this kind."""
    taken = {p.batch_id for p in snapshot.logs.proposals if kind_of(p) == kind}
    of = fresh_id(kind, taken), now(), "training", hand.annotator
    return [
        Proposal(*of, rank, item_id, BULK, seed=snapshot.workspace.task.seed)
        for rank, item_id in enumerate(item_ids, start=1)
    ]

"""Who labels what: batches of one's own, taken over, shared at the end; skips and flags."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import PoolExhaustedError
from core.sampling.next_batch import batch_to_label, propose, split_to_fill
from core.workspace.assignment import (
    batch_for,
    earlier_batch,
    flags,
    items_of,
    skips,
    take_over,
    take_what_is_left,
)
from core.workspace.events import Inbox
from core.workspace.logs import Event
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines

NOON = "2099-01-01T12:00:00.000Z"
"""Later than any batch that a test makes."""


def act(
    snapshot: Snapshot,
    batch_id: str,
    items: list[str],
    action: str = "label",
    note: str = "",
    by="ann",
) -> Snapshot:
    """Does this with each of the items; the loop afterwards."""
    at = len(snapshot.logs.events)
    receipt = Inbox(snapshot.workspace).receive(
        [
            Event(f"e{at + turn}", batch_id, item, action, "0" if action == "label" else "",
                  by, NOON, 1.0, False, note)
            for turn, item in enumerate(items)
        ]
    )  # fmt: skip
    assert not receipt.refused
    return read_snapshot(snapshot.workspace)


def waiting(snapshot: Snapshot, batch_id: str) -> list[str]:
    return [proposal.item_id for proposal in snapshot.open_batches.get(batch_id, [])]


def moment(minutes: float) -> datetime:
    """So many minutes after noon."""
    return datetime.fromisoformat(NOON) + timedelta(minutes=minutes)


@pytest.fixture
def snapshot(make_workspace: MakeWorkspace) -> Snapshot:
    return read_snapshot(make_workspace([item[:2] for item in headlines(200)]))


def test_a_person_goes_on_with_their_own_oldest_batch(snapshot: Snapshot):
    assert batch_for(snapshot, "ann") is None
    first = propose(snapshot, "ann").batch_id
    propose(read_snapshot(snapshot.workspace), "bob")
    propose(read_snapshot(snapshot.workspace), "ann")
    snapshot = read_snapshot(snapshot.workspace)
    snapshot = act(snapshot, first, waiting(snapshot, first)[:4])
    assert len(waiting(snapshot, first)) == 6
    assert batch_for(snapshot, "ann") == first
    snapshot = act(snapshot, first, waiting(snapshot, first))
    assert batch_for(snapshot, "ann") == "batch-0003"


def test_a_batch_at_rest_is_taken_over_minus_what_is_labeled(snapshot: Snapshot):
    first = propose(snapshot, "ann").batch_id
    snapshot = read_snapshot(snapshot.workspace)
    snapshot = act(snapshot, first, waiting(snapshot, first)[:4])
    left, before = waiting(snapshot, first), snapshot.logs.batch(first)
    assert take_over(snapshot, "bob", moment(59)) is None
    assert take_over(snapshot, "ann", moment(61)) is None  # it is hers
    second = take_over(snapshot, "bob", moment(61))
    snapshot = read_snapshot(snapshot.workspace)
    assert waiting(snapshot, second) == left
    assert first not in snapshot.open_batches
    reasons = {p.item_id: (p.split, p.rank, p.strategy, p.score, p.seed) for p in before}
    for proposal in snapshot.logs.batch(second):
        assert proposal.annotator == "bob"
        assert reasons[proposal.item_id] == (
            proposal.split, proposal.rank, proposal.strategy, proposal.score, proposal.seed
        )  # fmt: skip
    assert len(items_of(snapshot, first)) == 4
    assert batch_for(snapshot, "ann") is None


def test_two_people_who_ask_at_once_never_share_a_free_batch(snapshot: Snapshot):
    free = propose(snapshot, "").batch_id
    stale = read_snapshot(snapshot.workspace)  # both have read the files before either took it
    ann, bob = batch_to_label(stale, "ann"), batch_to_label(stale, "bob")
    snapshot = read_snapshot(snapshot.workspace)
    assert free not in snapshot.open_batches
    assert not set(waiting(snapshot, ann)) & set(waiting(snapshot, bob))
    assert len(waiting(snapshot, ann)) == len(waiting(snapshot, bob)) == 10


def test_what_is_handed_over_fills_a_split_once(snapshot: Snapshot):
    propose(snapshot, "")
    before = split_to_fill(read_snapshot(snapshot.workspace))
    batch_to_label(read_snapshot(snapshot.workspace), "ann")
    assert split_to_fill(read_snapshot(snapshot.workspace)) == before == ("evaluation", 10)


def test_a_late_label_in_the_batch_that_was_handed_over_counts(snapshot: Snapshot):
    first = propose(snapshot, "ann").batch_id
    snapshot = read_snapshot(snapshot.workspace)
    item, *others = waiting(snapshot, first)
    second = take_over(snapshot, "bob", datetime.now(UTC) + timedelta(minutes=61))
    snapshot = act(read_snapshot(snapshot.workspace), first, [item])
    assert waiting(snapshot, second) == others
    assert [proposal.item_id for proposal in items_of(snapshot, first)] == [item]
    assert item not in {proposal.item_id for proposal in items_of(snapshot, second)}


def test_nobody_is_told_no_tasks_while_items_wait(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([item[:2] for item in headlines(10)]))
    first = batch_to_label(snapshot, "ann")
    snapshot = read_snapshot(snapshot.workspace)
    assert len(waiting(snapshot, first)) == 10
    second = batch_to_label(snapshot, "bob")
    snapshot = read_snapshot(snapshot.workspace)
    assert len(waiting(snapshot, first)) == len(waiting(snapshot, second)) == 5
    assert not set(waiting(snapshot, first)) & set(waiting(snapshot, second))
    snapshot = act(snapshot, second, waiting(snapshot, second), by="bob")
    snapshot = act(snapshot, first, waiting(snapshot, first)[:4])
    third = batch_to_label(snapshot, "bob")
    snapshot = read_snapshot(snapshot.workspace)
    assert len(waiting(snapshot, third)) == 1
    snapshot = act(snapshot, third, waiting(snapshot, third), by="bob")
    with pytest.raises(PoolExhaustedError):
        batch_to_label(snapshot, "bob")


def test_the_batch_that_rested_longest_is_shared_first(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([item[:2] for item in headlines(20)]))
    first, second = propose(snapshot, "ann"), propose(read_snapshot(snapshot.workspace), "cyn")
    snapshot = read_snapshot(snapshot.workspace)
    snapshot = act(snapshot, first.batch_id, waiting(snapshot, first.batch_id)[:1])
    left = waiting(snapshot, second.batch_id)
    third = take_what_is_left(snapshot, "bob")
    assert waiting(read_snapshot(snapshot.workspace), third) == left[5:]


def test_skips_count_for_one_person_until_the_next_label(snapshot: Snapshot):
    batch_id = propose(snapshot, "ann").batch_id
    snapshot = read_snapshot(snapshot.workspace)
    item, other, *_ = waiting(snapshot, batch_id)
    snapshot = act(snapshot, batch_id, [item, item, other], "skip")
    snapshot = act(snapshot, batch_id, [item], "skip", by="bob")
    assert skips(snapshot.logs.events, "ann") == {item: 2, other: 1}
    assert skips(snapshot.logs.events, "bob") == {item: 1}
    snapshot = act(snapshot, batch_id, [item])
    assert skips(snapshot.logs.events, "ann") == {other: 1}


def test_items_set_aside_hold_nobody_up_and_come_back_at_the_end(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([item[:2] for item in headlines(20)]))
    first = batch_to_label(snapshot, "ann")
    snapshot = read_snapshot(snapshot.workspace)
    aside = waiting(snapshot, first)[:2]
    snapshot = act(snapshot, first, waiting(snapshot, first)[2:])
    snapshot = act(snapshot, first, aside * 2, "skip")
    assert batch_for(snapshot, "ann") is None
    second = batch_to_label(snapshot, "ann")
    assert second != first
    snapshot = read_snapshot(snapshot.workspace)
    snapshot = act(snapshot, second, waiting(snapshot, second))
    assert batch_to_label(snapshot, "ann") == first
    assert waiting(snapshot, first) == aside


def test_a_flag_stands_until_a_flag_without_a_note(snapshot: Snapshot):
    batch_id = propose(snapshot, "ann").batch_id
    snapshot = read_snapshot(snapshot.workspace)
    item, other, *_ = waiting(snapshot, batch_id)
    snapshot = act(snapshot, batch_id, [item, other], "flag", "is that one?")
    snapshot = act(snapshot, batch_id, [item], "flag", "or two?", by="bob")
    found = flags(snapshot.logs.events)
    assert [(flag.item_id, flag.note, flag.annotator) for flag in found] == [
        (other, "is that one?", "ann"),
        (item, "or two?", "bob"),
    ]
    snapshot = act(snapshot, batch_id, [other], "flag", " ")
    assert [flag.item_id for flag in flags(snapshot.logs.events)] == [item]


def test_earlier_batches_go_back_to_the_first(snapshot: Snapshot):
    made = []
    for person in ("ann", "bob", "ann", "ann"):
        batch_id = propose(snapshot, person).batch_id
        snapshot = read_snapshot(snapshot.workspace)
        snapshot = act(snapshot, batch_id, waiting(snapshot, batch_id)[:3], by=person)
        made.append(batch_id)
    empty = propose(snapshot, "ann").batch_id
    snapshot = read_snapshot(snapshot.workspace)
    assert earlier_batch(snapshot, "ann") == made[3]
    assert earlier_batch(snapshot, "ann", empty) == made[3]
    assert earlier_batch(snapshot, "ann", made[3]) == made[2]
    assert earlier_batch(snapshot, "ann", made[2]) == made[0]
    assert earlier_batch(snapshot, "ann", made[0]) is None
    assert earlier_batch(snapshot, "bob") == made[1]
    assert Counter(p.annotator for p in snapshot.logs.proposals) == {"ann": 40, "bob": 10}

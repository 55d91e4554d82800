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
from core.workspace.snapshot import Loop, read_loop
from tests.conftest import MakeWorkspace, headlines

NOON = "2099-01-01T12:00:00.000Z"
"""Later than any batch that a test makes."""


def act(
    loop: Loop, batch_id: str, items: list[str], action: str = "label", note: str = "", by="ann"
) -> Loop:
    """Does this with each of the items; the loop afterwards."""
    at = len(loop.logs.events)
    receipt = Inbox(loop.workspace).receive(
        [
            Event(f"e{at + turn}", batch_id, item, action, "0" if action == "label" else "",
                  by, NOON, 1.0, False, note)
            for turn, item in enumerate(items)
        ]
    )  # fmt: skip
    assert not receipt.refused
    return read_loop(loop.workspace)


def waiting(loop: Loop, batch_id: str) -> list[str]:
    return [proposal.item_id for proposal in loop.open_batches.get(batch_id, [])]


def moment(minutes: float) -> datetime:
    """So many minutes after noon."""
    return datetime.fromisoformat(NOON) + timedelta(minutes=minutes)


@pytest.fixture
def loop(make_workspace: MakeWorkspace) -> Loop:
    return read_loop(make_workspace([item[:2] for item in headlines(200)]))


def test_a_person_goes_on_with_their_own_oldest_batch(loop: Loop):
    assert batch_for(loop, "ann") is None
    first = propose(loop, "ann").batch_id
    propose(read_loop(loop.workspace), "bob")
    propose(read_loop(loop.workspace), "ann")
    loop = read_loop(loop.workspace)
    loop = act(loop, first, waiting(loop, first)[:4])
    assert len(waiting(loop, first)) == 6
    assert batch_for(loop, "ann") == first
    loop = act(loop, first, waiting(loop, first))
    assert batch_for(loop, "ann") == "batch-0003"


def test_a_batch_at_rest_is_taken_over_minus_what_is_labeled(loop: Loop):
    first = propose(loop, "ann").batch_id
    loop = read_loop(loop.workspace)
    loop = act(loop, first, waiting(loop, first)[:4])
    left, before = waiting(loop, first), loop.logs.batch(first)
    assert take_over(loop, "bob", moment(59)) is None
    assert take_over(loop, "ann", moment(61)) is None  # it is hers
    second = take_over(loop, "bob", moment(61))
    loop = read_loop(loop.workspace)
    assert waiting(loop, second) == left
    assert first not in loop.open_batches
    reasons = {p.item_id: (p.split, p.rank, p.strategy, p.score, p.seed) for p in before}
    for proposal in loop.logs.batch(second):
        assert proposal.annotator == "bob"
        assert reasons[proposal.item_id] == (
            proposal.split, proposal.rank, proposal.strategy, proposal.score, proposal.seed
        )  # fmt: skip
    assert len(items_of(loop, first)) == 4
    assert batch_for(loop, "ann") is None


def test_two_people_who_ask_at_once_never_share_a_free_batch(loop: Loop):
    free = propose(loop, "").batch_id
    stale = read_loop(loop.workspace)  # both have read the files before either took it
    ann, bob = batch_to_label(stale, "ann"), batch_to_label(stale, "bob")
    loop = read_loop(loop.workspace)
    assert free not in loop.open_batches
    assert not set(waiting(loop, ann)) & set(waiting(loop, bob))
    assert len(waiting(loop, ann)) == len(waiting(loop, bob)) == 10


def test_what_is_handed_over_fills_a_split_once(loop: Loop):
    propose(loop, "")
    before = split_to_fill(read_loop(loop.workspace))
    batch_to_label(read_loop(loop.workspace), "ann")
    assert split_to_fill(read_loop(loop.workspace)) == before == ("evaluation", 10)


def test_a_late_label_in_the_batch_that_was_handed_over_counts(loop: Loop):
    first = propose(loop, "ann").batch_id
    loop = read_loop(loop.workspace)
    item, *others = waiting(loop, first)
    second = take_over(loop, "bob", datetime.now(UTC) + timedelta(minutes=61))
    loop = act(read_loop(loop.workspace), first, [item])
    assert waiting(loop, second) == others
    assert [proposal.item_id for proposal in items_of(loop, first)] == [item]
    assert item not in {proposal.item_id for proposal in items_of(loop, second)}


def test_nobody_is_told_no_tasks_while_items_wait(make_workspace: MakeWorkspace):
    loop = read_loop(make_workspace([item[:2] for item in headlines(10)]))
    first = batch_to_label(loop, "ann")
    loop = read_loop(loop.workspace)
    assert len(waiting(loop, first)) == 10
    second = batch_to_label(loop, "bob")
    loop = read_loop(loop.workspace)
    assert len(waiting(loop, first)) == len(waiting(loop, second)) == 5
    assert not set(waiting(loop, first)) & set(waiting(loop, second))
    loop = act(loop, second, waiting(loop, second), by="bob")
    loop = act(loop, first, waiting(loop, first)[:4])
    third = batch_to_label(loop, "bob")
    loop = read_loop(loop.workspace)
    assert len(waiting(loop, third)) == 1
    loop = act(loop, third, waiting(loop, third), by="bob")
    with pytest.raises(PoolExhaustedError):
        batch_to_label(loop, "bob")


def test_the_batch_that_rested_longest_is_shared_first(make_workspace: MakeWorkspace):
    loop = read_loop(make_workspace([item[:2] for item in headlines(20)]))
    first, second = propose(loop, "ann"), propose(read_loop(loop.workspace), "cyn")
    loop = read_loop(loop.workspace)
    loop = act(loop, first.batch_id, waiting(loop, first.batch_id)[:1])
    left = waiting(loop, second.batch_id)
    third = take_what_is_left(loop, "bob")
    assert waiting(read_loop(loop.workspace), third) == left[5:]


def test_skips_count_for_one_person_until_the_next_label(loop: Loop):
    batch_id = propose(loop, "ann").batch_id
    loop = read_loop(loop.workspace)
    item, other, *_ = waiting(loop, batch_id)
    loop = act(loop, batch_id, [item, item, other], "skip")
    loop = act(loop, batch_id, [item], "skip", by="bob")
    assert skips(loop.logs.events, "ann") == {item: 2, other: 1}
    assert skips(loop.logs.events, "bob") == {item: 1}
    loop = act(loop, batch_id, [item])
    assert skips(loop.logs.events, "ann") == {other: 1}


def test_items_set_aside_hold_nobody_up_and_come_back_at_the_end(make_workspace: MakeWorkspace):
    loop = read_loop(make_workspace([item[:2] for item in headlines(20)]))
    first = batch_to_label(loop, "ann")
    loop = read_loop(loop.workspace)
    aside = waiting(loop, first)[:2]
    loop = act(loop, first, waiting(loop, first)[2:])
    loop = act(loop, first, aside * 2, "skip")
    assert batch_for(loop, "ann") is None
    second = batch_to_label(loop, "ann")
    assert second != first
    loop = read_loop(loop.workspace)
    loop = act(loop, second, waiting(loop, second))
    assert batch_to_label(loop, "ann") == first
    assert waiting(loop, first) == aside


def test_a_flag_stands_until_a_flag_without_a_note(loop: Loop):
    batch_id = propose(loop, "ann").batch_id
    loop = read_loop(loop.workspace)
    item, other, *_ = waiting(loop, batch_id)
    loop = act(loop, batch_id, [item, other], "flag", "is that one?")
    loop = act(loop, batch_id, [item], "flag", "or two?", by="bob")
    found = flags(loop.logs.events)
    assert [(flag.item_id, flag.note, flag.annotator) for flag in found] == [
        (other, "is that one?", "ann"),
        (item, "or two?", "bob"),
    ]
    loop = act(loop, batch_id, [other], "flag", " ")
    assert [flag.item_id for flag in flags(loop.logs.events)] == [item]


def test_earlier_batches_go_back_to_the_first(loop: Loop):
    made = []
    for person in ("ann", "bob", "ann", "ann"):
        batch_id = propose(loop, person).batch_id
        loop = read_loop(loop.workspace)
        loop = act(loop, batch_id, waiting(loop, batch_id)[:3], by=person)
        made.append(batch_id)
    empty = propose(loop, "ann").batch_id
    loop = read_loop(loop.workspace)
    assert earlier_batch(loop, "ann") == made[3]
    assert earlier_batch(loop, "ann", empty) == made[3]
    assert earlier_batch(loop, "ann", made[3]) == made[2]
    assert earlier_batch(loop, "ann", made[2]) == made[0]
    assert earlier_batch(loop, "ann", made[0]) is None
    assert earlier_batch(loop, "bob") == made[1]
    assert Counter(p.annotator for p in loop.logs.proposals) == {"ann": 40, "bob": 10}

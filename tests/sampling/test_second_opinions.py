"""Who is asked again: shares of what chance has chosen, newcomers, repeats, sets."""

from collections import Counter
from datetime import timedelta

import pytest

from core.errors import PoolExhaustedError
from core.sampling.next_batch import batch_to_label, propose
from core.sampling.second_opinions import ask_about, ask_about_random, start_items
from core.workspace.logs import Proposal, append_records, now
from core.workspace.opinions import opinions_awaited
from core.workspace.snapshot import read_snapshot
from core.workspace.task import REPEAT, SECOND_OPINION
from tests.conftest import MakeWorkspace, headlines
from tests.teams import Team

TASK = """
title = "Small"
seed = 7
[targets]
evaluation = 60
validation = 0
training = 40
[batch]
size = 20
"""


def team_of(make_workspace: MakeWorkspace, quality: str = "", number: int = 300) -> Team:
    items = headlines(number)
    task = f"{TASK}\n[quality]\n{quality}\n"
    workspace = make_workspace([item[:2] for item in items], task=task)
    return Team(workspace.path, {item_id: label for item_id, _, label in items})


def asked(team: Team, role: str = SECOND_OPINION) -> list[Proposal]:
    return [p for p in team.snapshot.logs.asked_again.values() if p.strategy == role]


def test_without_a_share_batches_are_those_of_one_person(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    for person in ("ann", "bob", "ann", "bob"):
        team.label_batch(person)
    assert team.snapshot.logs.asked_again == {}


@pytest.mark.parametrize("share", [0.1, 0.25, 1])
def test_this_share_of_the_random_items_goes_to_a_second_person(
    make_workspace: MakeWorkspace, share: float
):
    team = team_of(make_workspace, f"overlap = {share}", number=600)
    for _ in range(9):
        for person in ("ann", "bob"):
            team.label_batch(person)
    snapshot = team.snapshot
    assert snapshot.stage == "active learning"
    labeled = snapshot.labels.by_id
    fair = [x for x in labeled.values() if x.split != "training" or x.strategy == "random"]
    at_most_late = 2 * snapshot.workspace.task.batch_size
    assert share * (len(fair) - at_most_late) <= len(asked(team)) <= share * len(fair) + 1
    for proposal in asked(team):
        item = labeled[proposal.item_id]
        assert proposal.split == item.split
        assert item.split != "training" or item.strategy == "random"
        assert proposal.annotator != item.annotator
        assert (proposal.predicted, proposal.confidence, proposal.run_id) == ("", None, "")
    assert max(Counter(p.item_id for p in asked(team)).values()) == 1
    ranks = [p.rank for p in asked(team)]
    assert min(ranks) < 10 < max(ranks), "they are mixed in"


def test_new_items_are_those_that_a_batch_without_opinions_would_have(
    make_workspace: MakeWorkspace, tmp_path
):
    plain = team_of(make_workspace)
    for person in ("ann", "ann", "bob", "ann"):
        plain.label_batch(person)
    expected = [p.item_id for p in plain.snapshot.logs.standing]
    for file in ("batches.csv", "annotations.csv"):
        (plain.path / file).unlink()
    for file in plain.path.glob("*_data/*related.csv"):
        file.unlink()
    team = team_of(make_workspace, "overlap = 0.5")
    for person in ("ann", "ann", "bob", "ann"):
        team.label_batch(person)
    assert [p.item_id for p in team.snapshot.logs.standing] == expected
    assert asked(team)


def test_the_same_files_ask_for_the_same_opinions(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "overlap = 0.5\nrepeat = 0.5\nstart = 4")
    team.label_batch("ann")
    first = propose(team.snapshot, "bob").proposals
    rows = (team.path / "batches.csv").read_text(encoding="utf-8").splitlines()
    kept = rows[: len(rows) - len(first)]
    (team.path / "batches.csv").write_text("\n".join([*kept, ""]), encoding="utf-8")
    second = propose(team.snapshot, "bob").proposals
    assert [(p.rank, p.item_id, p.strategy) for p in second] == [
        (p.rank, p.item_id, p.strategy) for p in first
    ]
    assert {p.strategy for p in first} == {"random", SECOND_OPINION}


def test_newcomers_start_with_the_same_items(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "start = 5")
    team.label_batch("ann")
    start = [p.item_id for p in team.snapshot.logs.standing[:5]]
    for person in ("bob", "eve"):
        batch = propose(team.snapshot, person).proposals
        assert [p.item_id for p in batch[:5]] == start
        assert [p.strategy for p in batch[:6]] == [SECOND_OPINION] * 5 + ["random"]
        assert len(batch) == 25
        team.label_batch(person)
        assert not {p.item_id for p in propose(team.snapshot, person).proposals} & {*start}
    words = team.snapshot.labels.words
    assert all(
        {x.annotator for x in words.by_item[item]} == {"ann", "bob", "eve"} for item in start
    )
    assert all(team.snapshot.labels.by_id[item].annotator == "ann" for item in start)


def test_a_newcomer_starts_with_these_items_before_taking_over_what_rests(
    make_workspace: MakeWorkspace,
):
    team = team_of(make_workspace, "start = 5")
    task = team.path / "task.toml"  # whatever rests is offered to others at once
    task.write_text(task.read_text().replace("size = 20", "size = 20\nrelease_minutes = 0"))
    left = team.label_batch("ann", most=8)
    start = [p.item_id for p in team.snapshot.logs.standing[:5]]
    assert team.batch("bob")[:5] == start
    team.label_batch("bob")
    waiting = [p.item_id for p in team.snapshot.open_batches[left]]
    assert (len(waiting), team.batch("bob")) == (12, waiting)


def test_newcomers_do_not_start_with_what_a_model_chose(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "start = 5")
    chosen = [("i0001", "low confidence"), ("i0002", "random")]
    append_records(
        team.workspace.batches,
        [Proposal("b1", now(), "training", "ann", 1, item, strategy) for item, strategy in chosen],
    )
    assert start_items(team.snapshot) == {"i0002": "training"}


def test_repeats_come_back_to_the_same_person_after_a_week(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "repeat = 0.2")
    team.clock = team.clock.now(team.clock.tzinfo) - timedelta(days=6)
    team.label_batch("ann")
    assert not [p for p in propose(team.snapshot, "eve").proposals if p.strategy == REPEAT]
    team.label_batch("ann")
    assert asked(team, REPEAT) == []
    team = Team(team.path, team.truth, clock=team.clock.now(team.clock.tzinfo) - timedelta(days=8))
    team.number = 1_000
    team.label_batch("bob")
    team.label_batch("bob")
    found = asked(team, REPEAT)
    assert len(found) == 4, "a fifth of the twenty that are old enough"
    own = {x.item_id for x in team.snapshot.labels.items if x.annotator == "bob"}
    assert {p.annotator for p in found} == {"bob"}
    assert {p.item_id for p in found} <= own


def test_repeats_come_back_after_so_many_labels_of_the_same_person(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.sampling.second_opinions.LABELS_BETWEEN", 20)
    team = team_of(make_workspace, "repeat = 1")
    team.clock = team.clock.now(team.clock.tzinfo) - timedelta(hours=1)
    first = team.label_batch("ann")
    team.label_batch("ann")
    team.label_batch("bob")
    found = [p.item_id for p in propose(team.snapshot, "ann").proposals if p.strategy == REPEAT]
    assert sorted(found) == sorted(team.held_by(first))


def test_whoever_is_asked_about_an_item_in_two_ways_takes_over_one(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    items = team.held_by(team.label_batch("ann"))
    ask_about(team.workspace, items)
    ask_about_random(team.workspace, len(items))
    batch_to_label(team.snapshot, "bob")
    of_nobody = [x for x in opinions_awaited(team.snapshot.logs, team.snapshot.labels.words)
                 if not x.annotator]  # fmt: skip
    assert sorted(x.item_id for x in of_nobody) == sorted(items)


def again(team: Team, person: str) -> list[str]:
    batch = propose(team.snapshot, person).proposals
    return sorted(p.item_id for p in batch if p.strategy == SECOND_OPINION)


def test_a_share_that_is_due_at_once_is_spread_over_batches(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "overlap = 0.5")
    for _ in range(3):
        team.label_batch("ann")
    assert [len(again(team, "bob")) for _ in range(2)] == [20, 10]


def test_a_share_leaves_out_what_the_person_said_when_asked_otherwise(
    make_workspace: MakeWorkspace,
):
    team = team_of(make_workspace, "overlap = 1")
    items = sorted(team.held_by(team.label_batch("ann")))
    ask_about(team.workspace, items[:4])
    team.label_batch("bob")
    assert again(team, "bob") == items[4:]
    assert again(team, "eve") == items[:4], "of them no figure has a second opinion yet"


def test_opinions_are_given_where_nothing_new_is_left(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "overlap = 1", number=30)
    while True:
        try:
            team.label_batch("ann")
        except PoolExhaustedError:
            break
    batch = team.batch("bob")
    assert len(batch) == 30
    team.label_batch("bob")
    with pytest.raises(PoolExhaustedError):
        team.batch("bob")


def test_a_set_goes_to_so_many_people_once_each(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    batch_id = team.label_batch("ann")
    labeled = team.held_by(batch_id)[:4]
    new = [item for item in team.truth if item not in team.snapshot.waiting][-3:]
    wanted = [*labeled, *new]
    assert ask_about(team.workspace, [*wanted, "no such item"], people=2) == 7
    for person in ("ann", "bob", "eve"):
        team.label_batch(person)
        team.label_batch(person)
    snapshot = team.snapshot
    for item_id in labeled:
        assert {x.annotator for x in snapshot.labels.words.by_item[item_id]} == {"ann", "bob"}
    for item_id in new:
        item = snapshot.labels.by_id[item_id]
        assert (item.annotator, item.split, item.strategy) == ("ann", "training", "sunlight")
        assert {x.annotator for x in snapshot.labels.words.by_item[item_id]} == {"ann", "bob"}
    assert not [x for x in snapshot.labels.words.opinions if x.role != "first" and x.is_fair]


def test_so_many_random_items_go_to_a_second_person(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    for _ in range(3):
        team.label_batch("ann")
    assert ask_about_random(team.workspace, 45) == 45
    assert ask_about_random(team.workspace, 45) == 15, "the others are asked about already"
    for _ in range(4):
        team.label_batch("bob")
    said = [x for x in team.snapshot.labels.words.opinions if x.role == SECOND_OPINION]
    assert Counter((x.annotator, x.is_fair) for x in said) == {("bob", True): 60}


def test_a_team_in_one_loop_loses_and_overwrites_nothing(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, "overlap = 0.3\nrepeat = 0.1\nstart = 6")
    team.errors = {"ann": 0.1, "bob": 0.3, "eve": 0.2}
    for _ in range(4):
        for person in team.errors:
            team.label_batch(person)
    snapshot = read_snapshot(team.workspace)
    first: dict[str, str] = {}
    for event in snapshot.logs.events:
        again = (event.batch_id, event.item_id) in snapshot.logs.asked_again
        if event.action == "label" and not again:
            assert event.item_id not in first, "an item has one first person"
            first[event.item_id] = event.label
    assert {item: x.label for item, x in snapshot.labels.by_id.items()} == first
    in_files = {
        (row.item_id, row.label)
        for split in snapshot.labels.splits.values()
        for row in split
        if row.file
    }
    assert in_files == set(first.items())

"""Opinions stay apart from labels: which word counts, what is disputed, what is saved."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import LoopError
from core.sampling.next_batch import split_to_fill
from core.workspace.assignment import free_batch, owed
from core.workspace.item_history import history
from core.workspace.logs import Proposal, append_records, now
from core.workspace.relabel import Decision, Hand, adjudicate, as_they_stand, decide
from core.workspace.snapshot import open_snapshot
from core.workspace.task import ADJUDICATION, REPEAT, SECOND_OPINION
from tests.browser import rows
from tests.by_hand import label_by_hand
from tests.conftest import MakeWorkspace, headlines
from tests.teams import Team

ITEM = "i0003"
QUALITY = '\n[quality]\ndisputed = "hold"\n'


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """Ann's batch of evaluation items, and ITEM in a batch of Ann's training data: labeled 0."""
    items = headlines(60)
    workspace = make_workspace([item[:2] for item in items])
    team = Team(workspace.path, {item_id: label for item_id, _, label in items})
    propose(team, "b1", "training", "ann", "random", ITEM, "i0004", "i0005")
    team.say("ann", "b1", ITEM, "0")
    team.say("ann", "b1", "", action="save")
    return team


def propose(
    team: Team, batch_id: str, split: str, person: str, strategy: str, *item_ids: str
) -> None:
    append_records(
        team.workspace.batches,
        [
            Proposal(batch_id, now(), split, person, rank, item_id, strategy)
            for rank, item_id in enumerate(item_ids, start=1)
        ],
    )


def label_of(team: Team, item_id: str = ITEM) -> tuple[str, str, str, str] | None:
    """(label, strategy, annotator, batch) that counts."""
    item = team.snapshot.labels.by_id.get(item_id)
    return item and (item.label, item.strategy, item.annotator, item.batch_id)


def label_files(team: Team) -> dict[str, list[str]]:
    """The items of each training label file."""
    folder = team.path / "training_data"
    return {file.name: [row[0] for row in rows(file)] for file in sorted(folder.glob("*.csv"))}


@pytest.mark.parametrize("role", [SECOND_OPINION, REPEAT])
@pytest.mark.parametrize("answer", ["0", "1"])
def test_an_opinion_changes_no_label_no_file_and_no_target(team: Team, role: str, answer: str):
    before = team.snapshot
    files = label_files(team)
    person = "ann" if role == REPEAT else "bob"
    propose(team, "b2", "training", person, role, ITEM)
    assert team.held_by("b2") == [ITEM]
    assert team.snapshot.waiting == before.waiting
    team.say(person, "b2", ITEM, answer)
    team.say(person, "b2", "", action="save")
    after = open_snapshot(team.path)
    assert after.labels.splits == before.labels.splits
    assert label_files(team) == files
    assert split_to_fill(after) == split_to_fill(before)
    assert team.held_by("b2") == [ITEM]
    assert not after.open_batches.get("b2")
    (said,) = [x for x in after.labels.words.opinions if x.role == role]
    assert (said.annotator, said.answer, said.is_fair) == (person, answer, True)


def test_an_opinion_that_is_undone_is_asked_again(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "1")
    assert set(team.snapshot.labels.words.disputed) == {ITEM}
    team.say("bob", "b2", ITEM, action="undo")
    after = team.snapshot
    assert after.labels.words.disputed == {}
    assert [p.item_id for p in after.open_batches["b2"]] == [ITEM]
    assert label_of(team) == ("0", "random", "ann", "b1")


def test_a_decision_counts_until_it_is_taken_back(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "1")
    adjudicate(team.workspace, team.inbox, ITEM, "1", "lea", "slip")
    assert label_of(team) == ("1", "random", "lea", "b1")
    assert ITEM in label_files(team)["related.csv"]
    words = team.snapshot.labels.words
    assert (words.disputed, set(words.differing)) == ({}, {ITEM})
    assert words.adjudicated[ITEM].note == "slip"
    assert {x.annotator for x in words.by_item[ITEM]} == {"ann", "bob"}
    assert team.held_by("b1")[0] == ITEM, "the item stays in its own batch"
    adjudicate(team.workspace, team.inbox, ITEM, "", "lea")
    assert label_of(team) == ("0", "random", "ann", "b1")
    assert set(team.snapshot.labels.words.disputed) == {ITEM}


def test_the_last_of_two_decisions_counts(team: Team):
    adjudicate(team.workspace, team.inbox, ITEM, "1", "lea")
    adjudicate(team.workspace, team.inbox, ITEM, "0", "max")
    assert label_of(team) == ("0", "random", "max", "b1")
    adjudicate(team.workspace, team.inbox, ITEM, "1", "lea")
    assert label_of(team) == ("1", "random", "lea", "b1")
    proposals = team.snapshot.logs.asked_again
    assert [x.strategy for x in proposals.values()] == [ADJUDICATION] * 2


def test_a_key_in_the_own_batch_does_not_undo_a_decision(team: Team):
    adjudicate(team.workspace, team.inbox, ITEM, "1", "lea")
    team.say("ann", "b1", ITEM, "0")
    assert label_of(team) == ("1", "random", "lea", "b1")


def test_a_correction_counts_over_a_decision_and_settles_a_dispute(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "1")
    adjudicate(team.workspace, team.inbox, ITEM, "1", "lea")
    (item,) = as_they_stand(team.snapshot, [ITEM])
    decide(team.workspace, team.inbox, [Decision(item, "0")], "max")
    assert label_of(team) == ("0", "random", "max", "b1")
    assert team.snapshot.labels.words.disputed == {}
    assert len(team.snapshot.labels.words.by_item[ITEM]) == 2, "a correction is no opinion"
    propose(team, "b3", "training", "eve", SECOND_OPINION, ITEM)
    team.say("eve", "b3", ITEM, "1")
    assert set(team.snapshot.labels.words.disputed) == {ITEM}, "an opinion came after it"


def test_whoever_agrees_with_a_correction_disputes_nothing(team: Team):
    label_by_hand(team.workspace, team.inbox, ITEM, "1", Hand("ann", assisted=True))
    for person, answer in (("bob", "1"), ("eve", "0")):
        propose(team, person, "training", person, SECOND_OPINION, ITEM)
        team.say(person, person, ITEM, answer)
        assert (ITEM in team.snapshot.labels.words.disputed) == (answer == "0")


def test_a_label_by_hand_of_somebody_else_corrects(team: Team):
    label_by_hand(team.workspace, team.inbox, ITEM, "1", Hand("bob", assisted=True))
    words = team.snapshot.labels.words
    assert [x.annotator for x in words.by_item[ITEM]] == ["ann"]
    assert words.disputed == {}
    assert team.snapshot.labels.by_id[ITEM].label == "1"


def test_a_second_look_of_the_first_person_settles_a_dispute(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "1")
    (item,) = as_they_stand(team.snapshot, [ITEM])
    decide(team.workspace, team.inbox, [Decision(item, "0")], "ann")
    assert team.snapshot.labels.words.disputed == {}


def test_a_label_of_the_first_person_by_hand_corrects_and_disputes_nothing(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "0")
    label_by_hand(team.workspace, team.inbox, ITEM, "1", Hand("ann", assisted=True))
    words = team.snapshot.labels.words
    assert (words.counting[ITEM].label, words.disputed) == ("1", {})


def test_a_word_of_somebody_else_in_the_batch_corrects_a_label_and_not_an_undo(team: Team):
    team.say("bob", "b1", ITEM, "1")
    words = team.snapshot.labels.words
    assert [x.annotator for x in words.by_item[ITEM]] == ["ann"]
    assert (words.counting[ITEM].label, words.disputed) == ("1", {})
    team.say("ann", "b1", "i0004", "0")
    team.say("ann", "b1", "i0004", action="undo")
    team.say("bob", "b1", "i0004", "1")
    words = team.snapshot.labels.words
    assert [x.annotator for x in words.by_item["i0004"]] == ["bob"]
    assert set(words.corrected) == {ITEM}


def test_a_decision_on_a_label_that_is_undone_stands_in_its_own_batch(team: Team):
    decision = adjudicate(team.workspace, team.inbox, ITEM, "1", "lea")
    team.say("ann", "b1", ITEM, action="undo")
    assert label_of(team) == ("1", "random", "lea", decision.batch_id)


def test_a_word_in_the_own_batch_after_a_correction_is_an_opinion_again(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "1")
    label_by_hand(team.workspace, team.inbox, ITEM, "0", Hand("ann", assisted=True))
    assert team.snapshot.labels.words.disputed == {}
    team.say("ann", "b1", ITEM, "0")
    assert set(team.snapshot.labels.words.disputed) == {ITEM}


def test_opinions_are_owed_by_whoever_was_asked_alone(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    propose(team, "b3", "training", "bob", "random", "i0007")
    propose(team, "overlap-0001", "training", "", SECOND_OPINION, ITEM)
    assert (owed(team.snapshot, "bob"), owed(team.snapshot, "eve")) == ({ITEM}, set())
    team.say("bob", "b2", ITEM, "0")
    assert owed(team.snapshot, "bob") == set()


def test_an_opinion_that_one_person_owes_goes_to_nobody_else(team: Team):
    for item_id in ("i0004", "i0005"):
        team.say("ann", "b1", item_id, "0")
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    assert free_batch(team.snapshot, "eve", datetime(2999, 1, 1, tzinfo=UTC)) is None


def test_disputed_training_items_are_held_back_if_the_task_says_so(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    team.say("bob", "b2", ITEM, "1")
    assert ITEM in {x.item_id for x in team.snapshot.labels.usable_training}
    task = team.path / "task.toml"
    task.write_text(task.read_text(encoding="utf-8") + QUALITY, encoding="utf-8")
    assert ITEM not in {x.item_id for x in team.snapshot.labels.usable_training}
    assert team.snapshot.labels.by_id[ITEM].label == "0"
    adjudicate(team.workspace, team.inbox, ITEM, "0", "lea")
    assert ITEM in {x.item_id for x in team.snapshot.labels.usable_training}


def test_an_item_without_a_label_cannot_be_decided(team: Team):
    with pytest.raises(LoopError, match="no label to decide about"):
        adjudicate(team.workspace, team.inbox, "i0004", "1", "lea")


def test_opinions_are_fair_if_chance_chose_and_nothing_was_shown(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    propose(team, "b3", "training", "ann", "low confidence", "i0007")
    propose(team, "targeted-0001", "training", "bob", SECOND_OPINION, "i0004", "i0007")
    team.say("ann", "b1", "i0004", "0", assisted=True)
    team.say("ann", "b3", "i0007", "0")
    for batch_id, item_id in (("b2", ITEM), ("targeted-0001", "i0004"), ("targeted-0001", "i0007")):
        team.say("bob", batch_id, item_id, "0")
    said = {(x.item_id, x.annotator): x.is_fair for x in team.snapshot.labels.words.opinions}
    assert said == {
        (ITEM, "ann"): True, (ITEM, "bob"): True,
        ("i0004", "ann"): False, ("i0004", "bob"): False,
        ("i0007", "ann"): False, ("i0007", "bob"): False,
    }  # fmt: skip


def test_a_file_that_says_a_label_can_be_decided_about(team: Team):
    folder = Path(team.path, "training_data")
    with (folder / "related.csv").open("a", encoding="utf-8") as file:
        file.write("i0009,words of nine,1,random,0.5\n")
    adjudicate(team.workspace, team.inbox, "i0009", "0", "lea")
    assert label_of(team, "i0009")[:3] == ("0", "random", "lea")
    adjudicate(team.workspace, team.inbox, "i0009", "", "lea")
    (conflict,) = team.snapshot.labels.conflicts  # its files say both, and nobody decides
    assert (conflict.item_id, {row.label for row in conflict.rows}) == ("i0009", {"0", "1"})


def test_a_history_tells_opinions_and_decisions_as_what_they_are(team: Team):
    propose(team, "b2", "training", "bob", SECOND_OPINION, ITEM)
    propose(team, "b3", "training", "ann", REPEAT, ITEM)
    team.say("bob", "b2", ITEM, "1")
    team.say("bob", "b2", ITEM, action="undo")
    team.say("bob", "b2", ITEM, "1")
    team.say("ann", "b3", ITEM, "0")
    decided = adjudicate(team.workspace, team.inbox, ITEM, "1", "lead", "slip")
    adjudicate(team.workspace, team.inbox, ITEM, "", "lead")
    snapshot = team.snapshot
    told = history(snapshot, ITEM)
    proposed = sorted(each.what for each in told if "proposed" in each.what)
    assert proposed == [
        "proposed again for a repeat in b3",
        "proposed again for a second opinion in b2",
        "proposed for the training data in b1, chosen by random",
    ]
    done = [(each.what, each.who) for each in told if "proposed" not in each.what]
    yes, no = (snapshot.workspace.task.name_of(value) for value in "10")
    assert done == [
        (f"labeled {no}", "ann"),
        (f"second opinion: {yes}", "bob"),
        ("second opinion: taken back", "bob"),
        (f"second opinion: {yes}", "bob"),
        (f"asked again: {no}", "ann"),
        (f"decided: {yes} (slip)", "lead"),
        ("decided: taken back", "lead"),
    ]
    assert decided.batch_id not in " ".join(each.what for each in told)

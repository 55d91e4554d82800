"""Labels given to a group at once: who is left out, the check, the write, the way back."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.analysis.strategy_yield import by_strategy, chosen_labels
from core.errors import LoopError, TaskError
from core.evaluation.intervals import wilson
from core.evaluation.prevalence import prevalence_of
from core.evaluation.runs import train
from core.pool.text import text_key
from core.sampling import next_batch
from core.sampling.next_batch import batch_to_label, propose
from core.workspace import bulk
from core.workspace.assignment import batch_for, earlier_batch
from core.workspace.bulk import CHECKED, begin, check_more, given, groups, label_rest
from core.workspace.events import Inbox
from core.workspace.item_history import history
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Proposal, append_records, now, shown_id
from core.workspace.relabel import Decision, Hand, as_they_stand, decide, label_by_hand
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from core.workspace.task import BULK, REPEAT, SECOND_OPINION
from tests.browser import rows
from tests.conftest import SMALL_TASK, MakeWorkspace, headlines
from tests.teams import Team

ANN, BOB = Hand("ann", assisted=True), Hand("bob", assisted=False)
REASON = "contains flood"
TASK = SMALL_TASK.replace("evaluation = 20", "evaluation = 0").replace(
    "training = 20", "training = 0"
)


def team_of(make_workspace: MakeWorkspace, task: str = TASK, number: int = 300) -> Team:
    items = headlines(number)
    workspace = make_workspace([item[:2] for item in items], task=task)
    return Team(workspace.path, {item_id: label for item_id, _, label in items})


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    return team_of(make_workspace)


def start(
    team: Team, number: int = 40, label: str = "1", reason: str = REASON
) -> tuple[str, list[str]]:
    """Ann's group of the first items, and the items of its check."""
    ids = [f"i{at:04}" for at in range(number)]
    group = begin(team.snapshot, team.inbox, ids, label, reason, ANN)
    return group, check_of(team.snapshot, f"{group}-check-0001")


def check_of(snapshot: Snapshot, batch_id: str) -> list[str]:
    return [p.item_id for p in snapshot.logs.batch(batch_id)]


def answer(team: Team, batch_id: str, labels: Sequence[str]) -> None:
    """Ann labels the items of a check, as with the card's keys."""
    for item, label in zip(check_of(team.snapshot, batch_id), labels, strict=True):
        team.say("ann", batch_id, item, label)
    team.say("ann", batch_id, "", action="save")


def bulk_label(team: Team, number: int = 40, label: str = "1") -> str:
    group, _ = start(team, number, label)
    answer(team, f"{group}-check-0001", [label] * CHECKED)
    label_rest(team.snapshot, team.inbox, group, ANN)
    return group


def ask(team: Team, batch_id: str, person: str, item_id: str, role: str) -> None:
    """One person is asked about an item once more."""
    proposal = Proposal(batch_id, now(), "training", person, 1, item_id, role)
    append_records(team.workspace.batches, [proposal])


def saved(team: Team, name: str = "related.csv") -> list[str]:
    file = team.path / "training_data" / name
    return [row[0] for row in rows(file)] if file.exists() else []


def content(path: Path) -> dict[str, bytes]:
    files = [*path.glob("*.csv"), *path.glob("*_data/*.csv")]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def test_ten_are_looked_at_by_key_before_the_others_get_the_label(team: Team):
    group, check = start(team)
    assert len(set(check)) == CHECKED
    assert check != sorted(check)
    snapshot = open_snapshot(team.path)  # a restart: the group waits for its check
    assert batch_for(snapshot, "ann") == f"{group}-check-0001"
    assert batch_to_label(snapshot, "ann") == f"{group}-check-0001"
    assert snapshot.waiting == dict.fromkeys(check, "training")
    (waiting,) = groups(snapshot, "ann")
    assert (waiting.about.label, waiting.about.note, waiting.about.annotator) == (
        "1",
        REASON,
        "ann",
    )
    assert not waiting.is_checked
    assert not waiting.passed
    with pytest.raises(LoopError, match="0 of 10 checked"):
        label_rest(snapshot, team.inbox, group, ANN)
    answer(team, f"{group}-check-0001", ["1"] * CHECKED)
    (waiting,) = groups(open_snapshot(team.path), "ann")
    assert waiting.passed
    assert waiting.result == "10 of 10 checked"
    assert saved(team) == check
    before = content(team.path)
    assert label_rest(team.snapshot, team.inbox, group, ANN) == 30
    snapshot = team.snapshot
    rest = [f"i{at:04}" for at in range(40) if f"i{at:04}" not in check]
    assert saved(team) == [*check, *rest]
    assert rows(team.path / "training_data" / "related.csv")[-1][2:] == ["1", BULK, ""]
    given = [e for e in snapshot.logs.events if e.batch_id == group and e.action == "label"]
    assert [event.item_id for event in given] == rest
    assert {e.note for e in given} == {f"bulk: {REASON}; 10 of 10 checked"}
    assert all(event.assisted and event.definitions for event in given)
    items = [item for item in snapshot.labels.splits["training"] if item.item_id in rest]
    assert {(x.strategy, x.label, x.batch_id) for x in items} == {(BULK, "1", group)}
    assert not groups(snapshot, "ann")
    assert not snapshot.open_batches
    after = content(team.path)
    assert all(after[name].startswith(before[name]) for name in before)
    with pytest.raises(LoopError, match="already"):
        label_rest(snapshot, team.inbox, group, ANN)
    assert content(team.path) == after


def test_one_of_ten_with_another_label_keeps_the_others_unlabeled(team: Team):
    group, first = start(team)
    answer(team, f"{group}-check-0001", ["1"] * 9 + ["0"])
    (waiting,) = groups(team.snapshot, "ann")
    assert waiting.is_checked
    assert not waiting.passed
    assert (waiting.result, len(waiting.rest)) == ("9 of 10 checked", 30)
    with pytest.raises(LoopError, match="9 of 10"):
        label_rest(team.snapshot, team.inbox, group, ANN)
    check_more(team.snapshot, team.inbox, group, ANN)
    second = batch_for(team.snapshot, "ann")
    assert second == f"{group}-check-0002"
    assert not set(check_of(team.snapshot, second)) & set(first)
    answer(team, second, ["1"] * CHECKED)
    (waiting,) = groups(team.snapshot, "ann")
    assert waiting.passed
    assert waiting.result == "19 of 20 checked"
    assert label_rest(team.snapshot, team.inbox, group, ANN) == 20
    assert team.snapshot.labels.words.bulk["i0000" if "i0000" in waiting.rest else waiting.rest[0]]
    assert len(saved(team)) == 39
    assert len(saved(team, "not_related.csv")) == 1


def test_a_group_that_is_given_up_leaves_its_items_free(team: Team):
    group, check = start(team)
    answer(team, f"{group}-check-0001", ["0"] * CHECKED)
    bulk.end(team.snapshot, team.inbox, group, ANN)
    snapshot = open_snapshot(team.path)
    assert not groups(snapshot, "ann")
    assert not given(snapshot)
    free = snapshot.pool_words.pool.ids.filter(snapshot.candidates).to_pylist()
    assert set(free) == {f"i{at:04}" for at in range(300)} - set(check)
    with pytest.raises(LoopError, match="already"):
        check_more(snapshot, team.inbox, group, ANN)


def test_an_item_of_the_check_that_is_skipped_for_good_passes_nothing(team: Team):
    group, check = start(team)
    for item in check[1:]:
        team.say("ann", f"{group}-check-0001", item, "1")
    for is_over in (False, True):
        team.say("ann", f"{group}-check-0001", check[0], action="skip")
        (waiting,) = groups(team.snapshot, "ann")
        assert waiting.is_checked is is_over
        assert not waiting.passed
    assert waiting.result == "9 of 10 checked"


def test_what_is_held_out_labeled_or_waiting_is_left_out_and_copies(make_workspace: MakeWorkspace):
    """By brute force over texts and events."""
    items = [item[:2] for item in headlines(120)]
    copies = [(f"c{at:03}", f"  {items[at][1].upper()} ") for at in range(0, 120, 3)]
    pool = [*items, *copies, ("b1", " "), ("b2", "\u200b")]
    workspace = make_workspace(pool, task=SMALL_TASK.replace("training = 20", "training = 10"))
    team = Team(workspace.path, {item_id: "0" for item_id, _ in pool})
    for _ in range(3):
        team.label_batch("ann")
    label_by_hand(team.workspace, team.inbox, [candidate(team)], "0", ANN)
    propose(team.snapshot, "bob")
    snapshot, key_of = team.snapshot, {item_id: text_key(text) for item_id, text in pool}
    labeled, waiting = snapshot.labels.ids(), set(snapshot.waiting)
    assert len(labeled) == 31
    assert len(waiting) == 10
    seen = {key_of[item_id] for item_id in labeled | waiting} | {text_key("")}
    free = []
    for item_id, text in pool:
        if key_of[item_id] not in seen and text.strip(" \u200b"):
            free.append(item_id)
        seen.add(key_of[item_id])
    found = bulk.free_rows(snapshot, np.arange(len(pool) + 2)[::-1])
    assert snapshot.pool_words.pool.ids.take(found).to_pylist() == free
    held_out = {key_of[x.item_id] for x in snapshot.labels.splits["evaluation"]}
    kinds = Counter(labeled=2)  # behind the pool
    for item_id, text in pool:
        if item_id not in free:
            is_held_out = key_of[item_id] in held_out
            kinds["in the test or validation set" if is_held_out
                  else "labeled" if item_id in labeled
                  else "waiting for a label" if item_id in waiting
                  else "copies" if text.strip(" \u200b") else "without text"] += 1  # fmt: skip
    assert bulk.left_out(snapshot, np.arange(len(pool) + 2)) == kinds
    assert len(kinds) == 5
    group = begin(snapshot, team.inbox, [item_id for item_id, _ in pool], "0", REASON, ANN)
    assert [p.item_id for p in team.snapshot.logs.batch(group)] == free


def candidate(team: Team) -> str:
    snapshot = team.snapshot
    return snapshot.pool_words.pool.ids.filter(snapshot.candidates)[0].as_py()


def test_what_others_labeled_or_were_asked_meanwhile_is_left_alone(team: Team):
    group, check = start(team)
    others = [x for x in (f"i{at:04}" for at in range(40)) if x not in check]
    label_by_hand(team.workspace, team.inbox, [others[0]], "0", BOB)
    asked = [
        Proposal("batch-0009", now(), "training", "bob", rank, item_id, "random")
        for rank, item_id in enumerate(others[1:3], start=1)
    ]
    append_records(team.workspace.batches, asked)
    answer(team, f"{group}-check-0001", ["1"] * CHECKED)
    assert label_rest(team.snapshot, team.inbox, group, ANN) == 27
    labeled = team.snapshot.labels.by_id
    assert labeled[others[0]].label == "0"
    assert not labeled.keys() & set(others[1:3])


def test_who_comes_second_is_told_that_nothing_is_left(team: Team):
    group, check = start(team)
    answer(team, f"{group}-check-0001", ["1"] * CHECKED)
    others = [x for x in (f"i{at:04}" for at in range(40)) if x not in check]
    label_by_hand(team.workspace, team.inbox, others, "0", BOB)
    with pytest.raises(LoopError, match="Somebody has labeled the others meanwhile"):
        label_rest(team.snapshot, team.inbox, group, ANN)


def test_too_few_too_many_and_too_early_are_refused(make_workspace: MakeWorkspace):
    early = team_of(make_workspace, SMALL_TASK)
    with pytest.raises(LoopError, match="Label the test set first"):
        start(early)
    assert not early.snapshot.logs.proposals
    (early.path / "task.toml").write_text(TASK, encoding="utf-8")
    with pytest.raises(LoopError, match="one by one"):
        start(early, CHECKED)
    with pytest.raises(LoopError, match="No item"):
        begin(early.snapshot, early.inbox, ["gone"], "1", REASON, ANN)
    with pytest.raises(TaskError, match="not one of"):
        start(early, label="9")
    assert "At most 10,000" in bulk.refused(early.snapshot, 10_001)
    assert bulk.refused(early.snapshot, 10_000) == ""
    assert not early.snapshot.logs.proposals
    assert not early.snapshot.logs.events


def test_one_press_takes_all_back_but_what_somebody_has_looked_at(team: Team):
    group = bulk_label(team)
    snapshot = open_snapshot(team.path)
    ((event, standing),) = given(snapshot)
    assert (event.batch_id, event.label, standing) == (group, "1", 30)
    assert event.note == f"bulk: {REASON}; 10 of 10 checked"
    rest = sorted(snapshot.labels.words.unseen)
    check = set(snapshot.labels.by_id) - set(rest)
    label_by_hand(team.workspace, team.inbox, [rest[0]], "0", BOB)
    decisions = [Decision(item, "1") for item in as_they_stand(team.snapshot, rest[1:2])]
    decide(team.workspace, team.inbox, decisions, "bob")
    ask(team, "b7", "bob", rest[2], SECOND_OPINION)
    team.say("bob", "b7", rest[2], "0")
    assert given(team.snapshot)[0][1] == 27
    restarted = Inbox(open_workspace(team.path))
    assert bulk.take_back(open_snapshot(team.path), restarted, group, ANN) == 27
    snapshot = open_snapshot(team.path)
    assert set(snapshot.labels.by_id) == {*check, *rest[:3]}
    assert [snapshot.labels.by_id[x].label for x in rest[:3]] == ["0", "1", "0"]
    assert not given(snapshot)
    assert not snapshot.labels.findings
    assert bulk.take_back(snapshot, restarted, group, ANN) == 0
    free = snapshot.pool_words.pool.ids.filter(snapshot.candidates).to_pylist()
    assert set(rest[3:]) <= set(free)
    bulk_label(team)  # the same items once more
    assert set(rest[3:]) <= team.snapshot.labels.by_id.keys()


@pytest.mark.parametrize("role", [SECOND_OPINION, REPEAT])
@pytest.mark.parametrize("said", ["0", "1"])
def test_a_look_beats_a_bulk_label(team: Team, role: str, said: str):
    group = bulk_label(team)
    item = min(team.snapshot.labels.words.unseen)
    person = "ann" if role == REPEAT else "bob"
    ask(team, "b7", person, item, role)
    assert team.snapshot.labels.by_id[item].label == "1"
    team.say(person, "b7", item, said)
    team.say(person, "b7", "", action="save")
    snapshot = open_snapshot(team.path)
    found = snapshot.labels.by_id[item]
    assert (found.label, found.strategy, found.split) == (said, BULK, "training")
    assert (found.batch_id, found.annotator) == (group, person)
    assert item not in snapshot.labels.words.unseen
    (opinion,) = [x for x in snapshot.labels.words.opinions if x.item_id == item]
    assert (opinion.answer, opinion.is_fair) == (said, False)
    assert not snapshot.labels.words.disputed
    assert (item in saved(team, "not_related.csv")) is (said == "0")
    team.say(person, "b7", item, action="undo")  # back to the bulk label
    assert team.snapshot.labels.by_id[item].label == "1"
    assert item in team.snapshot.labels.words.unseen


def test_of_two_who_look_the_first_gives_the_label_and_the_item_is_disputed(team: Team):
    bulk_label(team)
    item = min(team.snapshot.labels.words.unseen)
    for batch, person, said in (("b7", "bob", "0"), ("b8", "eve", "1"), ("b7", "bob", "0")):
        ask(team, batch, person, item, SECOND_OPINION)
        team.say(person, batch, item, said)
    words = team.snapshot.labels.words
    assert team.snapshot.labels.by_id[item].label == "0"
    assert item in words.disputed
    label_by_hand(team.workspace, team.inbox, [item], "1", ANN)  # now that is a correction
    assert team.snapshot.labels.by_id[item].label == "1"
    assert item in team.snapshot.labels.words.corrected


def test_bulk_labels_are_no_opinions_and_nobody_is_credited_with_a_look(team: Team):
    group = bulk_label(team)
    words = team.snapshot.labels.words
    assert {x.item_id for x in words.opinions} == set(
        check_of(team.snapshot, f"{group}-check-0001")
    )
    assert not any(x.is_fair for x in words.opinions)
    assert earlier_batch(team.snapshot, "ann") == f"{group}-check-0001"
    item = min(words.unseen)
    assert [x.what for x in history(team.snapshot, item)] == [
        "one of a group that is labeled at once (Group 1)",
        "labeled Disaster-related with its group (contains flood; 10 of 10 checked)",
    ]
    assert shown_id(f"{group}-check-0002") == "Group 1, check 2"


def test_a_write_that_a_crash_cut_short_is_mended_and_can_go_on(team: Team):
    group = bulk_label(team)
    log = team.path / "annotations.csv"
    whole = log.read_bytes()
    first = whole.index(b"bulk: ")
    for cut in range(first, len(whole), 611):
        (team.path / "training_data" / "related.csv").unlink(missing_ok=True)
        log.write_bytes(whole[:cut])
        snapshot = open_snapshot(team.path)
        standing = len(snapshot.labels.words.unseen)
        assert not snapshot.labels.findings
        left = groups(snapshot, "ann")
        assert len(saved(team)) == standing + CHECKED
        assert sum(len(x.rest) for x in left) + standing == 30
        if left:
            inbox = Inbox(snapshot.workspace)
            assert label_rest(snapshot, inbox, group, ANN) == 30 - standing
        assert len(saved(team)) == 40
        assert not groups(open_snapshot(team.path), "ann")


def test_a_group_whose_rows_are_gone_is_no_group(team: Team):
    start(team)
    (team.path / "batches.csv").unlink()
    (group,) = groups(team.snapshot, "ann")
    assert not group.passed
    assert not group.rest


def test_one_that_died_before_its_group_was_kept_leaves_ordinary_items(team: Team):
    start(team)
    (team.path / "annotations.csv").unlink()
    snapshot = open_snapshot(team.path)
    assert not groups(snapshot, "ann")
    assert not given(snapshot)
    assert len(snapshot.open_batches[batch_for(snapshot, "ann")]) == CHECKED


def test_ten_thousand_are_one_append_to_each_file(make_workspace: MakeWorkspace):
    items = [(f"n{at:05}", f"flood number {at}") for at in range(10_000)]
    workspace: Workspace = make_workspace(items, task=TASK)
    team = Team(workspace.path, dict.fromkeys((x for x, _ in items), "1"))
    group = begin(team.snapshot, team.inbox, [x for x, _ in items], "1", REASON, ANN)
    answer(team, f"{group}-check-0001", ["1"] * CHECKED)
    assert label_rest(team.snapshot, team.inbox, group, ANN) == 9_990
    assert len(saved(team)) == 10_000
    assert bulk.take_back(read_snapshot(team.workspace), team.inbox, group, ANN) == 9_990


def test_several_labels_are_one_answer(make_workspace: MakeWorkspace):
    several = "several = true\n" + TASK + "".join(
        f'[[labels]]\nvalue = "{value}"\nfile = "{value}.csv"\n' for value in ("a", "b", "c")
    )  # fmt: skip
    team = team_of(make_workspace, several)
    group, _ = start(team, label="a|b")
    answer(team, f"{group}-check-0001", ["a|b"] * 9 + ["a"])
    assert groups(team.snapshot, "ann")[0].result == "9 of 10 checked"
    check_more(team.snapshot, team.inbox, group, ANN)
    answer(team, f"{group}-check-0002", ["a|b"] * CHECKED)
    assert label_rest(team.snapshot, team.inbox, group, ANN) == 20
    assert len(saved(team, "a.csv")) == 40
    assert len(saved(team, "b.csv")) == 39


def test_some_are_mixed_into_later_batches_until_all_were_looked_at(make_workspace: MakeWorkspace):
    share = "[batch]\nsize = 10\nrecheck_bulk = 0.25\n"
    team = team_of(make_workspace, TASK.replace("[batch]\nsize = 10\n", share))
    bulk_label(team, 20)
    unseen = set(team.snapshot.labels.words.unseen)
    before = team.snapshot
    preview_of_bob = next_batch.preview(before, "bob").proposals
    asked = [p for p in preview_of_bob if p.strategy == SECOND_OPINION]
    assert len(asked) == 3  # a quarter of ten, on top of them, and never less than one
    assert len(preview_of_bob) == 13
    assert {p.item_id for p in asked} <= unseen
    assert [p.rank for p in asked] != [1, 2, 3]
    assert next_batch.preview(before, "bob").proposals[0].item_id == preview_of_bob[0].item_id
    looked_at = set()
    for person in ("ann", "bob", "ann", "bob"):
        batch_id = team.label_batch(person)
        asked = [p for p in team.snapshot.logs.batch(batch_id) if p.strategy != "random"]
        asked = [p for p in asked if p.item_id in unseen]
        assert {p.strategy for p in asked} <= {REPEAT if person == "ann" else SECOND_OPINION}
        assert not looked_at & {p.item_id for p in asked}
        looked_at |= {p.item_id for p in asked}
        now_unseen = team.snapshot.labels.words.unseen
        assert now_unseen == unseen - looked_at
    assert looked_at == unseen  # 3 + 3 + 3 + 1
    assert all(team.snapshot.labels.by_id[x].label == team.truth[x] for x in unseen)


def test_without_a_share_or_a_name_nobody_is_asked(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, TASK.replace("size = 10", "size = 10\nrecheck_bulk = 0"))
    bulk_label(team)
    assert {p.strategy for p in next_batch.preview(team.snapshot, "bob").proposals} == {"random"}
    (team.path / "task.toml").write_text(TASK, encoding="utf-8")
    assert {p.strategy for p in next_batch.preview(team.snapshot).proposals} == {"random"}
    assert len(next_batch.preview(team.snapshot, "bob").proposals) == 11  # the usual twentieth


def test_held_out_batches_hold_none(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    bulk_label(team)
    (team.path / "task.toml").write_text(SMALL_TASK, encoding="utf-8")
    batch = next_batch.preview(team.snapshot, "bob")
    assert batch.split == "evaluation"
    assert {p.strategy for p in batch.proposals} == {"random"}


def test_strategies_says_what_a_group_brought_and_how_often_a_look_disagreed(team: Team):
    bulk_label(team)
    unseen = sorted(team.snapshot.labels.words.unseen)
    for at, said in enumerate(("0", "1", "1", "1")):
        ask(team, f"b{at}", "bob", unseen[at], SECOND_OPINION)
        team.say("bob", f"b{at}", unseen[at], said)
    (found,) = by_strategy(chosen_labels(team.snapshot))
    assert (found.strategy, found.labeled) == (BULK, 40)
    assert found.positive == wilson(39, 40)
    assert found.overruled == wilson(1, 4)
    assert found.differing is None
    bulk.take_back(team.snapshot, team.inbox, "bulk-0001", ANN)
    (found,) = by_strategy(chosen_labels(team.snapshot))
    assert (found.labeled, found.overruled) == (14, wilson(1, 4))


def test_the_share_of_positives_goes_by_random_labels_from_before_alone(
    make_workspace: MakeWorkspace,
):
    team = team_of(make_workspace, SMALL_TASK)
    for _ in range(4):
        team.label_batch("ann")
    before = prevalence_of(team.snapshot, "1")
    assert before.n_random == 40
    free = team.snapshot.pool_words.pool.ids.filter(team.snapshot.candidates).to_pylist()
    group = begin(team.snapshot, team.inbox, free[:60], "1", REASON, ANN)
    answer(team, f"{group}-check-0001", ["1"] * CHECKED)
    checked = prevalence_of(team.snapshot, "1")
    label_rest(team.snapshot, team.inbox, group, ANN)
    after = prevalence_of(team.snapshot, "1")
    assert (after.n_random, after.n_positive) == (before.n_random, before.n_positive)
    assert after.share == checked.share, "fifty labels that nobody looked at say nothing"
    assert after.found == checked.found + 50
    assert after.left.value == max(checked.left.value - 50, 0)
    append_records(  # random items from what the group has left
        team.workspace.batches,
        [Proposal("late", now(), "training", "ann", 1, free[70], "random")],
    )
    team.say("ann", "late", free[70], "1")
    assert prevalence_of(team.snapshot, "1").n_random == 40


def test_bulk_labels_are_learned_from(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, SMALL_TASK)
    for _ in range(4):
        team.label_batch("ann")
    free = team.snapshot.pool_words.pool.ids.filter(team.snapshot.candidates).to_pylist()
    group = begin(team.snapshot, team.inbox, free[:60], "0", REASON, ANN)
    answer(team, f"{group}-check-0001", ["0"] * CHECKED)
    label_rest(team.snapshot, team.inbox, group, ANN)
    trained = train(team.snapshot)
    assert trained.run.n_training == 80
    assert trained.run.n_evaluation == 20

from pathlib import Path

import pytest

from core.errors import EventError
from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.labels import Labeled
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import read_logs
from core.workspace.opinions import SECOND_LOOK, settled
from core.workspace.relabel import Decision, Hand, as_they_stand, decide, in_conflict
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.browser import label_rows, rows
from tests.by_hand import flag_by_hand
from tests.conftest import MakeWorkspace, active_workspace, headlines


def other(item: Labeled) -> str:
    return "0" if item.label == "1" else "1"


def label_of(snapshot: Snapshot, item_id: str) -> dict[str, str]:
    """Each split in which the item has a label, and the label."""
    return {
        split: item.label
        for split, items in snapshot.labels.splits.items()
        for item in items
        if item.item_id == item_id
    }


def test_a_correction_goes_into_the_items_own_batch_and_the_label_files(demo: Path):
    workspace = open_workspace(demo)
    item = next(i for i in read_snapshot(workspace).labels.splits["training"] if i.batch_id)
    proposals = read_logs(*workspace.logs).proposals
    decide(workspace, Inbox(workspace), [Decision(item, other(item), assisted=True)], "bob")
    logs, snapshot = read_logs(*workspace.logs), read_snapshot(workspace)
    assert logs.proposals == proposals
    label, save = logs.events[-2:]
    assert (label.batch_id, label.item_id, label.label) == (
        item.batch_id,
        item.item_id,
        other(item),
    )
    assert (label.annotator, label.assisted, label.note) == ("bob", True, SECOND_LOOK)
    assert (save.action, save.batch_id) == ("save", item.batch_id)
    assert label_of(snapshot, item.item_id) == {"training": other(item)}
    name = "related.csv" if other(item) == "1" else "not_related.csv"
    assert item.item_id in {row[0] for row in rows(demo / "training_data" / name)}
    assert settled(snapshot.labels.words) == {item.item_id}


@pytest.mark.parametrize("split", ["training", "evaluation"])
def test_a_label_that_stands_only_in_a_file_is_proposed_once_more_and_corrected(
    split: str, make_workspace: MakeWorkspace
):
    workspace = active_workspace(make_workspace)
    items = read_snapshot(workspace).labels.splits[split][:3]
    inbox = Inbox(workspace)
    for item in items:
        decide(workspace, inbox, [Decision(item, other(item))], "ann")
    proposals = read_logs(*workspace.logs).proposals
    assert [(p.batch_id, p.rank, p.item_id) for p in proposals] == [
        ("review-0001", rank, item.item_id) for rank, item in enumerate(items, start=1)
    ]
    assert {(p.split, p.strategy, p.run_id) for p in proposals} == {(split, "review", "")}
    snapshot = read_snapshot(workspace)
    for item in items:
        assert label_of(snapshot, item.item_id) == {split: other(item)}
    assert not snapshot.labels.conflicts
    assert not snapshot.open_batches
    assert not snapshot.logs.findings


def test_what_a_label_file_says_of_why_is_kept(make_workspace: MakeWorkspace):
    pool = headlines(30)
    row = (*pool[0][:2], "1", "outlier", "0.625")
    workspace = make_workspace([item[:2] for item in pool[1:]], {("training", "1"): [row]})
    (item,) = read_snapshot(workspace).labels.splits["training"]
    decide(workspace, Inbox(workspace), [Decision(item, "0")], "ann")
    (after,) = read_snapshot(workspace).labels.splits["training"]
    assert (after.label, after.strategy, after.confidence) == ("0", "outlier", 0.625)
    assert rows(workspace.path / "training_data" / "not_related.csv") == [
        [*pool[0][:2], "0", "outlier", "0.625"]
    ]


def test_each_person_and_split_has_a_batch_of_its_own(make_workspace: MakeWorkspace):
    workspace = active_workspace(make_workspace)
    labels = read_snapshot(workspace).labels.splits
    inbox = Inbox(workspace)
    for item, person in (
        (labels["training"][0], "ann"),
        (labels["evaluation"][0], "ann"),
        (labels["training"][1], "bob"),
        (labels["training"][2], "ann"),
    ):
        decide(workspace, inbox, [Decision(item, item.label)], person)
    batches = [p.batch_id for p in read_logs(*workspace.logs).proposals]
    assert batches == ["review-0001", "review-0002", "review-0003", "review-0001"]


def conflicted(make_workspace: MakeWorkspace, splits: tuple[str, str]) -> Workspace:
    pool = headlines(30)
    rows_of = {
        (split, label): [(*pool[0][:2], label)]
        for split, label in zip(splits, ("1", "0"), strict=True)
    }
    return make_workspace([item[:2] for item in pool], rows_of)


@pytest.mark.parametrize("label", ["1", "0"])
@pytest.mark.parametrize(
    "splits", [("training", "training"), ("training", "evaluation"), ("evaluation", "training")]
)
def test_a_conflict_is_decided_and_held_out_data_stays_held_out(
    splits: tuple[str, str], label: str, make_workspace: MakeWorkspace
):
    workspace = conflicted(make_workspace, splits)
    (conflict,) = read_snapshot(workspace).labels.conflicts
    decide(workspace, Inbox(workspace), [Decision(in_conflict(conflict), label)], "ann")
    snapshot = read_snapshot(workspace)
    assert not snapshot.labels.conflicts
    split = "evaluation" if "evaluation" in splits else "training"
    assert label_of(snapshot, conflict.item_id) == {split: label}
    assert label_rows(workspace, split)[conflict.item_id] in ("0", "1")


def test_a_label_that_there_is_none_of_is_refused(demo: Path):
    workspace = open_workspace(demo)
    item = read_snapshot(workspace).labels.splits["training"][0]
    with pytest.raises(EventError, match="not one of the task's"):
        decide(workspace, Inbox(workspace), [Decision(item, "maybe")], "ann")
    assert label_of(read_snapshot(workspace), item.item_id) == {"training": item.label}


def test_one_decision_holds_for_several_items(make_workspace: MakeWorkspace):
    workspace = active_workspace(make_workspace)
    items = read_snapshot(workspace).labels.splits["training"][:4]
    decide(workspace, Inbox(workspace), [Decision(item, "1") for item in items], "ann")
    snapshot = read_snapshot(workspace)
    assert all(label_of(snapshot, item.item_id) == {"training": "1"} for item in items)
    assert len({event.batch_id for event in snapshot.logs.events}) == 1


def test_an_item_that_waits_is_labeled_in_the_batch_that_waits_for_it(
    make_workspace: MakeWorkspace,
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    batch = propose(read_snapshot(workspace), "ann")
    waiting = Labeled(batch.proposals[3].item_id, batch.texts[3], "", batch.split)
    decide(workspace, Inbox(workspace), [Decision(waiting, "1")], "bob")
    snapshot = read_snapshot(workspace)
    assert label_of(snapshot, waiting.item_id) == {batch.split: "1"}
    assert len(snapshot.open_batches[batch.batch_id]) == 9
    assert len(snapshot.logs.proposals) == 10


def test_a_key_that_is_pressed_twice_is_written_once_and_a_late_one_is_refused(demo: Path):
    workspace = open_workspace(demo)
    item = next(i for i in read_snapshot(workspace).labels.splits["training"] if i.batch_id)
    inbox = Inbox(workspace)
    decide(workspace, inbox, [Decision(item, other(item))], "ann")
    events = read_logs(*workspace.logs).events
    decide(workspace, inbox, [Decision(item, other(item))], "ann")
    assert read_logs(*workspace.logs).events == events
    with pytest.raises(EventError, match="another label just now"):
        decide(workspace, inbox, [Decision(item, item.label)], "bob")
    assert read_logs(*workspace.logs).events == events


def test_an_item_that_was_flagged_and_then_drawn_for_evaluation_is_no_training_data(
    make_workspace: MakeWorkspace,
):
    pool = headlines(12)
    workspace = make_workspace([item[:2] for item in pool])
    inbox = Inbox(workspace)
    for item, _, _ in pool:
        flag_by_hand(workspace, inbox, item, "?", Hand("ann", False))
    stale = as_they_stand(read_snapshot(workspace), [item for item, _, _ in pool])
    assert {item.split for item in stale} == {"training"}
    drawn = propose(read_snapshot(workspace), "bob").proposals[0].item_id
    (before,) = (item for item in stale if item.item_id == drawn)
    with pytest.raises(EventError, match="waiting for its label in the test set"):
        decide(workspace, inbox, [Decision(before, "1")], "ann")
    assert label_of(read_snapshot(workspace), drawn) == {}
    (now,) = as_they_stand(read_snapshot(workspace), [drawn])
    decide(workspace, inbox, [Decision(now, "1")], "ann")
    assert label_of(read_snapshot(workspace), drawn) == {"evaluation": "1"}


def test_a_copy_of_held_out_data_gets_no_label(make_workspace: MakeWorkspace):
    pool = [("a", "flood hits village"), *(item[:2] for item in headlines(30))]
    rows_of = {("evaluation", "1"): [("b", "Flood  hits village", "1")]}
    workspace = make_workspace(pool, rows_of)
    flag_by_hand(workspace, Inbox(workspace), "a", "?", Hand("ann", False))
    (copy,) = as_they_stand(read_snapshot(workspace), ["a"])
    with pytest.raises(EventError, match="must not learn from it"):
        decide(workspace, Inbox(workspace), [Decision(copy, "1")], "ann")
    assert label_of(read_snapshot(workspace), "a") == {}


def test_items_stand_as_their_labels_their_conflict_or_their_batch_say(
    make_workspace: MakeWorkspace,
):
    pool = headlines(30)
    both = (*pool[0][:2], "1")
    rows_of = {
        ("training", "1"): [both, ("c", "two minds", "1")],
        ("training", "0"): [("c", "two minds", "0")],
        ("evaluation", "1"): [both],
    }
    workspace = make_workspace([item[:2] for item in pool], rows_of)
    waiting = propose(read_snapshot(workspace), "ann").proposals[0].item_id
    found = as_they_stand(read_snapshot(workspace), [both[0], "c", waiting, "nowhere"])
    assert [(item.split, item.label) for item in found] == [
        ("evaluation", "1"),
        ("training", "1"),
        ("evaluation", ""),
        ("training", ""),
    ]


def test_an_unlabeled_item_whose_key_is_pressed_twice_is_labeled_once(
    make_workspace: MakeWorkspace,
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    batch = propose(read_snapshot(workspace), "ann")
    waiting = Labeled(batch.proposals[0].item_id, batch.texts[0], "", batch.split)
    inbox = Inbox(workspace)
    decide(workspace, inbox, [Decision(waiting, "1")], "ann")
    events = read_logs(*workspace.logs).events
    decide(workspace, inbox, [Decision(waiting, "1")], "ann")
    assert read_logs(*workspace.logs).events == events
    with pytest.raises(EventError, match="another label just now"):
        decide(workspace, inbox, [Decision(waiting, "0")], "ann")

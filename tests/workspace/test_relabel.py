"""Labels and flags given while looking around: their way to the logs and the label files."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LoopError, TaskError
from core.evaluation.runs import keep, train
from core.sampling.next_batch import propose
from core.workspace import relabel
from core.workspace.assignment import batch_for, flags
from core.workspace.events import Inbox
from core.workspace.item_history import history
from core.workspace.layout import Workspace, is_whole_label
from core.workspace.logs import shown_id
from core.workspace.relabel import Hand, flag_of
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from core.workspace.task import SUNLIGHT, check_mix
from tests.browser import label_rows, rows
from tests.by_hand import flag_by_hand, label_by_hand, take_back_by_hand
from tests.conftest import MakeWorkspace, active_workspace, headlines, write_csv

ANN = Hand("ann", assisted=True)


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return active_workspace(make_workspace)


@pytest.fixture
def inbox(workspace: Workspace) -> Inbox:
    return Inbox(workspace)


def content(workspace: Workspace) -> dict[str, bytes]:
    files = [*workspace.path.glob("*.csv"), *workspace.path.glob("*_data/*.csv")]
    return {str(file.relative_to(workspace.path)): file.read_bytes() for file in files}


def test_a_label_by_hand_stands_in_the_logs_and_the_label_file(workspace: Workspace, inbox: Inbox):
    before = content(workspace)
    event = label_by_hand(workspace, inbox, "i0003", "1", ANN)
    snapshot = read_snapshot(workspace)
    (proposal,) = snapshot.logs.proposals
    assert (proposal.strategy, proposal.split, proposal.annotator) == (SUNLIGHT, "training", "ann")
    assert [e.action for e in snapshot.logs.events] == ["label", "save"]
    assert replace(snapshot.logs.events[0], definitions="") == event
    assert event.assisted
    item = snapshot.labels.by_id["i0003"]
    assert (item.label, item.split, item.strategy) == ("1", "training", SUNLIGHT)
    assert rows(workspace.path / "training_data" / "related.csv")[-1] == [
        "i0003", headlines(390)[3][1], "1", SUNLIGHT, "",
    ]  # fmt: skip
    after = content(workspace)
    assert all(after[name].startswith(before[name]) for name in before)
    assert not snapshot.open_batches
    assert not snapshot.labels.findings


def test_a_correction_is_a_new_event_in_its_own_batch(workspace: Workspace, inbox: Inbox):
    label_by_hand(workspace, inbox, "i0003", "1", ANN)
    label_by_hand(workspace, inbox, "i0003", "0", Hand("bob", assisted=False))
    snapshot = read_snapshot(workspace)
    assert [p.batch_id for p in snapshot.logs.proposals] == ["batch-0001", "batch-0002"]
    assert snapshot.labels.by_id["i0003"].label == "0"
    assert snapshot.labels.by_id["i0003"].annotator == "bob"
    assert not snapshot.labels.conflicts
    told = [happening.what for happening in history(snapshot, "i0003")]
    assert told == [
        "picked by hand on Explore (Batch 1)",
        "labeled Disaster-related",
        "picked by hand on Explore (Batch 2)",
        "changed to Not disaster-related",
    ]


def batches_by_hand(workspace: Workspace) -> list[list[str]]:
    """The items of each batch, in the order in which the batches were made."""
    proposals = read_snapshot(workspace).logs.proposals
    batches = dict.fromkeys(p.batch_id for p in proposals)
    return [[p.item_id for p in proposals if p.batch_id == batch] for batch in batches]


def test_labels_of_one_sitting_are_one_batch(workspace: Workspace, inbox: Inbox):
    for item in ("i0003", "i0004", "i0003"):
        label_by_hand(workspace, inbox, item, "1", ANN)
    flag_by_hand(workspace, inbox, "i0005", "odd", ANN)
    label_by_hand(workspace, inbox, "i0006", "1", Hand("bob", assisted=False))
    label_by_hand(workspace, inbox, "i0007", "1", ANN)
    assert batches_by_hand(workspace) == [["i0003", "i0004", "i0005"], ["i0006"], ["i0007"]]
    snapshot = read_snapshot(workspace)
    assert [p.rank for p in snapshot.logs.proposals] == [1, 2, 3, 1, 1]
    assert all(snapshot.labels.by_id[item].label == "1" for item in ("i0003", "i0004", "i0007"))
    assert not snapshot.labels.findings


def test_a_rest_ends_a_batch_by_hand(workspace: Workspace, inbox: Inbox):
    label_by_hand(workspace, inbox, "i0003", "1", ANN)
    path = workspace.path / "batches.csv"
    written, long_ago = (
        read_snapshot(workspace).logs.proposals[0].created_at,
        "2026-01-01T00:00:00Z",
    )
    path.write_text(path.read_text().replace(written, long_ago))
    label_by_hand(workspace, inbox, "i0004", "1", ANN)
    assert batches_by_hand(workspace) == [["i0003"], ["i0004"]]


def test_training_and_a_proposed_batch_end_a_batch_by_hand(workspace: Workspace, inbox: Inbox):
    label_by_hand(workspace, inbox, "i0003", "1", ANN)
    snapshot = read_snapshot(workspace)
    keep(snapshot, train(snapshot))
    label_by_hand(workspace, inbox, "i0004", "1", ANN)
    proposed = propose(read_snapshot(workspace), "ann")
    label_by_hand(workspace, inbox, "i0005", "1", ANN)
    first, second, _, last = batches_by_hand(workspace)
    assert (first, second, last) == (["i0003"], ["i0004"], ["i0005"])
    assert len({p.batch_id for p in proposed.proposals}) == 1


@pytest.mark.parametrize("before", ["", "0"])
def test_a_label_by_hand_is_taken_back_to_what_was_there(
    before: str, workspace: Workspace, inbox: Inbox
):
    if before:
        label_by_hand(workspace, inbox, "i0003", before, Hand("bob", assisted=False))
    given = label_by_hand(workspace, inbox, "i0003", "1", ANN)
    take_back_by_hand(workspace, inbox, given, before, ANN)
    snapshot = open_snapshot(workspace.path)
    labeled = snapshot.labels.by_id.get("i0003")
    assert (labeled.label if labeled else "") == before
    assert not snapshot.labels.conflicts
    assert not snapshot.labels.findings
    assert snapshot.candidates[3] == (not before)
    with pytest.raises(LoopError, match="labeled again since"):
        take_back_by_hand(workspace, inbox, given, before, ANN)


def test_an_item_of_a_label_file_can_be_corrected(workspace: Workspace, inbox: Inbox):
    item = read_snapshot(workspace).labels.splits["training"][0]
    other = "0" if item.label == "1" else "1"
    label_by_hand(workspace, inbox, item.item_id, other, ANN)
    snapshot = open_snapshot(workspace.path)
    assert snapshot.labels.by_id[item.item_id].label == other
    assert len(snapshot.labels.splits["training"]) == 60
    assert item.item_id in label_rows(workspace, "training")


def test_evaluation_data_is_refused_with_the_reason(workspace: Workspace, inbox: Inbox):
    held_out = read_snapshot(workspace).labels.splits["evaluation"][0]
    copy = ("copy", held_out.text.upper())
    write_csv(workspace.path / "unlabeled_data" / "more.csv", [copy])
    before = content(workspace)
    for item, reason in ((held_out.item_id, "is in the test set"), ("copy", "is also in the test")):
        with pytest.raises(LoopError, match=reason):
            label_by_hand(workspace, inbox, item, "1", ANN)
    assert content(workspace) == before


def test_what_waits_for_its_evaluation_label_is_refused(make_workspace: MakeWorkspace):
    workspace = make_workspace([row[:2] for row in headlines(60)])
    waiting = propose(read_snapshot(workspace), "ann").proposals[0].item_id
    with pytest.raises(LoopError, match="waiting for its label in the test set"):
        label_by_hand(workspace, Inbox(workspace), waiting, "1", ANN)


def test_an_unknown_item_or_label_is_refused(workspace: Workspace, inbox: Inbox):
    with pytest.raises(LoopError, match="no longer in the pool"):
        label_by_hand(workspace, inbox, "nobody", "1", ANN)
    with pytest.raises(TaskError, match="not one of"):
        label_by_hand(workspace, inbox, "i0003", "7", ANN)
    with pytest.raises(LoopError, match="no longer in the pool"):
        flag_by_hand(workspace, inbox, "nobody", "why", ANN)
    assert not read_snapshot(workspace).logs.proposals


def test_a_flag_leaves_an_item_to_be_proposed(workspace: Workspace, inbox: Inbox):
    before = read_snapshot(workspace).candidates
    flag_by_hand(workspace, inbox, "i0003", " odd ", ANN)
    snapshot = read_snapshot(workspace)
    assert flag_of(snapshot, "i0003").note == "odd"
    assert (snapshot.candidates == before).all()
    assert batch_for(snapshot, "ann") is None
    flag_by_hand(workspace, inbox, "i0003", "", ANN)
    snapshot = read_snapshot(workspace)
    assert flag_of(snapshot, "i0003") is None
    assert len(snapshot.logs.proposals) == 1


def test_an_evaluation_item_can_be_flagged_in_its_own_batch(make_workspace: MakeWorkspace):
    workspace = make_workspace([row[:2] for row in headlines(60)])
    batch = propose(read_snapshot(workspace), "ann")
    item = batch.proposals[0].item_id
    flag_by_hand(workspace, Inbox(workspace), item, "odd", ANN)
    snapshot = read_snapshot(workspace)
    assert [flag.batch_id for flag in flags(snapshot.logs.events)] == [batch.batch_id]
    assert len(snapshot.logs.proposals) == len(batch.proposals)


def test_an_item_that_waits_in_a_batch_leaves_it_by_a_label(workspace: Workspace, inbox: Inbox):
    batch = propose(read_snapshot(workspace), "bob")
    item = batch.proposals[0].item_id
    label_by_hand(workspace, inbox, item, "1", ANN)
    waiting = read_snapshot(workspace).open_batches[batch.batch_id]
    assert item not in {proposal.item_id for proposal in waiting}
    assert len(waiting) == len(batch.proposals) - 1


def test_a_proposal_without_its_event_asks_for_nothing(workspace: Workspace, inbox: Inbox):
    label_by_hand(workspace, inbox, "i0003", "1", ANN)
    (workspace.path / "annotations.csv").unlink()
    snapshot = read_snapshot(workspace)
    (workspace.path / "training_data" / "related.csv").write_text("")
    assert not snapshot.open_batches
    assert not read_snapshot(workspace).labels.findings


def test_many_people_at_once_get_batches_of_their_own(workspace: Workspace):
    items = [f"i{at:04}" for at in range(12)]
    inbox = Inbox(workspace)
    threads = [
        threading.Thread(target=label_by_hand, args=(workspace, inbox, item, "1", Hand(item, True)))
        for item in items
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    snapshot = read_snapshot(workspace)
    assert len({proposal.batch_id for proposal in snapshot.logs.proposals}) == 12
    labels = label_rows(workspace, "training")
    assert all(labels[item] == "1" for item in items)


def test_no_mix_can_ask_for_it_and_label_files_know_it(loop_of: Snapshot):
    with pytest.raises(TaskError, match="not a strategy"):
        check_mix({SUNLIGHT: 5}, "here")
    assert is_whole_label({"1"}, ["i1", "text", "1", SUNLIGHT])
    assert is_whole_label({"1"}, ["i1", "text", "1", "diverse"])  # by an earlier version
    assert not is_whole_label({"1"}, ["i1", "text", "1", SUNLIGHT[:4]])


@pytest.fixture
def loop_of(workspace: Workspace) -> Snapshot:
    return read_snapshot(workspace)


def test_a_history_tells_of_runs_files_and_flags(demo: Path):
    snapshot = open_snapshot(demo)
    proposal = next(p for p in snapshot.logs.proposals if p.strategy == "low confidence")
    told = history(snapshot, proposal.item_id)
    assert shown_id(proposal.run_id) in told[0].what
    assert f", {proposal.confidence:.0%}" in told[0].what
    assert told[1].what.startswith("labeled")
    assert [h.at for h in told] == sorted(h.at for h in told)


def labels_of(workspace: Workspace, items: list[str]) -> list[str]:
    snapshot = read_snapshot(workspace)
    assert not snapshot.labels.conflicts
    by_id = snapshot.labels.by_id
    return [by_id[item].label if item in by_id else "" for item in items]


def test_several_items_are_labeled_in_one_batch_and_the_held_out_ones_refused(
    workspace: Workspace, inbox: Inbox
):
    held_out = read_snapshot(workspace).labels.splits["evaluation"][0]
    items = ["i0003", held_out.item_id, "i0004", "nobody", "i0003"]
    found = relabel.label_by_hand(workspace, inbox, items, "1", ANN)
    assert [(x.event.item_id, x.before) for x in found.done] == [("i0003", ""), ("i0004", "")]
    assert set(found.refused) == {held_out.item_id, "nobody"}
    assert batches_by_hand(workspace) == [["i0003", "i0004"]]
    snapshot = read_snapshot(workspace)
    assert [e.action for e in snapshot.logs.events] == ["label", "label", "save"]
    assert labels_of(workspace, items) == ["1", held_out.label, "1", "", "1"]
    taken = relabel.take_back_by_hand(workspace, inbox, found.done, ANN)
    assert labels_of(workspace, ["i0003", "i0004"]) == ["", ""]
    assert not relabel.take_back_by_hand(workspace, inbox, found.done, ANN).done
    relabel.take_back_by_hand(workspace, inbox, taken.done, ANN)  # an undo that is undone
    assert labels_of(workspace, ["i0003", "i0004"]) == ["1", "1"]
    assert label_rows(workspace, "training")["i0003"] == "1"


def test_nothing_is_written_if_all_are_refused(workspace: Workspace, inbox: Inbox):
    before = content(workspace)
    assert not relabel.label_by_hand(workspace, inbox, ["nobody"], "1", ANN).done
    assert not relabel.label_by_hand(workspace, inbox, [], "1", ANN).done
    assert not relabel.flag_by_hand(workspace, inbox, ["nobody"], "odd", ANN).done
    assert not relabel.take_back_by_hand(workspace, inbox, [], ANN).done
    assert content(workspace) == before


def test_what_a_person_gave_by_hand_is_found_with_what_stood_before(
    workspace: Workspace, inbox: Inbox
):
    in_file = read_snapshot(workspace).labels.splits["training"][0]
    other = "0" if in_file.label == "1" else "1"
    bob = Hand("bob", assisted=False)
    label_by_hand(workspace, inbox, "i0003", "0", bob)
    relabel.label_by_hand(workspace, inbox, ["i0003", "i0004", "i0005"], "1", ANN)
    relabel.label_by_hand(workspace, inbox, ["i0004"], "0", ANN)
    relabel.label_by_hand(workspace, inbox, [in_file.item_id], other, ANN)
    label_by_hand(workspace, inbox, "i0005", "0", bob)
    items = ["i0003", "i0004", "i0005", "i0006", in_file.item_id]
    given = relabel.given_here(read_snapshot(workspace), items, "ann")
    found = {change.event.item_id: (change.event.label, change.before) for change in given}
    assert found == {
        "i0003": ("1", "0"), "i0004": ("0", ""), in_file.item_id: (other, in_file.label),
    }  # fmt: skip
    relabel.take_back_by_hand(workspace, inbox, given, ANN)
    assert labels_of(workspace, items) == ["0", "", "0", "", in_file.label]
    assert not relabel.given_here(read_snapshot(workspace), ["i0004"], "ann")


def test_flags_of_several_items_are_taken_back_unless_flagged_again(
    workspace: Workspace, inbox: Inbox
):
    flag_by_hand(workspace, inbox, "i0003", "first", ANN)
    found = relabel.flag_by_hand(workspace, inbox, ["i0003", "i0004", "i0005"], "odd", ANN)
    assert [change.before for change in found.done] == ["first", "", ""]
    flag_by_hand(workspace, inbox, "i0005", "mine", Hand("bob", assisted=False))
    undone = relabel.take_back_by_hand(workspace, inbox, found.done, ANN)
    assert undone.refused.keys() == {"i0005"}
    assert "flagged again since" in undone.refused["i0005"]
    notes = {flag.item_id: flag.note for flag in flags(read_snapshot(workspace).logs.events)}
    assert notes == {"i0003": "first", "i0005": "mine"}
    relabel.take_back_by_hand(workspace, inbox, undone.done, ANN)
    notes = {flag.item_id: flag.note for flag in flags(read_snapshot(workspace).logs.events)}
    assert notes == {"i0003": "odd", "i0004": "odd", "i0005": "mine"}
    assert labels_of(workspace, ["i0003", "i0004", "i0005"]) == [""] * 3

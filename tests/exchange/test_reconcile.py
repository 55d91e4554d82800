"""Of labels that are brought, only what the files lack is written, and nothing is overruled."""

from dataclasses import replace

import pytest

from core.exchange.import_types import ImportedLabel, of_batch
from core.exchange.reconcile import MissingRows, missing_rows
from core.workspace.labels import Labeled, append_labels
from core.workspace.layout import Workspace
from core.workspace.logs import append_records
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace

POOL = [["p1", "flood hits coast"], ["p2", "council meets"]]

MOMENT = "2026-01-31T12:00:00.000Z"
ITEM = Labeled("p1", "flood hits coast", "1", "training", annotator="ada", labeled_at=MOMENT)


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


def wanted(batch_id: str = "", **of_item: str) -> ImportedLabel:
    """The label of `ITEM`, or of one with something else; with the event of a batch, or without."""
    item = replace(ITEM, **of_item)
    return of_batch(item, batch_id, 1, MOMENT) if batch_id else ImportedLabel(item)


def brought(workspace: Workspace, *labels: ImportedLabel) -> MissingRows:
    """What was lacking of these labels; it stands in the files now."""
    found = missing_rows(read_snapshot(workspace), labels)
    append_labels(workspace, found.rows)
    append_records(workspace.batches, found.proposals)
    append_records(workspace.annotations, found.events)
    return found


def written(found: MissingRows) -> tuple[int, int, int]:
    return len(found.rows), len(found.proposals), len(found.events)


def test_a_label_comes_with_its_batch_and_event_once(workspace: Workspace):
    label = wanted("b1")
    first, again = brought(workspace, label), brought(workspace, label)
    assert (written(first), len(first.labels), first.known) == ((1, 1, 1), 1, 0)
    assert (written(again), again.labels, again.known) == ((0, 0, 0), [], 1)


def test_a_label_without_a_batch_is_a_row_alone(workspace: Workspace):
    assert written(brought(workspace, wanted())) == (1, 0, 0)


@pytest.mark.parametrize("written_before", [1, 2])
def test_what_a_crash_left_out_is_completed(workspace: Workspace, written_before: int):
    label = wanted("b1")
    append_labels(workspace, [label.item])
    append_records(workspace.batches, [label.proposal][: written_before - 1])
    found = brought(workspace, label)
    assert (written(found), len(found.labels)) == ((0, 2 - written_before, 1), 1)


def test_another_label_here_stays(workspace: Workspace):
    append_labels(workspace, [wanted(label="0").item])
    found = brought(workspace, wanted("b1"))
    assert (written(found), found.differing, found.known) == ((0, 0, 0), ["p1"], 0)


def test_a_label_that_was_taken_back_here_stays_taken_back(workspace: Workspace):
    label = wanted("b1")
    undo = replace(label.event, event_id="e2", action="undo", label="")
    append_records(workspace.batches, [label.proposal])
    append_records(workspace.annotations, [label.event, undo])
    found = brought(workspace, wanted())
    assert (written(found), found.differing) == ((0, 0, 0), ["p1"])


def test_an_item_that_counts_in_another_split_is_not_moved(workspace: Workspace):
    append_labels(workspace, [wanted(split="evaluation").item])
    found = brought(workspace, wanted())
    assert (written(found), found.known) == ((0, 0, 0), 1)


def test_a_label_that_somebody_gave_here_is_known_whoever_brings_it(workspace: Workspace):
    brought(workspace, wanted("b1"))
    found = brought(workspace, wanted("b2", annotator="bob"))
    assert (written(found), found.known) == ((0, 0, 0), 1)

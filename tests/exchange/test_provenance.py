"""What is known of each label: from the batch, the event, the label file and the pool."""

import pytest

from core.exchange.provenance import EXPORT_FIELDS, own_names, provenance
from core.workspace.events import Inbox
from core.workspace.layout import Workspace
from core.workspace.logs import append_records, new_event
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace
from tests.worlds import new_proposal

POOL = [
    ["item_id", "text", "source", "Label"],
    ["a", "Quake hits town", "wire", "x"],
    ["b", "Team wins cup", "", "y"],
]
LABELS = {
    ("training", "1"): [["f", "Flood in valley", "1", "outlier", "0.25"]],
    ("evaluation", "0"): [["b", "Team wins cup", "0"]],
}


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    workspace = make_workspace(POOL, LABELS)
    proposal = new_proposal("batch-1", "Ann", "training", "a", "random", rank=3, seed=2**62)
    append_records(workspace.batches, [proposal])
    event = new_event("batch-1", "Bob", "label", "a", label="1", assisted=True, note="sure")
    Inbox(workspace).receive([event])
    return workspace


def test_a_label_of_the_log_has_its_batch_its_event_and_its_own_columns(workspace: Workspace):
    rows = provenance(read_snapshot(workspace), ["training"]).to_pylist()
    row = next(row for row in rows if row["item_id"] == "a")
    told = {name: row[name] for name in ("text", "strategy", "batch_id", "proposed_to", "rank")}
    assert told == {
        "text": "Quake hits town",
        "strategy": "random",
        "batch_id": "batch-1",
        "proposed_to": "Ann",
        "rank": 3,
    }
    assert (row["annotator"], row["assisted"], row["note"]) == ("Bob", 1, "sure")
    assert (row["source"], row["pool_Label"]) == ("wire", "x")
    assert row["seconds"] is None
    assert row["seed"] == 2**62


def test_a_label_of_a_file_has_no_more_than_the_file_says(workspace: Workspace):
    rows = provenance(read_snapshot(workspace)).to_pylist()
    assert [row["item_id"] for row in rows] == ["b", "f", "a"]
    flood = rows[1]
    assert (flood["source"], flood["seed"], flood["note"]) == ("", None, "")
    assert {name: value for name, value in flood.items() if value not in ("", None)} == {
        "item_id": "f",
        "text": "Flood in valley",
        "label": "1",
        "split": "training",
        "strategy": "outlier",
        "confidence": 0.25,
    }


def test_without_labels_there_are_columns_and_no_rows(make_workspace: MakeWorkspace):
    table = provenance(read_snapshot(make_workspace(POOL)))
    assert table.column_names == [*EXPORT_FIELDS, "source", "pool_Label"]
    assert len(table) == 0


def test_an_item_that_a_batch_holds_twice_is_one_row(workspace: Workspace):
    again = new_proposal("batch-1", "Ann", "training", "a", "outlier", rank=4)
    append_records(workspace.batches, [again])
    ids = provenance(read_snapshot(workspace))["item_id"].to_pylist()
    assert ids.count("a") == 1


@pytest.mark.parametrize(
    ("columns", "called"),
    [
        (["source"], ["source"]),
        (["label", "TEXT"], ["pool_label", "pool_TEXT"]),
        (["label", "pool_label"], ["pool_pool_label", "pool_label"]),
        (["label", "Label"], ["pool_label", "pool_pool_Label"]),
        (["a", "A"], ["a", "pool_A"]),
        (["A", "pool_a", "a"], ["A", "pool_a", "pool_pool_a"]),
    ],
)
def test_own_columns_never_take_the_name_of_another(columns: list[str], called: list[str]):
    names = list(own_names(columns).values())
    assert names == called
    assert list(own_names(names).values()) == called

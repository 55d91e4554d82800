"""What is said of a kept search, worked out by hand."""

import numpy as np
import pytest

from core.evaluation.intervals import wilson
from core.query.search_figures import search_figures
from core.query.shown_predictions import ShownPredictions
from core.query.tables import Tables
from core.workspace.searches import Search
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace

POOL = [(f"p{at}", "flood here") for at in range(5)] + [("p5", "dry land"), ("p6", "a flood, two")]
EVALUATION = [("e1", "flood one"), ("e2", "FLOOD two"), ("e3", "flood three"), ("e4", "sun")]
HOW = ("random", "matches", "bulk", "low confidence", "random", "")
CHOSEN = [(f"t{at}", f"flood {at} a", how) for at, how in enumerate(HOW, start=1)]


@pytest.fixture
def snapshot(make_workspace: MakeWorkspace) -> Snapshot:
    """Of five random labels on texts with flood, e1, e2 and t1 are positive."""
    rows = [(item, text, "1" if item != "t5" else "0", how, "") for item, text, how in CHOSEN]
    labels = {
        ("evaluation", "1"): [(*x, "1") for x in EVALUATION[:2]],
        ("evaluation", "0"): [(*x, "0") for x in EVALUATION[2:]],
        ("training", "1"): [row for row in rows if row[2] == "1"],
        ("training", "0"): [row for row in rows if row[2] == "0"],
    }
    return read_snapshot(make_workspace(POOL, labels))


def predicting(tables: Tables, labels: dict[str, str]) -> ShownPredictions:
    """`1` for every item but these; "" where no prediction may be shown."""
    items = tables.items(np.arange(len(tables.lengths_of_rows)))["item_id"]
    predicted = [{"1": 0, "0": 1, "": -1}[labels.get(item, "1")] for item in items]
    return ShownPredictions(
        ("1", "0"), np.full(len(items), 0.9, np.float32), np.array(predicted, np.int32)
    )


def test_precision_is_that_of_random_labels_alone(snapshot: Snapshot):
    task = snapshot.workspace.task
    found = search_figures(Tables(snapshot), Search("f", "flood", "1"), task, None)
    assert (found.n_items, found.n_random, found.n_missed) == (6 + 3 + 6, 5, 0)
    assert found.precision == wilson(3, 5)
    assert found.precision.value == 0.6
    assert (found.precision.low, found.precision.high) == pytest.approx((0.231, 0.882), abs=5e-4)
    other = search_figures(Tables(snapshot), Search("f", "flood", "0"), task, None)
    assert other.precision == wilson(2, 5)


def test_without_a_label_or_random_labels_there_is_no_precision(snapshot: Snapshot):
    task, tables = snapshot.workspace.task, Tables(snapshot)
    assert search_figures(tables, Search("f", "flood"), task, None).precision is None
    nothing = search_figures(tables, Search("f", "/^dry/", "1"), task, None)
    assert (nothing.n_items, nothing.precision) == (1, None)


def test_missed_are_unlabeled_matches_that_are_predicted_otherwise(snapshot: Snapshot):
    tables, task = Tables(snapshot), snapshot.workspace.task
    shown = predicting(tables, {"p1": "0", "p2": "", "p5": "0", "e1": "0", "t1": "0"})
    found = search_figures(tables, Search("f", "flood", "1"), task, shown)
    assert found.n_missed == 1
    rows = tables.rows(found.missed, shown)
    assert tables.items(rows.first(9))["item_id"].tolist() == ["p1"]

import math
from dataclasses import replace
from pathlib import Path
from statistics import median as middle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.strategy_yield import (
    FEWEST_FOR_A_MEDIAN,
    NOT_RECORDED,
    THIN,
    by_strategy,
    chosen_labels,
    median,
)
from core.evaluation.intervals import wilson
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, append_records
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def test_the_counts_are_those_of_the_labels_and_the_logs(snapshot: Snapshot):
    task, training = snapshot.workspace.task, snapshot.labels.splits["training"]
    said = {(p.item_id, p.batch_id): p.predicted for p in snapshot.logs.proposals if p.predicted}
    for each in by_strategy(chosen_labels(snapshot)):
        items = [item for item in training if item.strategy == each.strategy]
        predicted = [i for i in items if (i.item_id, i.batch_id) in said]
        differing = sum(i.label != said[i.item_id, i.batch_id] for i in predicted)
        positive = sum(i.label == task.positive.value for i in items)
        assert each.labeled == len(items)
        assert each.positive == wilson(positive, len(items))
        assert not predicted or each.differing == wilson(differing, len(predicted))


def test_seconds_are_those_of_the_last_label_of_the_item(demo: Path):
    workspace = open_workspace(demo)
    snapshot = read_snapshot(workspace)
    item_id = chosen_labels(snapshot)["item_id"].iloc[-1]
    before = next(e for e in snapshot.logs.events if e.item_id == item_id)
    times = [(9.0, before.label), (2.5, before.label)]
    events = [
        replace(before, event_id=f"again-{at}", seconds=seconds, label=label)
        for at, (seconds, label) in enumerate(times)
    ]
    append_records(workspace.annotations, [*events, undo_of_another(before)])
    found = chosen_labels(read_snapshot(workspace)).set_index("item_id")
    assert found["seconds"][item_id] == 2.5


def undo_of_another(event: Event) -> Event:
    return replace(event, event_id="other", action="skip", seconds=100.0)


def test_labels_of_files_alone_are_one_iteration(make_workspace: MakeWorkspace):
    rows = headlines(40)
    labels = {
        ("training", "1"): [(*row, "outlier") for row in rows if row[2] == "1"],
        ("training", "0"): [row for row in rows if row[2] == "0"],
    }
    items = chosen_labels(read_snapshot(make_workspace([], labels)))
    told = {each.strategy: each for each in by_strategy(items)}
    outlier, unknown = told["outlier"], told[NOT_RECORDED]
    assert (outlier.positive.value, unknown.positive.value) == (1.0, 0.0)
    assert outlier.differing is outlier.seconds is None
    assert outlier.is_thin == (outlier.labeled < THIN)


def test_strategies_over_all_iterations_add_up(snapshot: Snapshot):
    items = chosen_labels(snapshot)
    totals = by_strategy(items)
    assert sum(each.labeled for each in totals) == len(items)
    assert [each.labeled for each in totals] == sorted((x.labeled for x in totals), reverse=True)


def test_nothing_brought_in_is_nothing_summed_up(make_workspace: MakeWorkspace):
    nothing = chosen_labels(read_snapshot(make_workspace([])))
    assert by_strategy(nothing) == []
    assert median([]) is None


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60))
def test_a_median_stands_between_values(values: list[float]):
    found = median(values)
    assert found.value == pytest.approx(middle(values))
    if len(values) >= FEWEST_FOR_A_MEDIAN:
        assert found.low <= found.value <= found.high
        assert {found.low, found.high} <= set(values)
    else:
        assert math.isnan(found.low)


@pytest.mark.parametrize("number", [6, 7, 10, 25, 80])
def test_the_median_s_interval_holds_the_true_median_in_95_of_100_samples(number: int):
    samples = np.random.default_rng(number).exponential(size=(4_000, number))
    found = [median(sample) for sample in samples.tolist()]
    held = [each.low <= math.log(2) <= each.high for each in found]
    assert 0.94 < np.mean(held) < 0.99

import math
from dataclasses import replace
from pathlib import Path
from statistics import median as middle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.strategy_yield import (
    FEWEST_FOR_A_MEDIAN,
    LABEL_FILES,
    NOT_RECORDED,
    THIN,
    by_strategy,
    chosen_labels,
    mean_share,
    median,
    over_time,
)
from core.evaluation.intervals import wilson
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, append_records
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def novelty_by_brute_force(snapshot: Snapshot) -> dict[str, float]:
    """Goes through all training items once for each item."""
    training = snapshot.labels.splits["training"]
    made = {p.batch_id: p.created_at for p in snapshot.logs.proposals}
    found = {}
    for item in training:
        before = [x for x in training if made[x.batch_id] < made[item.batch_id]]
        words = set(item.text.split())
        if before:
            known = {word for other in before for word in other.text.split()}
            found[item.item_id] = sum(word not in known for word in words) / len(words)
    return found


def test_novelty_is_what_a_look_at_all_earlier_items_says(snapshot: Snapshot):
    expected = novelty_by_brute_force(snapshot)
    found = chosen_labels(snapshot).set_index("item_id")["novelty"].dropna()
    assert found.to_dict() == expected
    assert len({round(share, 3) for share in expected.values()}) > 3


def test_before_there_is_training_data_nothing_is_novel(snapshot: Snapshot):
    found = chosen_labels(snapshot)
    of_first = found[found["batch_id"] == found["batch_id"][0]]
    assert len(of_first)
    assert of_first[["novelty", "differs"]].isna().all(axis=None)


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


def test_iterations_stand_in_the_order_in_which_they_were_made(snapshot: Snapshot):
    ids = chosen_labels(snapshot)["batch_id"].tolist()
    assert ids == sorted(ids)


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
    assert set(items["batch_id"]) == {LABEL_FILES}
    told = {each.strategy: each for each in by_strategy(items)}
    outlier, unknown = told["outlier"], told[NOT_RECORDED]
    assert (outlier.positive.value, unknown.positive.value) == (1.0, 0.0)
    assert outlier.differing is outlier.novelty is outlier.seconds is None
    assert outlier.is_thin == (outlier.labeled < THIN)


def test_strategies_over_all_iterations_add_up(snapshot: Snapshot):
    items = chosen_labels(snapshot)
    totals = by_strategy(items)
    assert sum(each.labeled for each in totals) == len(items)
    assert [each.labeled for each in totals] == sorted((x.labeled for x in totals), reverse=True)


def test_nothing_brought_in_is_nothing_summed_up(make_workspace: MakeWorkspace):
    nothing = chosen_labels(read_snapshot(make_workspace([])))
    assert by_strategy(nothing) == []
    assert mean_share([]) is median([]) is None


def test_equal_shares_are_no_surer_than_a_count():
    assert mean_share([1.0] * 5) == wilson(5, 5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_a_mean_share_stands_within_its_interval(shares: list[float]):
    found = mean_share(shares)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1


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


def chosen(strategy: str, batch: int, number: int) -> list[tuple]:
    return [(strategy, f"batch-{batch:04}", True, None, None, None)] * number


def test_a_strategys_labels_are_told_in_stretches_of_enough_of_them():
    few = THIN // 2
    items = [
        label
        for batch in range(1, 6)
        for label in (*chosen("many", batch, THIN), *chosen("few", batch, few))
    ]
    items += chosen("hardly any", 6, THIN - 1)
    names = ["strategy", "batch_id", "is_positive", "differs", "novelty", "seconds"]
    each, told = THIN + few, pd.DataFrame(items, columns=names).assign(overruled=None)
    found = sorted((of.strategy, until, of.labeled) for until, of in over_time(told))
    assert found == [
        *(("few", at * each, 2 * few) for at in (2, 4)),
        *(("many", at * each + THIN, THIN) for at in range(5)),
    ]

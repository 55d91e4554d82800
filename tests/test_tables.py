from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.inbox import Inbox
from core.iteration import batch_to_label, propose
from core.logs import Event
from core.loop import Loop, read_loop
from core.tables import UNLABELED, Filters, Tables
from core.workspace import open_workspace
from tests.conftest import MakeWorkspace


@pytest.fixture(scope="module")
def tables(demo_folder: Path) -> Tables:
    return Tables(read_loop(open_workspace(demo_folder)))


def test_every_item_stands_there_once(active: Loop):
    drawn = Tables(active).draw(Filters(), 10_000, seed=1)
    assert drawn.matching == len(drawn.items) == 390
    assert drawn.items["item_id"].is_unique
    assert (drawn.items["split"] == UNLABELED).sum() == 300


def test_a_draw_is_uniform(active: Loop):
    tables = Tables(active)
    hits = np.zeros(390)
    for seed in range(400):
        hits[tables.draw(Filters(), 39, seed).items["place"]] += 1
    # Binomial: 400 draws of one in ten, expected 40, standard deviation 6.
    assert np.abs(hits - 40).max() < 30
    chi_square = ((hits - 40) ** 2 / 40).sum()
    assert 300 < chi_square < 480  # 389 degrees of freedom, less a tenth


def test_a_draw_can_be_repeated(tables: Tables):
    first, second, other = (tables.draw(Filters(), 10, seed) for seed in (1, 1, 2))
    assert first.items["item_id"].tolist() == second.items["item_id"].tolist()
    assert first.items["item_id"].tolist() != other.items["item_id"].tolist()


def test_filters_leave_only_what_they_name(tables: Tables):
    drawn = tables.draw(Filters(("training",), ("1",), ("outlier", "low confidence")), 999, 1)
    assert set(drawn.items["split"]) == {"training"}
    assert set(drawn.items["label"]) == {"1"}
    assert set(drawn.items["strategy"]) <= {"outlier", "low confidence"}
    assert drawn.matching == len(drawn.items) > 0
    assert tables.draw(Filters(("validation",)), 5, 1).matching == 0


def test_the_yield_counts_what_the_loop_counts(demo_folder: Path, tables: Tables):
    loop = read_loop(open_workspace(demo_folder))
    yields = tables.strategy_yield("1")
    training = loop.labels.splits["training"]
    assert yields["labeled"].sum() == len(training) == 200
    assert yields["positive"].sum() == sum(item.label == "1" for item in training)
    predicted = {p.item_id: p.predicted for p in loop.logs.proposals if p.predicted}
    differing = sum(item.label != predicted.get(item.item_id, item.label) for item in training)
    assert yields["differing"].sum() == differing
    assert yields["predicted"].sum() == 100


def test_picks_are_those_of_the_batch(demo_folder: Path, tables: Tables):
    loop = read_loop(open_workspace(demo_folder))
    last = loop.logs.proposals[-1].batch_id
    picks = tables.picks(last, "outlier")
    expected = {p.item_id for p in loop.logs.batch(last) if p.strategy == "outlier"}
    assert set(picks["item_id"]) == expected
    assert picks["score"].is_monotonic_increasing
    assert (picks["label"] != "").all()
    assert len(tables.picks(None, "outlier")) == 10


def test_an_item_that_was_handed_over_is_one_pick(active: Loop):
    first = propose(active, "").batch_id
    second = batch_to_label(read_loop(active.workspace), "bob")
    tables = Tables(read_loop(active.workspace))
    assert len(tables.picks(first, "low confidence")) == 8
    assert tables.picks(None, "low confidence")["batch_id"].tolist() == [second] * 8


def test_shares_of_lengths_sum_to_one(tables: Tables):
    sums = tables.lengths().groupby("strategy")["share"].sum()
    np.testing.assert_allclose(sums, 1)
    assert set(sums.index) == {"pool", "random", "low confidence", "outlier"}


def test_many_threads_get_right_answers(tables: Tables):
    def ask(seed: int) -> tuple:
        drawn = tables.draw(Filters(), 5, seed % 3)
        return seed % 3, drawn.matching, tuple(drawn.items["item_id"])

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(60)))
    assert len(answers) == 3


def test_an_empty_workspace_has_empty_tables(make_workspace: MakeWorkspace):
    tables = Tables(read_loop(make_workspace()))
    assert tables.draw(Filters(), 5, 1).matching == 0
    for frame in (tables.batches(), tables.strategy_yield("1"), tables.lengths()):
        assert len(frame) == 0


def test_batches_that_a_model_chose_are_active(active: Loop):
    propose(active, "ann")
    batches = Tables(read_loop(active.workspace)).batches()
    assert batches["active"].tolist() == [True]
    assert (batches["items"].tolist(), batches["labeled"].tolist()) == ([10], [0])


def test_people_are_counted_by_the_labels_that_count(active: Loop):
    batch = propose(active, "ann")
    items = [proposal.item_id for proposal in batch.proposals]
    rows = [*((item, "label", "ann") for item in items[:4]), (items[0], "undo", "ann")]
    rows += [(items[1], "label", "bob")]
    Inbox(active.workspace).receive(
        [
            Event(f"e{at}", batch.batch_id, item, action, "1" if action == "label" else "", who,
                  f"2026-03-0{at + 1}T00:00:00.000Z", float(at), False, "")
            for at, (item, action, who) in enumerate(rows)
        ]
    )  # fmt: skip
    people = Tables(read_loop(active.workspace)).annotators()
    assert people.to_numpy().tolist() == [
        ["ann", 2, 1.5, "2026-03-04"],
        ["bob", 1, 5.0, "2026-03-06"],
    ]


def test_length_buckets_have_the_stated_edges(make_workspace: MakeWorkspace):
    pool = [(f"i{n}", " ".join(["word"] * n)) for n in (1, 5, 6, 8, 9, 40)]
    lengths = Tables(read_loop(make_workspace(pool))).lengths()
    found = {name.split(":")[0]: items for name, items in lengths[["length", "items"]].to_numpy()}
    assert found == {"short": 2, "medium": 2, "long": 2}

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.query.tables import UNLABELED, Filters, Tables, pool_columns
from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, new_event
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines
from tests.pool.test_search import holds


@pytest.fixture(scope="module")
def tables(demo_folder: Path) -> Tables:
    return Tables(read_snapshot(open_workspace(demo_folder)))


def drawn(tables: Tables, filters: Filters, number: int, seed: int) -> pd.DataFrame:
    """Random items of those that the filters leave."""
    return tables.items(tables.rows(filters).draw(number, seed))


def test_every_item_stands_there_once(active: Snapshot):
    tables = Tables(active)
    items = drawn(tables, Filters(), 10_000, seed=1)
    assert len(tables.rows(Filters())) == len(items) == 390
    assert items["item_id"].is_unique
    assert (items["split"] == UNLABELED).sum() == 300


def test_a_draw_is_uniform(active: Snapshot):
    tables = Tables(active)
    hits = np.zeros(390)
    for seed in range(400):
        hits[drawn(tables, Filters(), 39, seed)["place"]] += 1
    # Binomial: 400 draws of one in ten, expected 40, standard deviation 6.
    assert np.abs(hits - 40).max() < 30
    chi_square = ((hits - 40) ** 2 / 40).sum()
    assert 300 < chi_square < 480  # 389 degrees of freedom, less a tenth


def test_a_draw_can_be_repeated(tables: Tables):
    first, second, other = (drawn(tables, Filters(), 10, seed) for seed in (1, 1, 2))
    assert first["item_id"].tolist() == second["item_id"].tolist()
    assert first["item_id"].tolist() != other["item_id"].tolist()


def test_the_sheet_says_of_each_row_what_the_items_say(active: Snapshot):
    tables = Tables(active)
    sheet, items = tables.sheet(None).to_pydict(), tables.items(np.arange(390))
    assert (sheet["item_id"], sheet["text"]) == (items["item_id"].tolist(), items["text"].tolist())
    for name in ("split", "label", "strategy", "batch_id", "annotator", "labeled_at"):
        assert "" not in sheet[name]
        assert [value or "" for value in sheet[name]] == items[name].tolist()
    assert set(sheet["confidence"]) == set(sheet["predicted"]) == {None}


@pytest.mark.parametrize("own", [("pool_label", "label"), ("label", "pool_label")])
def test_the_sheet_keeps_every_column_of_the_pool(make_workspace: MakeWorkspace, own: tuple):
    rows = [("item_id", "text", *own), ("i1", "Storm hits", "one", "two")]
    sheet = Tables(read_snapshot(make_workspace(rows))).sheet(None).to_pydict()
    assert [value for value in sheet.values() if value in (["one"], ["two"])] == [["one"], ["two"]]


def test_filters_leave_only_what_they_name(tables: Tables):
    filters = Filters(("training",), ("1",), ("outlier", "low confidence"))
    items = drawn(tables, filters, 999, 1)
    assert set(items["split"]) == {"training"}
    assert set(items["label"]) == {"1"}
    assert set(items["strategy"]) <= {"outlier", "low confidence"}
    assert len(tables.rows(filters)) == len(items) > 0
    assert len(drawn(tables, Filters(("validation",)), 5, 1)) == 0


ALL_FILTERS = [
    Filters(splits, labels, strategies, words)
    for splits in ((), (UNLABELED,), ("training",), ("training", UNLABELED), ("validation",))
    for labels in ((), ("1",))
    for strategies in ((), ("random",))
    for words in ("", "hits", '"in north"', "nowhere", "...")
]


def plain_items(snapshot: Snapshot) -> dict[str, tuple[str, str, str, str]]:
    """Each item's text, split, label and strategy, in the order of its place."""
    pool = snapshot.pool_words.pool
    texts: dict[str, str] = {}
    for item, text in zip(pool.ids.to_pylist(), pool.texts.to_pylist(), strict=True):
        texts.setdefault(item, text)
    labeled: dict[str, tuple[str, str, str]] = {}
    for split, items in snapshot.labels.splits.items():
        for item in items:
            labeled.setdefault(item.item_id, (split, item.label, item.strategy))
    outside = {item.item_id: item.text for of in snapshot.labels.splits.values() for item in of}
    texts |= {item: outside[item] for item in sorted(outside.keys() - texts.keys())}
    return {item: (text, *labeled.get(item, (UNLABELED, "", ""))) for item, text in texts.items()}


def is_left(item: tuple[str, str, str, str], filters: Filters) -> bool:
    text, *known = item
    asked = (filters.splits, filters.labels, filters.strategies)
    return holds(text, filters.words) and all(
        not chosen or value in chosen for value, chosen in zip(known, asked, strict=True)
    )


def mixed_loop(make_workspace: MakeWorkspace) -> Snapshot:
    """Items twice in the pool, in the pool and labeled, only labeled, labeled in two splits."""
    items = [(*row, strategy) for row, strategy in zip(headlines(60), cycle(("", "random")))]
    pool = [row[:2] for row in items[:40]]
    pool += [("i0003", "another text with hits in north"), ("i0039", "yet another"), *pool[:2]]
    labels = {
        (split, label): [(*row[:3], row[3], "0.5") for row in rows if row[2] == label]
        for split, rows in (("evaluation", items[30:45]), ("training", [*items[:8], *items[44:]]))
        for label in ("1", "0")
    }
    return read_snapshot(make_workspace(pool, labels))


def test_filters_leave_what_a_plain_reading_leaves(make_workspace: MakeWorkspace):
    snapshot = mixed_loop(make_workspace)
    propose(snapshot, "ann")  # open proposals are unlabeled
    snapshot = read_snapshot(snapshot.workspace)
    tables, known = Tables(snapshot), plain_items(snapshot)
    for filters in ALL_FILTERS:
        expected = [item for item, facts in known.items() if is_left(facts, filters)]
        places = tables.rows(filters)
        first = tables.items(places.first(1_000))
        assert (first["item_id"].tolist(), len(places)) == (expected, len(expected))
        columns = first[["text", "split", "label", "strategy"]]
        assert columns.to_numpy().tolist() == [list(known[item]) for item in expected]
        items = drawn(tables, filters, 7, seed=3)["item_id"]
        assert set(items) <= set(expected)
        assert items.nunique() == min(7, len(expected))
        kinds = Counter(known[item][1:3] for item in expected)
        assert dict(tables.counts(places)) == kinds


def test_draws_of_one_seed_differ_by_their_filters_only(active: Snapshot):
    tables = Tables(active)
    one, other = (drawn(tables, Filters(words=words), 10, 1) for words in ("HITS", "hits ,"))
    assert one["item_id"].tolist() == other["item_id"].tolist()
    assert (one["n_words"] == one["text"].str.split().str.len()).all()


def test_states_of_one_pool_share_its_columns(active: Snapshot):
    columns = pool_columns(active)
    before = Tables(active, columns).rows(Filters((UNLABELED,)))
    batch = propose(active, "ann")
    chosen = batch.proposals[0].item_id
    label = Event("e1", batch.batch_id, chosen, "label", "1", "ann", "2026", 1.0, False, "")
    Inbox(active.workspace).receive([label])
    after = Tables(read_snapshot(active.workspace), columns).rows(Filters((UNLABELED,)))
    assert (len(before), len(after)) == (300, 299)


def test_many_threads_get_right_answers(tables: Tables):
    def ask(seed: int) -> tuple:
        places = tables.rows(Filters(words="" if seed % 2 else "to"))
        items = tables.items(places.draw(5, seed % 6))
        return seed % 6, len(places), tuple(items["item_id"])

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(60)))
    assert len(answers) == 6


def test_an_empty_workspace_has_empty_tables(make_workspace: MakeWorkspace):
    tables = Tables(read_snapshot(make_workspace()))
    for filters in (Filters(), Filters(words="flood"), Filters(labels=("1",))):
        places = tables.rows(filters)
        assert len(places) == len(drawn(tables, filters, 5, 1)) == len(tables.counts(places)) == 0
    assert len(tables.batches) == 0


def test_a_pool_without_labels_is_unlabeled(make_workspace: MakeWorkspace):
    tables = Tables(read_snapshot(make_workspace([item[:2] for item in headlines(60)])))
    for filters, number in ((Filters(), 60), (Filters(words="hits"), 10)):
        assert tables.counts(tables.rows(filters)) == {(UNLABELED, ""): number}


def test_batches_tell_whose_they_are_and_how_many_of_their_items_are_labeled(active: Snapshot):
    first, second = (propose(active, name) for name in ("ann", "bob"))
    items = [proposal.item_id for proposal in first.proposals[:3]]
    events = [new_event(first.batch_id, "eve", "label", item, label="1") for item in items]
    events += [new_event(first.batch_id, "eve", "undo", items[0])]
    Inbox(active.workspace).receive(events)
    batches = Tables(read_snapshot(active.workspace)).batches
    assert batches["batch_id"].tolist() == [second.batch_id, first.batch_id]
    assert batches["annotator"].tolist() == ["bob", "ann"]
    assert batches["split"].tolist() == ["training", "training"]
    assert batches["created_at"].tolist() == [
        batch.proposals[0].created_at for batch in (second, first)
    ]
    assert batches["labeled"].tolist() == [0, 2]

"""Filters and their address; what they leave is held against a plain reading of the files."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.runs import keep, train
from core.models.pool_predictions import predictions_of
from core.models.predict import score_texts
from core.pool.words import LENGTHS
from core.query.filters import (
    AGREEMENTS,
    UNLABELED,
    Choices,
    Filters,
    read_address,
    to_address,
)
from core.query.shown_predictions import ShownPredictions, predictions_at
from core.query.tables import Tables
from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.logs import Event
from core.workspace.snapshot import Snapshot, being_held_out, read_snapshot
from tests.conftest import MakeWorkspace, headlines, write_csv

MANY = tuple(f"value {at}" for at in range(200))
CHOICES = Choices(
    splits=("evaluation", "validation", "training", UNLABELED),
    labels=("1", "0"),
    strategies=("random", "low confidence"),
    batches=("batch-0001", "batch-0002"),
    annotators=("ann", "bob & co"),
    columns={"kind": ("fire", "flood, rain"), "source": None},
    has_model=True,
    lengths={name: name for name in LENGTHS},
)
PARTS = {
    "splits": st.lists(st.sampled_from(CHOICES.splits), unique=True).map(tuple),
    "labels": st.lists(st.sampled_from(CHOICES.labels), unique=True).map(tuple),
    "strategies": st.lists(st.sampled_from(CHOICES.strategies), unique=True).map(tuple),
    "batches": st.lists(st.sampled_from(CHOICES.batches), unique=True).map(tuple),
    "annotators": st.lists(st.sampled_from(CHOICES.annotators), unique=True).map(tuple),
    "predicted": st.lists(st.sampled_from(CHOICES.labels), unique=True).map(tuple),
    "lengths": st.lists(st.sampled_from(LENGTHS), unique=True).map(tuple),
    "like": st.text(max_size=30).filter(lambda text: text == text.strip()),
    "words": st.text(max_size=30).filter(lambda text: text == text.strip()),
    "since": st.dates().map(str) | st.just(""),
    "until": st.dates().map(str) | st.just(""),
    "agreement": st.sampled_from(("", *AGREEMENTS)),
    "confidence": st.none()
    | st.tuples(*[st.integers(0, 100)] * 2).map(lambda ab: (min(ab) / 100, max(ab) / 100)),
    "columns": st.lists(st.sampled_from(CHOICES.columns["kind"]), unique=True).map(
        lambda values: (("kind", tuple(values)),) if values else ()
    ),
    "pieces": st.sampled_from(((), (("source", "a & b = c"),))),
}


@given(st.builds(Filters, **PARTS))
def test_an_address_brings_its_filters_back(filters: Filters):
    found, left_out = read_address(to_address(filters), CHOICES)
    assert (found, left_out) == (filters, {})


@pytest.mark.parametrize(
    "address",
    [
        {"split": ["nowhere"]},
        {"confidence": ["0.9-0.1"]},
        {"confidence": ["much"]},
        {"confidence": ["0.1-0.2-0.3"]},
        {"since": ["2026-02-30"]},
        {"agreement": ["maybe"]},
        {"is.kind": ["snow"]},
        {"is.colour": ["red"]},
        {"has.kind": ["fire"]},
        {"by": ["carl"]},
        {"length": ["endless"]},
        {"where": ["n_words > 8"]},
    ],
)
def test_what_means_nothing_is_left_out_and_said(address: dict[str, list[str]]):
    assert read_address(address, CHOICES) == (Filters(), address)


def test_what_is_known_counts_beside_what_is_not():
    address = {"label": ["1", "7"], "seed": ["12"], "annotator": ["ann"]}
    assert read_address(address, CHOICES) == (Filters(labels=("1",)), {"label": ["7"]})


def test_without_a_model_nothing_is_asked_of_it():
    asked = Filters(predicted=("1",), confidence=(0.5, 0.6), agreement="differs", words="fire")
    found, left_out = read_address(to_address(asked), replace(CHOICES, has_model=False))
    assert found == Filters(words="fire")
    assert set(left_out) == {"predicted", "confidence", "agreement"}


@pytest.fixture
def rich(make_workspace: MakeWorkspace) -> Snapshot:
    """A pool with columns, labels of files and of the log, a run, open proposals of two splits."""
    rows = headlines(120)
    kinds = ("fire", "flood", "")
    pool = [
        ("item_id", "text", "kind", "source"),
        *(
            (item, text, kinds[at % 3], MANY[at % len(MANY)])
            for at, (item, text, _) in enumerate(rows[:90])
        ),
    ]
    labels = {
        (split, label): [(*row, "random", "") for row in part if row[2] == label]
        for split, part in (("evaluation", rows[60:95]), ("training", rows[95:]))
        for label in ("1", "0")
    }
    workspace = make_workspace(pool, labels)
    snapshot = read_snapshot(workspace)
    keep(snapshot, train(snapshot))
    batch = propose(read_snapshot(workspace), "ann")
    chosen = [proposal.item_id for proposal in batch.proposals]
    Inbox(workspace).receive(
        [
            Event(f"e{at}", batch.batch_id, item, "label", str(at % 2), ("ann", "bob")[at % 2],
                  f"2026-03-{at + 1:02d}T12:00:00.000Z", 1.0, False, "")
            for at, item in enumerate(chosen[:6])
        ]
    )  # fmt: skip
    return read_snapshot(workspace)


@pytest.fixture
def told(rich: Snapshot) -> tuple[Tables, ShownPredictions]:
    tables, run = Tables(rich), rich.logs.runs[-1]
    model = train(rich).model
    return tables, predictions_at(rich, tables, predictions_of(rich, run, model), model)


def plain_items(snapshot: Snapshot, shown: ShownPredictions) -> list[dict[str, object]]:
    """Everything that is known of each item, worked out one by one, in the order of the places."""
    table = snapshot.pool_words.pool.table.to_pylist()
    labeled = {x.item_id: x for items in snapshot.labels.splits.values() for x in items}
    behind = sorted(labeled.keys() - {row["item_id"] for row in table})
    rows = [*table, *({"item_id": item, "text": labeled[item].text} for item in behind)]
    proposed = {}
    for proposal in snapshot.logs.proposals:
        proposed.setdefault(proposal.item_id, set()).add(proposal.batch_id)
    thirds = snapshot.pool_words.length_thirds
    return [
        {
            "item_id": row["item_id"],
            "splits": getattr(labeled.get(row["item_id"]), "split", UNLABELED),
            "labels": getattr(labeled.get(row["item_id"]), "label", ""),
            "annotators": getattr(labeled.get(row["item_id"]), "annotator", ""),
            "day": getattr(labeled.get(row["item_id"]), "labeled_at", "")[:10],
            "batches": proposed.get(row["item_id"], set()),
            "length": LENGTHS[int(thirds(len(row["text"].split())))],
            "kind": row.get("kind", ""),
            "source": row.get("source", ""),
            "predicted": shown.answers[shown.predicted[at]],
            "confidence": float(shown.confidence[at]),
        }
        for at, row in enumerate(rows)
    ]


def is_left(item: dict[str, object], filters: Filters) -> bool:
    is_right = item["predicted"] == item["labels"]
    low, high = filters.confidence or (0, 1)
    return all(
        (
            *(
                not getattr(filters, name) or item[name] in getattr(filters, name)
                for name in ("splits", "labels", "annotators", "predicted")
            ),
            not filters.batches or item["batches"] & set(filters.batches),
            not filters.since or item["day"] >= filters.since,
            not filters.until or (item["day"] and item["day"] <= filters.until),
            not filters.lengths or item["length"] in filters.lengths,
            not filters.agreement
            or (item["labels"] and is_right == (filters.agreement == "agrees")),
            low - 1e-6 <= item["confidence"] <= high + 1e-6,
            *(item[name] in values for name, values in filters.columns),
            *(piece.lower() in item[name] for name, piece in filters.pieces),
        )
    )


ASKED = [
    Filters(batches=("batch-0001",)),
    Filters(annotators=("bob",)),
    Filters(since="2026-03-02", until="2026-03-04"),
    Filters(until="2026-03-03"),
    Filters(predicted=("1",)),
    Filters(confidence=(0.5, 0.9)),
    Filters(agreement="agrees"),
    Filters(agreement="differs", splits=("evaluation",)),
    Filters(lengths=("short", "long")),
    Filters(columns=(("kind", ("fire",)),)),
    Filters(columns=(("kind", ("fire", "flood")),), pieces=(("source", "VALUE 1"),)),
]


def test_filters_leave_what_a_plain_reading_leaves(
    rich: Snapshot, told: tuple[Tables, ShownPredictions]
):
    tables, shown = told
    items = plain_items(rich, shown)
    for one, other in product(ASKED, ASKED):
        both = {name: value for name, value in vars(other).items() if value}
        filters = replace(one, **both)
        expected = [item["item_id"] for item in items if is_left(item, filters)]
        places = tables.rows(filters, shown)
        assert tables.items(places.first(1_000))["item_id"].tolist() == expected
    assert len(tables.rows(ASKED[0], shown)) == 10


def test_the_values_of_columns_are_listed_unless_they_are_many(rich: Snapshot):
    assert Tables(rich).columns.values == {"kind": ("fire", "flood"), "source": None}


def test_without_predictions_nothing_is_predicted(rich: Snapshot):
    for asked in (
        Filters(predicted=("1", "0")),
        Filters(confidence=(0.0, 1.0)),
        Filters(agreement="differs"),
    ):
        assert len(Tables(rich).rows(asked)) == 0


def test_predictions_are_those_of_the_model(rich: Snapshot, told: tuple[Tables, ShownPredictions]):
    tables, shown = told
    texts = tables.items(tables.rows(Filters()).first(1_000))["text"].tolist()
    model = train(rich).model
    probability, (column, cut) = score_texts(model, texts), model.cut
    predicted = np.where(probability[:, column] >= cut, column, 1 - column)
    sure = probability[np.arange(len(texts)), predicted]
    np.testing.assert_allclose(shown.confidence, sure, atol=1e-6)
    np.testing.assert_array_equal(shown.predicted, predicted)


def test_no_filter_finds_out_what_the_model_thinks_of_waiting_evaluation_items(
    make_workspace: MakeWorkspace,
):
    rows = headlines(80)
    labels = {
        (split, label): [row for row in part if row[2] == label]
        for split, part in (("evaluation", rows[40:50]), ("training", rows[50:]))
        for label in ("1", "0")
    }
    workspace = make_workspace([row[:2] for row in rows[:40]], labels)
    snapshot = read_snapshot(workspace)
    keep(snapshot, train(snapshot))
    waiting = propose(read_snapshot(workspace), "ann")
    assert waiting.split == "evaluation"
    copied = waiting.proposals[0], waiting.texts[0]
    write_csv(workspace.path / "unlabeled_data" / "more.csv", [("copy", copied[1].upper())])
    snapshot = read_snapshot(workspace)
    hidden = being_held_out(snapshot)
    assert hidden == {proposal.item_id for proposal in waiting.proposals} | {"copy"}
    tables, model = Tables(snapshot), train(snapshot).model
    predictions = predictions_of(snapshot, snapshot.logs.runs[-1], model)
    shown = predictions_at(snapshot, tables, predictions, model)
    for asked in (Filters(predicted=("1", "0")), Filters(confidence=(0.0, 1.0))):
        found = tables.items(tables.rows(asked, shown).first(1_000))["item_id"]
        assert not hidden & set(found)
        assert len(found) == 81 - len(hidden)

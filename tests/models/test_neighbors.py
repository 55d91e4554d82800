"""What is like a text: against the plain cosine over rows written out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from core.errors import LoopError
from core.evaluation.runs import train
from core.features.base import Features, Source
from core.features.cached import pool_space
from core.models import neighbors
from core.models.model import Model
from core.models.neighbors import (
    Similar,
    cosines,
    likeness_source,
    likest,
    nearest,
    text_like,
)
from core.pool.text import text_key
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines
from tests.encoders import static_encoder


@pytest.fixture(params=["linear", "book"])
def model(request, active: Snapshot) -> Model:
    return train(active, name=request.param).model


def similar(snapshot: Snapshot, source: Source, examples: Sequence[str], number: int) -> Similar:
    """The unlabeled items of the pool most like these items or sentences."""
    texts = [text_like(snapshot, each) for each in examples]
    return nearest(snapshot, cosines(source, texts, source.pool_rows(snapshot)), number)


SLACK = 2 * 10**-neighbors.DIGITS


def written_out(features: Features, width: int) -> np.ndarray:
    """The rows as a plain matrix."""
    matrix = np.zeros((len(features), width))
    for row in range(len(features)):
        part = slice(features.bags.offsets[row], features.bags.offsets[row + 1])
        np.add.at(matrix[row], features.bags.ids[part], features.values[part])
    return np.hstack([matrix, features.dense])


def plain_cosines(source: Source, texts: Sequence[str], asked: Sequence[str]) -> np.ndarray:
    """Of each text with the mean of those asked about, each of length 1."""
    rows = written_out(source.rows([*texts, *asked]).features(), source.n_sparse).astype(float)
    known, of = rows[: len(texts)], rows[len(texts) :]
    lengths = np.linalg.norm(of, axis=1, keepdims=True)
    mean = np.divide(of, lengths, out=np.zeros_like(of), where=lengths > 0).mean(axis=0)
    return cosine_similarity(known, mean[None])[:, 0]


def by_brute_force(
    snapshot: Snapshot, source: Source, asked: Sequence[str], number: int
) -> list[tuple[int, float]]:
    """The rows and their cosines, by loops over all items and what is known of them."""
    pool, labels = snapshot.pool_words.pool, snapshot.labels
    texts, ids = pool.texts.to_pylist(), pool.ids.to_pylist()
    taken = {text_key(item.text) for item in labels.items}
    proposed = {p.item_id for p in snapshot.logs.proposals} | labels.ids()
    taken |= {text_key(text) for at, text in zip(ids, texts, strict=True) if at in proposed}
    found = plain_cosines(source, texts, asked).round(neighbors.DIGITS)
    left: list[tuple[int, float]] = []
    for at in sorted(range(len(texts)), key=lambda at: (-found[at], at)):
        key = text_key(texts[at])
        if found[at] > 0 and key not in taken:
            taken.add(key)
            left.append((at, found[at]))
    return left[:number]


def pairs(found: Similar) -> list[tuple[int, float]]:
    return list(zip(*(each.tolist() for each in found), strict=True))


def assert_same(found: Similar, expected: list[tuple[int, float]]) -> None:
    """Equal to the float tolerance, in which two items may change places."""
    assert len(found[0]) == len(expected)
    np.testing.assert_allclose(found[1], [each for _, each in expected], atol=SLACK)
    of = dict(expected)
    for row, likeness in pairs(found):
        assert row in of or abs(likeness - expected[-1][1]) < SLACK
        assert of.get(row, likeness) == pytest.approx(likeness, abs=SLACK)


@pytest.mark.parametrize("asked", [["flood in the north"], ["Storm hits", "river levels rise"]])
def test_what_is_found_is_what_brute_force_finds(active: Snapshot, model: Model, asked: list[str]):
    source = likeness_source(active, model)
    assert_same(similar(active, source, asked, 25), by_brute_force(active, source, asked, 25))


@pytest.mark.parametrize("name", ["linear", "book"])
def test_rows_are_as_long_as_when_they_are_written_out(active: Snapshot, name: str):
    source = train(active, name=name).model.source
    texts = [*active.pool_words.pool.texts.slice(0, 60).to_pylist(), "", "hits hits HITS", "xqzj"]
    rows = source.rows(texts)
    expected = np.linalg.norm(written_out(rows.features(), source.n_sparse), axis=1)
    np.testing.assert_allclose(rows.lengths, expected, rtol=1e-5)
    of_pool = source.pool_rows(active)
    np.testing.assert_allclose(of_pool.lengths[:60], expected[:60], rtol=1e-5)


def test_before_there_is_a_model_the_pool_itself_says_what_is_alike(make_workspace: MakeWorkspace):
    workspace = make_workspace([row[:2] for row in headlines(200)])
    snapshot = read_snapshot(workspace)
    source = likeness_source(snapshot, None)
    assert source.key == pool_space(snapshot).key
    found = similar(snapshot, source, ["flood hits the valley"], 10)
    texts = snapshot.pool_words.pool.texts.take(pa.array(found[0])).to_pylist()
    assert all("hits" in text for text in texts)
    assert_same(found, by_brute_force(snapshot, source, ["flood hits the valley"], 10))


@pytest.fixture
def encoded(active: Snapshot, tmp_path: Path) -> tuple[Snapshot, Model]:
    folder = static_encoder(tmp_path / "static")
    task = replace(active.workspace.task, encoder=str(folder))
    snapshot = replace(active, workspace=replace(active.workspace, task=task))
    return snapshot, train(snapshot).model


def test_an_encoder_counts(encoded):
    snapshot, model = encoded
    source, asked = likeness_source(snapshot, model), ["quake in the village"]
    assert source is model.source
    assert source.encoder_name
    assert_same(similar(snapshot, source, asked, 20), by_brute_force(snapshot, source, asked, 20))
    rows = source.rows(asked)
    whole = np.linalg.norm(written_out(rows.features(), source.n_sparse), axis=1)
    np.testing.assert_allclose(rows.lengths, whole, rtol=1e-5)


def copied_workspace(make_workspace: MakeWorkspace) -> Workspace:
    """200 copies of one text, in two spellings; copies of labeled and of held-out texts."""
    rows = [row[:2] for row in headlines(120)]
    flood = "flood hits the north bridge"
    copies = [(f"c{at}", flood.upper() if at % 2 else flood) for at in range(200)]
    given = [("t1", "flood hits the north road"), ("t2", "council opens a road")]
    test = [("e1", "flood hits the north coast"), ("e2", "team wins a match")]
    more = [(f"again {at}", text) for at, text in (*given, *test)]
    turned = [("turn 1", "road north the hits flood"), ("turn 2", "north hits road flood the")]
    labels = {
        (split, label): [(*row, label)]
        for split, part in (("training", given), ("evaluation", test))
        for row, label in zip(part, "10", strict=True)
    }
    return make_workspace([*rows[:60], *copies, *more, *turned, *rows[60:]], labels)


def test_copies_are_one_item_and_those_of_labeled_and_held_out_texts_none(
    make_workspace: MakeWorkspace,
):
    snapshot = read_snapshot(copied_workspace(make_workspace))
    source, asked = pool_space(snapshot), ["flood hits the north"]
    found = similar(snapshot, source, asked, 9)
    assert_same(found, by_brute_force(snapshot, source, asked, 9))
    ids = snapshot.pool_words.pool.ids.take(pa.array(found[0])).to_pylist()
    assert ids[0] == "c0"
    assert not any(each.startswith(("again", "t1", "e1")) for each in ids)
    assert len([each for each in ids if each[0] == "c"]) == 1


def test_of_copies_one_is_found_among_those_that_are_looked_at(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(copied_workspace(make_workspace))
    source, rows = pool_space(snapshot), snapshot.pool_words.pool.positions(["c150", "c151"])
    among = np.zeros(len(snapshot.pool_words.pool), bool)
    among[[*rows.values()]] = True
    likeness = cosines(source, ["flood hits"], source.pool_rows(snapshot))
    found = nearest(snapshot, likeness, 9, among)
    assert found[0].tolist() == [rows["c150"]]


def test_ties_stand_in_the_order_of_the_pool(make_workspace: MakeWorkspace):
    workspace = copied_workspace(make_workspace)
    snapshot = read_snapshot(workspace)
    at = snapshot.pool_words.pool.positions(["turn 1", "turn 2"])
    found = similar(snapshot, pool_space(snapshot), ["road north flood hits"], 50)
    of = dict(pairs(found))
    assert of[at["turn 1"]] == of[at["turn 2"]]
    rows = found[0].tolist()
    assert rows.index(at["turn 2"]) == rows.index(at["turn 1"]) + 1


@pytest.mark.parametrize("like", ["e1", "again e2", "FLOOD hits the north  coast"])
def test_a_held_out_item_or_a_copy_of_one_finds_nothing(make_workspace: MakeWorkspace, like: str):
    snapshot = read_snapshot(copied_workspace(make_workspace))
    with pytest.raises(LoopError, match="test or validation set"):
        text_like(snapshot, like)
    with pytest.raises(LoopError, match="test or validation set"):
        similar(snapshot, pool_space(snapshot), ["a flood", "flood hits the north coast"], 5)


def test_an_example_is_an_items_text_else_the_sentence_itself(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(copied_workspace(make_workspace))
    assert text_like(snapshot, "c1") == "FLOOD HITS THE NORTH BRIDGE"
    assert text_like(snapshot, "t2") == "council opens a road"
    assert text_like(snapshot, "houses under water") == "houses under water"


@pytest.mark.parametrize("text", ["xqzjw", "", "   ", "🜚🜛"])
def test_a_sentence_of_which_the_pool_knows_nothing_is_refused_in_words(
    active: Snapshot, text: str
):
    with pytest.raises(LoopError, match="in common with what you are looking for"):
        similar(active, likeness_source(active, None), [text], 5)


def test_an_unknown_example_beside_a_known_one_changes_nothing(active: Snapshot):
    source = likeness_source(active, None)
    both, one = (similar(active, source, asked, 9) for asked in (["flood", "xqzjw"], ["flood"]))
    assert pairs(both) == pairs(one)


def test_nothing_alike_where_one_looks_is_an_empty_answer(active: Snapshot):
    shut = np.zeros(len(active.pool_words.pool), bool)
    source = pool_space(active)
    likeness = cosines(source, ["flood"], source.pool_rows(active))
    assert pairs(nearest(active, likeness, 9, shut)) == []


@pytest.mark.parametrize("name", ["linear", "book"])
def test_labeled_rows_are_ranked_by_the_plain_cosine(active: Snapshot, name: str):
    source = train(active, name=name).model.source
    texts = [item.text for part in active.labels.splits.values() for item in part]
    asked = [*active.pool_words.pool.texts.slice(0, 20).to_pylist(), texts[3], "hits hits hits", ""]
    rows = np.arange(1, len(texts))
    for text in asked:
        found = likest(cosines(source, [text], source.rows(texts)), rows, 5)
        expected = plain_cosines(source, texts, [text])
        best = np.sort(expected[1:])[::-1][:5]
        np.testing.assert_allclose(found[1], best[best > 0], atol=SLACK)
        np.testing.assert_allclose(expected[found[0]], found[1], atol=SLACK)


def test_rows_stand_in_several_places_one_after_the_other(active: Snapshot, monkeypatch):
    monkeypatch.setattr("core.system.parallel.ROWS_AT_ONCE", 7)
    source, asked = likeness_source(active, None), ["flood", "storm hits"]
    texts, more = active.pool_words.pool.texts.to_pylist(), ["the flood hits", "", "a match"]
    places = source.pool_rows(active), source.rows(more), source.rows([])
    found = cosines(source, asked, *places)
    np.testing.assert_allclose(found, plain_cosines(source, [*texts, *more], asked), atol=SLACK)

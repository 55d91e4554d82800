from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from core.evaluation.runs import train
from core.features.base import Features
from core.models.model import Model
from core.models.neighbors import MOST_PARTS, neighbor_index
from core.workspace.snapshot import Snapshot


@pytest.fixture(params=["linear", "book"])
def model(request, active: Snapshot) -> Model:
    return train(active, name=request.param).model


def written_out(features: Features, width: int) -> np.ndarray:
    """The rows as a plain matrix."""
    matrix = np.zeros((len(features), width))
    for row in range(len(features)):
        part = slice(features.bags.offsets[row], features.bags.offsets[row + 1])
        np.add.at(matrix[row], features.bags.ids[part], features.values[part])
    return np.hstack([matrix, features.dense])


def test_neighbours_are_those_of_the_plain_cosine(active: Snapshot, model: Model):
    items = [item for part in active.labels.splits.values() for item in part]
    texts = [item.text for item in items]
    near = neighbor_index(model, items)
    asked = [*active.pool_words.pool.texts.slice(0, 20).to_pylist(), texts[3], "hits hits hits", ""]
    width = int(max(model.source.rows([*texts, *asked]).features().bags.ids)) + 1
    known = written_out(model.source.rows(texts).features(), width)
    cosines = cosine_similarity(written_out(model.source.rows(asked).features(), width), known)
    for text, expected in zip(asked, cosines, strict=True):
        found = near.nearest(text, 5)
        best = np.sort(expected)[::-1][:5]
        np.testing.assert_allclose([n.likeness for n in found], best[best > 0], atol=1e-5)
        by_id = {item.item_id: value for item, value in zip(items, expected, strict=True)}
        for neighbour in found:
            assert by_id[neighbour.item.item_id] == pytest.approx(neighbour.likeness, abs=1e-5)


def test_a_label_more_needs_one_text_more(active: Snapshot, model: Model):
    items = [item for part in active.labels.splits.values() for item in part]
    text = items[-1].text
    grown = neighbor_index(model, items[:50])
    for number in range(51, len(items) + 1):
        grown = neighbor_index(model, items[:number], grown)
        assert len(grown.parts) <= MOST_PARTS
    at_once = neighbor_index(model, items)
    assert [n.item for n in grown.nearest(text, 9)] == [n.item for n in at_once.nearest(text, 9)]
    relabeled = [replace(item, label="1") for item in items]
    again = neighbor_index(model, relabeled, grown)
    assert again.parts == grown.parts
    assert {n.item.label for n in again.nearest(text, 9)} == {"1"}


def test_an_item_is_not_its_own_neighbour(active: Snapshot, model: Model):
    items = active.labels.splits["training"]
    found = neighbor_index(model, items).nearest(items[0].text, 3, but=items[0].item_id)
    assert items[0].item_id not in {neighbour.item.item_id for neighbour in found}
    assert len(found) == 3

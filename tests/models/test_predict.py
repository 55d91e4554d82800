import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.runs import train
from core.features.base import bag_sums
from core.features.cached import pool_rows
from core.features.vocabulary import Vocabulary
from core.models import predict
from core.models.model import Model
from core.models.networks import HIDDEN, new_network
from core.models.pool_predictions import pool_probabilities
from core.models.predict import Shard, Shards, confidences, probabilities, score_texts
from core.sampling.catalog import CATALOG
from core.sampling.sharded import Asked, Choice, Looks, merge, score_shard
from core.sampling.strategies import move_on, random_keys
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace

ROOT = Path(__file__).resolve().parents[2]
WORDS = tuple(f"w{n}" for n in range(40))


def model(n_labels: int = 3) -> Model:
    labels = tuple("abc"[:n_labels])
    return Model("book", new_network(40, n_labels, 2), Vocabulary(WORDS), labels, 2)


def texts(number: int) -> list[str]:
    draw = np.random.default_rng(3)
    return [" ".join(draw.choice(WORDS, draw.integers(0, 7))) for _ in range(number)]


def test_chunks_and_threads_change_nothing(monkeypatch):
    mine = model()
    bags = mine.source.bags(texts(1000))
    with torch.inference_mode():
        offsets = torch.from_numpy(bags.offsets[:-1])
        plain = mine.network(torch.from_numpy(bags.ids).long(), offsets).exp().numpy()
    for chunk, workers in ((1, 1), (7, 2), (1000, 1), (4096, 4)):
        monkeypatch.setattr(predict, "CHUNK", chunk)
        np.testing.assert_allclose(probabilities(mine, bags, workers), plain, atol=1e-6)


def test_scoring_leaves_the_number_of_torchs_threads_as_it_was():
    """In a new process, where nothing has asked torch for its threads before."""
    found = []
    for before in ("None", "test_predict.score_texts(test_predict.model(), ['w1'])"):
        program = f"import torch; from tests.models import test_predict; {before}"
        program += "; print(torch.get_num_threads())"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found.append(done.stdout)
    assert found[0] == found[1]


def test_probabilities_are_probabilities():
    scores = score_texts(model(), texts(50))
    assert scores.shape == (50, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    confidence = confidences(scores)
    assert ((confidence >= 1 / 3) & (confidence <= 1)).all()


def test_no_items_give_no_rows():
    assert score_texts(model(), []).shape == (0, 3)
    assert confidences(np.empty((0, 3), np.float32)).shape == (0,)


def test_the_pool_and_its_texts_have_the_same_probabilities(monkeypatch, active: Snapshot):
    mine = train(active).model
    pool = score_texts(mine, active.pool_words.pool.texts.to_pylist())
    rows = pool_rows(active, mine.source)
    np.testing.assert_allclose(pool_probabilities(active, mine), pool, atol=1e-6)
    for chunk, workers in ((1, 1), (7, 2), (1000, 1)):
        monkeypatch.setattr(predict, "CHUNK", chunk)
        np.testing.assert_allclose(probabilities(mine, rows, workers), pool, atol=1e-6)


def test_probabilities_are_those_of_the_rows_written_out(active: Snapshot):
    mine = train(active).model
    asked = ["flood hits the north coast", "", "court backs court"]
    row = mine.source.rows(asked).features()
    first = mine.network.first
    matrix = first.weights(mine.source.n_sparse)
    product = bag_sums(matrix.sparse, row.bags, row.values) + row.dense @ matrix.dense
    with torch.inference_mode():
        expected = mine.network(torch.from_numpy(product)).exp().numpy()
    np.testing.assert_allclose(score_texts(mine, asked), expected, atol=1e-6)


def test_the_pool_is_scored_as_the_plain_network_scores_its_texts(
    make_workspace: MakeWorkspace,
):
    """Of three labels, by torch's own dense layers on vectors of word counts."""
    pool = [(str(at), text) for at, text in enumerate(texts(300))]
    snapshot = read_snapshot(make_workspace(pool))
    known = WORDS[:30]  # the pool has words that the model does not know
    mine = Model("book", new_network(30, 3, 2), Vocabulary(known), tuple("abc"), 2)
    counts = torch.tensor([[text.split().count(word) for word in known] for _, text in pool])
    first = torch.nn.Linear(30, HIDDEN)
    first.weight.data = mine.network.words.weight.data.T
    first.bias.data = mine.network.bias.data
    with torch.inference_mode():
        hidden = torch.relu(first(counts.float()))
        plain = torch.softmax(mine.network.out(hidden), dim=1).numpy()
    np.testing.assert_allclose(pool_probabilities(snapshot, mine), plain, atol=1e-6)


@dataclass
class Items:
    """Made-up items, as a shard's rows: their probabilities are known."""

    probability: np.ndarray

    def __len__(self) -> int:
        return len(self.probability)

    def part(self, start: int, stop: int) -> "Items":
        return Items(self.probability[start:stop])


def known_probability(items: Items) -> np.ndarray:
    return items.probability


@dataclass
class Case:
    """A made-up pool with many ties, and what is asked of it."""

    asked: Asked
    shards: Shards
    allowed: np.ndarray
    looks: Looks


SHARDED = [name for name, strategy in CATALOG.items() if strategy.scores]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    number, seed = draw(st.integers(1, 60)), draw(st.integers(0, 999))
    drawn = np.random.default_rng(seed)
    probability = (drawn.dirichlet([1, 1, 1], number).round(1) + 0.1).astype(np.float32)
    sentences = [" ".join(drawn.choice(WORDS[:9], drawn.integers(0, 5))) for _ in range(number)]
    words = Vocabulary(WORDS).bags(sentences)
    cuts = draw(st.lists(st.integers(1, number), max_size=6))
    asked = Asked(
        counts=draw(st.dictionaries(st.sampled_from(SHARDED), st.integers(0, 20), min_size=1)),
        seed=seed,
        most=draw(st.integers(1, 25)),
        positive_index=1,
        training_counts=drawn.integers(0, 3, len(WORDS)),
        pool_counts=drawn.integers(3, 9, len(WORDS)),
    )
    candidates = drawn.random(number) < 0.8
    shards = Shards(Items(probability), words, candidates, sorted({0, number, *cuts}))
    allowed = candidates & (drawn.random(number) < draw(st.sampled_from([0.3, 0.9, 1])))
    keys = np.random.default_rng(seed).random(number)
    return Case(asked, shards, allowed, Looks(asked, probability, keys, words))


def from_the_whole_pool(case: Case) -> list[tuple[str, list[int], list[float]]]:
    """Each strategy in its turn, among all that is left of all items."""
    left, found = case.allowed.copy(), []
    for name, strategy in CATALOG.items():
        if name in case.asked.counts:
            looks = strategy.looks_at(case.looks)
            ranked = strategy.choose(*looks, left, case.asked.counts[name])
            left[ranked.indices] = False
            found.append((name, ranked.indices.tolist(), ranked.scores.tolist()))
    return found


def from_shards(case: Case) -> list[tuple[str, list[int], list[float]]] | None:
    parts = [score_shard(shard, known_probability, case.asked) for shard in case.shards]
    choice = merge(parts, case.asked, case.allowed)
    if choice is None:
        return None
    for place, row in choice.probability.items():
        assert np.array_equal(row, case.looks.probability[place])
    return [
        (name, ranked.indices.tolist(), ranked.scores.tolist()) for name, ranked in choice.chosen
    ]


@settings(max_examples=400)
@given(cases())
def test_a_merge_is_the_choice_from_the_whole_pool_or_says_that_it_is_not_sure(case: Case):
    found = from_shards(case)
    assert found is None or found == from_the_whole_pool(case)


@given(cases())
def test_a_merge_of_everything_is_sure(case: Case):
    case.asked = replace(case.asked, most=60)
    assert from_shards(case) == from_the_whole_pool(case)


@given(cases())
def test_as_many_candidates_as_the_batch_has_items_are_enough_for_scores_that_stay(case: Case):
    """Of those that picks do not change, unless items are taken meanwhile."""
    counts = {
        name: number
        for name, number in case.asked.counts.items()
        if name not in ("outlier", "novel words")
    }
    case.asked = replace(case.asked, counts=counts, most=max(sum(counts.values()), 1))
    case.allowed = case.shards.candidates
    assert from_shards(case) == from_the_whole_pool(case)


def outliers_of(sentences: list[str], most: int, number: int) -> Choice | None:
    """The outliers of one shard, where no word was ever trained on."""
    words = Vocabulary(WORDS).bags(sentences)
    items = Items(np.full((len(sentences), 2), 0.5, np.float32))
    asked = Asked({"outlier": number}, 0, most, 1, np.zeros(len(WORDS), int))
    everything = np.ones(len(sentences), bool)
    part = score_shard(Shard(0, items, words, everything), known_probability, asked)
    return merge([part], asked, everything)


def test_a_pick_beyond_the_fence_is_not_made():
    """The second begins better than the third, but has nothing new after the first."""
    sentences = ["w0 w1 w2 w3", "w3 w2 w1 w0", "w7 w8 w9", "w4"]
    assert outliers_of(sentences, most=2, number=2) is None
    assert outliers_of(sentences, most=2, number=1).chosen[0][1].indices.tolist() == [0]
    (_, ranked), *_ = outliers_of(sentences, most=3, number=2).chosen
    assert ranked.indices.tolist() == [0, 2]


def test_a_fence_at_the_same_score_decides_by_the_place():
    assert outliers_of(["w0", "w1", "w2"], most=2, number=2).chosen[0][1].indices.tolist() == [0, 1]
    # The second has to wait now: nobody knows whether what stands behind the fence comes first.
    assert outliers_of(["w0", "w0", "w2"], most=2, number=2) is None


@given(st.integers(0, 2**40), st.integers(0, 3000), st.integers(0, 3000))
def test_a_shard_draws_the_keys_that_its_items_have_in_the_pool(seed: int, first: int, number: int):
    whole = np.random.default_rng(seed)
    keys = whole.random(first + number)
    assert np.array_equal(random_keys(seed, first, number), keys[first:])
    moved = np.random.default_rng(seed)
    move_on(moved, first + number)
    assert moved.permutation(50).tolist() == whole.permutation(50).tolist()


def test_shards_end_where_chunks_do(monkeypatch):
    monkeypatch.setattr(predict, "CHUNK", 10)
    assert predict.shard_bounds(45, 2) == [0, 20, 40, 45]
    assert predict.shard_bounds(40, 2) == [0, 20, 40]
    assert predict.shard_bounds(5, 2) == [0, 5]

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.errors import RunError
from core.features.vocabulary import Vocabulary
from core.models.calibration import UNCHANGED, Calibration
from core.models.model import Model, load_model, save_model
from core.models.networks import HIDDEN, BookNetwork, new_network
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.pool.splitting import words_of
from tests.features import test_pool_features

WORDS = ("flood", "hits", "town", "rain")
TEXTS = ["flood hits town", "town town town", "", "unknown words", "rain rain flood"]
ITEMS = LabeledTexts(TEXTS * 3, np.array([0, 1, 1, 1, 0] * 3), ("1", "0"), 0)


def model(seed: int = 1) -> Model:
    return Model("book", new_network(len(WORDS), 2, seed), Vocabulary(WORDS), ("1", "0"), seed)


def one_hot(network: BookNetwork, texts: list[str]) -> torch.Tensor:
    """The chapter's own layers: a vector of word counts, two linear layers, log-softmax."""
    first = nn.Linear(len(WORDS), HIDDEN)
    first.weight = nn.Parameter(network.words.weight.T)
    first.bias = network.bias
    counts = torch.zeros(len(texts), len(WORDS))
    for row, text in enumerate(texts):
        for word in text.split():
            if word in WORDS:
                counts[row, WORDS.index(word)] += 1
    return network.out(first(counts).clamp(min=0)).log_softmax(dim=1)


def test_the_embedding_bag_gives_the_one_hot_layers_numbers():
    mine = model()
    expected = one_hot(mine.network, TEXTS).exp().detach().numpy()
    np.testing.assert_allclose(score_texts(mine, TEXTS), expected, atol=1e-5)


def test_weights_are_drawn_as_linear_layers_draw_them():
    network = new_network(10_000, 2, seed=3)
    for weights, inputs in ((network.words.weight, 10_000), (network.out.weight, HIDDEN)):
        bound = inputs**-0.5
        weights = weights.detach()
        assert weights.abs().max() <= bound
        assert abs(float(weights.std()) - bound / 3**0.5) < 0.05 * bound


def test_a_saved_model_scores_the_same(tmp_path: Path):
    mine = model()
    save_model(mine, tmp_path / "models" / "m.params")
    loaded = load_model(tmp_path / "models" / "m.params")
    assert (loaded.name, loaded.labels, loaded.seed) == ("book", ("1", "0"), 1)
    assert np.array_equal(score_texts(loaded, TEXTS), score_texts(mine, TEXTS))
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["m.params"]


def test_a_file_of_the_first_format_is_still_read(tmp_path: Path):
    mine = model()
    content = {
        "format": "sunlight params 1",
        "name": "book",
        "labels": ["1", "0"],
        "words": list(WORDS),
        "seed": 1,
        "weights": dict(mine.network.state_dict()),
    }
    torch.save(content, tmp_path / "old.params")
    loaded = load_model(tmp_path / "old.params")
    assert np.array_equal(score_texts(loaded, TEXTS), score_texts(mine, TEXTS))
    assert (loaded.calibration, loaded.threshold) == (UNCHANGED, 0.5)


def test_a_file_of_the_second_format_is_still_read(tmp_path: Path):
    mine = replace(model(), calibration=Calibration(0.5, (-1.0, 0.0)), cut=(0, 0.25))
    file = tmp_path / "m.params"
    save_model(mine, file)
    content = torch.load(file, weights_only=True)
    torch.save(content | {"format": "sunlight params 2", "words": list(WORDS)}, file)
    loaded = load_model(file)
    assert loaded.source == mine.source
    assert (loaded.calibration, loaded.cut) == (mine.calibration, mine.cut)
    assert np.array_equal(score_texts(loaded, TEXTS), score_texts(mine, TEXTS))


@given(st.lists(st.text()))
def test_words_are_kept_as_texts_are_split(tmp_path_factory, texts: list[str]):
    words = tuple(sorted({word for text in texts for word in words_of(text)}))
    mine = Model("book", new_network(len(words), 2, 1), Vocabulary(words), ("1", "0"), 1)
    file = tmp_path_factory.mktemp("models") / "m.params"
    save_model(mine, file)
    assert load_model(file).source.words == words


@pytest.mark.parametrize(
    "change",
    [
        {"space": "../../secret"},
        {"space": 7},
        {"shifts": [0.0]},
        {"cut_column": 0, "threshold": "high"},
        {"cut_column": 9, "threshold": 0.5},
        {"name": "unheard"},
        {"labels": ["1", "0", "2"]},
        {"weights": {}},
    ],
)
def test_content_that_does_not_fit_is_refused(tmp_path: Path, change: dict):
    learned = learn("linear", test_pool_features.learn(TEXTS * 3), ITEMS, 0)
    file = tmp_path / "m.params"
    save_model(learned.model, file)
    torch.save(torch.load(file, weights_only=True) | change, file)
    with pytest.raises(RunError, match="not a params file"):
        load_model(file)


def test_columns_beyond_the_space_are_refused(tmp_path: Path):
    learned = learn("linear", test_pool_features.learn(TEXTS * 3), ITEMS, 0)
    with torch.no_grad():
        learned.model.network.first.columns[-1] = learned.model.source.n_sparse
    save_model(learned.model, tmp_path / "m.params")
    with pytest.raises(RunError, match="not a params file"):
        load_model(tmp_path / "m.params")


def test_a_model_of_earlier_versions_is_named(tmp_path: Path):
    save_model(model(), tmp_path / "m.params")
    content = torch.load(tmp_path / "m.params", weights_only=True)
    torch.save(content | {"name": "hidden"}, tmp_path / "m.params")
    with pytest.raises(RunError, match=r"models/m.params .* `hidden`, .* with `linear`\."):
        load_model(tmp_path / "m.params")


class Attack:
    def __reduce__(self):
        return (Path.touch, (Path("attacked"),))


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_loading_runs_no_code(tmp_path: Path, monkeypatch, how: str):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "evil.params"
    if how == "torch":
        torch.save({"format": Attack()}, file)
    else:
        file.write_bytes(pickle.dumps(Attack(), protocol=2))
    with pytest.raises(RunError, match="not a params file"):
        load_model(file)
    assert not (tmp_path / "attacked").exists()


def test_a_damaged_or_foreign_file_is_refused(tmp_path: Path):
    whole = tmp_path / "whole.params"
    save_model(model(), whole)
    for name, content in (
        ("empty", b""),
        ("text", b"hello"),
        ("cut", whole.read_bytes()[: whole.stat().st_size // 2]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RunError, match="not a params file"):
            load_model(tmp_path / name)
    torch.save({"weights": {}}, tmp_path / "other")
    with pytest.raises(RunError, match="not a params file"):
        load_model(tmp_path / "other")
    with pytest.raises(RunError, match="missing"):
        load_model(tmp_path / "none.params")

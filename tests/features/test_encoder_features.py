from pathlib import Path

import numpy as np
import pytest

from core.errors import RunError
from core.features.base import Weights
from core.features.encoder import open_encoder
from core.features.encoder_cache import CachedEncoder
from core.features.encoder_features import EncodedSpace
from core.models.explain import explain, score_weights
from core.models.model import Model, load_model, save_model
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from tests.conftest import headlines
from tests.encoders import modules_encoder, static_encoder
from tests.features import test_pool_features

ROWS = headlines(120)
TEXTS = [text for _, text, _ in ROWS]


def cached(folder: Path) -> CachedEncoder:
    return CachedEncoder(open_encoder(str(folder), folder.parent), folder.parent / ".cache")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return static_encoder(tmp_path_factory.mktemp("encoded") / "static")


@pytest.fixture(scope="module")
def source(folder: Path) -> EncodedSpace:
    return EncodedSpace(test_pool_features.learn(TEXTS), cached(folder))


@pytest.fixture(scope="module", params=[2, 3])
def model(request: pytest.FixtureRequest, source: EncodedSpace) -> Model:
    return learned(source, request.param)


def learned(source: EncodedSpace, n_labels: int = 2) -> Model:
    truth = [
        0 if label == "1" else 1 + at % (n_labels - 1) for at, (_, _, label) in enumerate(ROWS)
    ]
    items = LabeledTexts(TEXTS, np.array(truth), tuple("abc"[:n_labels]), 0)
    return learn("linear", source, items, 0).model


def test_a_row_is_the_spaces_row_and_the_texts_vector(source: EncodedSpace):
    rows, plain = source.rows(TEXTS).features(), source.space.rows(TEXTS).features()
    assert np.array_equal(rows.values, plain.values)
    assert np.array_equal(rows.dense[:, : source.space.n_dense], plain.dense)
    vectors = rows.dense[:, source.space.n_dense :]
    assert np.array_equal(vectors, source.encoder.encoder.encode(TEXTS).astype(np.float32))
    assert source.n_dense == rows.dense.shape[1]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 0.75, atol=1e-3)


def test_the_projection_is_the_product_of_the_rows_written_out(source: EncodedSpace):
    draw = np.random.default_rng(0)
    weights = Weights(
        draw.normal(size=(source.n_sparse, 3)).astype(np.float32),
        draw.normal(size=(source.n_dense, 3)).astype(np.float32),
    )
    rows, expected = source.rows(TEXTS), []
    for text in TEXTS:
        row = source.rows([text]).features()
        sparse = row.values @ weights.sparse[row.bags.ids]
        expected.append(sparse + row.dense[0] @ weights.dense)
    np.testing.assert_allclose(rows.projection(weights)(5, 90), expected[5:90], atol=1e-4)


def test_the_key_is_of_both_and_the_known_words_of_the_pool(source: EncodedSpace, tmp_path: Path):
    other = EncodedSpace(source.space, cached(static_encoder(tmp_path / "other", seed=5)))
    elsewhere = EncodedSpace(test_pool_features.learn(TEXTS[:60]), source.encoder)
    same = EncodedSpace(test_pool_features.learn(TEXTS), source.encoder)
    assert len({source.key, other.key, elsewhere.key, source.space.key}) == 4
    assert same.key == source.key
    assert source.known(["flood", "the"]) == source.space.known(["flood", "the"]) == {"flood"}


def test_the_same_labels_give_the_same_model(source: EncodedSpace, folder: Path):
    again = EncodedSpace(test_pool_features.learn(TEXTS), cached(folder))
    one, two = learned(source), learned(again)
    assert np.array_equal(score_texts(one, TEXTS), score_texts(two, TEXTS))
    assert one.calibration == two.calibration


def test_a_saved_model_scores_the_same(model: Model, folder: Path, tmp_path: Path):
    save_model(model, tmp_path / "models" / "m.params")
    asked = []

    def find(name: str) -> CachedEncoder:
        asked.append(name)
        return cached(folder)

    loaded = load_model(tmp_path / "models" / "m.params", find)
    assert asked == [str(folder)]
    assert loaded.source.key == model.source.key
    assert np.array_equal(score_texts(loaded, TEXTS), score_texts(model, TEXTS))


def test_a_model_refuses_another_encoder_and_none(source: EncodedSpace, tmp_path: Path):
    save_model(learned(source), tmp_path / "m.params")
    other = static_encoder(tmp_path / "other", seed=5)
    with pytest.raises(RunError, match=r"another content of the encoder .* or train again"):
        load_model(tmp_path / "m.params", lambda name: cached(other))
    with pytest.raises(RunError, match="needs its workspace to find the encoder"):
        load_model(tmp_path / "m.params")


def test_pushes_and_the_whole_add_up_to_the_score(model: Model):
    texts = [*TEXTS[:6], "", "unheard of", "  Flood,  FLOOD hits flood-hits\u3000"]
    logits = np.log(score_texts(model, texts).astype(float))
    for label, value in enumerate(model.labels):
        scores = logits @ score_weights(len(model.labels), label)
        told = explain(model, texts, [value] * len(texts))
        for text, explanation, score in zip(texts, told, scores, strict=True):
            assert explanation.score == pytest.approx(score, abs=1e-4)
            assert "".join(piece for piece, _ in explanation.pieces) == text
        assert any(explanation.whole for explanation in told)
        assert told[6].whole == 0.0


def test_the_whole_is_what_the_encoders_columns_bring(source: EncodedSpace):
    model, text = learned(source), TEXTS[5]
    (told,) = explain(model, [text], [model.labels[0]])
    vector = source.encoder.vectors([text])[0].astype(np.float32)
    weights = model.network.first.dense.detach().numpy()[source.space.n_dense :, 0]
    assert told.whole == pytest.approx(float(vector @ weights), abs=1e-5)
    (alone,) = explain(learned(source.space), [text], [model.labels[0]])
    assert alone.whole == 0.0


def test_transformers_are_learned_from_as_well(tmp_path: Path):
    folder = modules_encoder(tmp_path / "encoder")
    source = EncodedSpace(test_pool_features.learn(TEXTS), cached(folder))
    model = learned(source)
    assert (score_texts(model, TEXTS).argmax(axis=1) == [r[2] == "0" for r in ROWS]).mean() > 0.9

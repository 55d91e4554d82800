"""Static encoders read word by word: the bundled one, and folders of the same kind."""

import copy
import pickle
import shutil
import sys
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from core.errors import RunError
from core.evaluation.runs import current_run, keep, load_run, train
from core.features import space_rows
from core.features.base import Weights, bag_sums
from core.features.encoder import Encoder, open_encoder
from core.features.pool_features import Space
from core.features.sources import feature_source
from core.models.explain import explain, score_weights
from core.models.model import load_model, save_model
from core.models.pool_predictions import pool_probabilities
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.sampling.next_batch import preview, propose
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import SMALL_TASK, MakeWorkspace, active_workspace, headlines
from tests.encoders import quantized_encoder, static_encoder
from tests.features import test_pool_features
from tests.features.languages import LANGUAGES, made_up

TEXTS = [text for _, text, _ in headlines(80)] + [
    "Flood, FLOOD: Überschwemmung at the north\u2009coast", "", "...", "<b>50%</b> &amp; more",
    "half \ud800 character", "\x00\x01", "x" * 3000, "<s> </s> <unk>",
]  # fmt: skip
PLAIN = "d33608376e32399c14b415b20631ae303e34042d042a04b125b8caaea6b64c2d" + "0" * 64
QUANTIZED = "0d27ab352735e4b49c355e33d7b3472bd53986a551af7ba852a2dba984af7324" + "0" * 64
KHMER = "គ្រោះទឹកជំនន់ នៅភ្នំពេញ"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder("wordllama", Path("/nowhere"))


@pytest.fixture
def active(make_workspace: MakeWorkspace) -> Snapshot:
    return read_snapshot(active_workspace(make_workspace))


def beside(texts: list[str], encoder: Encoder) -> Space:
    return replace(test_pool_features.learn(texts), encoder=encoder)


@pytest.fixture(scope="module")
def folding(encoder: Encoder) -> Encoder:
    """As a workspace has it."""
    return replace(encoder, folds=True)


def vectors(encoder: Encoder, texts: list[str]) -> NDArray[np.float32]:
    return beside([], encoder).rows(texts).features().dense[:, 128:]


def test_a_text_is_the_mean_of_its_pieces_as_the_package_has_it(encoder: Encoder):
    from wordllama.inference import WordLlamaInference

    texts = [
        " ".join(text.split()) for text in TEXTS if not {"\ud800", "<unk>"} & {*text, text[-5:]}
    ]
    table = encoder.table()
    theirs = WordLlamaInference(table.vectors, copy.deepcopy(table.tokenizer)).embed(texts)
    ours = vectors(encoder, texts)
    lengths = np.linalg.norm(theirs, axis=1, keepdims=True)
    expected = 0.75 * theirs / np.maximum(lengths, 1e-9)
    is_read = np.array([bool(text.strip("\0\x01")) for text in texts])
    np.testing.assert_allclose(ours[is_read], expected[is_read], atol=1e-5)
    assert not ours[~is_read].any()


def test_a_folder_of_model2vec_is_read_the_same_way(tmp_path: Path):
    encoder = open_encoder(str(static_encoder(tmp_path / "s")), tmp_path)
    texts = ["flood hits town", "", "Council rejects budget", "nothing that it knows"]
    by_words = vectors(encoder, texts)
    np.testing.assert_allclose(by_words, encoder.encode(texts), atol=1e-3)


def test_a_projection_is_the_product_of_the_rows_written_out(encoder: Encoder):
    space, draw = beside(TEXTS, encoder), np.random.default_rng(0)
    shapes = (space.n_sparse, 3), (space.n_dense, 3)
    weights = Weights(*(draw.normal(size=shape).astype(np.float32) for shape in shapes))
    rows = space.rows(TEXTS)
    features, found = rows.features(), rows.projection(weights)
    expected = bag_sums(weights.sparse, features.bags, features.values)
    expected += features.dense @ weights.dense
    np.testing.assert_allclose(found(0, len(TEXTS)), expected, atol=5e-5)
    sent = pickle.loads(pickle.dumps((found.fold, found.rows.part(5, 9))))  # to a cluster
    np.testing.assert_array_equal(sent[0](sent[1]), found(5, 9))
    known = np.linalg.norm(features.dense[:, 128:], axis=1) > 0
    alone = replace(space, encoder=None).rows(TEXTS).lengths
    np.testing.assert_allclose(rows.lengths, np.hypot(alone, 0.75 * known))


@given(st.lists(st.text(st.characters(), max_size=30), max_size=5))
def test_any_text_has_a_vector_of_its_length_or_none(encoder: Encoder, texts: list[str]):
    lengths = np.linalg.norm(vectors(encoder, texts), axis=1)
    assert np.all((lengths == 0) | (abs(lengths - 0.75) < 1e-4))


@pytest.mark.parametrize("folds", [False, True])
def test_pushes_add_up_and_stand_at_the_words(encoder: Encoder, folds: bool):
    texts = [text for _, text, _ in headlines(120)]
    truth = np.array([label == "1" for _, _, label in headlines(120)]).astype(int)
    source = beside(texts, replace(encoder, folds=folds))
    model = learn("linear", source, LabeledTexts(texts, truth, ("0", "1"), 1), 0).model
    asked = [*texts[:5], *TEXTS[-8:], KHMER, "İSTANBUL'DA SEL", *(x.upper() for x in texts[:5])]
    logits = np.log(score_texts(model, asked).astype(float))
    told = explain(model, asked, ["1"] * len(asked))
    for text, one, score in zip(asked, told, logits @ score_weights(2, 1), strict=True):
        assert one.score == pytest.approx(score, abs=1e-4)
        assert one.whole == 0
        assert "".join(piece for piece, _ in one.pieces) == text


def test_a_workspace_that_says_nothing_has_the_bundled_one(active: Snapshot):
    trained = train(active)
    assert (trained.report.source, trained.report.encoder) == ("pool + encoder", "wordllama")
    run = keep(active, trained)
    again = read_snapshot(active.workspace)
    texts = again.pool_words.pool.texts.to_pylist()
    expected = score_texts(trained.model, texts)
    assert np.array_equal(score_texts(load_run(again, run), texts), expected)
    path = again.workspace.path / run.params_file
    assert np.array_equal(score_texts(load_model(path), texts), expected)
    np.testing.assert_allclose(pool_probabilities(again, trained.model), expected, atol=1e-6)
    assert not [*active.workspace.cache.glob("encoder/*/*")]


def test_a_workspace_scores_capitals_as_small_letters(active: Snapshot, folding: Encoder):
    source = feature_source(active, "linear")
    assert source.encoder == folding
    plain = active.pool_words.pool.texts.to_pylist()
    texts = [text.upper() for text in plain]
    assert [text.lower() for text in texts] == plain
    assert vectors(folding, texts).any()
    np.testing.assert_array_equal(vectors(folding, texts), vectors(folding, plain))
    model = train(active).model
    np.testing.assert_array_equal(score_texts(model, texts), score_texts(model, plain))


def test_only_words_that_are_all_capitals_are_read_otherwise(encoder: Encoder, folding: Encoder):
    texts = ["FLOOD in Sydney", "Flood IN B52", "Flood", "İSTANBUL", "1999 ...", "FLOODs", "ǅ"]
    expected = ["flood in Sydney", "Flood in b52", "Flood", "i̇stanbul", "1999 ...", "FLOODs", "ǅ"]
    np.testing.assert_array_equal(vectors(folding, texts), vectors(encoder, expected))
    changed = (vectors(folding, texts) != vectors(encoder, texts)).any(axis=1)
    assert changed.tolist() == [True, True, False, True, False, False, False]


def test_params_of_before_read_capitals_as_they_did(encoder: Encoder, tmp_path: Path):
    texts = [text.upper() for _, text, _ in headlines(120)]
    truth = np.array([label == "1" for _, _, label in headlines(120)]).astype(int)
    found = []
    for folds, named in ((False, "encoder_by_words"), (True, "encoder_by_folded_words")):
        space = beside(texts, replace(encoder, folds=folds))
        model = learn("linear", space, LabeledTexts(texts, truth, ("0", "1"), 1), 0).model
        path = tmp_path / f"{named}.params"
        save_model(model, path)
        assert space.saved(tmp_path) == {
            "space": space.learned, "encoder": "wordllama", named: encoder.key
        }  # fmt: skip
        loaded = load_model(path)
        assert loaded.source.key == space.key
        found.append(score_texts(loaded, texts))
        np.testing.assert_array_equal(found[-1], score_texts(model, texts))
    assert np.abs(found[0] - found[1]).max() > 0.01
    before = f"{space.learned} by words 1 {encoder.key}"
    assert beside(texts, encoder).key == blake2b(before.encode(), digest_size=16).hexdigest()


def test_an_empty_name_turns_it_off(active: Snapshot):
    keep(active, train(active))
    (active.workspace.path / "task.toml").write_text(f'{SMALL_TASK}[model]\nencoder = ""\n')
    off = read_snapshot(open_workspace(active.workspace.path))
    assert current_run(off) is None
    trained = train(off)
    assert (trained.report.source, trained.report.encoder) == ("pool", "")
    assert trained.report.said != train(active).report.said


def test_book_has_none(active: Snapshot):
    (active.workspace.path / "task.toml").write_text(f'{SMALL_TASK}[model]\nname = "book"\n')
    book = read_snapshot(open_workspace(active.workspace.path))
    propose(book, "ann")
    book = read_snapshot(book.workspace)
    assert current_run(book) is not None
    assert current_run(book).model == "book"


def vectors_of(snapshot: Snapshot) -> NDArray[np.float32]:
    rows = feature_source(snapshot, "linear").pool_rows(snapshot)
    return rows.features().dense[:, 128:]


def test_a_pool_that_grew_has_the_numbers_that_it_always_had(active: Snapshot):
    before = vectors_of(active)
    with next((active.workspace.path / "unlabeled_data").iterdir()).open("a") as file:
        file.write("new 1,flood flood hits Überlingen\nnew 2,\n")
    grown = vectors_of(read_snapshot(active.workspace))
    shutil.rmtree(active.workspace.cache)
    assert np.array_equal(grown[: len(before)], before)
    assert np.array_equal(grown, vectors_of(read_snapshot(active.workspace)))


def test_a_pool_is_read_once(active: Snapshot, monkeypatch: pytest.MonkeyPatch):
    before = vectors_of(active)
    monkeypatch.setattr(space_rows, "_placed", None)  # what is not in the cache cannot be read
    assert np.array_equal(vectors_of(read_snapshot(active.workspace)), before)


def test_a_damaged_entry_is_read_anew(active: Snapshot):
    before = vectors_of(active)
    (entry,) = active.workspace.cache.glob("rows-*")
    (entry / "scales.npy").write_bytes(b"nothing of the kind")
    assert np.array_equal(vectors_of(read_snapshot(active.workspace)), before)


def test_a_dry_run_keeps_nothing_and_chooses_the_same(active: Snapshot):
    dry = preview(read_snapshot(active.workspace, write_cache=False), "ann")
    assert not [*active.workspace.cache.glob("rows-*")]
    wet = preview(active, "ann").proposals
    assert [(p.item_id, p.score) for p in dry.proposals] == [(p.item_id, p.score) for p in wet]


def test_a_text_of_unknown_pieces_has_no_vector(encoder: Encoder):
    found = vectors(encoder, [KHMER, "flood", f"flood {KHMER}"])
    assert not found[[0, 2]].any()
    assert found[1].any()


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_other_languages_it_does_no_harm(folding: Encoder, language: str):
    gained = []
    for seed in range(3):
        texts, truth = made_up(language, 1_500, seed)
        source = beside(texts, folding)
        scores = []
        for each in (source, replace(source, encoder=None)):
            items = LabeledTexts(texts[:100], truth[:100], ("0", "1"), 1)
            scored = score_texts(learn("linear", each, items, 0).model, texts[100:])
            scores.append(average_precision_score(truth[100:], scored[:, 1]))
        gained.append(scores[0] - scores[1])
    assert np.mean(gained) > -0.005


def test_folders_that_were_read_as_whole_texts_give_the_numbers_of_before(tmp_path: Path):
    """Numbers that the package model2vec gave, which read these folders until then."""
    texts = ["flood hits town", "Council rejects the budget in the north coast", "", "nothing"]
    plain, quantized = (
        open_encoder(str(make(tmp_path / make.__name__)), tmp_path).encode(texts)
        for make in (static_encoder, quantized_encoder)
    )
    assert plain.tobytes().hex() == PLAIN
    expected = np.frombuffer(bytes.fromhex(QUANTIZED), np.float16).reshape(4, 8)
    np.testing.assert_allclose(quantized, expected, atol=1e-3)  # of 16 bits, rounded twice


def test_a_package_of_another_layout_is_refused(tmp_path: Path, monkeypatch):
    (tmp_path / "wordllama").mkdir()
    (tmp_path / "wordllama" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith("wordllama")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(RunError, match="holds no encoder"):
        open_encoder("wordllama", tmp_path)

"""Texts of every script on their way through vocabulary, models, strategies, pushes and lists."""

import re
from collections import Counter
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from core.features.attribution import fine_pieces_of
from core.features.cached import pool_space
from core.features.vocabulary import Vocabulary, book_vocabulary, pool_bags
from core.models.explain import explain
from core.models.model import Model, load_model, save_model
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.pool import tokens
from core.pool.search import find
from core.pool.splitting import PAIRS, WHITE_SPACE, words_of
from core.query.tables import pool_columns
from core.sampling.strategies import outlier
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from pages.ui.components.items import item_html
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.features import test_pool_features
from tests.features.test_attribution import one_column, pushed
from tests.scripts import SPACED, UNSPACED, unspaced

N_TRAINING = 160


def items_of(script: str) -> LabeledTexts:
    rows = unspaced(script, 260, seed=1)
    targets = np.array([int(label != "1") for *_, label in rows])
    return LabeledTexts([text for _, text, _ in rows], targets, ("1", "0"), 0)


def split(items: LabeledTexts) -> tuple[LabeledTexts, LabeledTexts]:
    """(training items, others)"""
    return tuple(
        LabeledTexts(items.texts[part], items.targets[part], items.labels, 0)
        for part in (slice(N_TRAINING), slice(N_TRAINING, None))
    )


def frequent(texts: list[str], splitting: int = PAIRS) -> Vocabulary:
    words = Counter(w for t in texts for w in (words_of(t) if splitting == PAIRS else t.split()))
    return Vocabulary(tuple(word for word, count in words.items() if count > 2), splitting)


def auc(model: Model, items: LabeledTexts) -> float:
    return float(roc_auc_score(items.targets == 0, score_texts(model, items.texts)[:, 0]))


@pytest.mark.parametrize("script", UNSPACED)
def test_both_models_learn_in_scripts_without_spaces(script: str):
    training, others = split(items_of(script))
    book = learn("book", frequent(training.texts), training, 0).model
    linear = learn("linear", test_pool_features.learn(training.texts), training, 0).model
    assert min(auc(book, others), auc(linear, others)) > 0.95
    by_white_space = learn("book", frequent(training.texts, WHITE_SPACE), training, 0).model
    assert auc(by_white_space, others) < 0.6


MIXED = [
    "河谷flood 洪水, town",
    "「洪水」。",
    "  น\u0e49ำท\u0e48วม  flood\n",
    "flood hits town",
    "。 ก",
]


@pytest.mark.parametrize("script", UNSPACED)
def test_pushes_are_the_text_and_add_up(script: str):
    items = items_of(script)
    model = learn("linear", test_pool_features.learn(items.texts), items, 0).model
    for text in [*items.texts[:3], *MIXED]:
        (told,) = explain(model, [text], ["1"])
        pieces = [piece for piece, _ in told.pieces]
        assert ("".join(pieces), pieces) == (text, fine_pieces_of(text))
        probability = score_texts(model, [text])[0].astype(float)
        assert told.score == pytest.approx(np.log(probability[0] / probability[1]), abs=1e-3)


def test_each_character_of_a_pair_has_half_of_its_push():
    space = test_pool_features.learn(["洪水 a", "地震 a"] * 8)
    words = tokens.words_and_ngrams(["洪水"])[0]
    column = int(np.searchsorted(space.words, words.hashes[1]))  # 洪, 洪水, 水
    pushes = pushed(space, "a 洪水,", one_column(space, column), np.ones(1))
    assert pushes[2] == pytest.approx(pushes[3])
    assert pushes[2] > 0
    assert not pushes[[0, 1, 4]].any()


def test_pieces_keep_marks_and_punctuation_at_their_character():
    assert fine_pieces_of("「洪水」，iPhone15发布 a,b") == [
        *("「洪", "水」，", "iPhone15", "发", "布", " ", "a,b"),
    ]
    assert fine_pieces_of("น\u0e49ำ…") == ["น\u0e49", "ำ…"]
    assert fine_pieces_of("a, b") == ["a,", " ", "b"]


def read(make_workspace: MakeWorkspace, texts: list[str]) -> Snapshot:
    rows = [("item_id", "text"), *((f"i{at}", text) for at, text in enumerate(texts))]
    return read_snapshot(make_workspace(rows))


ALL = [*MIXED, *(text for some in (UNSPACED | SPACED).values() for text in some)]


def test_the_pools_rows_are_those_of_its_texts(make_workspace: MakeWorkspace):
    snapshot = read(make_workspace, ALL)
    for source in (
        book_vocabulary(snapshot.pool_words, np.ones(len(ALL), bool), ALL),
        Vocabulary(tuple(ALL[5].split()), WHITE_SPACE),
        pool_space(snapshot),
    ):
        pool, plain = source.pool_rows(snapshot).features(), source.rows(ALL).features()
        assert pool.bags.offsets.tolist() == plain.bags.offsets.tolist()
        for one, other in zip(pool.bags.rows, plain.bags.rows, strict=True):
            assert one == other
        weights = test_pool_features.some_weights(source)
        np.testing.assert_allclose(
            source.pool_rows(snapshot).projection(weights)(0, len(ALL)),
            source.rows(ALL).projection(weights)(0, len(ALL)),
            atol=1e-5,
        )


def test_a_vocabulary_counts_words_as_they_are_cut(make_workspace: MakeWorkspace):
    found = book_vocabulary(read(make_workspace, ["河谷洪水", "洪水"]).pool_words,
                            np.ones(2, bool), ["洪水 河谷x"])  # fmt: skip
    assert set(found.words) == {"洪", "水", "洪水"}


def test_outliers_are_the_chapters_and_do_not_come_in_the_order_of_the_file(
    make_workspace: MakeWorkspace,
):
    texts = [text for _, text, _ in unspaced("Chinese", 200)]
    snapshot = read(make_workspace, texts)
    training = [text for _, text, _ in unspaced("Chinese", 60, seed=2)]
    words = snapshot.pool_words
    counts = np.bincount(pool_bags(words, training).ids, minlength=len(words.words))
    chosen = outlier(words.word_bags, counts, snapshot.candidates, 20)
    known = Counter(word for text in training for word in words_of(text))
    left, expected = {at for at in range(200) if snapshot.candidates[at]}, []
    for _ in range(20):  # the chapter's rule, item by item
        familiar = {at: (1 + sum(known[w] for w in words_of(texts[at])))
                    / len(words_of(texts[at])) for at in sorted(left)}  # fmt: skip
        best = min(familiar, key=familiar.__getitem__)
        expected.append((best, familiar[best]))
        left.remove(best)
        known.update(words_of(texts[best]))
    found = [
        (int(at), float(score)) for at, score in zip(chosen.indices, chosen.scores, strict=True)
    ]
    assert [at for at, _ in found] == [at for at, _ in expected] != sorted(at for at, _ in found)
    assert [score for _, score in found] == pytest.approx([score for _, score in expected])
    assert len({round(score, 9) for _, score in found}) > 15


def test_lengths_are_counted_in_words(make_workspace: MakeWorkspace):
    snapshot = read(make_workspace, ["洪", "河谷洪水", "河谷发生地震今天", "flood hits town"])
    assert pool_columns(snapshot).n_words.tolist() == [1, 7, 15, 3]
    strata = snapshot.pool_words.length_thirds(snapshot.pool_words.word_bags.lengths)
    assert strata.tolist()[:3] == sorted(strata.tolist()[:3])
    assert len(set(strata.tolist())) == 3


@pytest.mark.parametrize("script", UNSPACED)
def test_a_search_finds_words_inside_running_text(make_workspace: MakeWorkspace, script: str):
    snapshot, texts = read(make_workspace, UNSPACED[script]), UNSPACED[script]
    word = re.sub(r"\d+$", "", texts[3])[-3:]
    word = word.lstrip("".join(c for c in word if tokens.character_kind(ord(c))[3]))
    found = find(snapshot.pool_words.pool.texts, word).tolist()
    assert 3 in found
    assert set(found) <= {at for at, text in enumerate(texts) if word in text}


def test_a_list_marks_new_characters_and_shows_the_text():
    model_knows = {"洪", "水」，", "flood"}
    shown = item_html("「洪水」， flood new", [], model_knows)
    text = re.search('dir="auto">(.*?)</p>', shown)[1]
    assert unescape(re.sub("<[^>]+>", "", text)) == "「洪水」， flood new"
    assert re.findall('sl-new">(.*?)<', text) == ["「洪", "new"]
    vocabulary = Vocabulary(("洪", "水", "flood"))
    assert vocabulary.known(fine_pieces_of("「洪水」， flood new")) == {"「洪", "水」，", "flood"}


def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words as version 0.6.0 had them: without pairs of characters."""
    monkeypatch.setattr(tokens, "_with_pairs", tokens._runs)


def test_older_linear_models_score_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    items = items_of("Chinese")
    with monkeypatch.context() as patched:
        as_before(patched)
        space = test_pool_features.learn(items.texts)
        save_model(learn("linear", space, items, 0).model, tmp_path / "old.params")
        before = score_texts(load_model(tmp_path / "old.params"), [*items.texts, *ALL])
    after = score_texts(load_model(tmp_path / "old.params"), [*items.texts, *ALL])
    assert np.array_equal(before, after)
    assert test_pool_features.learn(items.texts).key != space.key


def test_older_book_models_score_as_before(
    make_workspace: MakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Their params files do not tell how words are split."""
    texts = ["洪水 和 地震", "房价 上涨", "洪水, 和", "房价, 上涨"] * 6
    items = LabeledTexts(texts, np.array([0, 1] * 12), ("1", "0"), 0)
    model = learn("book", frequent(texts, WHITE_SPACE), items, 0).model
    save_model(model, tmp_path / "old.params")
    content = torch.load(tmp_path / "old.params", weights_only=True)
    assert content.pop("splitting") == WHITE_SPACE
    torch.save(content, tmp_path / "old.params")
    old, running = load_model(tmp_path / "old.params"), ["洪水和地震", "上涨的房价", *texts]
    assert old.source == model.source
    assert np.array_equal(score_texts(old, running), score_texts(model, running))
    empty, one, other = score_texts(old, ["", *running[:2]])
    assert np.array_equal(empty, one)
    assert np.array_equal(empty, other)
    snapshot = read(make_workspace, running)
    pool = old.source.pool_rows(snapshot).features()
    assert pool.bags.ids.tolist() == old.source.bags(running).ids.tolist()


def test_a_model_keeps_how_its_words_are_split(tmp_path: Path):
    items = items_of("Japanese")
    model = learn("book", frequent(items.texts), items, 0).model
    save_model(model, tmp_path / "new.params")
    loaded = load_model(tmp_path / "new.params")
    assert loaded.source == model.source
    assert np.array_equal(score_texts(loaded, items.texts), score_texts(model, items.texts))


@pytest.mark.parametrize("splitting", [3, "2", None])
def test_a_way_of_splitting_that_is_not_known_is_refused(splitting: object):
    with pytest.raises(TypeError, match="split"):
        Vocabulary.of_saved("flood", splitting)


def test_texts_with_spaces_keep_caches_words_and_counts(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    texts = [text for some in SPACED.values() for text in some for _ in range(3)]
    snapshot = read(make_workspace, texts)
    words = snapshot.pool_words
    assert (words.words, words.word_bags) == (words.tokens, words.token_bags)
    key = pool_space(snapshot).key
    kinds = sorted(entry.name.split("-")[0] for entry in snapshot.workspace.cache.iterdir())
    assert kinds == ["pool", "space", "tally", "words"]
    as_before(monkeypatch)
    assert test_pool_features.learn(texts).key == key


def test_a_pool_that_becomes_chinese_is_counted_anew(make_workspace: MakeWorkspace):
    workspace = make_workspace([row[:2] for row in headlines(120)])
    first = pool_space(read_snapshot(workspace)).key
    write_csv(workspace.path / "unlabeled_data" / "more.csv",
              [row[:2] for row in unspaced("Chinese", 40)])  # fmt: skip
    snapshot = read_snapshot(workspace)
    texts = snapshot.pool_words.pool.texts.to_pylist()
    assert pool_space(snapshot).key == test_pool_features.learn(texts).key != first
    assert_the_same_without_cache(workspace)


def test_a_tally_of_before_is_not_added_to(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    """A cache that an earlier version left, of a Chinese pool that has grown by a few texts."""
    rows = [row[:2] for row in unspaced("Chinese", 80)]
    workspace = make_workspace(rows[:70])
    with monkeypatch.context() as patched:
        as_before(patched)
        patched.setattr("core.features.cached.COUNTS_VERSION", 2)
        pool_space(read_snapshot(workspace))
    write_csv(workspace.path / "unlabeled_data" / "more.csv", rows[70:])
    snapshot = read_snapshot(workspace)
    texts = snapshot.pool_words.pool.texts.to_pylist()
    assert pool_space(snapshot).key == test_pool_features.learn(texts).key
    assert_the_same_without_cache(workspace)


def assert_the_same_without_cache(workspace: Workspace) -> None:
    found, plain = (
        read_snapshot(workspace, write_cache=write).pool_words for write in (True, False)
    )
    assert found.words.equals(plain.words)
    assert np.array_equal(found.counts, plain.counts)
    assert np.array_equal(found.word_bags.ids, plain.word_bags.ids)
    assert list(workspace.cache.glob("split-*"))

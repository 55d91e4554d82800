"""Words by ICU (`[text] words = "icu"`), against ICU itself, on their way through the loop."""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py import icu_version_info
from icu4py.breakers import WordBreaker

from core.doctor import examine
from core.errors import RunError, TaskError
from core.evaluation.runs import current_run, keep, load_run, read_report, train
from core.exchange.model_export import export_model, load_predictor
from core.features.attribution import fine_pieces_of
from core.features.cached import pool_space
from core.features.corpus_counts import count_texts
from core.features.pool_features import Space, space_of
from core.features.vocabulary import Vocabulary, book_vocabulary, pool_bags
from core.models.explain import explain
from core.models.model import load_model, save_model
from core.models.pool_predictions import pool_probabilities
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.pool.splitting import split_texts, words_of
from core.pool.token_parts import tokens_of
from core.pool.tokens import PAIRS, SPACELESS, WHITE_SPACE, character_kind, icu_here
from core.query.tables import pool_columns
from core.sampling.next_batch import preview
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task_file import task_toml
from core.workspace.task_toml import parse_task
from tests.conftest import SMALL_TASK, MakeWorkspace, write_csv
from tests.features import test_pool_features
from tests.pages.test_pages import open_page
from tests.scripts import SPACED, UNSPACED, unspaced
from tests.test_scripts import ALL, assert_the_same_without_cache, auc, items_of, split

ICU = icu_here()
TASK = SMALL_TASK + '[text]\nwords = "icu"\n'
FLOODS = {
    "Chinese": ["河谷", "突发", "洪水", "今天"],
    "Thai": ["น้ำ", "ท่วม", "หนัก"],
}
"""What everybody calls words there."""


def learned(texts: Sequence[str], splitting: int = ICU) -> Space:
    counts = count_texts(*tokens_of(texts), splitting=splitting)
    return replace(space_of(counts), splitting=splitting)


def frequent(texts: Sequence[str]) -> Vocabulary:
    words = Counter(word for text in texts for word in words_of(text, ICU))
    return Vocabulary(tuple(word for word, count in words.items() if count > 2), ICU)


def by_icu(text: str) -> list[str]:
    """ICU's words of a text. Numbers stand apart: ICU has a Thai word and the year in one."""
    parts = re.split(r"(\d+)", text)
    return [word for part in parts for word in WordBreaker(part, "en")]


def stretches(text: str) -> list[str]:
    """The words by the rule: what stands in scripts without spaces is ICU's, the rest as before."""
    found = []
    for token in text.split():
        kinds = [character_kind(ord(c)) for c in token]
        if not any(alone for _, _, alone, _ in kinds):
            found.append(token)
            continue
        runs: list[list] = []  # [of a script without spaces, text]
        is_unbroken = goes_on = False
        for character, (_, in_word, alone, is_mark) in zip(token, kinds, strict=True):
            if not in_word:
                goes_on = False
                continue
            is_unbroken = alone or (is_mark and goes_on and is_unbroken)
            if goes_on and runs[-1][0] == is_unbroken:
                runs[-1][1] += character
            else:
                runs.append([is_unbroken, character])
            goes_on = True
        for unbroken, run in runs:
            found += WordBreaker(run, "en") if unbroken else [run]
    return found


def test_the_version_is_icus():
    assert 100 * icu_version_info[0] + icu_version_info[1] == ICU


@pytest.mark.parametrize("script", UNSPACED)
def test_words_are_icus(script: str):
    for text in UNSPACED[script]:
        assert words_of(text, ICU) == by_icu(text)
    texts = [text for _, text, _ in unspaced(script, 2_000, seed=4)]
    words, bags = split_texts(texts, ICU)
    for at, text in enumerate(texts):
        assert [words[word] for word in bags[at]] == by_icu(text)


@pytest.mark.parametrize("script", FLOODS)
def test_words_are_those_of_people(script: str):
    assert words_of("".join(FLOODS[script]), ICU) == FLOODS[script]


TEXT = st.text(
    st.sampled_from("ab1, _漢洪水カタひらー々ก\u0e31น้ำท่วม\u1780\u17d2\u1798𠂡𠂢\u0301"), max_size=30
)


@given(st.lists(TEXT, max_size=5))
def test_mixed_texts_are_cut_stretch_by_stretch(texts: list[str]):
    words, bags = split_texts(texts, ICU)
    for at, text in enumerate(texts):
        assert [words[word] for word in bags[at]] == stretches(text)


def test_half_a_character_stands_in_nobodys_way():
    assert words_of("洪水\ud800 half \udfff", ICU) == words_of("洪水\ud800 half \udfff", ICU)
    assert words_of("洪水 a", ICU) == ["洪水", "a"]


def test_texts_with_spaces_are_the_same_to_the_bit():
    texts = [text for some in SPACED.values() for text in some] * 3
    (words, bags), (as_before, bags_before) = (split_texts(texts, x) for x in (ICU, PAIRS))
    assert words == as_before
    assert np.array_equal(bags.ids, bags_before.ids)
    one, other = learned(texts), learned(texts, PAIRS)
    for name, values in one.arrays().items():
        assert np.array_equal(values, getattr(other, name)), name
    assert one.key != other.key  # each file of a space says how it splits
    found, expected = (space.rows(texts).features() for space in (one, other))
    assert np.array_equal(found.values, expected.values)
    assert np.array_equal(found.dense, expected.dense)
    assert [*map(fine_pieces_of, texts)] == [fine_pieces_of(text, ICU) for text in texts]


@pytest.mark.parametrize("script", UNSPACED)
def test_both_models_learn_from_icus_words(script: str):
    training, others = split(items_of(script))
    book = learn("book", frequent(training.texts), training, 0).model
    linear = learn("linear", learned(training.texts), training, 0).model
    assert auc(book, others) > 0.95
    assert auc(linear, others) > 0.95


@pytest.mark.parametrize("script", UNSPACED)
def test_pushes_fall_on_icus_words_and_add_up(script: str):
    items = items_of(script)
    model = learn("linear", learned(items.texts), items, 0).model
    for text in items.texts[:5]:
        (told,) = explain(model, [text], ["1"])
        pieces = [piece for piece, _ in told.pieces]
        assert pieces == by_icu(text)
        assert model.known(pieces) >= {p for p in pieces if Counter(
            word for each in items.texts for word in by_icu(each))[p] > 10}  # fmt: skip
        probability = score_texts(model, [text])[0].astype(float)
        assert told.score == pytest.approx(np.log(probability[0] / probability[1]), abs=1e-3)


def read(make_workspace: MakeWorkspace, texts: Sequence[str], task: str = TASK) -> Snapshot:
    rows = [("item_id", "text"), *((f"i{at}", text) for at, text in enumerate(texts))]
    return read_snapshot(make_workspace(rows, task=task))


def test_the_pools_rows_are_those_of_its_texts(make_workspace: MakeWorkspace):
    """Also for models that were trained before, by other words."""
    snapshot = read(make_workspace, ALL)
    assert snapshot.pool_words.splitting == ICU
    assert snapshot.pool_words.words.to_pylist() != snapshot.pool_words.tokens.to_pylist()
    everything = np.ones(len(ALL), bool)
    older = Vocabulary(tuple({word for text in ALL for word in words_of(text)}), PAIRS)
    newest = book_vocabulary(snapshot.pool_words, everything, ALL)
    assert set(newest.words) <= {word for text in ALL for word in words_of(text, ICU)}
    sources = [newest, older, Vocabulary(tuple(ALL[5].split()), WHITE_SPACE)]
    for source in (*sources, pool_space(snapshot), learned(ALL, PAIRS)):
        rows, plain = source.pool_rows(snapshot), source.rows(ALL)
        assert np.array_equal(rows.lengths, plain.lengths)
        weights = test_pool_features.some_weights(source)
        np.testing.assert_allclose(
            rows.projection(weights)(0, len(ALL)), plain.projection(weights)(0, len(ALL)), atol=1e-5
        )


def test_strategies_and_lengths_go_by_icus_words(make_workspace: MakeWorkspace):
    texts = ["河谷突发洪水", "洪水", "河谷发生地震今天", "flood hits town"]
    snapshot = read(make_workspace, texts)
    numbers = [len(words_of(text, ICU)) for text in texts]
    assert pool_columns(snapshot).n_words.tolist() == numbers
    assert numbers != [len(words_of(text)) for text in texts]
    bags = pool_bags(snapshot.pool_words, ["洪水 河谷"])
    assert {snapshot.pool_words.words[at].as_py() for at in bags.ids} == {"洪水", "河谷"}


def test_the_setting_changes_every_count_and_nothing_is_mixed(make_workspace: MakeWorkspace):
    """On, off and on, over one cache, while the pool grows."""
    rows = [row[:2] for row in unspaced("Chinese", 80)]
    keys = set()
    for task, splitting, n_items in ((SMALL_TASK, PAIRS, 70), (TASK, ICU, 75), (SMALL_TASK, 2, 80)):
        snapshot = read_snapshot(make_workspace(rows[:n_items], task=task))
        words = snapshot.pool_words
        expected, bags = split_texts(words.pool.texts.to_pylist(), splitting)
        assert words.words.to_pylist() == expected
        assert np.array_equal(words.word_bags.ids, bags.ids)
        space = pool_space(snapshot)
        assert space.key == learned(words.pool.texts.to_pylist(), splitting).key
        keys.add(space.key)
        assert_the_same_without_cache(snapshot.workspace)
        # What was read before is read anew where the setting is another one.
        other = SMALL_TASK if task == TASK else TASK
        (snapshot.workspace.path / "task.toml").write_text(other, encoding="utf-8")
        again = read_snapshot(open_workspace(snapshot.workspace.path), words)
        assert again.pool_words.splitting != splitting
        assert again.pool_words.words.to_pylist() != expected
    assert len(keys) == 3


@pytest.fixture
def trained(make_workspace: MakeWorkspace) -> Snapshot:
    """A Chinese loop with a run of `linear` by ICU's words."""
    rows = unspaced("Chinese", 260, seed=1)
    labels = {
        (split, label): [row for row in some if row[2] == label]
        for split, some in (("evaluation", rows[:60]), ("training", rows[60:140]))
        for label in "10"
    }
    snapshot = read_snapshot(make_workspace([row[:2] for row in rows], labels, TASK))
    keep(snapshot, train(snapshot))
    return read_snapshot(snapshot.workspace)


def with_task(snapshot: Snapshot, task: str) -> Snapshot:
    (snapshot.workspace.path / "task.toml").write_text(task, encoding="utf-8")
    return read_snapshot(open_workspace(snapshot.workspace.path))


def without_icu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("icu4py", "icu4py.breakers"):
        monkeypatch.setitem(sys.modules, name, None)


def test_a_run_keeps_how_its_words_were_split(trained: Snapshot):
    (run,) = trained.logs.runs
    assert read_report(trained, run).splitting == ICU
    assert run.auc > 0.95
    assert current_run(trained) == run
    expected = pool_probabilities(trained, load_run(trained, run))
    before = with_task(trained, SMALL_TASK)
    assert current_run(before) is None  # its next run goes by characters and pairs
    assert load_run(before, run).source.splitting == ICU
    assert np.array_equal(pool_probabilities(before, load_run(before, run)), expected)
    keep(before, train(before))
    before = read_snapshot(before.workspace)
    assert read_report(before, before.logs.runs[-1]).splitting == PAIRS
    assert current_run(with_task(before, TASK)) == run


@pytest.mark.parametrize("name", ["book", "linear"])
def test_a_model_is_scored_by_no_other_splitting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    items: LabeledTexts = items_of("Japanese")
    source = frequent(items.texts) if name == "book" else learned(items.texts)
    model = learn(name, source, items, 0).model
    save_model(model, tmp_path / "icu.params")
    loaded = load_model(tmp_path / "icu.params")
    assert loaded.source.splitting == ICU
    assert np.array_equal(score_texts(loaded, items.texts), score_texts(model, items.texts))
    told = rf"models/icu.params needs ICU {ICU // 100}.{ICU % 100}, which is not installed\..*words"
    with monkeypatch.context() as patched:
        patched.setattr("icu4py.icu_version_info", (77, 1, 0, 0), raising=False)
        with pytest.raises(RunError, match=told):
            load_model(tmp_path / "icu.params")
    without_icu(monkeypatch)
    with pytest.raises(RunError, match=told):
        load_model(tmp_path / "icu.params")
    with pytest.raises(RunError, match="The pool or the model needs ICU"):  # it is open already
        score_texts(loaded, items.texts)


def test_an_exported_model_says_what_it_needs(trained: Snapshot, tmp_path: Path):
    texts = [text for _, text, _ in unspaced("Chinese", 30, seed=9)]
    model = load_run(trained, trained.logs.runs[-1])
    export_model(trained, tmp_path / "model")
    expected = model.calibration(score_texts(model, texts))
    found = load_predictor(tmp_path / "model")(texts)
    assert found.probabilities == pytest.approx(expected, abs=1e-6)
    assert "`requirements-words.txt`" in (tmp_path / "model" / "README.md").read_text()


def test_a_task_asks_for_icus_words(monkeypatch: pytest.MonkeyPatch):
    asked = parse_task('[text]\nwords = "icu"', "task.toml")
    assert (asked.splitting, parse_task("", "task.toml").splitting) == (ICU, PAIRS)
    assert parse_task(task_toml(asked), "task.toml").words == "icu"
    with pytest.raises(TaskError, match=r"task.toml: \[text\] `words` is `jieba`. Write `icu`"):
        parse_task('[text]\nwords = "jieba"', "task.toml")
    without_icu(monkeypatch)
    assert parse_task("", "task.toml").splitting == PAIRS
    with pytest.raises(TaskError, match=r"icu4py is not installed.*requirements-words.txt"):
        parse_task('[text]\nwords = "icu"', "task.toml")


def test_without_the_package_the_doctor_says_so(trained: Snapshot, monkeypatch: pytest.MonkeyPatch):
    assert not examine(trained.workspace.path)
    preview(trained)
    without_icu(monkeypatch)
    (finding,) = examine(trained.workspace.path)
    assert finding.file == "task.toml"
    assert "pip install -r requirements-words.txt" in finding.message


@pytest.mark.parametrize("name", ["home", "annotate", "sunlight", "metrics", "data"])
def test_without_the_package_each_page_says_so(
    trained: Snapshot, monkeypatch: pytest.MonkeyPatch, name: str
):
    without_icu(monkeypatch)
    page = open_page(name, trained.workspace.path, monkeypatch)
    assert not page.exception
    assert any("pip install -r requirements-words.txt" in said.value for said in page.error)


@pytest.mark.parametrize("name", ["home", "annotate", "sunlight", "review", "metrics", "data"])
def test_each_page_shows_a_loop_by_icus_words(
    trained: Snapshot, monkeypatch: pytest.MonkeyPatch, name: str
):
    page = open_page(name, trained.workspace.path, monkeypatch)
    assert not page.exception
    assert not page.error


def test_the_scripts_are_those_that_icu_has_dictionaries_for():
    for low, high in SPACELESS[:3]:
        letters = "".join(chr(c) for c in range(low, high) if chr(c).isalpha())
        assert words_of(letters, ICU) == [w for w in WordBreaker(letters, "en") if w.strip()]


def test_a_pool_that_becomes_chinese_is_counted_by_icu(make_workspace: MakeWorkspace):
    texts = [text for some in SPACED.values() for text in some] * 3
    workspace = read(make_workspace, texts).workspace
    pool_space(read_snapshot(workspace))
    write_csv(workspace.path / "unlabeled_data" / "q.csv",
              [row[:2] for row in unspaced("Thai", 40)])  # fmt: skip
    snapshot = read_snapshot(workspace)
    assert pool_space(snapshot).key == learned(snapshot.pool_words.pool.texts.to_pylist()).key

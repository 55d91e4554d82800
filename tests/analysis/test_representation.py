from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.analysis.representation import (
    ALL,
    FEW,
    LEAST,
    OTHERS,
    are_discoveries,
    chance_of,
    column_spread,
    comparable_columns,
    compare_words,
    groups,
    length_spread,
    poisson_chance,
    ratio_ends,
    spread,
    vocabulary,
    word_comparisons,
)
from core.pool.text import text_key
from core.pool.words import LengthThirds
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines, write_csv


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def chosen_from(snapshot: Snapshot) -> list[str]:
    """The texts that strategies could choose from, looked at one by one."""
    pool = snapshot.pool_words.pool
    held_out = {text_key(text) for text in snapshot.labels.held_out_texts()}
    texts = [text for text in pool.texts.to_pylist() if text_key(text) not in held_out]
    ids = set(pool.ids.to_pylist())
    return texts + [x.text for x in snapshot.labels.usable_training if x.item_id not in ids]


def bucket(text: str, thirds: LengthThirds) -> str:
    words = len(text.split())
    return "short" if words < thirds.medium else "medium" if words < thirds.long else "long"


def test_lengths_are_those_of_a_look_at_every_text(snapshot: Snapshot):
    found = length_spread(snapshot)
    thirds = snapshot.pool_words.length_thirds
    expected = Counter(bucket(text, thirds) for text in chosen_from(snapshot))
    of_all, n_items = found[found["strategy"] == ALL], sum(expected.values())
    for value, share in zip(of_all["value"], of_all["pool"], strict=True):
        assert share == pytest.approx(expected[value.split(":")[0]] / n_items)
    own = Counter((x.strategy, bucket(x.text, thirds)) for x in snapshot.labels.usable_training)
    for share in found[found["strategy"] != ALL].itertuples():
        assert share.items == own[share.strategy, share.value.split(":")[0]]
    assert of_all["share"].sum() == pytest.approx(1)


def test_words_are_those_of_a_look_at_every_text(snapshot: Snapshot):
    found, numbers, bags = vocabulary(snapshot)
    words = found.to_pylist()
    expected = Counter(word for text in chosen_from(snapshot) for word in text.split())
    counts = dict(zip(words, numbers.tolist(), strict=True))
    assert {word: number for word, number in counts.items() if number} == expected
    training = snapshot.labels.usable_training
    for row in (0, 17, len(training) - 1):
        assert [words[at] for at in bags[row]] == training[row].text.split()


def test_training_items_outside_the_pool_are_counted_as_if_it_held_them(
    make_workspace: MakeWorkspace,
):
    rows = headlines(40)
    labels = {
        ("training", "1"): [row for row in rows[20:] if row[2] == "1"] + [("new", "zyx zyx", "1")],
        ("evaluation", "0"): [rows[0]],
    }
    snapshot = read_snapshot(make_workspace([row[:2] for row in rows[:30]], labels))
    words, numbers, _ = vocabulary(snapshot)
    counts = dict(zip(words.to_pylist(), numbers.tolist(), strict=True))
    expected = Counter(word for text in chosen_from(snapshot) for word in text.split())
    assert counts["zyx"] == 2
    assert {word: number for word, number in counts.items() if number} == expected
    lengths = Counter(bucket(text, snapshot.pool_words.length_thirds) for text in
                      chosen_from(snapshot))  # fmt: skip
    first = length_spread(snapshot).iloc[0]
    assert first["pool"] == pytest.approx(lengths["short"] / lengths.total())


def with_columns(make_workspace: MakeWorkspace, rows: list[tuple[str, str, str]]) -> Snapshot:
    header = ("item_id", "text", "kind", "day", "serial")
    pool = [
        (i, text, "abc"[at % 3], f"20{10 + at % 4}-01-0{1 + at % 9}", f"s{at}")
        for at, (i, text, _) in enumerate(rows)
    ]
    labels = {
        ("training", value): [(*row, "outlier") for row in rows[:30:3] if row[2] == value]
        for value in "10"
    } | {("evaluation", "0"): [row for row in rows[40:60] if row[2] == "0"]}
    workspace = make_workspace([], labels)
    write_csv(workspace.path / "unlabeled_data" / "pool.csv", [header, *pool])
    return read_snapshot(workspace)


def test_columns_of_few_values_are_found_and_dates_go_by_year(make_workspace: MakeWorkspace):
    found = comparable_columns(with_columns(make_workspace, headlines(90)).pool_words.pool)
    assert [column.name for column in found] == ["kind", "day"]
    assert found[1].values == ["2010", "2011", "2012", "2013"]
    assert found[1].places.tolist() == [at % 4 for at in range(90)]


def test_a_column_is_compared_without_held_out_items(make_workspace: MakeWorkspace):
    snapshot = with_columns(make_workspace, headlines(90))
    kind = comparable_columns(snapshot.pool_words.pool)[0]
    found = column_spread(snapshot, kind)
    allowed = np.flatnonzero(~snapshot.held_out)
    values = {(share.strategy, share.value): share for share in found.itertuples()}
    assert values["outlier", "b"].pool == pytest.approx((allowed % 3 == 1).mean())
    assert values["outlier", "a"].items == 10  # every third row was taken
    assert values["outlier", "a"].stands_out
    assert values["outlier", "b"].items == 0


def test_of_thousands_of_values_the_frequent_ones_stand_for_themselves(
    make_workspace: MakeWorkspace,
):
    header = ("item_id", "text", "source", "serial")
    rows = headlines(2_500)
    sources = ["wire" if at % 2 else "desk" if at % 3 else f"blog {at}" for at in range(2_500)]
    pool = [(i, text, source, f"s{at}") for at, ((i, text, _), source) in
            enumerate(zip(rows, sources, strict=True))]  # fmt: skip
    labels = {("training", "0"): [(*r, "outlier") for r in rows[:60:2] if r[2] == "0"]}
    workspace = make_workspace([], labels)
    write_csv(workspace.path / "unlabeled_data" / "pool.csv", [header, *pool])
    snapshot = read_snapshot(workspace)
    (source,) = comparable_columns(snapshot.pool_words.pool)
    counts = Counter(sources)
    assert len(counts) > 400
    assert source.values[:2] == ["wire", "desk"]
    assert (len(source.values), len(source.places)) == (FEW, 2_500)
    assert (source.places == 0).sum() == counts["wire"]
    found = {share.value: share for share in column_spread(snapshot, source).itertuples()}
    own = Counter(sources[at] for at in range(0, 60, 2) if rows[at][2] == "0")
    assert found["wire"].items == 0
    assert found["wire"].stands_out
    assert found["desk"].items == own["desk"]
    assert OTHERS in found
    assert sum(share.items for share in found.values()) == sum(own.values())


def test_a_pool_without_columns_or_items_has_none_of_few_values(make_workspace: MakeWorkspace):
    assert comparable_columns(read_snapshot(make_workspace([])).pool_words.pool) == []
    pool = [row[:2] for row in headlines(FEW)]
    assert comparable_columns(read_snapshot(make_workspace(pool)).pool_words.pool) == []


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.99))
def test_the_chance_of_a_share_is_the_binomial_s(hits: int, more: int, share: float):
    total = hits + more
    tails = stats.binom.cdf(hits, total, share), stats.binom.sf(hits - 1, total, share)
    assert chance_of(hits, total, share) == pytest.approx(min(1, 2 * min(tails)), abs=1e-9)


def test_a_share_of_nothing_or_of_all_is_met_or_not():
    assert [chance_of(0, 9, 0.0), chance_of(1, 9, 0.0), chance_of(9, 9, 1.0)] == [1, 0, 1]


def test_random_draws_hardly_ever_stand_out():
    draw, pool = np.random.default_rng(5), np.repeat([0, 1, 2], [600, 300, 100])
    of_chance = 0
    for _ in range(300):
        own = {name: draw.choice(pool, 80, replace=False) for name in ("x", "y")}
        of_chance += spread("abc", pool, own)["stands_out"].any()
    assert of_chance / 300 <= 0.05


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0.01, 300)), min_size=1, max_size=20))
def test_the_chance_of_a_number_is_poisson_s(pairs: list[tuple[int, float]]):
    numbers, means = (np.array(each) for each in zip(*pairs, strict=True))
    tails = stats.poisson.cdf(numbers, means), stats.poisson.sf(numbers - 1, means)
    expected = np.minimum(1, 2 * np.minimum(*tails))
    assert poisson_chance(numbers, means) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_discoveries_are_scipy_s(chances: list[float]):
    found = are_discoveries(np.array(chances))
    adjusted = stats.false_discovery_control(chances) if chances else np.empty(0)
    unclear = np.isclose(adjusted, 0.05)
    assert ((found == (adjusted <= 0.05)) | unclear).all()


@pytest.mark.parametrize("number", [0, 1, 4, 30, 200])
def test_a_ratio_s_ends_are_near_the_exact_ones(number: int):
    found, high = ratio_ends(np.array([number]), np.array([2.0]))
    low = stats.chi2.ppf(0.025, 2 * number) / 4 if number else 0
    assert found == pytest.approx(low, rel=0.05, abs=0.02)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 2 * number + 2) / 4, rel=0.02)


def told_of(pool: np.ndarray, flat: np.ndarray) -> pd.DataFrame:
    """What is told of the words `flat` of a pool with these numbers of words."""
    words = pa.array([f"w{at}" for at in range(len(pool))], pa.large_string())
    return compare_words(words, pool, np.bincount(flat, minlength=len(pool)))


def drawn(pool: np.ndarray, draw: np.random.Generator, number: int) -> np.ndarray:
    return draw.permutation(np.repeat(np.arange(len(pool)), pool))[:number]


def test_of_random_words_nothing_stands_out():
    draw = np.random.default_rng(3)
    pool = (20_000 / np.arange(1, 3_001)).astype(np.int64)
    every = [told_of(pool, drawn(pool, draw, 3_200)) for _ in range(40)]
    assert sum(len(found) > 0 for found in every) <= 2


def test_rare_words_are_not_looked_at():
    pool = np.array([LEAST - 1, LEAST, 5_000])
    assert told_of(pool, np.array([0] * 4 + [1] * 5 + [2] * 16))["word"].tolist() == ["w1"]


def test_a_word_that_was_preferred_is_found_with_its_numbers():
    pool = np.array([5_000, 3_000, 200, 50, 900])
    flat = drawn(pool, np.random.default_rng(4), 480)
    flat[flat == 4] = 0
    flat[:40] = 2
    told = told_of(pool, flat)
    first = told[told["times"] > 1].iloc[0]
    assert (first["word"], first["training"], first["pool"]) == ("w2", (flat == 2).sum(), 200)
    assert first["expected"] == pytest.approx(200 * 480 / 9_150)
    assert first["times"] == pytest.approx(first["training"] / first["expected"])
    assert told[told["times"] < 1]["word"].tolist() == ["w4"]


def test_groups_hold_each_item_once_and_all_of_them_first(snapshot: Snapshot):
    training = snapshot.labels.usable_training
    found = groups(training)
    assert next(iter(found)) == ALL
    rows = np.concatenate([rows for name, rows in found.items() if name != ALL])
    assert sorted(rows) == list(range(len(training)))


def test_without_training_data_nothing_is_compared(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([row[:2] for row in headlines(30)]))
    assert not len(length_spread(snapshot))
    assert word_comparisons(snapshot) == {}

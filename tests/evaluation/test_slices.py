import numpy as np
import pytest
from sklearn import metrics

from core.evaluation.intervals import fscore_interval
from core.evaluation.slices import EMPTY, OTHERS, THIN, grouped, groupings, lengths_of, slices
from core.pool.words import LengthThirds
from core.workspace.labels import Labeled
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace


def test_scores_of_slices_are_scikit_learns():
    draw = np.random.default_rng(0)
    groups = draw.choice(["a", "b", "c"], 300, p=[0.6, 0.3, 0.1])
    actual = draw.random(300) < 0.3
    predicted = actual ^ (draw.random(300) < 0.2)
    found = slices(groups.tolist(), predicted, actual)
    for each in found:
        inside = groups == each.group
        assert each.items == inside.sum()
        assert each.positives == actual[inside].sum()
        fscore = metrics.f1_score(actual[inside], predicted[inside])
        recall = metrics.recall_score(actual[inside], predicted[inside])
        assert each.fscore.value == pytest.approx(fscore)
        assert each.recall.value == pytest.approx(recall)
        assert each.fscore.low <= fscore <= each.fscore.high


def test_thin_slices_are_marked_and_stand_last_whatever_their_score():
    groups = ["few"] * 30 + ["many"] * 20
    actual = np.array([True] * (THIN - 1) + [False] * 21 + [True] * THIN + [False] * 10)
    few, many = sorted(slices(groups, actual, actual), key=lambda each: each.group)
    assert (few.is_thin, many.is_thin) == (True, False)
    assert [each.group for each in slices(groups, actual, actual)] == ["many", "few"]
    assert few.recall.low < 0.75  # nine of nine are no proof


def test_a_slice_without_the_label_has_no_scores():
    (only,) = slices(["a", "a"], np.array([True, False]), np.array([False, False]))
    assert (only.fscore, only.recall, only.is_thin) == (None, None, True)


@pytest.mark.parametrize(("positives", "items"), [(8, 60), (30, 300)])
def test_the_interval_of_the_fscore_holds_it_in_95_of_100_samples(positives: int, items: int):
    draw = np.random.default_rng(positives)
    share, recall, false = positives / items, 0.7, 0.05
    hits, missed, wrong = share * recall, share * (1 - recall), (1 - share) * false
    true = 2 * hits / (2 * hits + missed + wrong)
    counts = draw.multinomial(items, [hits, missed, wrong, 1 - hits - missed - wrong], 2_000)
    found = [fscore_interval(int(h), int(m + w)) for h, m, w, _ in counts if h + m + w]
    inside = np.mean([each.low <= true <= each.high for each in found])
    assert 0.93 <= inside <= 0.98


def test_without_anything_to_count_there_is_no_fscore():
    assert fscore_interval(0, 0) is None


def test_lengths_are_thirds_of_the_pool():
    items = [Labeled("x", " ".join(["word"] * number), "1", "evaluation") for number in (1, 5, 40)]
    told = lengths_of(items, LengthThirds.of(np.array([2, 3, 5, 6, 30, 50])))
    assert told == ["short: up to 3 words", "medium: 4 to 6", "long: 7 and more"]


def test_few_values_are_groups_as_they_are_and_numbers_that_all_differ_are_none():
    assert grouped([*"2013", "", None]) == ["2", "0", "1", "3", EMPTY, EMPTY]
    assert grouped([str(number) for number in range(90)]) is None


def test_the_rarest_values_are_one_group_and_names_are_none():
    found = grouped([f"v{at}" for at in range(20) for _ in range(20 - at)])
    assert len(set(found)) == 12
    assert found.count(OTHERS) == sum(range(1, 10))
    assert grouped([f"name {at}" for at in range(50)]) is None


def test_items_are_grouped_by_what_is_known_of_them(make_workspace: MakeWorkspace):
    pool = [("item_id", "text", "kind")]
    pool += [(f"i{at}", f"text {at}", ("flood", "fire")[at % 2]) for at in range(20)]
    snapshot = read_snapshot(make_workspace(pool))
    items = [Labeled(f"i{at}", f"text {at}", "1", "evaluation", annotator="ann") for at in range(9)]
    items.append(Labeled("gone", "elsewhere now", "1", "evaluation", annotator="bo"))
    found = groupings(items, snapshot.pool_words)
    assert list(found) == ["annotator", "kind"]
    assert found["kind"] == ["flood", "fire"] * 4 + ["flood", EMPTY]

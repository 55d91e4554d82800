import math

import pytest

from core.analysis.curve_comparison import (
    area,
    compare,
    labels_to_reach,
    mean_of,
    summary,
)
from core.analysis.learning_curves import Point


def curve(seed: int, mix: str, scores: list[float | None]) -> list[Point]:
    """Scores at 100, 200, 400, … labels; the AUC is half the F-score."""
    labels = [100, 200, 400, 800]
    return [
        Point(seed, mix, "book", at, f, f, f, None if f is None else f / 2, 0.5, 0.1, 1.0)
        for at, f in zip(labels, scores, strict=False)
    ]


POINTS = [
    *curve(0, "random=1", [0.1, 0.2, 0.4]),
    *curve(0, "outlier=1", [0.1, 0.4, 0.6]),
    *curve(1, "random=1", [0.0, 0.2, 0.2]),
    *curve(1, "outlier=1", [0.0, 0.1, 0.1]),
]


def test_the_area_is_the_mean_score_on_the_way():
    # (0.1 + 0.2) / 2 over 100 labels, (0.2 + 0.4) / 2 over 200.
    assert area(POINTS[:3], "fscore") == pytest.approx((15 + 60) / 300)
    assert area(POINTS[:1], "fscore") == 0.1
    assert area(curve(0, "x", [None, 0.2, 0.4]), "fscore") == pytest.approx(0.3)
    assert area(curve(0, "x", [None]), "fscore") is None


def test_labels_needed_are_those_of_the_first_crossing():
    points = curve(0, "x", [0.1, 0.5, 0.3])
    assert labels_to_reach(points, "fscore", 0.3) == 200
    assert labels_to_reach(points, "fscore", 0.6) is None
    assert labels_to_reach(points, "fscore", None) is None
    assert labels_to_reach(points, "fscore", 0.0) is None
    assert labels_to_reach(curve(0, "x", [None, 0.5]), "fscore", 0.3) == 200


def test_mixes_are_compared_seed_by_seed():
    random, outlier = (row for row in compare(POINTS, "random=1") if row.score == "fscore")
    areas = [(25 + 100) / 300, (5 + 20) / 300]
    ours = [area(POINTS[:3], "fscore"), area(POINTS[6:9], "fscore")]
    differences = [areas[0] - ours[0], areas[1] - ours[1]]
    assert outlier.area.value == pytest.approx(sum(areas) / 2)
    assert outlier.difference.value == pytest.approx(sum(differences) / 2)
    # The standard error of two values is half their distance.
    assert outlier.difference.error == pytest.approx(abs(differences[0] - differences[1]) / 2)
    # Seed 0 reaches 0.4 at 200 labels, seed 1 never reaches 0.2.
    assert (outlier.labels_needed, outlier.reached, outlier.seeds) == (200, 1, 2)
    assert (random.difference.value, random.labels_needed) == (None, (400 + 200) / 2)


def test_without_random_nothing_is_compared():
    rows = compare(POINTS, None)
    assert {row.difference.value for row in rows} == {None}
    assert {row.labels_needed for row in rows} == {None}


def test_a_program_is_told_of_every_score():
    told = summary(compare(POINTS, "random=1"))
    assert [(row["mix"], row["model"], row["seeds"]) for row in told] == [
        ("random=1", "book", 2),
        ("outlier=1", "book", 2),
    ]
    for score in ("fscore", "auc", "average_precision"):
        assert set(told[0][score]) == {
            "area", "area_error", "difference", "difference_error", "labels_needed", "reached",
        }  # fmt: skip


def test_a_person_reads_a_line():
    line = str(compare(POINTS, "random=1")[3])
    assert line.startswith("outlier=1 book fscore: area 0.250 ± 0.167, over random 0.042 ± 0.125")
    assert line.endswith("random's end after 200 labels (1 of 2 seeds)")
    assert str(compare(POINTS[:3], None)[0]) == "random=1 book fscore: area 0.250"


def test_means_have_an_error_from_two_values_on():
    assert mean_of([]).value is None
    assert mean_of([None, 2.0]) == mean_of([2.0])
    assert mean_of([2.0]).error is None
    assert mean_of([1.0, 2.0, 3.0]).error == pytest.approx(1 / math.sqrt(3))
    assert (str(mean_of([])), str(mean_of([0.5]))) == ("", "0.500")

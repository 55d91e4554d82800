import csv
from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.learning_curves import (
    FIELDS,
    Curve,
    Point,
    Study,
    curve_file,
    lay_background,
    learn,
)
from core.analysis.simulation import Plan, read_labeled, write_labeled
from core.errors import LogError, LoopError, RunError, SearchError
from core.workspace.logs import decode
from core.workspace.snapshot import read_snapshot
from core.workspace.task_toml import default_task
from tests.conftest import MakeWorkspace, headlines, write_csv

CHAPTER = "random=10, low_confidence=80,outlier=10"
MIXES = {"random=1": {"random": 1}, CHAPTER: {"random": 10, "low confidence": 80, "outlier": 10}}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    labeled = write_csv(tmp_path / "labeled.csv", [("item_id", "text", "label"), *headlines(150)])
    return Study(labeled, default_task(), Plan(20, 10, 2, 0.2), MIXES, ["book"], range(2))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scores(points) -> list:
    """All but the seconds."""
    return [replace(point, seconds=0) for point in points]


def test_the_file_has_the_columns_and_a_row_for_each_point(study: Study, tmp_path: Path):
    points = learn(study, tmp_path / "curve.csv", workers=1)
    found = rows(tmp_path / "curve.csv")
    assert list(found[0]) == list(FIELDS) == [
        "seed", "mix", "model", "labels", "fscore", "fscore_at_threshold", "macro_fscore", "auc",
        "average_precision", "positive_share", "seconds",
    ]  # fmt: skip
    assert len(found) == len(points) == 2 * 2 * 3
    assert {row["mix"] for row in found} == set(MIXES)
    assert [row["labels"] for row in found[:3]] == ["20", "30", "40"]
    assert float(found[0]["auc"]) == points[0].auc
    assert all(0 <= point.positive_share <= 1 for point in points)


def test_both_mixes_begin_with_the_same_labels(study: Study, tmp_path: Path):
    points = scores(learn(study, tmp_path / "curve.csv", workers=1))
    first = [replace(point, mix="") for point in points if point.labels == 20]
    assert first[0] == first[1] != first[2] == first[3]


def test_workers_give_what_one_process_gives(study: Study, tmp_path: Path):
    alone = learn(study, tmp_path / "alone.csv", workers=1)
    together = learn(study, tmp_path / "together.csv", workers=2)
    assert scores(alone) == scores(together)


def test_a_file_of_something_else_is_refused_and_left_alone(study: Study, tmp_path: Path):
    out = write_csv(tmp_path / "curve.csv", [("a", "b"), ("1", "2")])
    before = out.read_bytes()
    with pytest.raises(LogError, match="is there already"):
        learn(study, out, workers=1)
    assert out.read_bytes() == before
    assert not (tmp_path / "torn").exists()


def test_a_small_table_gives_shorter_curves(study: Study, tmp_path: Path):
    labeled = write_csv(tmp_path / "small.csv", [("item_id", "text", "label"), *headlines(40)])
    small, out = replace(study, labeled=labeled), tmp_path / "curve.csv"
    assert [point.labels for point in learn(small, out, workers=1)[:2]] == [20, 30]


def test_points_without_a_model_have_no_scores(study: Study, tmp_path: Path):
    rows = [(str(at), f"text {at}", "0") for at in range(60)]
    labeled = write_csv(tmp_path / "one.csv", [("item_id", "text", "label"), *rows])
    points = learn(replace(study, labeled=labeled), tmp_path / "curve.csv", workers=1)
    assert {point.fscore for point in points} == {None}
    rows = curve_file(tmp_path / "curve.csv").read().rows
    assert points == [decode(Point, row.fields) for row in rows[1:]]
    assert points[0].curve == Curve(0, "random=1", "book")


def test_what_cannot_be_simulated_is_refused(study: Study, tmp_path: Path):
    with pytest.raises(RunError, match="no model `magic`"):
        learn(replace(study, models=["magic"]), tmp_path / "curve.csv")
    with pytest.raises(LoopError, match="no item left for training"):
        learn(replace(study, plan=Plan(evaluation=1.0)), tmp_path / "curve.csv")


def test_a_background_is_laid_out_for_all_processes(
    study: Study, make_workspace: MakeWorkspace, tmp_path: Path
):
    pool = read_snapshot(make_workspace([row[:2] for row in headlines(80, seed=1)]))
    folder = tmp_path / "laid out"
    folder.mkdir()
    write_labeled(study.labeled, folder, study.task)
    assert read_labeled(folder, study.task).space is None
    key = lay_background(replace(study, models=["linear"], background=pool), folder)
    assert read_labeled(folder, study.task).space.key == key


def test_a_mix_that_is_started_begins_with_what_the_searches_find(study: Study, tmp_path: Path):
    searches = tmp_path / "searches.toml"
    searches.write_text('[[searches]]\nname = "disasters"\nquery = "hits"\nlabel = "1"\n')
    mixes = {"random": {"random": 1}, "random, started": {"random": 1}}
    started = replace(study, mixes=mixes, searches=searches, started=["random, started"])
    points = learn(started, tmp_path / "curve.csv", workers=1)
    first = {p.mix: round(p.positive_share * p.labels) for p in points if p.labels == 20}
    assert first["random, started"] >= 10 > first["random"]
    searches.write_text("[[searches]\n")
    with pytest.raises(SearchError, match="line 1"):
        learn(started, tmp_path / "other.csv", workers=1)

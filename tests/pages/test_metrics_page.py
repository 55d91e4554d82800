"""The views of the Metrics page, without a browser: each on full data, and where data is thin."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.agreement_report import agreement_report, evaluation_opinions
from core.evaluation.runs import keep, read_report, train
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import shown_id
from core.workspace.snapshot import read_snapshot
from pages.ui.metrics import score_tables
from tests.conftest import MakeWorkspace, active_workspace, headlines, write_csv
from tests.pages.conftest import one_label
from tests.pages.test_pages import TIMEOUT, open_page
from tests.sampling.test_next_batch import THREE_LABELS
from tests.sampling.test_second_opinions import team_of

VIEWS = ("Ranking", "Threshold", "Probabilities", "Worst errors")


def trained(workspace: Workspace) -> None:
    """A run is trained on what is labeled now, and kept."""
    snapshot = read_snapshot(workspace)
    keep(snapshot, train(snapshot))


def opened(page: AppTest, view: str) -> list[str]:
    """What the page says once this view is open: all captions and notes."""
    page.session_state["metrics_view"] = view
    page.run(timeout=TIMEOUT)
    assert not page.exception, view
    assert not page.error, view
    return [part.value for part in (*page.caption, *page.info, *page.warning)]


def evaluated_by(workspace: Workspace, values: Sequence[str]) -> None:
    """The evaluation items that have one of these labels stay; the others were never labeled."""
    names = {"1": "related.csv", "0": "not_related.csv"}
    for value in names.keys() - set(values):
        (workspace.path / "evaluation_data" / names[value]).unlink()
    trained(workspace)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(view: str, demo_folder: Path, monkeypatch):
    page = open_page("metrics", demo_folder, monkeypatch)
    page.session_state["metrics_view"] = view
    page.run(timeout=TIMEOUT)
    assert not page.exception
    assert not page.warning
    assert page.dataframe[0].value.columns[-1] == "Compared with Model 2"


def test_a_threshold_of_one_calls_nothing_positive(demo_folder: Path, monkeypatch):
    page = open_page("metrics", demo_folder, monkeypatch)
    page.session_state["metrics_view"] = "Threshold"
    page.run(timeout=TIMEOUT)
    page.slider(key="metrics_cut").set_value(1.0).run(timeout=TIMEOUT)
    assert not page.exception
    shown = {each.label: each.value for each in page.metric}
    assert shown == {"F-score": "0.00", "Precision": "–", "Recall": "0.00"}


def test_without_a_run_the_page_says_how_one_comes(make_workspace: MakeWorkspace, monkeypatch):
    for path in (
        make_workspace([item[:2] for item in headlines(60)]).path,
        one_label(make_workspace),
    ):
        page = open_page("metrics", path, monkeypatch)
        assert not page.exception
        assert "The first model is trained after" in page.info[0].value


def test_each_of_three_labels_can_be_looked_for(make_workspace: MakeWorkspace, monkeypatch):
    items = headlines(150)
    workspace = make_workspace([item[:2] for item in items[:60]], task=THREE_LABELS)
    values = ("fire", "flood", "neither")
    for split, rows in (("evaluation", items[60:100]), ("training", items[100:])):
        for at, value in enumerate(values):
            chosen = [(i, f"{text} {value}", value) for i, text, _ in rows[at::3]]
            write_csv(workspace.path / f"{split}_data" / f"{value}.csv", chosen)
    trained(workspace)
    page = open_page("metrics", workspace.path, monkeypatch)
    assert page.selectbox(key="metrics_label").value == 0
    for label in range(3):
        page.selectbox(key="metrics_label").set_value(label)
        for view in VIEWS:
            opened(page, view)
        opened(page, "Labels")
        (of_labels,) = [t.value for t in page.dataframe if "Label" in t.value.columns]
        assert of_labels["Label"].tolist() == list(values)
        assert of_labels["Items"].tolist() == [14, 13, 13]
        table = page.dataframe[0].value.set_index("Score")
        told = f"{table['Value']['F-score']:.2f} ("
        assert of_labels["F-score"][label].startswith(told)


def test_twenty_runs_stand_in_the_curve_and_in_both_choices(many_iterations: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(many_iterations))
    points = score_tables.curve_points(snapshot)
    assert points["run_id"].nunique() == 20
    of_f = points[points["score"] == "F-score"]  # the others are 1: resampling gives no interval
    assert (of_f["low"] < of_f["value"]).all()
    assert (of_f["value"] <= of_f["high"]).all()
    page = open_page("metrics", many_iterations, monkeypatch)
    assert len(page.selectbox(key="metrics_run").options) == 20
    assert page.selectbox(key="metrics_other").options[1:] == [
        shown_id(run.run_id) for run in reversed(snapshot.logs.runs[:-1])
    ]
    page.selectbox(key="metrics_run").set_value("run-0007").run()
    page.selectbox(key="metrics_other").set_value("run-0019").run()
    assert page.dataframe[0].value.columns[-1] == "Compared with Model 19"
    for view in VIEWS:
        opened(page, view)


def test_evaluation_items_without_a_positive_one_have_no_curve(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = active_workspace(make_workspace)
    evaluated_by(workspace, ["0"])
    page = open_page("metrics", workspace.path, monkeypatch)
    assert any("Label a test item that is" in said.value for said in page.info)
    for view in ("Ranking", "Threshold"):
        assert any("Curves need test items with the label and without" in said
                   for said in opened(page, view))  # fmt: skip
    for view in VIEWS:
        opened(page, view)
    assert "F-score" not in page.dataframe[0].value.dropna()["Score"].tolist()


def test_evaluation_items_that_are_all_positive_have_an_f_score_alone(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = active_workspace(make_workspace)
    evaluated_by(workspace, ["1"])
    points = score_tables.curve_points(read_snapshot(workspace))
    assert set(points["score"]) == {"F-score", "average precision"}
    page = open_page("metrics", workspace.path, monkeypatch)
    table = page.dataframe[0].value.set_index("Score")
    assert "AUC" not in table.index
    assert table["95% interval"]["F-score"]
    for view in VIEWS:
        opened(page, view)
    assert any(
        "Curves need test items with the label and without" in s for s in opened(page, "Ranking")
    )


@pytest.mark.parametrize("content", ["{", '{"format": "sunlight report 1"}', "[]", ""])
def test_a_damaged_report_leaves_what_the_model_says(content: str, demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    run = snapshot.logs.runs[-1]
    figures = read_report(snapshot, run).figures["evaluation"]
    report = (demo / run.params_file).with_suffix(".json")
    report.write_text(content, encoding="utf-8")
    page = open_page("metrics", demo, monkeypatch)
    table = page.dataframe[0].value.set_index("Score")
    assert table["Value"]["F-score"] == figures.at_threshold.fscore
    assert table["95% interval"]["F-score"]
    assert any("has no report" in said.value for said in page.caption)
    for view in VIEWS:
        opened(page, view)


def test_without_report_and_model_the_scores_of_the_row_are_left(demo: Path, monkeypatch):
    run = read_snapshot(open_workspace(demo)).logs.runs[-1]
    (demo / run.params_file).with_suffix(".json").write_text("{", encoding="utf-8")
    (demo / run.params_file).unlink()
    page = open_page("metrics", demo, monkeypatch)
    assert not page.exception
    assert page.dataframe[0].value.set_index("Score")["Value"]["AUC"] == run.auc
    assert f"The file of {shown_id(run.run_id)} is missing" in page.warning[0].value
    assert not page.tabs


def sentences(page: AppTest) -> str:
    assert not page.exception
    return "\n".join(part.value for part in (*page.markdown, *page.caption))


def test_the_model_is_measured_against_people(make_workspace: MakeWorkspace, monkeypatch):
    team = team_of(make_workspace, "overlap = 1")
    team.errors = {"bob": 0.2}
    for _ in range(3):
        for person in ("ann", "bob"):
            team.label_batch(person)
    trained(team.workspace)
    snapshot = team.snapshot
    page = open_page("metrics", team.path, monkeypatch)
    found = agreement_report(snapshot)
    said = sentences(page)
    assert (
        f"Two people agree with each other at F {found.positive}. A model within it cannot be "
        "told from a person."
    ) in said
    by_two, disputed = evaluation_opinions(snapshot.labels, snapshot.workspace.task)
    assert disputed
    assert f"{by_two} test items have labels of two people; {len(disputed)} are disputed." in said
    run = snapshot.logs.runs[-1]
    told = re.search(r"the F-score of Model \d+ is between ([\d.]+) and ([\d.]+)\.", said)
    low, high = map(float, told.groups())
    assert low - 0.005 <= run.fscore <= high + 0.005
    assert low < high
    assert "The gray band is how far people agree" in said
    band = f'"datum": {found.positive.high}'
    assert band in page.get("vega_lite_chart")[0].proto.spec
    page.segmented_control(key="metrics_score").set_value("AUC").run()
    assert "The gray band is" not in sentences(page)
    assert band not in page.get("vega_lite_chart")[0].proto.spec


def test_one_person_alone_is_no_measure_of_a_model(demo_folder: Path, monkeypatch):
    said = sentences(open_page("metrics", demo_folder, monkeypatch))
    assert "Two people agree" not in said
    assert "labels of two people" not in said
    assert "gray band" not in said

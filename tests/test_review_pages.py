"""Review as a person meets it: what the model asked for, and what deserves a second look."""

import shutil
from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.iteration import preview, propose
from core.logs import read_logs
from core.loop import Loop, read_loop
from core.workspace import open_workspace
from pages.ui.opening import batch_of
from pages.ui.picture import selected
from tests.conftest import MakeWorkspace, headlines
from tests.test_pages import open_page


def told(page: AppTest) -> str:
    """All items on the page, as HTML."""
    return "".join(html.proto.body for html in page.get("html"))


def read(folder: Path) -> Loop:
    return read_loop(open_workspace(folder))


def test_each_pick_tells_why_what_came_of_it_and_what_the_model_of_today_says(
    demo: Path, monkeypatch
):
    page = open_page("review", demo, monkeypatch)
    html, run = told(page), read(demo).logs.runs[-1].run_id
    assert "times on average in the training data" in html
    assert "the model guessed right" in html
    assert html.count(f"today ({run}): ") == 45
    assert 'class="sl-new"' in html


def test_other_strategies_can_stand_side_by_side(demo: Path, monkeypatch):
    page = open_page("review", demo, monkeypatch)
    page.selectbox(key="review_side_0").select("random").run()
    assert [title.value for title in page.subheader] == [
        "Random: first choice first (5)",
        "Low confidence: least sure first (40)",
    ]


def test_the_coming_batch_is_shown_when_asked_for_and_nothing_is_written(demo: Path, monkeypatch):
    before = read_logs(open_workspace(demo))
    page = open_page("review", demo, monkeypatch)
    page.selectbox(key="review_batch").select("coming batch").run()
    assert not page.subheader
    page.button(key="show_coming").click().run()
    assert not page.exception
    assert read_logs(open_workspace(demo)) == before
    outliers = [p for p in preview(read(demo)).proposals if p.strategy == "outlier"]
    assert page.subheader[0].value == f"Outliers: rarest words first ({len(outliers)})"
    assert told(page).count("no label yet") == 45
    again = open_page("review", demo, monkeypatch)
    again.selectbox(key="review_batch").select("coming batch").run()
    assert len(again.subheader) == 2  # worked out once for everybody


def test_without_the_runs_file_the_picks_stand_without_todays_opinion(demo: Path, monkeypatch):
    shutil.rmtree(demo / "models")
    page = open_page("review", demo, monkeypatch)
    assert not page.exception
    assert "today (" not in told(page)
    assert len(page.subheader) == 2


def test_before_a_model_chooses_review_says_what_will_be_here(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    propose(read_loop(workspace), "ann")
    page = open_page("review", workspace.path, monkeypatch)
    assert "Here you will see the outliers" in page.info[0].value


def test_the_picture_shows_the_items_of_a_region_and_opens_one(demo: Path, monkeypatch):
    pick = next(p for p in read(demo).logs.proposals if p.strategy == "outlier")
    monkeypatch.setenv("SUNLIGHT_DATA", str(demo))
    points = pd.DataFrame(
        [("a", "x", "outlier", 0.6, 0.5), ("b", "y", "pool", 0.9, 3.0)],
        columns=["item_id", "text", "strategy", "confidence", "familiarity"],
    )
    region = {"brush": {"confidence": [0.5, 0.7], "familiarity": [0.1, 1.0]}}
    assert selected(points, region)["item_id"].tolist() == ["a"]
    assert selected(points, {"click": [{"item_id": "b"}]})["item_id"].tolist() == ["b"]
    assert selected(points, {"brush": {}, "click": []}) is None
    assert batch_of(read(demo), pick.item_id) == pick.batch_id
    assert batch_of(read(demo), "nowhere") == ""

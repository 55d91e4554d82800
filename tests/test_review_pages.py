"""Review as a person meets it: what the model asked for, and what deserves a second look."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.assignment import flags
from core.doubts import contradicted, settled
from core.inbox import Inbox
from core.iteration import preview, propose
from core.logs import Event, read_logs
from core.loop import Loop, read_loop
from core.report import report_path
from core.runs import read_report
from core.workspace import open_workspace
from pages.ui.review.opening import batch_of
from pages.ui.review.picture import selected
from tests.conftest import MakeWorkspace, headlines
from tests.test_pages import open_page, open_tab, workspace_path  # noqa: F401  (a fixture)


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


def open_list(page: AppTest, name: str) -> AppTest:
    """One of the lists of Second look."""
    page.session_state["second_look"] = name
    return open_tab(page, "Second look")


def a_label(loop: Loop, item_id: str) -> str:
    return next(item.label for item in loop.labels.splits["training"] if item.item_id == item_id)


def test_contradicted_labels_are_decided_and_stay_decided(demo: Path, monkeypatch):
    loop = read(demo)
    doubts = contradicted(
        loop.labels.usable_training(), read_report(loop, loop.logs.runs[-1]).out_of_fold
    )
    first, second = (doubt.item for doubt in doubts[:2])
    page = open_list(open_page("review", demo, monkeypatch), "Contradicted by the model")
    shown = [button.key for button in page.button if button.key.startswith("decide ")]
    assert shown[0].split()[1] == first.item_id
    page.button(key=f"decide {first.item_id} {doubts[0].predicted}").click().run()
    page.button(key=f"decide {second.item_id} {second.label}").click().run()
    assert not page.exception
    assert not page.error
    assert not any(first.item_id in (b.key or "") for b in page.button)
    loop = read(demo)
    assert a_label(loop, first.item_id) == doubts[0].predicted
    assert a_label(loop, second.item_id) == second.label
    assert settled(loop.logs.events) == {first.item_id, second.item_id}
    assert loop.logs.events[-2].assisted


def test_a_decision_can_be_taken_back(demo: Path, monkeypatch):
    loop = read(demo)
    doubt = contradicted(
        loop.labels.usable_training(), read_report(loop, loop.logs.runs[-1]).out_of_fold
    )[0]
    page = open_list(open_page("review", demo, monkeypatch), "Contradicted by the model")
    page.button(key=f"decide {doubt.item.item_id} {doubt.predicted}").click().run()
    page.button(key="take_back").click().run()
    assert a_label(read(demo), doubt.item.item_id) == doubt.item.label


def test_a_run_from_before_says_that_the_next_one_will_bring_it(demo: Path, monkeypatch):
    path = report_path(demo / read(demo).logs.runs[-1].params_file)
    content = json.loads(path.read_text())
    del content["out_of_fold"]
    path.write_text(json.dumps(content))
    page = open_list(open_page("review", demo, monkeypatch), "Contradicted by the model")
    assert "The next run brings it" in page.info[0].value


@pytest.mark.parametrize(
    "name", ["Contradicted by the model", "Two labels", "Same text, other label"]
)
def test_every_list_opens_in_every_state(
    name: str,
    workspace_path: Path,  # noqa: F811
    monkeypatch,
):
    page = open_list(open_page("review", workspace_path, monkeypatch), name)
    assert not page.exception
    assert not page.error


def test_conflicts_and_copies_are_decided_for_all_their_items(
    make_workspace: MakeWorkspace, monkeypatch
):
    pool = headlines(30)
    rows = {
        ("training", "1"): [("a", "flood hits village", "1"), ("x", "two minds", "1")],
        ("training", "0"): [("b", "Flood hits  village", "0"), ("x", "two minds", "0")],
    }
    workspace = make_workspace([item[:2] for item in pool], rows)
    page = open_list(open_page("review", workspace.path, monkeypatch), "Two labels")
    assert told(page).count("two minds") == 2
    page.button(key="decide x 1").click().run()
    assert not page.exception
    loop = read_loop(workspace)
    assert not loop.labels.conflicts
    assert a_label(loop, "x") == "1"
    page = open_list(open_page("review", workspace.path, monkeypatch), "Same text, other label")
    page.button(key="decide a b 0").click().run()
    assert page.success
    loop = read_loop(workspace)
    assert a_label(loop, "a") == a_label(loop, "b") == "0"


def test_a_flagged_item_is_labeled_and_its_flag_is_gone(demo: Path, monkeypatch):
    chosen = read(demo).logs.proposals[0]
    flag = Event(
        "f-1", chosen.batch_id, chosen.item_id, "flag", "", "bob", "2026", 1.0, False, "?!"
    )
    Inbox(open_workspace(demo)).receive([flag])
    page = open_tab(open_page("review", demo, monkeypatch), "Flagged")
    page.button(key=f"decide {chosen.item_id} 1").click().run()
    assert not page.exception
    loop = read(demo)
    assert not flags(loop.logs.events)
    assert {
        item.label for item in loop.labels.splits[chosen.split] if item.item_id == chosen.item_id
    } == {"1"}

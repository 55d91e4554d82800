"""Label many: from Explore's filters to ten on the card, to all of them, and back."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from streamlit.testing.v1 import AppTest

from core.workspace import bulk
from core.workspace.layout import Workspace
from core.workspace.logs import Proposal, append_records, now
from core.workspace.snapshot import open_snapshot
from core.workspace.task import SECOND_OPINION
from tests.browser import ITEM, all_saved, heard, label_rows, said, shown
from tests.conftest import MakeWorkspace, headlines
from tests.pages import test_pages as pages
from tests.pages.test_card import make
from tests.pages.test_sunlight import open_page, opened
from tests.server import ROOT, Site
from tests.workspace.test_bulk import ANN, TASK, Team, answer, ask, bulk_label, start, team_of

TIMEOUT = 300
HOSTILE = '<img src=x onerror="window.hit=1"> **bold** $x$'


@pytest.fixture
def workspace(place: Path) -> Workspace:
    items = [item[:2] for item in headlines(150)]
    floods = [(f"f{at:02}", f"flood number {at} hits the valley") for at in range(50)]
    return make(place, [*items, *floods], task=TASK)


@pytest.mark.browser
def test_floods_are_found_ten_looked_at_forty_labeled_and_undone(
    context: BrowserContext, site: Site, workspace: Workspace
):
    page = context.new_page()
    opened(page, site, "words=number+valley&annotator=ann")
    page.get_by_role("button", name="Label many").click()
    expect(page.get_by_text("Label these 50 as")).to_be_visible()
    page.get_by_role("button", name="Disaster-related", exact=True).click()
    looked_at = set()
    for _ in range(bulk.CHECKED):
        item = shown(page)
        looked_at.add(item)
        page.keyboard.press("1")
        page.wait_for_function(
            "([of, id]) => document.querySelector(of)?.dataset.itemId !== id", arg=[ITEM, item]
        )
    assert len(looked_at) == bulk.CHECKED
    all_saved(page)
    expect(page.get_by_test_id("batch-end")).to_contain_text("press Enter for the result.")
    page.wait_for_timeout(1_100)  # the card takes no Enter in the rhythm of labels
    page.keyboard.press("Enter")
    label = page.get_by_role("button", name="Label the other 40 as Disaster-related")
    expect(label).to_be_visible()
    expect(page.get_by_text("10 of the 10 items that you looked at")).to_be_visible()
    assert label_rows(workspace, "training") == dict.fromkeys(looked_at, "1")
    heard(page, "enter")
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="40 labeled Disaster-related · Undo")
    expect(undo).to_be_visible()
    floods = {f"f{at:02}": "1" for at in range(50)}
    assert label_rows(workspace, "training") == floods
    assert open_snapshot(workspace.path).labels.by_id.keys() == floods.keys()
    undo.click()
    expect(undo).to_be_hidden()
    assert open_snapshot(workspace.path).labels.by_id.keys() == looked_at
    assert label_rows(workspace, "training") == floods  # files only grow: the log says what counts


def explore(team: Team, monkeypatch, **address: str) -> AppTest:
    """Explore with *Label many* open."""
    page = open_page(team.path, monkeypatch, **address)
    page.session_state["label_many"] = True
    page.run()
    assert not page.exception
    return page


def annotate(team: Team, monkeypatch) -> AppTest:
    """Annotate where a check is over: it ends with its result."""
    monkeypatch.setenv("SUNLIGHT_DATA", str(team.path))
    page = AppTest.from_file(str(ROOT / "pages" / "annotate.py"), default_timeout=TIMEOUT)
    page.query_params["annotator"] = "ann"
    page.run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    parts = (*page.markdown, *page.caption, *page.success, *page.warning, *page.error)
    return said(" ".join(each.value for each in parts))


def press(page: AppTest, key: str) -> None:
    """A press that leads to another page, which this test cannot open: the press is all."""
    page.button(key=key).click().run()


def test_it_is_said_how_many_are_left_out(make_workspace: MakeWorkspace, monkeypatch):
    team = team_of(make_workspace)
    bulk_label(team, 20)
    page = explore(team, monkeypatch)
    assert "280 items. Left out: 20 labeled." in told(page)
    assert "Label these 280 as" in told(page)
    page = explore(team, monkeypatch, words="flood quake")
    assert "Label these" not in told(page)


def test_before_the_test_set_is_there_nothing_is_offered(
    make_workspace: MakeWorkspace, monkeypatch
):
    team = team_of(make_workspace, TASK.replace("evaluation = 0", "evaluation = 20"))
    page = explore(team, monkeypatch)
    assert "Label the test set first" in told(page)
    assert not [button for button in page.button if (button.key or "").startswith("byhand_1_lab")]


def test_a_closed_popover_looks_at_no_item(make_workspace: MakeWorkspace, monkeypatch):
    team = team_of(make_workspace)
    monkeypatch.setattr(bulk, "free_rows", None)
    assert not open_page(team.path, monkeypatch).exception


def test_a_label_begins_a_check_with_the_filters_as_its_reason(
    make_workspace: MakeWorkspace, monkeypatch
):
    items = [(f"i{at:04}", f"flood & <b>storm</b> {at}") for at in range(60)]
    workspace = make_workspace(items, task=TASK)
    team = Team(workspace.path, {})
    page = explore(team, monkeypatch, words="storm", length="short")
    press(page, "byhand_1_label_many")
    (group,) = bulk.groups(team.snapshot, "ann")
    assert group.about.note == "contains storm; short texts"
    assert group.about.label == "1"
    assert len(team.snapshot.waiting) == bulk.CHECKED


def test_a_failed_check_offers_ten_more_or_the_list(make_workspace: MakeWorkspace, monkeypatch):
    team = team_of(make_workspace)
    group, _ = start(team, reason=HOSTILE)
    answer(team, f"{group}-check-0001", ["1"] * 7 + ["0"] * 3)
    page = annotate(team, monkeypatch)
    assert "7 of the 10 items that you looked at are Disaster-related." in told(page)
    assert "With 95% confidence, 40% to 89% of the other 30 are too." in told(page)
    assert HOSTILE in told(page)
    assert page.button(key="label_many").label == "Look at ten more"
    press(page, "label_many")
    assert len(team.snapshot.waiting) == bulk.CHECKED
    answer(team, f"{group}-check-0002", ["0"] * 10)
    page = annotate(team, monkeypatch)
    assert "7 of the 20 items" in told(page)
    press(page, "label_many_leave")
    assert bulk.groups(team.snapshot, "ann") == []
    assert not team.snapshot.labels.words.bulk


def test_after_a_restart_all_labels_are_taken_back_by_one_press(
    make_workspace: MakeWorkspace, monkeypatch
):
    team = team_of(make_workspace)
    group = bulk_label(team)
    ask(team, "b7", "bob", min(team.snapshot.labels.words.unseen), SECOND_OPINION)
    team.say("bob", "b7", min(team.snapshot.labels.words.unseen), "0")
    page = explore(team, monkeypatch)
    button = page.button(key=f"label_many_{group}")
    assert said(button.label) == "29 labeled Disaster-related · Undo"
    button.click().run()
    assert not page.exception
    assert len(team.snapshot.labels.by_id) == 11
    assert not [b for b in page.button if b.key == f"label_many_{group}"]


def test_a_passed_check_of_which_nothing_is_left_ends(make_workspace: MakeWorkspace, monkeypatch):
    team = team_of(make_workspace, number=40)
    group, check = start(team)
    answer(team, f"{group}-check-0001", ["1"] * bulk.CHECKED)
    others = {p.item_id for p in team.snapshot.logs.batch(group)} - set(check)
    proposals = [
        Proposal("b9", now(), "training", "bob", rank, item, "random")
        for rank, item in enumerate(sorted(others), start=1)
    ]
    append_records(team.workspace.batches, proposals)
    page = annotate(team, monkeypatch)
    assert not [b for b in page.button if b.key == "label_many"]
    assert "are Disaster-related. No other item is left to label." in told(page)
    press(page, "label_many_leave")
    assert bulk.groups(team.snapshot, "ann") == []


def test_somebody_else_is_not_asked_about_anns_group(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    group, _ = start(team)
    answer(team, f"{group}-check-0001", ["1"] * bulk.CHECKED)
    assert bulk.groups(team.snapshot, "bob") == []
    assert len(bulk.groups(team.snapshot, ANN.annotator)) == 1


def test_strategies_calls_it_as_explore_does(make_workspace: MakeWorkspace, monkeypatch):
    team = team_of(make_workspace)
    bulk_label(team, 20)
    page = pages.open_page("strategies", team.path, monkeypatch)
    assert "label many" in set(page.dataframe[0].value["Strategy"])

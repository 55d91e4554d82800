"""Second opinions that a lead asks for, from Explore and from the lists of Review."""

from collections import Counter
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.label_issues import find_label_issues
from core.evaluation.runs import read_report
from core.workspace.layout import open_workspace
from core.workspace.logs import Proposal
from core.workspace.opinions import kind_of
from core.workspace.snapshot import read_snapshot
from core.workspace.task import SECOND_OPINION
from pages.ui.components.asking import MENDS
from tests.browser import said
from tests.conftest import MakeWorkspace
from tests.pages.test_disagreements import ITEMS, at_odds
from tests.pages.test_login import ANN, log_in
from tests.pages.test_pages import open_page, open_tab
from tests.pages.test_review_pages import open_list
from tests.teams import Team


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """Ann has labeled 6 training items, Bob has an opinion on each; nothing is asked for."""
    return at_odds(make_workspace)


def queued(path: Path, kind: str) -> list[Proposal]:
    proposals = read_snapshot(open_workspace(path)).logs.asked_again.values()
    return [p for p in proposals if kind_of(p) == kind]


def press(page: AppTest, key: str) -> list[str]:
    """The toasts after a press of this button."""
    page.button(key=key).click().run()
    assert not page.exception
    assert not page.error
    return [toast.value for toast in page.toast]


def captions(page: AppTest) -> str:
    return said(" ".join(each.value for each in page.caption))


def test_people_are_asked_about_what_the_filters_leave_in_its_order(team: Team, monkeypatch):
    page = open_page("sunlight", team.path, monkeypatch)
    page.multiselect[1].set_value(["0"]).run()
    assert page.button(key="sunlight_ask").label == "Ask two people about the 6 items that match"
    assert MENDS in captions(page)
    assert press(page, "sunlight_ask") == ["6 items queued, for whoever labels next."]
    asked = queued(team.path, "targeted")
    assert [(p.item_id, p.strategy, p.annotator) for p in asked] == [
        (item_id, SECOND_OPINION, "") for item_id in ITEMS
    ]
    assert press(page, "sunlight_ask")[0].startswith("Nothing was queued")
    assert queued(team.path, "targeted") == asked, "they wait already"
    team.label_batch("eve")
    assert not [
        x for x in team.snapshot.labels.words.opinions if x.annotator == "eve" and x.is_fair
    ]


def test_so_many_people_are_asked_and_of_so_many_items(make_workspace: MakeWorkspace, monkeypatch):
    pool = [(f"i{at:04}", f"headline number {at}") for at in range(1_100)]
    workspace = make_workspace(pool)
    page = open_page("sunlight", workspace.path, monkeypatch)
    page.session_state["sunlight_people"] = 4
    page.run()
    assert (
        page.button(key="sunlight_ask").label == "Ask four people about the 1,000 items that match"
    )
    press(page, "sunlight_ask")
    asked = Counter(p.item_id for p in queued(workspace.path, "targeted"))
    assert asked == {item_id: 3 for item_id, _ in pool[:1_000]}


def test_random_labeled_items_are_asked_about_for_the_figures(team: Team, monkeypatch):
    team.label_batch("cat")
    page = open_page("sunlight", team.path, monkeypatch)
    page.number_input(key="sunlight_random").set_value(5).run()
    button = page.button(key="sunlight_ask_random")
    assert button.label == "Ask one more person about up to 5 random labeled items"
    assert press(page, "sunlight_ask_random") == ["5 items queued, for whoever labels next."]
    asked = queued(team.path, "overlap")
    assert len(asked) == 5
    by_chance = {p.item_id for p in team.snapshot.logs.standing}
    assert {p.item_id for p in asked} <= by_chance - {*ITEMS}


def test_somebody_else_is_asked_about_flagged_items_once(team: Team, monkeypatch):
    page = open_tab(open_page("review", team.path, monkeypatch), "Flagged")
    assert f"About 1 item shown here. {MENDS}" in captions(page)
    press(page, "ask_flagged")
    assert [p.item_id for p in queued(team.path, "targeted")] == [ITEMS[0]]
    assert "ask_flagged" not in {button.key for button in page.button}
    assert "Somebody else is asked about all that is shown here." in captions(page)


def test_somebody_else_is_asked_about_what_the_model_contradicts(demo: Path, monkeypatch):
    page = open_list(open_page("review", demo, monkeypatch), "Model disagrees")
    snapshot = read_snapshot(open_workspace(demo))
    unseen = read_report(snapshot, snapshot.logs.runs[-1]).out_of_fold
    issues = find_label_issues(snapshot.labels.usable_training, unseen)
    press(page, "ask_contradicted")
    assert [p.item_id for p in queued(demo, "targeted")] == [x.item.item_id for x in issues[:20]]


@pytest.mark.attack
def test_only_leads_ask(team: Team, monkeypatch: pytest.MonkeyPatch):
    told = "Only a lead can ask for second opinions here."
    page = open_page("sunlight", team.path, monkeypatch)
    flagged = open_tab(open_page("review", team.path, monkeypatch), "Flagged")
    log_in(monkeypatch, ANN, leads=["lead@example.org"])
    for drawn, key in (
        (page, "sunlight_ask"),
        (page, "sunlight_ask_random"),
        (flagged, "ask_flagged"),
    ):
        if key in {button.key for button in drawn.button}:
            press(drawn, key)
        assert told in captions(drawn)
        assert key not in {button.key for button in drawn.button}
    assert not queued(team.path, "targeted") + queued(team.path, "overlap")

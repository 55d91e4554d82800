"""Two roles where people log in: leads decide, import and change settings; others label."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.workspace.backup import back_up
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import said
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.illnesses import unfinished
from tests.pages.test_disagreements import ITEMS, at_odds
from tests.pages.test_login import ANN, log_in
from tests.pages.test_pages import open_page, open_tab
from tests.pages.test_review_pages import open_list
from tests.teams import Team

LEADS = ["lead@example.org"]
LEAD = {"is_logged_in": True, "email": "Lead@example.org"}
Open = Callable[[Team, pytest.MonkeyPatch], AppTest]


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """A workspace with something for each place that only leads work in."""
    team = at_odds(make_workspace)
    back_up(team.workspace)
    for label in team.workspace.task.labels:
        row = "x", "two minds", label.value
        write_csv(team.path / "training_data" / f"{label.file}", [row])
    unfinished(team.snapshot)
    return team


def everything(page: AppTest) -> str:
    assert not page.exception
    return said(" ".join(each.value for each in [*page.caption, *page.error, *page.warning]))


def data_tab(name: str) -> Open:
    return lambda team, patch: open_tab(open_page("data", team.path, patch), name, "data_tab")


def review_tab(name: str) -> Open:
    return lambda team, patch: open_tab(open_page("review", team.path, patch), name)


def conflicts(team: Team, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return open_list(open_page("review", team.path, monkeypatch), "Conflicting labels")


def checked(team: Team, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return data_tab("Check")(team, monkeypatch).button(key="examine").click().run()


def home(team: Team, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return open_page("home", team.path, monkeypatch)


PLACES: dict[str, tuple[Open, str, str]] = {
    "Import": (data_tab("Import"), "import", "file_uploader"),
    "Settings": (data_tab("Settings"), "change settings", "settings_title"),
    "Workspaces": (data_tab("Workspaces"), "change workspaces", "new_name"),
    "Backups": (data_tab("Backups"), "restore a backup", "restore"),
    "Check": (checked, "fix files", "mend"),
    "Home": (home, "import", "start_own"),
    "Disagreements": (review_tab("Disagreements"), "decide", f"decide {ITEMS[0]}"),
    "Flagged": (review_tab("Flagged"), "decide", f"decide {ITEMS[0]}"),
    "Second look": (conflicts, "decide", "decide x"),
}
"""How a place is opened, what only leads do there, and how its control is called."""


def controls(page: AppTest) -> str:
    """The names of all that can be pressed or filled in, but for the page's tabs."""
    kinds = "button", "text_input", "file_uploader", "form"
    found = [each for kind in kinds for each in page.get(kind)]
    return " ".join(f"{each.type} {getattr(each, 'key', '') or each.proto}" for each in found)


@pytest.mark.attack
@pytest.mark.parametrize("place", PLACES)
def test_who_is_no_lead_reads_a_sentence_in_the_place_of_the_control(
    place: str, team: Team, monkeypatch: pytest.MonkeyPatch
):
    opened, doing, control = PLACES[place]
    told = f"Only a lead can {doing} here."
    log_in(monkeypatch, ANN, leads=LEADS)
    page = opened(team, monkeypatch)
    assert told in everything(page)
    assert control not in controls(page)
    log_in(monkeypatch, LEAD, leads=LEADS)
    page = opened(team, monkeypatch)
    assert told not in everything(page)
    assert control in controls(page)


@pytest.mark.parametrize(
    ("user", "people", "leads", "is_lead"),
    [
        (LEAD, None, LEADS, True),
        (LEAD, None, "@example.org", True),
        (LEAD, ["@example.org"], LEADS, True),
        (ANN, None, None, True),
        (ANN, ["ann@example.org"], None, True),
        (ANN, None, LEADS, False),
        (ANN, None, [], False),
        (ANN, None, ["lead@example.org.evil.example"], False),
        ({**LEAD, "email_verified": False}, None, LEADS, False),
        ({"is_logged_in": True, "name": "lead@example.org"}, None, LEADS, False),
        ({}, None, LEADS, True),
    ],
)
def test_leads_are_those_who_are_named(
    user: dict, people: object, leads: object, is_lead: bool, team: Team, monkeypatch
):
    log_in(monkeypatch, user, people, leads)
    page = review_tab("Disagreements")(team, monkeypatch)
    assert ("decide " in controls(page)) == is_lead


def written(path: Path) -> dict[str, bytes]:
    """Every file of the workspace but what can be built again."""
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in files if ".cache" not in file.parts}


@pytest.mark.attack
@pytest.mark.parametrize("place", ["Check", "Disagreements", "Flagged", "Second look"])
def test_who_was_a_lead_when_the_page_was_drawn_does_nothing_any_more(
    place: str, team: Team, monkeypatch: pytest.MonkeyPatch
):
    opened, doing, control = PLACES[place]
    log_in(monkeypatch, LEAD, leads=LEADS)
    page = opened(team, monkeypatch)
    before = written(team.path)
    log_in(monkeypatch, LEAD, leads=["other@example.org"])
    button = next(each for each in page.button if control in (each.key or ""))
    page = button.click().run()
    assert f"Only a lead can {doing} here." in everything(page)
    assert written(team.path) == before


def test_who_is_no_lead_labels_and_exports(team: Team, monkeypatch: pytest.MonkeyPatch):
    log_in(monkeypatch, ANN, leads=LEADS)
    page = open_page("annotate", team.path, monkeypatch)
    assert not page.error
    assert page.get("bidi_component")
    assert data_tab("Export")(team, monkeypatch).get("download_button")


def test_one_item_of_a_newcomer_is_labeled_by_hand(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    workspace = make_workspace([item[:2] for item in headlines(50)])  # all are drawn
    log_in(monkeypatch, ANN, leads=LEADS)
    page = open_page("sunlight", workspace.path, monkeypatch)
    page.session_state["more_i0003"] = True
    page.session_state["sunlight_size"] = 50
    page.run()
    keys = [each.key for each in page.button if (each.key or "").startswith("byhand_")]
    page.button(key=keys[0]).click().run()
    assert not page.exception
    assert read_snapshot(open_workspace(workspace.path)).labels.items

"""Where people log in by OpenID Connect, every page asks for it before it shows anything."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.workspace.layout import Workspace
from tests.conftest import MakeWorkspace, headlines
from tests.pages.test_pages import PAGES, ROOT, TIMEOUT, open_page

ANN = {"is_logged_in": True, "email": "Ann@example.org"}


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace([item[:2] for item in headlines(60)])


def log_in(
    monkeypatch: pytest.MonkeyPatch, user: dict, people: object = None, leads: object = None
) -> None:
    """The visitor as Streamlit tells of them, and who may enter and lead by the secrets file."""
    monkeypatch.setattr("streamlit.user", user)
    lists = {"people": people, "leads": leads}
    own = {name: listed for name, listed in lists.items() if listed is not None}
    monkeypatch.setattr("pages.ui.session.secrets", lambda section: own)


def shows_nothing(page: AppTest) -> bool:
    """Whether nothing of the workspace is on the page."""
    parts = ("dataframe", "tabs", "metric", "html", "bidi_component", "text_input", "selectbox")
    return not page.exception and not any(len(page.get(part)) for part in parts)


@pytest.mark.attack
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_nothing_to_who_is_not_logged_in(
    name: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    log_in(monkeypatch, {"is_logged_in": False})
    page = open_page(name, workspace.path, monkeypatch)
    assert "Log in to label" in page.info[0].value
    assert shows_nothing(page)
    assert not workspace.batches.path.exists()


@pytest.mark.attack
def test_the_entry_shows_nothing_to_who_is_not_logged_in(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    log_in(monkeypatch, {"is_logged_in": False})
    monkeypatch.setenv("SUNLIGHT_DATA", str(workspace.path))
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=TIMEOUT).run()
    assert "Log in to label" in app.info[0].value
    assert shows_nothing(app)
    assert not app.sidebar.children


STRANGERS = [
    (ANN, []),
    (ANN, ["bob@example.org"]),
    (ANN, ["ann@example.org.evil.example"]),
    (ANN, ["@example.com"]),
    (ANN, ["example.org"]),
    (ANN, [""]),
    (ANN, ["@"]),
    ({"is_logged_in": True, "email": "ann@example.org@evil.example"}, ["@example.org"]),
    ({"is_logged_in": True, "email": "ann@notexample.org"}, ["@example.org"]),
    ({"is_logged_in": True, "email": ""}, ["@example.org", ""]),
    ({"is_logged_in": True, "name": "ann@example.org"}, ["ann@example.org"]),
    ({**ANN, "email_verified": False}, ["ann@example.org"]),
]


@pytest.mark.attack
@pytest.mark.parametrize(("user", "people"), STRANGERS)
def test_who_is_not_named_is_refused(
    user: dict, people: list[str], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    log_in(monkeypatch, user, people)
    page = open_page("annotate", workspace.path, monkeypatch)
    assert "may not label here" in page.error[0].value
    assert shows_nothing(page)


@pytest.mark.parametrize(
    "people", [None, ["ann@example.org"], ["bob@x.org", "@Example.org"], "ann@example.org"]
)
def test_who_is_named_labels(
    people: object, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    log_in(monkeypatch, ANN, people)
    page = open_page("annotate", workspace.path, monkeypatch)
    assert not page.error
    assert page.get("bidi_component")

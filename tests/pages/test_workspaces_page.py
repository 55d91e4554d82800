"""Several workspaces in one app: chosen in the sidebar, in the address, made on Data."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.exchange.book_dataset import LEAST_ROWS, fetch_book
from core.workspace.backup import back_up, backup_files
from core.workspace.layout import open_workspace
from core.workspace.registry import workspaces
from core.workspace.task_toml import load_task
from tests.conftest import SMALL_TASK, headlines, write_csv
from tests.exchange.test_book_dataset import CONTENTS, OURS
from tests.pages.test_pages import ROOT, TIMEOUT, open_page, open_tab
from tests.publisher import Publisher


def put(folder: Path, title: str) -> Path:
    write_csv(folder / "unlabeled_data" / "pool.csv", [item[:2] for item in headlines(30)])
    (folder / "task.toml").write_text(SMALL_TASK.replace("Small", title), encoding="utf-8")
    return folder


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch) -> Path:
    """A shelf of two workspaces."""
    shelf = tmp_path / "shelf"
    put(shelf / "first", "First")
    put(shelf / "second", "Second")
    monkeypatch.setenv("SUNLIGHT_SHELF", str(shelf))
    return shelf


@pytest.fixture
def started(tmp_path: Path, monkeypatch) -> Path:
    """The workspace that the server was started with, elsewhere."""
    folder = put(tmp_path / "started", "Started")
    monkeypatch.setenv("SUNLIGHT_DATA", str(folder))
    return folder


def enter(**address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=TIMEOUT)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def open_now(app: AppTest) -> str:
    """The name of the workspace's folder that the session looks at."""
    from pages.ui import session

    return Path(app.session_state[session.WORKSPACE]).name


def choice(app: AppTest):
    return app.sidebar.menu_button(key="workspace_menu")


def test_the_workspace_is_chosen_in_the_sidebar_and_stands_in_the_address(shelf, started):
    app = enter()
    assert choice(app).options == ["started (default)", "first", "second"]
    assert "workspace" not in app.query_params
    choice(app).click("second").run()
    assert app.query_params["workspace"] == "second"
    assert open_now(app) == "second"
    app.switch_page("data.py").run()
    assert choice(app).label == "Workspace: second"
    assert not app.exception
    choice(app).click("").run()
    assert "workspace" not in app.query_params
    assert open_now(app) == "started"


def test_the_address_opens_a_workspace_by_its_name(shelf, started):
    app = enter(workspace="first")
    assert (choice(app).label, open_now(app)) == ("Workspace: first", "first")
    app.query_params["workspace"] = "second"  # as the browser's way back does it
    app.run()
    assert (choice(app).label, open_now(app)) == ("Workspace: second", "second")


def test_a_page_that_stands_alone_follows_the_address_too(shelf, started, monkeypatch):
    page = AppTest.from_file(str(ROOT / "pages" / "data.py"), default_timeout=TIMEOUT)
    page.query_params["workspace"] = "first"
    page.run()
    open_tab(page, "Files", "data_tab")
    assert any("shelf/first" in caption.value for caption in page.caption)


@pytest.mark.parametrize(
    "name", ["../started", "/etc", "..", "none", "first/../../started", "link", "%2e%2e", "first/"]
)
def test_an_address_leads_nowhere_else(name: str, shelf, started):
    (shelf / "link").symlink_to(started)
    app = enter(workspace=name)
    assert choice(app).label == "Workspace: started"
    (told,) = [error.value for error in app.sidebar.error]
    assert "no workspace" in told or "cannot be the name" in told
    app.run()
    assert not app.sidebar.error


def test_one_workspace_is_no_choice(tmp_path: Path, started, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_SHELF", str(tmp_path / "none"))
    app = enter()
    assert not app.sidebar.menu_button
    assert app.sidebar.caption[0].value == "Workspace: started"


def test_a_workspace_of_the_shelf_that_the_server_was_started_with_stands_there_once(
    shelf, monkeypatch
):
    monkeypatch.setenv("SUNLIGHT_DATA", str(shelf / "second"))
    app = enter()
    assert choice(app).options == ["first", "second"]
    assert choice(app).label == "Workspace: second"


def test_a_name_is_shown_as_it_is_typed(shelf, started):
    put(shelf / "1. a _b_ c", "Signs")
    app = enter(workspace="1. a _b_ c")
    assert choice(app).label == r"Workspace: 1\. a \_b\_ c"
    assert open_now(app) == "1. a _b_ c"


def data_tab(tab: str, workspace: Path, monkeypatch) -> AppTest:
    return open_tab(open_page("data", workspace, monkeypatch), tab, "data_tab")


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_a_backup_is_made_listed_and_restored(shelf, started, monkeypatch):
    page = data_tab("Backups", started, monkeypatch)
    assert "No backup yet" in page.info[0].value
    press(page, "Make a backup now")
    (path,) = backup_files(started)
    assert page.success[0].value == f"backups/{path.name} is complete and verified."
    assert list(page.dataframe[0].value["file"]) == [path.name]
    page.text_input[0].set_value("again")
    press(page, "Restore and open")
    assert open_now(page) == "again"
    assert (shelf / "again" / "unlabeled_data" / "pool.csv").read_bytes() == (
        started / "unlabeled_data" / "pool.csv"
    ).read_bytes()


@pytest.mark.parametrize("name", ["", "../again", "first", "sample"])
def test_a_restore_goes_to_a_new_workspace_of_the_shelf_only(
    name: str, shelf, started, monkeypatch
):
    back_up(open_workspace(started))
    page = data_tab("Backups", started, monkeypatch)
    page.text_input[0].set_value(name)
    press(page, "Restore and open")
    assert page.error
    assert workspaces(shelf) == ["first", "second"]


def test_a_damaged_backup_cannot_be_restored(shelf, started, monkeypatch):
    made = back_up(open_workspace(started))
    made.write_bytes(b"no zip")
    page = data_tab("Backups", started, monkeypatch)
    page.text_input[0].set_value("again")
    press(page, "Restore and open")
    assert "damaged" in page.error[0].value
    assert workspaces(shelf) == ["first", "second"]


def test_an_empty_workspace_is_made_and_opened(shelf, started, monkeypatch):
    page = data_tab("Workspaces", started, monkeypatch)
    page.text_input(key="new_name").set_value(" News 2026 ")
    press(page, "Create workspace")
    assert not page.error
    assert open_now(page) == "News 2026"
    task = load_task(shelf / "News 2026" / "task.toml")
    assert (task.title, [label.name for label in task.labels]) == ("News 2026", ["Yes", "No"])


@pytest.mark.parametrize("name", ["", "..", "a/b", "first", "sample", "set_aside"])
def test_a_new_workspace_that_cannot_be_is_refused(name: str, shelf, started, monkeypatch):
    page = data_tab("Workspaces", started, monkeypatch)
    page.text_input(key="new_name").set_value(name)
    press(page, "Create workspace")
    assert page.error
    assert workspaces(shelf) == ["first", "second"]


def test_who_looks_at_a_folder_that_was_moved_away_is_told(shelf, started):
    app = enter(workspace="first")
    (shelf / "first").rename(shelf / "third")
    app.run()
    assert not app.exception
    assert "The workspace first is not where it was" in app.toast[0].value
    assert open_now(app) == "started"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher(dict(CONTENTS))
    yield publisher
    publisher.stop()


def test_the_books_data_comes_by_one_button(shelf, started, publisher: Publisher, monkeypatch):
    local = partial(fetch_book, base=publisher.address, sources=OURS)
    monkeypatch.setattr("pages.ui.data.workspaces.fetch_book", local)
    page = data_tab("Workspaces", started, monkeypatch)
    publisher.status = 503
    page.button(key="book").click().run()
    assert "answers 503" in page.error[0].value
    assert "git clone" in page.error[0].value
    publisher.status = 200
    page.button(key="book").click().run()
    assert open_now(page) == "book"
    pool = shelf / "book" / "unlabeled_data" / "unlabeled_data.csv"
    assert pool.read_bytes().count(b"\n") == LEAST_ROWS

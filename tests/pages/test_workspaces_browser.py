"""A person who goes from one workspace to another and labels on at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.workspace.layout import open_workspace
from tests.browser import ITEM, WAIT, all_saved, logged, shown
from tests.conftest import headlines, write_csv
from tests.pages.test_workspaces_page import put
from tests.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shelf = tmp_path_factory.mktemp("shelf")
    for name in ("first", "second"):
        put(shelf / name, name)
        items = [(f"{name}-{item_id}", text) for item_id, text, _ in headlines(30)]
        write_csv(shelf / name / "unlabeled_data" / "pool.csv", items)
    return shelf


@pytest.fixture(scope="module")
def server(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUNLIGHT_SHELF", str(shelf))
        server = Server(shelf / "first", tmp_path_factory.mktemp("log") / "server.log")
    yield server
    server.stop()
    assert "Traceback" not in server.log()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    yield page
    context.close()


def choose(page: Page, name: str) -> None:
    page.get_by_test_id("stMenuButtonButton").click()
    page.get_by_test_id("stMenuButtonBody").get_by_text(name, exact=True).click()


def test_who_goes_to_another_workspace_labels_there_with_the_next_key(
    page: Page, server: Server, shelf: Path
):
    page.goto(f"{server.url}/annotate?annotator=ann")
    shown(page)
    choose(page, "second")
    expect(page).to_have_url(f"{server.url}/annotate?annotator=ann&workspace=second")
    page.wait_for_selector(f'{ITEM}[data-item-id^="second"]')
    item = shown(page)
    page.keyboard.press("1")
    expect(page.get_by_test_id("progress")).to_have_text("2 of 10")
    all_saved(page)
    assert logged(open_workspace(shelf / "second"), "ann") == [(item, "1")]
    assert logged(open_workspace(shelf / "first"), "ann") == []


def test_the_address_keeps_the_workspace_from_page_to_page(page: Page, server: Server):
    page.goto(f"{server.url}/?workspace=second&annotator=bob")
    page.get_by_test_id("stSidebarNav").get_by_text("Data").click()
    expect(page.get_by_role("heading", name="Data")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/data?workspace=second")
    page.reload()
    expect(page.get_by_text("shelf0/second")).to_be_visible()
    choose(page, "first")
    expect(page.get_by_text("shelf0/first")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("shelf0/second")).to_be_visible()

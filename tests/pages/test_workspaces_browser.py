"""A person who goes from one workspace to another and labels on at once."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace, open_workspace
from tests.browser import ITEM, all_saved, logged, settled, shown
from tests.conftest import Show, headlines, write_csv
from tests.pages.test_workspaces_page import put

pytestmark = pytest.mark.browser


@pytest.fixture
def two(place: Path) -> list[Workspace]:
    """Two workspaces side by side."""
    found = []
    for name in ("first", "second"):
        folder = put(place.with_name(f"{place.name}-{name}"), name)
        items = [(f"{name}-{item_id}", text) for item_id, text, _ in headlines(30)]
        write_csv(folder / "unlabeled_data" / "pool.csv", items)
        found.append(open_workspace(folder))
    return found


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def choose(page: Page, workspace: Workspace) -> None:
    page.get_by_test_id("stMenuButtonButton").click()
    body = page.get_by_test_id("stMenuButtonBody")
    body.get_by_text(workspace.path.name, exact=True).click()


def test_who_goes_to_another_workspace_labels_there_with_the_next_key(
    page: Page, two: list[Workspace], show: Show
):
    first, second = two
    page.goto(show(first).at("annotate", "annotator=ann"))
    shown(page)
    choose(page, second)
    expect(page).to_have_url(show(second).at("annotate", "annotator=ann"))
    page.wait_for_selector(f'{ITEM}[data-item-id^="second"]')
    item = shown(page)
    page.keyboard.press("1")
    expect(page.get_by_test_id("progress")).to_have_text("2 of 10")
    all_saved(page)
    assert logged(second, "ann") == [(item, "1")]
    assert logged(first, "ann") == []


def test_the_address_keeps_the_workspace_from_page_to_page(
    page: Page, two: list[Workspace], show: Show
):
    first, second = two
    page.goto(show(second).at("", "annotator=bob"))
    page.get_by_test_id("stSidebarNav").get_by_text("Data").click()
    expect(page.get_by_role("heading", name="Data")).to_be_visible()
    expect(page).to_have_url(show(second).at("data"))
    page.reload()
    expect(page).to_have_title("Data · second")
    choose(page, first)
    expect(page).to_have_title("Data · first")
    page.go_back()
    expect(page).to_have_title("Data · second")


@pytest.fixture
def many(app_folder: Path) -> Iterator[None]:
    """So many workspaces beside others that no menu has room for all."""
    folders = [put(app_folder / f"0-many-{at}", "many") for at in range(40)]
    yield
    for folder in folders:
        shutil.rmtree(folder)


@pytest.mark.usefixtures("many")
def test_the_first_of_many_workspaces_can_be_chosen(page: Page, two: list[Workspace], show: Show):
    page.goto(show(two[0]).at("data", "annotator=bob"))
    expect(page).to_have_title("Data · first")
    page.get_by_test_id("stMenuButtonButton").click()
    page.get_by_test_id("stMenuButtonBody").get_by_text("0-many-0", exact=True).click()
    expect(page).to_have_title("Data · many")
    settled(page)  # the server writes nothing more there, so that the folder can go


PAGES = {
    "": "Home",
    "annotate": "Annotate",
    "sunlight": "Explore",
    "review": "Review",
    "strategies": "Strategies",
    "metrics": "Metrics",
    "quality": "Quality",
    "data": "Data",
}
"""The title that each page's path has in the browser's tab."""

LEVELS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(h => Number(h.tagName[1]))"


def test_every_page_has_one_title_of_its_own_and_headings_in_order(
    page: Page, two: list[Workspace], show: Show
):
    for path, title in PAGES.items():
        page.goto(show(two[0]).at(path, "annotator=ann"))
        expect(page).to_have_title(f"{title} · first")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        settled(page)
        levels = page.evaluate(LEVELS)
        assert levels[0] == 1
        assert all(below <= above + 1 for above, below in pairwise(levels)), (path, levels)
    page.goto(show(two[0]).at(""))
    expect(page.get_by_role("heading", level=1)).to_have_text("first")

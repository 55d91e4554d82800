"""Review in a real browser: the brush, and the way of a correction to the files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.workspace import Workspace, open_workspace
from tests.browser import WAIT
from tests.server import Server

pytestmark = pytest.mark.browser

CHART = '[data-testid="stVegaLiteChart"]'


@pytest.fixture
def workspace(demo: Path) -> Workspace:
    return open_workspace(demo)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(f"{server.url}/review?annotator=ann")
    yield page
    context.close()


def test_a_dragged_region_shows_its_items_and_one_opens(page: Page):
    plot = page.locator(f"{CHART} canvas, {CHART} svg").first
    plot.scroll_into_view_if_needed()
    expect(plot).to_be_visible()
    page.wait_for_timeout(500)
    box = plot.bounding_box()
    left, top, width, height = (box[name] for name in ("x", "y", "width", "height"))
    page.mouse.move(left + 0.2 * width, top + 0.35 * height)
    page.mouse.down()
    page.mouse.move(left + 0.95 * width, top + 0.75 * height, steps=8)
    page.mouse.up()
    expect(page.get_by_text("items chosen")).to_be_visible()
    page.locator("button", has_text="Open").first.click()
    page.wait_for_url("**/annotate*")
    expect(page.get_by_test_id("batch-end")).to_be_visible()

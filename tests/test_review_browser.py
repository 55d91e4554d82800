"""Review in a real browser: the brush, and the way of a correction to the files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.doubts import contradicted
from core.loop import read_loop
from core.runs import read_report
from core.workspace import Workspace, open_workspace
from tests.browser import WAIT, logged, rows
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


def test_a_key_corrects_the_top_label_down_to_the_files(page: Page, workspace: Workspace):
    page.get_by_role("tab", name="Second look").click()
    expect(page.get_by_text("The keys decide about the top one")).to_be_visible()
    loop = read_loop(workspace)
    unseen = read_report(loop, loop.logs.runs[-1]).out_of_fold
    doubts = contradicted(loop.labels.usable_training(), unseen)
    for doubt in doubts[:2]:
        expect(page.get_by_test_id("item").first).to_contain_text(doubt.item.text)
        expect(page.locator("button", has_text="Keep").first).to_be_enabled()
        page.wait_for_timeout(500)  # its keys are heard once it stands there
        page.keyboard.press(doubt.predicted)
    expect(page.get_by_test_id("item").first).to_contain_text(doubts[2].item.text)
    for doubt in doubts[:2]:
        assert (doubt.item.item_id, doubt.predicted) in logged(workspace, "ann")
        file = "related.csv" if doubt.predicted == "1" else "not_related.csv"
        saved = rows(workspace.path / "training_data" / file)
        assert [doubt.item.item_id, doubt.predicted] in [[row[0], row[2]] for row in saved]

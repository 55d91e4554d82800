"""Review in a real browser: the brush, and the way of a correction to the files."""

import re
from itertools import pairwise, product

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from core.evaluation.label_issues import LabelIssue, find_label_issues
from core.evaluation.runs import read_report
from core.workspace.layout import Workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import events, heard, rows, settled
from tests.server import Site

pytestmark = pytest.mark.browser

FILES = {"1": "related.csv", "0": "not_related.csv"}
CHART = '[data-testid="stVegaLiteChart"]'


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    return demo_in_app


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.at("review", "annotator=ann"))
    return page


TRIES = 20
"""How often the mouse is used until the picture, which may still be drawn, has heard of it."""


def picture(page: Page) -> Locator:
    plot = page.locator(f"{CHART} canvas, {CHART} svg").first
    plot.scroll_into_view_if_needed()
    expect(plot).to_be_visible()
    settled(page)
    return plot


def test_a_dragged_region_shows_its_items_and_one_opens(page: Page):
    plot = picture(page)
    for _ in range(TRIES):
        box = plot.bounding_box()
        left, top, width, height = (box[name] for name in ("x", "y", "width", "height"))
        page.mouse.move(left + 0.2 * width, top + 0.35 * height)
        page.mouse.down()
        page.mouse.move(left + 0.95 * width, top + 0.75 * height, steps=8)
        page.mouse.up()
        page.wait_for_timeout(1_000)
        settled(page)
        if page.get_by_text("items selected").is_visible():
            break
    page.locator(".st-key-review_chosen summary").first.click()
    page.get_by_role("button", name="Open in Annotate").first.click()
    page.wait_for_url("**/annotate*")
    expect(page.get_by_test_id("batch-end")).to_be_visible()


def test_the_keyboard_selects_and_opens_what_the_mouse_does(page: Page):
    page.locator("summary", has_text="Select without a mouse").press("Enter")
    page.get_by_role("slider", name="Confidence").last.press("PageDown")
    expect(page.get_by_text("items selected")).to_be_visible()
    page.locator(".st-key-review_chosen [data-testid=item] >> nth=0").wait_for()
    page.locator(".st-key-review_chosen summary").nth(1).press("Enter")
    expect(page.locator(".st-key-review_chosen").get_by_test_id("details")).to_be_visible()


def test_a_click_on_a_point_opens_its_item(page: Page):
    text = point_at_mouse(page, picture(page))
    page.mouse.down()
    page.mouse.up()
    opened = page.locator(".st-key-review_chosen")
    expect(opened.get_by_test_id("item")).to_contain_text(text)
    expect(opened.get_by_test_id("details")).to_be_visible()


def point_at_mouse(page: Page, plot: Locator) -> str:
    """Moves the mouse until it stands on a point of the picture; the text of its item."""
    tip = page.locator("#vg-tooltip-element")
    for _, row, column in product(range(TRIES), range(30, 70, 4), range(30, 80, 2)):
        box = plot.bounding_box()
        page.mouse.move(
            box["x"] + column / 100 * box["width"], box["y"] + row / 100 * box["height"]
        )
        if tip.is_visible():
            page.wait_for_timeout(200)
            if tip.is_visible():
                cells = tip.locator("td.value").all_inner_texts()
                return max(cells, key=len).split("…")[0]
    pytest.fail("there is no point in the picture")


def top_doubts(workspace: Workspace, number: int) -> list[LabelIssue]:
    """The labels that the page holds on top of its list."""
    snapshot = read_snapshot(workspace)
    unseen = read_report(snapshot, snapshot.logs.runs[-1]).out_of_fold
    return find_label_issues(snapshot.labels.usable_training, unseen)[:number]


def open_second_look(page: Page, top: LabelIssue) -> None:
    page.get_by_role("tab", name="Second look").click()
    expect(page.get_by_text("Keys apply to the first item")).to_be_visible()
    wait_for_top(page, top)


def wait_for_top(page: Page, top: LabelIssue) -> None:
    """Its keys are heard once it stands there."""
    expect(page.get_by_test_id("item").first).to_contain_text(top.item.text)
    expect(page.locator("button", has_text="Keep").first).to_be_enabled()
    settled(page)
    heard(page, "1")


def test_a_key_corrects_the_top_label_down_to_the_files(page: Page, workspace: Workspace):
    doubts = top_doubts(workspace, 3)
    before = events(workspace)
    files = {name: rows(workspace.path / "training_data" / name) for name in FILES.values()}
    open_second_look(page, doubts[0])
    for doubt, then in pairwise(doubts):
        page.keyboard.press(doubt.predicted)
        wait_for_top(page, then)
    added = events(workspace)[len(before) :]
    labels = [event for event in added if event["action"] == "label"]
    assert [
        {name: event[name] for name in ("batch_id", "item_id", "label", "annotator", "assisted")}
        for event in labels
    ] == [
        {
            "batch_id": doubt.item.batch_id,
            "item_id": doubt.item.item_id,
            "label": doubt.predicted,
            "annotator": "ann",
            "assisted": "1",
        }
        for doubt in doubts[:2]
    ]
    assert {event["action"] for event in added} == {"label", "save"}
    for label, name in FILES.items():
        new = rows(workspace.path / "training_data" / name)[len(files[name]) :]
        assert new == [label_row(doubt) for doubt in doubts[:2] if doubt.predicted == label]


def label_row(doubt: LabelIssue) -> list[str]:
    """The row by which a label file has the correction: why the item was proposed is kept."""
    item = doubt.item
    confidence = "" if item.confidence is None else repr(item.confidence)
    return [item.item_id, item.text, doubt.predicted, item.strategy, confidence]


def test_keys_that_are_typed_into_a_field_decide_nothing(page: Page, workspace: Workspace):
    doubts = top_doubts(workspace, 2)
    before = events(workspace)
    open_second_look(page, doubts[0])
    name = page.get_by_role("textbox", name="Your name")
    name.click()
    page.keyboard.type("1010")
    page.wait_for_timeout(1_500)
    expect(name).to_have_value(re.compile("1010"))
    assert events(workspace) == before
    wait_for_top(page, doubts[0])

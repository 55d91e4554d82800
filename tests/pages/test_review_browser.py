"""Review in a real browser: the way of a correction to the files."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.evaluation.label_issues import LabelIssue, find_label_issues
from core.evaluation.runs import read_report
from core.workspace.layout import Workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import events, heard, rows, settled
from tests.server import Site

pytestmark = pytest.mark.browser

FILES = {"1": "related.csv", "0": "not_related.csv"}


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    return demo_in_app


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.at("review", "annotator=ann"))
    return page


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

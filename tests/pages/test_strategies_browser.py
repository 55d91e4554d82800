"""Strategies in a real browser: the experiment is begun, stopped, begun again, and told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.analysis.strategy_comparison import kept, prepare
from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import WAIT
from tests.server import Server

pytestmark = pytest.mark.browser

PROGRESS = ".st-key-experiment_progress"
PATIENCE = 120_000
"""Milliseconds for an experiment on a busy machine."""


@pytest.fixture
def workspace(demo: Path) -> Workspace:
    return open_workspace(demo)


@pytest.fixture
def pages(browser: Browser, server: Server) -> Iterator[list[Page]]:
    """Strategies and, in a session of somebody else, Sunlight."""
    contexts = [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    found = []
    for context, name in zip(contexts, ("strategies", "sunlight"), strict=True):
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.goto(f"{server.url}/{name}?annotator=ann")
        found.append(page)
    yield found
    for context in contexts:
        context.close()


def test_an_experiment_is_begun_stopped_begun_again_and_told_while_others_go_on(
    pages: list[Page], workspace: Workspace
):
    page, other = pages
    compare = page.get_by_role("button", name="Compare")
    compare.click()
    page.locator(PROGRESS).get_by_role("button", name="Stop").click()
    asked = time.monotonic()
    expect(compare).to_be_visible()
    assert time.monotonic() - asked < WAIT / 1_000
    assert kept(prepare(read_snapshot(workspace))) is None
    compare.click()
    expect(page.locator(PROGRESS)).to_be_visible()
    before = other.get_by_test_id("item").first.inner_text()
    other.get_by_role("button", name="Random").first.click()
    expect(other.get_by_test_id("item").first).not_to_have_text(before)
    expect(page.get_by_text("one of 4 comparisons").first).to_be_visible(timeout=PATIENCE)
    assert kept(prepare(read_snapshot(workspace))) is not None
    expect(page.locator(PROGRESS)).to_have_count(0)
    expect(page.get_by_text("have no label yet (").first).to_be_visible(timeout=PATIENCE)

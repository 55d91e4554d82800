"""Strategies in a real browser: the experiment is begun, stopped, begun again, and told."""

import pytest
from playwright.sync_api import Page, expect

from core.analysis.strategy_comparison import kept, prepare
from core.workspace.layout import Workspace
from core.workspace.snapshot import read_snapshot
from tests.conftest import NewContext
from tests.server import Site

pytestmark = pytest.mark.browser

PROGRESS = ".st-key-experiment_progress"
PATIENCE = 600_000
"""Milliseconds for an experiment on a busy machine."""


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    return demo_in_app


@pytest.fixture
def pages(new_context: NewContext, site: Site) -> list[Page]:
    """Strategies and, in a session of somebody else, Sunlight."""
    found = [new_context().new_page() for _ in range(2)]
    for page, name in zip(found, ("strategies", "sunlight"), strict=True):
        page.goto(site.at(name, "annotator=ann"))
    return found


def test_an_experiment_is_begun_stopped_begun_again_and_told_while_others_go_on(
    pages: list[Page], workspace: Workspace
):
    page, other = pages
    compare = page.get_by_role("button", name="Compare")
    compare.click()
    page.locator(PROGRESS).get_by_role("button", name="Stop").click()
    expect(compare).to_be_visible()
    assert kept(prepare(read_snapshot(workspace))) is None
    compare.click()
    expect(page.locator(PROGRESS)).to_be_visible()
    before = other.get_by_test_id("item").first.inner_text()
    other.get_by_role("button", name="Random").first.click()
    expect(other.get_by_test_id("item").first).not_to_have_text(before)
    expect(page.get_by_text("Further right is better.").first).to_be_visible(timeout=PATIENCE)
    assert kept(prepare(read_snapshot(workspace))) is not None
    expect(page.locator(PROGRESS)).to_have_count(0)
    expect(page.get_by_text("are still unlabeled (").first).to_be_visible(timeout=PATIENCE)

"""Settings in a browser: from the form to the words on the card, and out of a broken file."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import read_snapshot
from core.workspace.task import Label
from core.workspace.task_file import task_toml
from tests.browser import all_saved, logged, settled, shown
from tests.conftest import Site, write_csv
from tests.pages.test_workspaces_page import put

pytestmark = pytest.mark.browser


@pytest.fixture
def workspace(place: Path) -> Workspace:
    return open_workspace(put(place, "Small"))


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.at("data", "annotator=ann"))
    page.get_by_role("tab", name="Settings", exact=True).click()
    return page


def fill(page: Page, label: str, value: str, at: int = 0) -> None:
    """Types it into the field of this label, and goes on to the next one."""
    box = page.get_by_label(label, exact=True).nth(at)
    box.fill(value)
    box.press("Tab")
    settled(page)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()
    settled(page)


def test_what_is_set_here_stands_on_the_card_at_once(
    page: Page, site: Site, workspace: Workspace, context: BrowserContext
):
    fill(page, "Title", "Storms")
    fill(page, "Question", "Is it a storm?")
    fill(page, "Name", "Storm", 0)
    fill(page, "Key", "j", 0)
    more = page.get_by_role("button", name="More").first
    assert more.evaluate("node => node.scrollWidth <= node.clientWidth")
    for part in more.locator("*").all():
        assert part.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.get_by_role("button", name="Add a label").click()
    fill(page, "Name", "Unclear", 2)
    told = page.locator(".st-key-settings_changes")
    expect(told).to_contain_text("Changes the title from Small to Storms.")
    expect(told).to_contain_text("The files of 0 items keep the value 1.")
    expect(told).to_contain_text("Adds the label Unclear, with the key 3.")
    assert open_workspace(workspace.path).task.title == "Small"
    save(page)
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    expect(page).to_have_title("Data · Storms")
    page.goto(site.at("annotate", "annotator=ann"))
    item = shown(page)
    expect(page.get_by_text("Is it a storm?")).to_be_visible()
    expect(page.get_by_test_id("key-label-Unclear")).to_be_visible()
    page.keyboard.press("j")
    all_saved(page)
    assert logged(workspace, "ann") == [(item, "1")]


def test_a_broken_task_is_corrected_in_the_browser(page: Page, workspace: Workspace):
    task = workspace.path / "task.toml"
    good = task.read_text(encoding="utf-8")
    task.write_text(f"colour = 1\n{good}", encoding="utf-8")
    page.reload()
    page.get_by_role("tab", name="Settings", exact=True).click()
    expect(page.get_by_text("which is not a setting")).to_be_visible()
    fill(page, "task.toml", good)
    save(page)
    expect(page.get_by_text("which is not a setting")).to_have_count(0)
    assert task.read_text(encoding="utf-8") == good


def test_items_of_a_split_label_come_to_the_card_again(
    page: Page, site: Site, workspace: Workspace
):
    task = workspace.task
    odd = Label("odd", "Odd", "odd.csv", "7", retired=True)
    text = task_toml(replace(task, retired=(odd,)))
    (workspace.path / "task.toml").write_text(text, encoding="utf-8")
    pool = read_snapshot(workspace).pool_words.pool
    item, words = pool.ids[1].as_py(), pool.texts_of([pool.ids[1].as_py()])
    write_csv(workspace.path / "training_data" / "odd.csv", [(item, words[item], "odd")])
    page.reload()
    page.get_by_role("tab", name="Settings", exact=True).click()
    page.get_by_role("button", name="Label its 1 item again").click()
    expect(page.get_by_text("1 wait on Annotate")).to_be_visible()
    page.goto(site.at("annotate", "annotator=ann"))
    assert shown(page) == item
    page.keyboard.press(task.labels[0].key)
    all_saved(page)
    assert logged(workspace, "ann") == [(item, task.labels[0].value)]
    assert read_snapshot(open_workspace(workspace.path)).labels.retired == []

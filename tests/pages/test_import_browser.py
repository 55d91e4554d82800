"""Import in a real browser: a file from the disk, its labels, the card, and the way back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import all_saved, logged, settled, shown
from tests.conftest import SMALL_TASK, headlines, write_csv
from tests.pages.test_import_page import DOUBTFUL
from tests.server import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def workspace(place: Path) -> Workspace:
    """A small task without any item."""
    place.mkdir()
    (place / "task.toml").write_text(SMALL_TASK, encoding="utf-8")
    return open_workspace(place)


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.at("data", "annotator=ann"))
    page.get_by_role("tab", name="Import", exact=True).click()
    return page


def choose(page: Page, file: Path) -> None:
    """Uploads the file, and waits until it is recognized."""
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("strong").get_by_text(file.name, exact=True)).to_be_visible()
    expect(page.get_by_text("Read as")).to_be_visible()
    settled(page)


def tickets(folder: Path) -> Path:
    """A spreadsheet's export, with labels that no task knows yet."""
    kinds = ("Repair", "Billing", "Repair")
    rows = [(f"T{at}", text, kinds[at % 3]) for at, (_, text, _) in enumerate(headlines(30))]
    return write_csv(folder / "tickets.csv", [("Ticket", "Subject", "Category"), *rows])


def import_button(page: Page):
    return page.get_by_role("button", name="Import", exact=True)


def test_a_file_is_imported_labeled_and_taken_back(
    page: Page, workspace: Workspace, tmp_path: Path
):
    choose(page, tickets(tmp_path))
    expect(page.get_by_text("2 labels on 30 rows of Category")).to_be_visible()
    expect(page.get_by_role("radio", name="Make these the labels")).to_be_checked()
    import_button(page).focus()
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("30 new items in unlabeled_data/tickets.csv, 30 new labels")
    ).to_be_visible()
    assert open_workspace(workspace.path).task.values == ("Billing", "Repair")
    take_back = page.get_by_role("button", name="Take this import back")
    take_back.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(page.get_by_text("30 labels were taken back.")).to_be_visible()
    expect(page.get_by_text("2 labels on 30 rows of Category")).to_be_visible()
    snapshot = read_snapshot(open_workspace(workspace.path))
    assert (len(snapshot.pool_words.pool), snapshot.labels.items) == (0, [])
    page.get_by_text("Leave the texts unlabeled").click()
    expect(page.get_by_text("30 of 30 rows with a label stay unlabeled")).to_be_visible()
    settled(page)
    import_button(page).click()
    page.get_by_role("button", name="Start labeling").click()
    item = shown(page)
    page.keyboard.press("1")
    all_saved(page)
    assert logged(workspace, "ann") == [(item, "Billing")]


def test_an_import_that_takes_long_tells_it(page: Page, workspace: Workspace, tmp_path: Path):
    choose(page, tickets(tmp_path))
    with workspace.locked():  # whoever imports waits for it
        import_button(page).click()
        expect(page.get_by_text("Importing …")).to_be_visible()
    expect(page.get_by_role("button", name="Start labeling")).to_be_visible()
    assert len(read_snapshot(open_workspace(workspace.path)).labels.items) == 30


def test_an_import_that_another_page_stops_says_so_on_return(
    page: Page, workspace: Workspace, tmp_path: Path
):
    choose(page, tickets(tmp_path))
    with workspace.locked():
        import_button(page).click()
        expect(page.get_by_text("Stay on this page until it is done")).to_be_visible()
        page.get_by_role("link", name="Home").click()
        expect(page).not_to_have_url(re.compile("data"))
    page.get_by_role("link", name="Data").click()
    expect(page.get_by_text("The import of tickets.csv was stopped.")).to_be_visible()


def test_a_question_is_answered_by_keys_and_the_next_file_asks_its_own(
    page: Page, workspace: Workspace, tmp_path: Path
):
    towns = tmp_path / "towns.csv"
    towns.write_text(DOUBTFUL)
    choose(page, towns)
    expect(import_button(page)).to_be_disabled()
    page.get_by_role("radio", name="It names the columns").focus()
    page.keyboard.press("Space")
    expect(import_button(page)).to_be_enabled()
    choose(page, tickets(tmp_path))
    expect(page.get_by_text("How is its first row to be read?")).to_have_count(0)
    choose(page, towns)
    expect(import_button(page)).to_be_disabled()

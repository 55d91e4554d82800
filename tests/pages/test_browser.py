"""A person at the keyboard: real server, real Chromium, rows on disk counted against keys."""

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import SAVE_STATE, all_saved, events, heard, label_rows, press, shown
from tests.conftest import SMALL_TASK, NewContext, Show, headlines, write_csv
from tests.server import Site

pytestmark = pytest.mark.browser

PAGES = ("", "annotate", "sunlight", "review", "strategies", "metrics", "quality", "data")


@pytest.fixture
def workspace(place: Path) -> Workspace:
    pool = [("item_id", "text"), *(item[:2] for item in headlines(200))]
    write_csv(place / "unlabeled_data" / "pool.csv", pool)
    (place / "task.toml").write_text(SMALL_TASK)
    return open_workspace(place)


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.at("annotate", "annotator=ann"))
    shown(page)
    return page


def test_a_batch_is_labeled_with_the_keyboard_alone(page: Page, workspace: Workspace):
    expected = {}
    for turn in range(10):
        key, label = ("1", "1") if turn % 3 == 0 else ("Enter", "0")
        expect(page.get_by_test_id("progress")).to_have_text(f"{turn + 1} of 10")
        expected[press(page, key)[0]] = label
    # From the end one goes back: twice, and the other way round.
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("2")
    expect(page.get_by_test_id("progress")).to_have_text("9 of 10")
    for _ in range(2):
        item = shown(page)
        key, label = ("Enter", "0") if expected[item] == "1" else ("1", "1")
        press(page, key)
        expected[item] = label
    page.keyboard.press("s")
    # Saved, and the next batch is on the screen by itself.
    expect(page.get_by_test_id("progress")).to_have_text("1 of 10")
    assert label_rows(workspace, "evaluation") == expected
    logged = events(workspace)
    assert Counter(event["action"] for event in logged) == {"label": 12, "undo": 2, "save": 1}
    assert {event["annotator"] for event in logged} == {"ann"}
    assert len({event["event_id"] for event in logged}) == len(logged)
    assert all(float(event["seconds"]) >= 0 for event in logged)


def test_the_loop_goes_from_evaluation_to_a_model_that_chooses(page: Page, workspace: Workspace):
    truth = {item_id: label for item_id, _, label in headlines(200)}
    for batch in range(5):
        for _ in range(10):
            page.keyboard.press("1" if truth[shown(page)] == "1" else "0")
        expect(page.get_by_test_id("batch-end")).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "batch => document.querySelector('[data-testid=progress]')?.textContent === '1 of 10'"
            " && document.body.innerText.includes(`Batch ${batch}`)",
            arg=batch + 2,
        )
    snapshot = read_snapshot(workspace)
    assert snapshot.stage == "active learning"
    assert [run.n_training for run in snapshot.logs.runs] == [20, 30]
    strategies = Counter(p.strategy for p in snapshot.logs.batch("batch-0006"))
    assert strategies == {"random": 1, "low confidence": 8, "outlier": 1}
    # The new scores stand beside the last ones.
    expect(page.get_by_text("Model 2, trained in").first).to_contain_text("F-score")


def test_every_key_has_a_button(page: Page, workspace: Workspace):
    first = shown(page)
    page.get_by_test_id("key-label-1").click()
    second = shown(page)
    page.get_by_test_id("key-label-0").click()
    page.get_by_test_id("key-back").click()
    assert shown(page) == second
    page.keyboard.press("Enter")  # labels once: the button that was clicked is not pressed again
    expect(page.get_by_test_id("progress")).to_have_text("3 of 10")
    page.get_by_test_id("key-definitions").click()
    expect(page.get_by_text("would a relief agency want").first).to_be_visible()
    page.get_by_test_id("key-definitions").click()
    page.get_by_test_id("key-save").click()
    expect(page.get_by_text("Paused. 8 items are left in this batch.")).to_be_visible()
    assert label_rows(workspace, "evaluation") == {first: "1", second: "0"}


def test_after_a_pause_one_goes_on_where_one_stopped(page: Page, workspace: Workspace):
    done = press(page, "Enter", 4)
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    heard(page, "enter")
    page.keyboard.press("Enter")
    assert shown(page) not in done
    expect(page.get_by_test_id("progress")).to_have_text("5 of 10")
    page.keyboard.press("2")
    assert shown(page) == done[-1]


def test_a_reload_in_the_middle_loses_nothing(page: Page, workspace: Workspace):
    done = press(page, "Enter", 3) + press(page, "1", 2)
    page.reload()
    assert shown(page) not in done
    expect(page.get_by_test_id("progress")).to_have_text("6 of 10")
    all_saved(page)
    assert [(e["item_id"], e["label"]) for e in events(workspace)] == [
        *((item, "0") for item in done[:3]),
        *((item, "1") for item in done[3:]),
    ]


def test_holding_a_key_down_labels_one_item(page: Page, workspace: Workspace):
    for _ in range(5):
        page.keyboard.down("1")  # the second and later ones are auto-repeats
    page.keyboard.up("1")
    expect(page.get_by_test_id("progress")).to_have_text("2 of 10")


def test_keys_do_nothing_while_a_text_field_has_the_focus(page: Page):
    page.get_by_role("textbox", name="Your name").click()
    page.keyboard.type("1112")
    expect(page.get_by_test_id("progress")).to_have_text("1 of 10")


def test_pressing_fast_loses_and_doubles_nothing(page: Page, workspace: Workspace):
    for _ in range(10):
        page.keyboard.press("1")
        page.wait_for_timeout(20)
    all_saved(page)
    batch = {p.item_id for p in read_snapshot(workspace).logs.batch("batch-0001")}
    labeled = [event["item_id"] for event in events(workspace)]
    assert len(labeled) == 10
    assert set(labeled) == batch


def test_a_log_that_cannot_be_written_is_told_and_mended(page: Page, workspace: Workspace):
    aside = workspace.path / "annotations.csv"
    aside.mkdir()
    press(page, "1", 2)
    expect(page.locator(SAVE_STATE)).to_contain_text("cannot be written")
    aside.rmdir()
    all_saved(page)
    assert len(events(workspace)) == 2


def test_two_people_get_different_batches(
    page: Page, new_context: NewContext, site: Site, workspace: Workspace
):
    other = new_context().new_page()
    other.goto(site.at("annotate", "annotator=bob"))
    shown(other)
    mine, theirs = press(page, "Enter", 5), press(other, "Enter", 5)
    all_saved(page)
    all_saved(other)
    assert not set(mine) & set(theirs)
    assert Counter(event["annotator"] for event in events(workspace)) == {"ann": 5, "bob": 5}


def test_a_pool_that_grows_under_an_open_page_is_seen_at_the_next_press(
    context: BrowserContext, site: Site, workspace: Workspace
):
    page = context.new_page()
    page.goto(site.at("sunlight"))
    expect(page.get_by_text("from 200 items")).to_be_visible()
    file = workspace.path / "unlabeled_data" / "pool.csv"
    with file.open("a", encoding="utf-8") as pool:
        pool.writelines(f"new{at},a zebra in the north {at}\n" for at in range(3))
    page.locator(".st-key-random button").click()
    expect(page.get_by_text("from 203 items")).to_be_visible()
    field = page.get_by_role("textbox", name="Words")
    field.fill('"north the"')
    field.press("Enter")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    field.fill('Zebra "the north"')
    field.press("Enter")
    expect(page.get_by_text("from 3 items")).to_be_visible()
    expect(page.get_by_test_id("item")).to_have_count(3)
    page.get_by_test_id("stButtonGroup").get_by_text("List").click()
    expect(page.get_by_text("3 items.")).to_be_visible()
    expect(page.get_by_test_id("glide-cell-1-0")).to_have_text("a zebra in the north 0")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
def test_every_page_fits_a_narrow_screen(
    new_context: NewContext, demo_in_app: Workspace, show: Show, scheme: str
):
    context = new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    for name in PAGES:
        page.goto(show(demo_in_app).at(name, "annotator=ann"))
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        if name == "annotate":
            shown(page)
        page.wait_for_selector('[data-testid="stAppViewContainer"] h1, [data-testid="item-text"]')
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, name
        assert page.get_by_text("Traceback").count() == 0, name

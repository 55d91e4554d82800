"""The end of a batch, and what stands around an item on the card: real server, real Chromium."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from streamlit.testing.v1 import AppTest

from core.workspace.layout import Workspace
from tests.browser import ITEM, all_saved, events, press, shown
from tests.conftest import SMALL_TASK, NewContext, Show, headlines, write_csv
from tests.pages.test_card import annotate, make, progress
from tests.pages.test_pages import TIMEOUT
from tests.server import ROOT, Site

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="window.hit=1"> **bold** $x$ [a](https://example.org)'

COLUMNS = [
    ("Channel", ["mail", HOSTILE, "", "phone"]),
    ("Page", ["https://example.org/a?b=1&c=<2>", "javascript:window.hit=1",
              "see https://example.org", "HTTP://EXAMPLE.ORG"]),
]  # fmt: skip


@pytest.fixture
def workspace(place: Path) -> Workspace:
    return make(place, [item[:2] for item in headlines(200)])


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    return annotate(context, site)


def labels(count: int) -> str:
    return "".join(
        f'[[labels]]\nvalue = "v{n}"\nname = "Kind number {n}"\nfile = "kind{n}.csv"\n'
        f'positive = {str(n == 1).lower()}\ndescription = "What is *{n}*."\n'
        for n in range(1, count + 1)
    )


@pytest.fixture
def timed(new_context: NewContext, site: Site) -> Page:
    """The card by a clock that the test moves."""
    page = annotate(new_context(once=True), site)
    page.clock.install()
    return page


def test_enter_in_a_rhythm_stops_at_the_end_of_a_batch(timed: Page, workspace: Workspace):
    page = timed
    labeled = press(page, "Enter", 10)
    end = page.get_by_test_id("batch-end")
    for _ in range(20):
        page.clock.run_for(350)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("message")).to_contain_text("Enter was ignored")
        expect(end).to_be_visible()
    page.clock.run_for(350)
    page.keyboard.press("1")  # lists one label; it is a key of the rhythm too
    page.keyboard.press("Enter")
    expect(end).to_be_visible()
    page.clock.run_for(1_001)
    page.keyboard.press("Enter")
    page.clock.resume()
    expect(progress(page)).to_have_text("1 of 10")
    assert shown(page) not in labeled
    logged = [(event["action"], event["item_id"]) for event in events(workspace)]
    assert logged == [*(("label", item) for item in labeled), ("save", "")]


def test_whoever_labels_by_other_keys_finishes_by_one_enter(page: Page):
    press(page, "0", 10)
    page.keyboard.press("Enter")
    expect(progress(page)).to_have_text("1 of 10")


def test_a_key_pressed_while_a_batch_is_on_its_way_labels_nothing(
    timed: Page, workspace: Workspace
):
    page = timed
    first = press(page, "0", 10)
    page.context.set_offline(True)
    page.keyboard.press("s")
    press(page, "0", 2)
    page.context.set_offline(False)
    all_saved(page)
    page.clock.run_for(300)
    expect(progress(page)).to_have_text("1 of 10")
    item = shown(page)
    assert item not in first
    press(page, "0")
    expect(page.get_by_test_id("message")).to_contain_text("was ignored")
    assert shown(page) == item
    page.clock.run_for(1_001)
    press(page, "0")
    assert shown(page) != item
    page.clock.resume()
    all_saved(page)
    assert [event["action"] for event in events(workspace)] == ["label"] * 10 + ["save", "label"]


def test_the_end_lists_one_label_by_its_key_and_fills_the_window(
    new_context: NewContext, site: Site
):
    size = {"width": 1280, "height": 900}
    page = annotate(new_context(viewport=size), site)
    rare = press(page, "1", 2)
    press(page, "0", 8)
    rows = page.get_by_test_id("end-item")
    expect(rows).to_have_count(10)
    page.keyboard.press("1")
    expect(rows).to_have_count(2)
    assert {row.get_attribute("data-item-id") for row in rows.all()} == set(rare)
    button = page.get_by_test_id("key-filter-1")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.focus()
    page.keyboard.press("Space")  # the button under the focus
    expect(rows).to_have_count(10)
    finish = page.get_by_test_id("key-save")
    expect(finish).to_contain_text("Finish batch")
    bottom = finish.bounding_box()["y"] + finish.bounding_box()["height"]
    assert size["height"] - 60 < bottom < size["height"]
    assert page.locator(".sl-end-items").bounding_box()["height"] > 400
    for hidden in ("recents", "key-skip", "key-flag"):
        expect(page.get_by_test_id(hidden)).to_be_hidden()
    rows.first.click()
    expect(finish).to_contain_text("Pause")


def test_the_head_counts_with_each_label(page: Page):
    head = page.locator(".sl-split")
    for count in range(3):
        expect(head).to_have_text(f"Batch 1 · test set: {count} of 20 labels")
        press(page, "0")
    page.keyboard.press("2")
    expect(head).to_have_text("Batch 1 · test set: 2 of 20 labels")
    expect(page.get_by_test_id("figures")).to_contain_text("2 today")


def test_the_first_item_of_each_batch_is_announced(page: Page):
    live = page.locator(".sl-live")
    expect(live).to_contain_text("Batch 1.")
    expect(live).to_contain_text(page.inner_text(ITEM))
    press(page, "0", 10)
    page.keyboard.press("Enter")
    expect(live).to_contain_text("Batch 2.")
    expect(live).to_contain_text(page.inner_text(ITEM))


def test_buttons_are_named_without_their_keys(page: Page):
    for name, keys in (("Not disaster-related", "0 Enter"), ("Undo", "2"), ("Skip", "k")):
        button = page.locator(".sl-card").get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-keyshortcuts", keys)


def test_chosen_columns_stand_under_the_text_and_only_addresses_are_links(
    context: BrowserContext, place: Path, show: Show
):
    names = [name for name, _ in COLUMNS]
    rows = list(zip(*(values for _, values in COLUMNS), strict=True))
    pool = [(f"t{at}", f"Text {at}", *row) for at, row in enumerate(rows)]
    task = SMALL_TASK + f'[card]\nshow = ["Gone", {", ".join(json.dumps(n) for n in names)}]\n'
    workspace = make(place, [], task)
    write_csv(place / "unlabeled_data" / "pool.csv", [("item_id", "text", *names), *pool])
    page = annotate(context, show(workspace))
    seen = {}
    for _ in rows:
        columns = page.get_by_test_id("columns")
        links = [link.get_attribute("href") for link in columns.get_by_role("link").all()]
        seen[shown(page)] = (columns.text_content(), links)
        for link in columns.get_by_role("link").all():
            assert link.get_attribute("target") == "_blank"
            assert link.get_attribute("rel") == "noopener noreferrer"
        press(page, "0")
    assert seen == {
        "t0": (f"Channel: mailPage: {rows[0][1]}", ["https://example.org/a?b=1&c=%3C2%3E"]),
        "t1": (f"Channel: {HOSTILE}Page: {rows[1][1]}", []),
        "t2": (f"Page: {rows[2][1]}", []),
        "t3": (f"Channel: phonePage: {rows[3][1]}", ["http://example.org/"]),
    }
    assert page.evaluate("window.hit") is None


def test_definitions_stay_beside_the_card_where_the_screen_is_wide(
    new_context: NewContext, place: Path, show: Show
):
    site = show(make(place, [item[:2] for item in headlines(60)], SMALL_TASK + labels(3)))
    page = annotate(new_context(viewport={"width": 1920, "height": 1080}), site)
    panel = page.get_by_test_id("definitions")
    expect(panel).to_contain_text("Kind number 2")
    expect(panel).to_contain_text("What is *2*.")
    card = page.locator(".sl-card").bounding_box()
    assert panel.bounding_box()["x"] > card["x"] + card["width"]
    expect(page.get_by_test_id("key-label-v2")).to_have_attribute("title", "What is *2*.")
    page.keyboard.press("?")
    page.keyboard.press("?")
    press(page, "1")
    expect(panel).to_be_visible()
    page.keyboard.press("d")
    press(page, "1")
    expect(panel).to_be_hidden()
    page.keyboard.press("d")
    page.set_viewport_size({"width": 1280, "height": 1000})
    expect(panel).to_be_hidden()
    page.keyboard.press("d")
    under = page.get_by_test_id("key-save").bounding_box()
    page.wait_for_function(  # below the actions, where it covers nothing that one reads
        "bottom => document.querySelector('.sl-definitions').getBoundingClientRect().top >= bottom",
        arg=under["y"] + under["height"],
    )


def test_where_nothing_is_defined_the_panel_says_how_to(
    context: BrowserContext, place: Path, show: Show
):
    task = SMALL_TASK + labels(2).replace('description = "What is *1*."', "").replace(
        'description = "What is *2*."', ""
    )
    page = annotate(context, show(make(place, [item[:2] for item in headlines(60)], task)))
    page.keyboard.press("d")
    panel = page.get_by_test_id("definitions")
    expect(panel).to_contain_text("No definitions yet.")
    panel.get_by_role("link").click()
    page.wait_for_url("**/data?**")


BALANCED = """([count, width, most]) => {
    const boxes = [...document.querySelectorAll(".sl-label")].map(x => x.getBoundingClientRect());
    const rows = new Map();
    for (const { y } of boxes) rows.set(y, (rows.get(y) ?? 0) + 1);
    const sizes = [...rows.values()];
    return innerWidth === width && boxes.length === count
        && new Set(boxes.map(box => box.height)).size === 1
        && Math.max(...sizes) - Math.min(...sizes) <= 1 && Math.max(...sizes) <= most;
}"""


@pytest.mark.parametrize("count", range(2, 10))
def test_rows_of_labels_are_balanced(new_context: NewContext, place: Path, show: Show, count: int):
    site = show(make(place, [item[:2] for item in headlines(60)], SMALL_TASK + labels(count)))
    page = annotate(new_context(), site)
    press(page, "1")
    assert page.locator(".sl-count").all_inner_texts() == ["1", *["0"] * (count - 1)]
    for width, height, most in ((390, 844, 3), (1280, 800, 5), (1920, 1080, 5)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(BALANCED, arg=[count, width, most])


@pytest.mark.parametrize(("width", "height", "count"), [(640, 400, 6), (390, 844, 7)])
def test_every_button_is_in_sight_in_a_small_window(
    new_context: NewContext, place: Path, show: Show, width: int, height: int, count: int
):
    site = show(make(place, [item[:2] for item in headlines(60)], SMALL_TASK + labels(count)))
    page = annotate(new_context(viewport={"width": width, "height": height}), site)
    in_sight = (
        "[...document.querySelectorAll('.sl-label, .sl-action')].every(each => "
        "each.getBoundingClientRect().bottom <= innerHeight)"
    )
    page.wait_for_function(in_sight)
    assert page.locator(ITEM).bounding_box()["height"] > 40
    expect(progress(page)).to_be_visible()
    press(page, "1", 10)
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    if height > 400:  # in a lower one the page scrolls to them
        page.wait_for_function(in_sight)


def test_another_name_is_told(page: Page):
    field = page.get_by_role("textbox", name="Your name")
    field.fill("Bob")
    field.press("Enter")
    expect(page.get_by_text("You are now labeling as Bob.")).to_be_visible()


@pytest.mark.parametrize("is_here", [True, False])
def test_a_split_is_complete_in_its_own_workspace_only(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, is_here: bool
):
    monkeypatch.setenv("SUNLIGHT_DATA", str(workspace.path))
    page = AppTest.from_file(str(ROOT / "pages" / "annotate.py"), default_timeout=TIMEOUT)
    page.query_params["annotator"] = "ann"
    before = workspace.path if is_here else workspace.path.parent
    page.session_state["split"] = ("validation", before)
    page.run()
    told = [toast.value for toast in page.toast]
    assert told == (["The validation set is complete. Next: test set."] if is_here else [])

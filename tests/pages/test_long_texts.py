"""Texts of many pages on the annotation card: how one reads them, in a real Chromium."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace
from tests.browser import ITEM, press, shown
from tests.conftest import OBJECTS, PLACES, SMALL_TASK, SUBJECTS, VERBS, NewContext, Show
from tests.pages.test_card import CONTRASTS, TEXT_CONTRAST, annotate, make
from tests.server import Site

pytestmark = pytest.mark.browser

SIZES = [(390, 844), (1280, 800), (1920, 1080)]

SPACE_LABEL = """
[[labels]]
value = "1"
name = "Yes"
file = "related.csv"
key = " "
positive = true
[[labels]]
value = "0"
name = "No"
file = "not_related.csv"
key = "0"
"""

LONGEST_LINE = """node => {
  const range = document.createRange();
  const lines = new Map();
  let text = node;
  while (text.firstChild) text = text.firstChild;
  for (let at = 0; at < text.length; at += 1) {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const { top } = range.getBoundingClientRect();
    lines.set(top, (lines.get(top) ?? 0) + 1);
  }
  return Math.max(...lines.values());
}"""

LAST_LETTER = """node => {
  const range = document.createRange();
  let text = node;
  while (text.lastChild) text = text.lastChild;
  range.setStart(text, text.length - 1);
  range.setEnd(text, text.length);
  const { top, bottom } = range.getBoundingClientRect();
  return [top, bottom];
}"""


@pytest.fixture
def workspace(place: Path) -> Workspace:
    return make(place, [(f"t{at}", document(2_000, at)) for at in range(5)])


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    return annotate(context, site)


def document(words: int, seed: int) -> str:
    """So many words in sentences and paragraphs."""
    draw = Random(seed)
    all_words = [*SUBJECTS, *VERBS, *OBJECTS, *PLACES]
    drawn = [draw.choice(all_words) for _ in range(words)]
    sentences = [" ".join(drawn[at : at + 12]).capitalize() + "." for at in range(0, words, 12)]
    paragraphs = [" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5)]
    return "\n\n".join(paragraphs)


def top(page: Page) -> float:
    """How far the text is scrolled."""
    return page.locator(ITEM).evaluate("node => node.scrollTop")


def page_top(page: Page) -> float:
    """How far the page is scrolled around the card."""
    return page.get_by_test_id("stMain").evaluate("node => node.scrollTop")


def scrolled_to(page: Page, place: float) -> None:
    page.wait_for_function(
        "([item, place]) => Math.abs(document.querySelector(item).scrollTop - place) < 2",
        arg=[ITEM, place],
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_text_of_two_thousand_words_is_read_to_its_end_with_the_space_key(
    new_context: NewContext, site: Site, width: int, height: int
):
    page = annotate(new_context(viewport={"width": width, "height": height}), site)
    text, more = page.locator(ITEM), page.get_by_test_id("more")
    box = text.bounding_box()
    assert box["height"] >= 0.4 * height
    assert float(text.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 16
    assert text.evaluate(LONGEST_LINE) <= 70
    expect(more).to_be_visible()
    expect(text).to_have_attribute("tabindex", "0")
    places = [top(page)]
    while more.is_visible():
        page.keyboard.press("Space")
        page.wait_for_function("([item, old]) => document.querySelector(item).scrollTop > old",
                               arg=[ITEM, places[-1]])  # fmt: skip
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        places.append(top(page))
    # No line is passed over, and the last one is whole in sight.
    steps = [after - before for before, after in pairwise(places)]
    assert max(steps) < box["height"]
    upper, lower = text.evaluate(LAST_LETTER)
    assert box["y"] <= upper < lower <= box["y"] + box["height"]
    page.keyboard.press("Space")  # nothing more but a line's lower edge: the page stays
    assert top(page) - places[-1] <= 8
    assert page_top(page) == 0
    press(page, "0")
    expect(more).to_be_visible()
    assert (top(page), text.bounding_box()) == (0, box)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_labels_stay_in_sight_below_a_long_text(
    new_context: NewContext, site: Site, width: int, height: int, scheme: str
):
    size = {"width": width, "height": height}
    page = annotate(new_context(viewport=size, color_scheme=scheme), site)
    expect(page.get_by_test_id("more")).to_be_visible()
    assert [each for each in page.evaluate(CONTRASTS) if each[0] < TEXT_CONTRAST] == []
    for low in (height, height - 120):
        page.set_viewport_size({**size, "height": low})
        page.wait_for_function(
            "low => ['label-1', 'label-0', 'skip'].every(name => document.querySelector("
            "`[data-testid=key-${name}]`).getBoundingClientRect().bottom <= low)",
            arg=low,
        )
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_key_that_scrolls_elsewhere_scrolls_the_text(page: Page):
    height = page.locator(ITEM).evaluate("node => node.clientHeight")
    page.keyboard.press("PageDown")
    first = top(page)
    assert 0.6 * height < first < height
    page.keyboard.press("PageDown")
    assert top(page) == pytest.approx(2 * first, abs=2)
    page.keyboard.press("PageUp")
    scrolled_to(page, first)
    page.keyboard.press("Shift+Space")
    scrolled_to(page, 0)
    page.keyboard.press("ArrowDown")
    step = top(page)
    assert 0 < step < 0.3 * height
    for _ in range(2):
        page.keyboard.down("ArrowDown")  # held: the second is a repeat
    page.keyboard.up("ArrowDown")
    scrolled_to(page, 3 * step)
    page.keyboard.press("ArrowUp")
    scrolled_to(page, 2 * step)
    page.keyboard.press("End")
    expect(page.get_by_test_id("more")).to_be_hidden()
    assert top(page) > 5 * height
    page.keyboard.press("Home")
    scrolled_to(page, 0)
    expect(page.get_by_test_id("more")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).to_contain_text("Read on in a long text")


def test_a_look_aside_does_not_lose_the_place(page: Page):
    item = shown(page)
    page.keyboard.press("Space")
    place = top(page)
    for keys in (["d", "Escape"], ["f", "x", "Enter"], ["?", "?"]):
        for key in keys:
            page.keyboard.press(key)
    expect(page.get_by_test_id("flagged")).to_be_visible()
    assert (shown(page), top(page)) == (item, place)
    press(page, "1")
    assert top(page) == 0
    page.keyboard.press("2")
    assert (shown(page), top(page)) == (item, 0)
    # A label in the same frame, before the browser tells of the scrolling.
    page.evaluate(
        "for (const key of [' ', '0']) document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))"
    )
    assert (shown(page) != item, top(page)) == (True, 0)


def test_what_lies_over_the_text_is_what_scrolls(context: BrowserContext, place: Path, show: Show):
    task = SMALL_TASK + f'[instructions]\ndetailed = """{document(300, 1)}"""\n'
    page = annotate(
        context, show(make(place, [(f"t{at}", document(900, at)) for at in range(9)], task))
    )
    panel = page.get_by_test_id("definitions")
    page.keyboard.press("d")
    page.keyboard.press("Space")
    assert panel.evaluate("node => node.scrollTop") > 0
    assert top(page) == 0
    page.keyboard.press("d")
    page.get_by_role("textbox", name="Your name").click()
    page.keyboard.press("PageDown")
    page.keyboard.press("Space")
    assert top(page) == 0  # keys belong to the field


def test_a_key_of_the_task_does_not_scroll(context: BrowserContext, place: Path, show: Show):
    pool = [(f"t{at}", document(500, at)) for at in range(20)]
    page = annotate(context, show(make(place, pool, SMALL_TASK + SPACE_LABEL)))
    more = page.get_by_test_id("more")
    expect(more).to_contain_text("PageDown")
    item = press(page, "Space")[0]
    assert shown(page) != item
    page.keyboard.press("PageDown")
    assert top(page) > 0


def test_short_texts_say_nothing_of_scrolling_and_leave_its_keys_to_the_page(
    context: BrowserContext, place: Path, show: Show
):
    page = annotate(context, show(make(place, [(f"t{at}", f"Text {at}") for at in range(20)])))
    expect(page.get_by_test_id("more")).to_be_hidden()
    page.evaluate("addEventListener('keydown', event => (window.isTaken = event.defaultPrevented))")
    for key in ("PageDown", "ArrowDown", "Home"):
        page.keyboard.press(key)
        assert page.evaluate("window.isTaken") is False
    page.evaluate("window.isTaken = true")
    item = shown(page)
    page.keyboard.press("Space")  # the page stays where it is
    assert (page.evaluate("window.isTaken"), shown(page)) == (True, item)
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).not_to_contain_text("Read on")


def test_a_book_is_cut_between_its_paragraphs(context: BrowserContext, place: Path, show: Show):
    long_paragraphs = "\n\n".join("council minister road " * 150 for _ in range(9))
    one_paragraph = "council minister road " * 5_000
    texts = [document(8_000, 1), long_paragraphs, "\n" + long_paragraphs + "\n\n", one_paragraph]
    pool = {f"t{at}": f"{text} {at}" for at, text in enumerate(texts)}
    page = annotate(context, show(make(place, list(pool.items()))))
    for _ in pool:
        item = shown(page)
        assert page.text_content(ITEM) == pool[item]
        parts = page.locator(f"{ITEM} .sl-part").all_text_contents()
        assert 5 < len(parts) < 40
        end = " " if pool[item].startswith(one_paragraph) else "\n"
        assert all(part.endswith(end) for part in parts[:-1])
        page.keyboard.press("End")
        expect(page.get_by_test_id("more")).to_be_hidden()
        press(page, "0")

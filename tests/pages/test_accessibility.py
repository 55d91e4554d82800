"""Every page and tab in a real browser: rules of axe-core, contrast in charts, focus that is seen.

Light and dark share a visit: the page changes with the system, as it does at dusk.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace
from tests.browser import settled
from tests.pages.test_pages import PAGES
from tests.server import Site

pytestmark = pytest.mark.browser

AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js")

LEAST = 4.5
"""Contrast of text, by WCAG 2.2."""

NOT_OURS = {("presentation-role-conflict", "stFileUploaderDropzone")}
"""Streamlit's drop zone is hidden from assistive technology and has a label nevertheless; the
button within it is what one uses. Nothing on our side changes that."""

BROKEN = """async (rules) => (await axe.run(rules ? { runOnly: rules } : {})).violations.flatMap(
  ({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
    [id, html.slice(0, 300), [...any, ...all, ...none][0]?.message ?? ""]))"""

DRAWN = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
  .every((chart) => chart.querySelector(".marks"))"""

PALE = """(least) => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, i) => a * c + (1 - a) * below[i]);
  const light = (rgb) => rgb.map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const paint = (shape) => {
    const { fill, fillOpacity, opacity } = getComputedStyle(shape);
    if (fill === "none") return null;
    const [r, g, b, a = 1] = parts(fill);
    return [r, g, b, a * fillOpacity * opacity];
  };
  const page = parts(getComputedStyle(document.querySelector('[data-testid="stApp"]'))
    .backgroundColor);
  const pale = [];
  for (const text of document.querySelectorAll("svg.marks text")) {
    const { left, top, width, height } = text.getBoundingClientRect();
    if (!text.textContent.trim() || !width) continue;
    // Of all shapes below it, those that it stands upon, from the lowest up.
    const shapes = [...text.closest("svg").querySelectorAll("path, rect")].filter((shape) => {
      const box = shape.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      return box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
    });
    const ground = shapes.map(paint).filter(Boolean).reduce((below, c) => over(c, below), page);
    const lights = [paint(text), null].map((c) => light(c ? over(c, ground) : ground));
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (contrast < least) pale.push([text.textContent, contrast]);
  }
  return pale;
}"""

FOCUS = """() => {
  let on = document.activeElement;
  while (on?.shadowRoot?.activeElement) on = on.shadowRoot.activeElement;
  if (!on || on === document.body) return null;
  const styles = [];
  for (let at = on; at && styles.length < 5; at = at.parentElement) {
    styles.push(getComputedStyle(at));
  }
  const [own] = styles;
  const ring = own.outlineStyle !== "none" && parseFloat(own.outlineWidth) > 0;
  // A field's frame takes the primary color, which is that of its caret.
  const frame = on.matches("input, textarea")
    && styles.some(({ borderColor }) => /rgb\\(1(80, 83, 9|94, 87, 12)\\)/.test(borderColor));
  // The chosen cell of a table is drawn, with a frame, by the canvas that it stands in.
  const drawn = on.matches("canvas [aria-selected='true']");
  return [on.outerHTML.slice(0, 200), ring || own.boxShadow !== "none" || frame || drawn];
}"""


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    return demo_in_app


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.emulate_media(color_scheme=None)


def views(page: Page) -> Iterator[str]:
    """Opens each tab of the page, or shows the page itself where it has none."""
    tabs = page.get_by_role("tab")
    for name in tabs.all_inner_texts() or [""]:
        if name:
            page.get_by_role("tab", name=name, exact=True).click()
        settled(page)
        page.wait_for_function(DRAWN)
        yield name


def broken(page: Page, rules: list[str] | None = None) -> list[list[str]]:
    """What breaks a rule of axe, but for what is not ours; or a chart's text that is too pale."""
    found = page.evaluate(BROKEN, rules)
    pale = [["chart text", *map(str, each)] for each in page.evaluate(PALE, LEAST)]
    ours = [one for one in found if not any(i == one[0] and part in one[1] for i, part in NOT_OURS)]
    return ours + pale


@pytest.mark.parametrize("name", [*PAGES, "sunlight?size=1"])
def test_axe_finds_nothing_and_every_text_has_contrast_in_light_and_dark(
    name: str, page: Page, site: Site
):
    path, _, query = name.removeprefix("home").partition("?")
    page.goto(site.at(path, f"annotator=ann&{query}"))
    page.wait_for_selector('[data-testid="stMainBlockContainer"]')
    settled(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for view in views(page):
        assert broken(page) == [], view
        page.emulate_media(color_scheme="dark")
        assert broken(page, ["color-contrast"]) == [], f"{view}, dark"
        page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("name", ["Label many", "Second opinions"])
def test_a_button_of_what_is_open_has_the_color_of_texts_in_the_dark(
    page: Page, site: Site, name: str
):
    page.emulate_media(color_scheme="dark")
    page.goto(site.at("sunlight", "annotator=ann"))
    button = page.get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_have_css("color", "rgb(240, 238, 233)")


def test_wherever_the_focus_goes_it_is_seen(page: Page, site: Site):
    page.goto(site.at("strategies", "annotator=ann"))
    page.add_style_tag(content="* { transition: none !important }")
    page.wait_for_selector('[data-testid="stDataFrame"] canvas')
    settled(page)
    page.wait_for_function(DRAWN)
    seen = []
    while len(seen) < 90:
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    assert [each[0] for each in seen if each and not each[1]] == []
    stops = "".join(each[0] for each in seen if each)
    for part in ("stSidebarNavLink", "elementToolbar", "<canvas", "<summary", "<input"):
        assert part in stops

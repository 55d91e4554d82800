"""A figure in a real browser: it is drawn, and what is downloaded of it is what is seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.server import Server

pytestmark = pytest.mark.browser

SCRIPT = """
import altair as alt
import pandas as pd
import streamlit as st
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.metrics.charts import confusion, curves

def dots(field):
    # Points over the rows that come, and a rule that is the chart's own.
    chart = alt.Chart(POINTS).mark_point().encode(
        x="labels:Q", y=f"{field}:Q", tooltip=[f"{field}:Q"]
    )
    rule = alt.Chart(alt.InlineData(values=[{"labels": 2}])).mark_rule().encode(x="labels:Q")
    return chart + rule

rows = {"labels": [1, 2, 3], "score": [0.5, -0.25, 1.0], "=who": ["=1+1", "b", None]}
few = pd.DataFrame(rows)
many = pd.concat([few] * 700)
for name, data in (("few", few), ("many", many)):
    show_figure(name, f"Scores <of> {name}", "Higher is better.", dots, data, "score")
names = ("Disaster-related", "Not disaster-related, but about a summer of unusualweatherphenomena")
cells = [(row, column, 7, 0.5) for row in names for column in names]
columns = ["true label", "predicted", "items", "share of row"]
half = st.columns(2)[0]
with half:
    show_figure("cells", "Mixed up", "", confusion, pd.DataFrame(cells, columns=columns), names)
curve = {"false positive rate": [0, 0, 1], "true positive rate": [0, 1, 1]}
curve |= {"threshold": [1, 0.5, 0], "place": [0, 1, 2]}
show_figure("curve", "ROC", "", curves, pd.DataFrame(curve), *list(curve)[:2])
"""

BOXES = """(selector) => [...document.querySelectorAll(selector)].map((part) => {
  const { left, right, top, bottom } = part.getBoundingClientRect();
  return { left, right, top, bottom };
})"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the script alone."""
    folder = tmp_path_factory.mktemp("figures")
    (folder / "app.py").write_text(SCRIPT)
    server = Server(folder, folder / "server.log", folder / "app.py")
    yield server
    server.stop()
    assert "Traceback" not in server.log()


@pytest.fixture
def page(context: BrowserContext, figures: Server) -> Page:
    page = context.new_page()
    page.goto(figures.url)
    page.wait_for_selector(".st-key-few svg.marks")
    return page


def saved(page: Page, button: Locator) -> bytes:
    """The content of the file that a press on this button downloads."""
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_bytes()


def picture(page: Page, figure: str) -> bytes:
    """The PNG that Streamlit's toolbar over the chart gives."""
    of_figure = page.locator(f".st-key-{figure}")
    of_figure.locator(".marks").hover()
    return saved(page, of_figure.get_by_role("button", name="Download as PNG"))


def colors_of(page: Page, png: bytes) -> int:
    """The number of different colors of a picture, as the browser reads it."""
    return page.evaluate(
        """async (bytes) => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, image.width, image.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }""",
        list(png),
    )


def test_a_figure_is_downloaded_as_a_picture(page: Page):
    expect(page.get_by_text("Higher is better.").first).to_be_visible()
    drawn = page.locator('.st-key-few [aria-roledescription="point"]')
    expect(drawn).to_have_count(3)
    assert colors_of(page, picture(page, "few")) > 10


def test_a_chart_of_many_points_is_painted_and_has_a_picture_too(page: Page):
    page.wait_for_selector(".st-key-many canvas.marks")
    assert colors_of(page, picture(page, "many")) > 10


def test_the_words_of_a_confusion_matrix_are_at_their_rows_and_columns(page: Page):
    page.wait_for_selector(".st-key-cells svg.marks")
    boxes = page.evaluate(BOXES, ".st-key-cells .mark-rect.role-mark path")
    words = page.evaluate(BOXES, ".st-key-cells .role-axis-label text")
    assert (len(boxes), len(words)) == (4, 4)
    left, right = sorted({round(box["left"]) for box in boxes})
    upper, lower = sorted({round(box["top"]) for box in boxes})
    columns, rows = words[:2], words[2:]
    for word, start in zip(columns, (left, right), strict=True):
        assert start - 1 <= word["left"] < word["right"] <= start + right - left + 1
        assert word["top"] >= 2 * lower - upper - 1
    for word, start in zip(rows, (upper, lower), strict=True):
        assert start - 1 <= word["top"] < word["bottom"] <= start + lower - upper + 1
        assert word["right"] <= left


def test_a_roc_curve_is_square_and_its_numbers_are_under_their_lines(page: Page):
    page.wait_for_selector(".st-key-curve svg.marks")
    (curve,) = page.evaluate(BOXES, ".st-key-curve .mark-line.role-mark path")
    assert curve["right"] - curve["left"] == pytest.approx(curve["bottom"] - curve["top"], abs=1)
    numbers = page.evaluate(BOXES, ".st-key-curve .role-axis-label text")
    ends = [(box["left"] + box["right"]) / 2 for box in numbers[: len(numbers) // 2]]
    assert ends[0] == pytest.approx(curve["left"], abs=3)
    assert ends[-1] == pytest.approx(curve["right"], abs=3)

"""Takes the README's screenshots of every page, with the demo in it.

    python -m tests.screenshots.make [--out DIR] [--width 1280] [--batches 10] [--only data]

The demo is `data/sample`, labeled by its true labels; two more people label some of its items, with
errors. Needs what the browser tests need.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from core.analysis.simulation import make_demo
from core.sampling.second_opinions import ask_about_random
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.server import CHROMIUM_FLAGS, Server, find_chromium
from tests.teams import Team

SCHEMES = ("light", "dark")
SETTLE = 1_500
"""Milliseconds for charts to be drawn after the page's script has run."""


@dataclass(frozen=True)
class Shot:
    """A picture: which page, with what in its address, how high, and what is done before it."""

    name: str
    page: str
    query: str = ""
    height: int = 800
    prepare: Callable[[Page], None] = lambda page: None


def label_some(page: Page) -> None:
    """Four keys on the card."""
    page.wait_for_selector('[data-testid="item-text"][data-item-id]')
    for key in ("Enter", "1", "Enter", "Enter"):
        page.keyboard.press(key)


def open_tab(name: str) -> Callable[[Page], None]:
    """What opens the tab of this name, with what is in it on the screen."""

    def prepare(page: Page) -> None:
        tab = page.get_by_role("tab", name=name, exact=True)
        tab.click()
        page.wait_for_timeout(SETTLE)
        tab.evaluate("tab => tab.scrollIntoView({block: 'start'})")

    return prepare


def select_some(page: Page) -> None:
    """The first rows of the list, by their boxes."""
    grid = page.get_by_test_id("stDataFrame")
    grid.wait_for()
    page.wait_for_timeout(SETTLE)
    for row in range(3):
        grid.click(position={"x": 20, "y": 55 + 35 * row})
        page.wait_for_timeout(SETTLE)


def wait_for_the_estimate(page: Page) -> None:
    page.get_by_text("are still unlabeled").first.wait_for()


SHOTS = (
    Shot("home", ""),
    Shot("annotate", "annotate", prepare=label_some),
    Shot("sunlight", "sunlight", "size=1&seed=12", 1_250),
    Shot("sunlight-list", "sunlight", "order=up&sort=confidence", 1_050, select_some),
    Shot("review", "review", height=1_500),
    Shot("review-second-look", "review", height=1_000, prepare=open_tab("Second look")),
    Shot("strategies", "strategies", height=900, prepare=wait_for_the_estimate),
    Shot("metrics", "metrics", height=1_500),
    Shot("metrics-probabilities", "metrics", height=900, prepare=open_tab("Probabilities")),
    Shot("review-disagreements", "review", prepare=open_tab("Disagreements")),
    Shot("quality", "quality", height=1_500),
    Shot("quality-people", "quality", height=1_300, prepare=open_tab("People")),
    Shot("data", "data", prepare=open_tab("Export")),
)


def ask_others(demo: Path, number: int = 120) -> None:
    """Two people label so many random items of the demo once more, with errors."""
    workspace = open_workspace(demo)
    truth = {item.item_id: item.label for item in read_snapshot(workspace).labels.items}
    began = datetime.now(UTC) - timedelta(days=1, hours=3)
    team = Team(demo, truth, {"ben": 0.04, "carla": 0.1}, clock=began)
    number = ask_about_random(workspace, number, people=1 + len(team.errors))
    for person in team.errors:
        given = 0
        while given < number:
            given += len(team.held_by(team.label_batch(person)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes screenshots of every page.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    parser.add_argument("--batches", type=int, default=10, help="of active learning in the demo")
    parser.add_argument("--only", help="the name of one picture")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Path(folder) / "demo"
        make_demo(demo, batches=options.batches)
        ask_others(demo)
        server = Server(demo, Path(folder) / "log")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        try:
            for scheme in SCHEMES:
                for shot in SHOTS:
                    if options.only not in (None, shot.name):
                        continue
                    take(browser, server.url, shot, scheme, options)
        finally:
            browser.close()
            server.stop()


def take(browser: Browser, url: str, shot: Shot, scheme: str, options: argparse.Namespace) -> None:
    """The picture in this color scheme, by a visitor of its own."""
    context = browser.new_context(
        viewport={"width": options.width, "height": shot.height},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{url}/{shot.page}?annotator=maria&{shot.query}")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    shot.prepare(page)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=options.out / f"{shot.name}-{scheme}-{options.width}.png")
    context.close()


if __name__ == "__main__":
    main()

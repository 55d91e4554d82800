"""Takes the README's screenshots of every page, with the demo in it.

    python -m tests.screenshots.make [--out tests/screenshots] [--width 1280]

Needs what the browser tests need.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from core.simulation import make_demo
from tests.server import CHROMIUM_FLAGS, Server, find_chromium

PAGES = ("home", "annotate", "sunlight", "review", "strategies", "metrics", "data")
SCHEMES = ("light", "dark")
HEIGHT = 800
SETTLE = 1_500
"""Milliseconds for charts to be drawn after the page's script has run."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes screenshots of every page.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Path(folder) / "demo"
        make_demo(demo)
        server = Server(demo, Path(folder) / "log")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        try:
            for scheme in SCHEMES:
                take(browser, server.url, scheme, options.width, options.out)
        finally:
            browser.close()
            server.stop()


def take(browser: Browser, url: str, scheme: str, width: int, out: Path) -> None:
    """One picture of each page in this color scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )
    for name in PAGES:
        page = context.new_page()
        address = "" if name == "home" else name
        page.goto(f"{url}/{address}?annotator=maria&seed=4")
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        if name == "annotate":
            page.wait_for_selector('[data-testid="item-text"][data-item-id]')
            for key in ("Enter", "1", "Enter", "Enter"):
                page.keyboard.press(key)
        page.wait_for_timeout(SETTLE)
        page.screenshot(path=out / f"{name}-{scheme}-{width}.png")
        page.close()
    context.close()


if __name__ == "__main__":
    main()

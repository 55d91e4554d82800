"""Keys that a label takes among 77: letters of its name, and a digit of what they find.

    python -m tests.benchmarks.presses [--items 200]

Made-up questions of a bank's customers, the real server, real keys in one real Chromium. What is
wanted is known; where its label has no key, letters of its name are typed (after `/`, if the first
one is a key) until it is among the first ten that the card finds, and then its digit. Every answer
on disk is compared with the wanted one. The first batch of twenty is not counted: by then the card
knows which labels come often.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from core.workspace.layout import open_workspace
from core.workspace.logs import read_logs
from tests.bank import bank_questions, bank_task
from tests.benchmarks.table import machine, print_table
from tests.browser import ITEM, all_saved, shown
from tests.conftest import write_csv
from tests.server import CHROMIUM_FLAGS, Server, find_chromium

BATCH = 20
MATCHES = """() => [...document.querySelectorAll('[data-testid="find-match"]')]
  .map((match) => match.dataset.value)"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Keys that a label takes among 77.")
    parser.add_argument("--items", type=int, default=200, help="that are labeled")
    parser.add_argument("--each", action="store_true", help="print the presses of every item")
    options = parser.parse_args()
    rows = []
    for name, evenly in (("a few labels have most items", False), ("all labels alike", True)):
        presses, wrong = measure(options.items, evenly=evenly)
        later = [number for _, number in presses[BATCH:]]
        shares = [f"{sum(number == n for number in later) / len(later):.0%}" for n in (1, 2, 3)]
        rows.append([name, str(len(later)), f"{median(later):g}", f"{mean(later):.2f}", *shares,
                     str(max(later)), str(wrong)])  # fmt: skip
        if options.each:
            print(*(f"{number} {value}" for value, number in presses), sep="\n")
    print_table(("questions", "items", "median", "mean", "1", "2", "3", "most", "wrong"), rows)
    print(f"\n{machine()}")


def measure(items: int, *, evenly: bool) -> tuple[list[tuple[str, int]], int]:
    """(value, presses) of each item in turn, and how many rows on disk say something else."""
    questions = bank_questions(items + BATCH, evenly=evenly)
    wanted = {item: label for item, _, label in questions}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bank"
        rows = [("item_id", "text"), *((item, text) for item, text, _ in questions)]
        write_csv(path / "unlabeled_data" / "pool.csv", rows)
        (path / "task.toml").write_text(bank_task(), encoding="utf-8")
        server = Server(path, Path(folder) / "log")
        try:
            presses = label_all(server.url, wanted, items)
        finally:
            server.stop()
        logs = read_logs(*open_workspace(path).logs)
        given = {event.item_id: event.label for event in logs.events if event.action == "label"}
    return presses, items - sum(wanted[item] == label for item, label in given.items())


def label_all(url: str, wanted: Mapping[str, str], items: int) -> list[tuple[str, int]]:
    """Labels so many items, batch after batch."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.goto(f"{url}/annotate?annotator=ann")
        found = []
        while len(found) < items:
            value = wanted[shown(page)]
            found.append((value, press_for(page, value)))
            if len(found) % BATCH == 0:
                all_saved(page)
                page.keyboard.press("Enter")
                page.wait_for_function(FRESH, arg=BATCH)
        all_saved(page)
        browser.close()
        return found


FRESH = f"""(size) => document.querySelector('[data-testid="progress"]')?.textContent ===
  `1 of ${{size}}` && document.querySelector('{ITEM}').dataset.itemId"""


def press_for(page: Page, value: str) -> int:
    """Gives a label as somebody would who knows its name; the keys that this took."""
    button = page.get_by_test_id(f"key-label-{value}")
    if button.count():
        page.keyboard.press(button.locator("kbd").first.inner_text())
        return 1
    name = value.replace("_", " ")
    opening = "/" * page.locator(f'.sl-action[aria-keyshortcuts="{name[0]}"]').count()
    for presses, key in enumerate(opening + name, start=1):
        page.keyboard.press("Space" if key == " " else key)
        matches = page.evaluate(MATCHES)[:10]
        if key != "/" and value in matches:
            page.keyboard.press(str((matches.index(value) + 1) % 10))
            return presses + 1
    raise ValueError(f"{value} is not found by its name")


if __name__ == "__main__":
    main()

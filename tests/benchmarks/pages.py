"""What a person waits for on the pages over a large pool, and what a session costs the server.

    python -m tests.benchmarks.pages --items 1000000 [--no-browser]

The pool is made up (`tests.benchmarks.generated`), labels are the sample's. First the questions
that the pages ask of the tables, each many times and each time another: words and phrases are
taken out of random items, so common words come as often as people meet them. Then the app itself in
a real browser, every session with a profile of its own that has loaded nothing before. An empty
Streamlit page stands beside it: what Streamlit and the browser take on this machine.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from core.pool.splitting import words_of
from core.query.tables import UNLABELED, Filters, Tables, pool_columns
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.benchmarks.chapter import csv_pass
from tests.benchmarks.generated import write_labels, write_pool
from tests.benchmarks.table import machine, print_table
from tests.server import APP, CHROMIUM_FLAGS, Server, find_chromium

HEAD = ("what", "p50", "p95", "p95 of the yardstick")

TURNS = 100
"""Times that each question is asked."""

DRAWN, SHOWN_FIRST = 50, 100

SESSIONS, PRESSES = 10, 20

AT_REST = '[data-testid="stApp"][data-test-script-state="notRunning"]'
LAST_ELEMENT = {
    "": '[data-testid="stVegaLiteChart"] :is(canvas, svg)',
    "sunlight": '[data-testid="item"]',
}
"""What is drawn last on a page."""

EMPTY_PAGE = "import streamlit as st\nst.title('Empty')\n"


@dataclass(frozen=True)
class Words:
    """Queries out of the pool: for each turn another."""

    word: Sequence[str]
    two_words: Sequence[str]
    phrase: Sequence[str]


def main() -> None:
    parser = argparse.ArgumentParser(description="Waits on the pages over a large pool.")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--no-browser", action="store_true", help="only the tables' questions")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="sunlight-benchmark-") as parent:
        folder = Path(parent) / "workspace"
        write_pool(folder / "unlabeled_data" / "pool.csv", options.items)
        write_labels(folder)
        yardstick = csv_pass(folder)
        rows = table_rows(folder, yardstick)
        if not options.no_browser:
            rows += browser_rows(folder, yardstick)
    print(f"{options.items:,} items; {machine()}")
    print(f"yardstick: one pass of Python's csv over the pool, {yardstick:.3f} s\n")
    print_table(HEAD, rows)


def table_rows(folder: Path, yardstick: float) -> list[list[str]]:
    """A row for the making of the tables, and one for each question that the pages ask of them."""
    snapshot = read_snapshot(open_workspace(folder))
    began = time.perf_counter()
    columns = pool_columns(snapshot)
    rows = [once("read lengths, cold", time.perf_counter() - began, yardstick)]
    tables, words = Tables(snapshot, columns), queries(snapshot)

    def draw(filters: Filters, seed: int) -> None:
        tables.items(tables.rows(filters).draw(DRAWN, seed))

    def first(filters: Filters) -> None:
        tables.items(tables.rows(filters).first(SHOWN_FIRST))

    questions: dict[str, Callable[[int], object]] = {
        "tables of a new state": lambda _: Tables(snapshot, columns),
        "random draw": lambda turn: draw(Filters(), turn),
        "random draw, unlabeled": lambda turn: draw(Filters((UNLABELED,)), turn),
        "counts": lambda _: tables.counts(tables.rows(Filters())),
        "a word: count, first hundred": lambda turn: first(holding(words.word[turn])),
        "a word: random draw": lambda turn: draw(holding(words.word[turn]), turn),
        "a word: counts": lambda turn: tables.counts(tables.rows(holding(words.word[turn]))),
        "two words": lambda turn: first(holding(words.two_words[turn])),
        "a phrase": lambda turn: first(holding(words.phrase[turn])),
        "the two commonest words": lambda _: first(holding(commonest(snapshot))),
    }
    return rows + [asked(name, question, yardstick) for name, question in questions.items()]


def queries(snapshot: Snapshot) -> Words:
    """Words of random items, seeded."""
    draw = np.random.default_rng(0)
    pool = snapshot.pool_words.pool
    texts = pool.texts.take(draw.choice(len(pool), 4 * TURNS)).to_pylist()
    split = [words for words in map(words_of, texts) if len(words) > 1][:TURNS]
    at = [int(draw.integers(len(words) - 1)) for words in split]
    return Words(
        [words[place] for words, place in zip(split, at, strict=True)],
        [f"{words[place]} {words[-1]}" for words, place in zip(split, at, strict=True)],
        [f'"{words[place]} {words[place + 1]}"' for words, place in zip(split, at, strict=True)],
    )


def commonest(snapshot: Snapshot, number: int = 2) -> str:
    """The words that occur most often in the first items of the pool."""
    counts = np.bincount(snapshot.pool_words.word_bags.ids[:100_000])
    return " ".join(snapshot.pool_words.words.take(np.argsort(-counts)[:number]).to_pylist())


def holding(words: str) -> Filters:
    """All items that hold these words."""
    return Filters(words=words)


def once(name: str, seconds: float, yardstick: float) -> list[str]:
    return [name, told(seconds), "", f"{seconds / yardstick:.3f}"]


def asked(name: str, question: Callable[[int], object], yardstick: float) -> list[str]:
    """The question's row: asked so many times, each time with another turn."""
    return spread(
        name, [timed(lambda turn=turn: question(turn)) for turn in range(TURNS)], yardstick
    )


def spread(name: str, seconds: Sequence[float], yardstick: float) -> list[str]:
    high = quantiles(seconds, n=20, method="inclusive")[18]
    return [name, told(median(seconds)), told(high), f"{high / yardstick:.3f}"]


def told(seconds: float) -> str:
    return f"{1_000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def browser_rows(folder: Path, yardstick: float) -> list[list[str]]:
    """Rows of the app in a browser: its start, first pages, presses; and memory a session."""
    rows = []
    script = folder.parent / "empty.py"
    script.write_text(EMPTY_PAGE, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        empty = Server(folder, folder.parent / "empty.log", script)
        try:
            pages = [opened(browser, empty) for _ in range(SESSIONS)]
            rows.append(spread("an empty Streamlit page", [wait for _, wait in pages], yardstick))
            for page, _ in pages:
                page.context.close()  # else they look for their server while others are measured
        finally:
            empty.stop()
        began = time.perf_counter()
        server = Server(folder, folder.parent / "server.log")
        rows.append(once("start of the server", time.perf_counter() - began, yardstick))
        try:
            rows += session_rows(browser, server, yardstick)
        finally:
            server.stop()
    return rows


def session_rows(browser: Browser, server: Server, yardstick: float) -> list[list[str]]:
    """One session after the other, all of them left open; then presses in the last of them."""
    _, seconds = opened(browser, server)
    rows = [once("Home, first session", seconds, yardstick)]
    opened(browser, server, "sunlight")
    before = private_memory(server.process.pid)
    waits = [opened(browser, server)[1] for _ in range(SESSIONS)]
    rows.append(spread("Home, further sessions", waits, yardstick))
    pages = [opened(browser, server, "sunlight") for _ in range(SESSIONS)]
    rows.append(spread("Sunlight, further sessions", [wait for _, wait in pages], yardstick))
    grown = private_memory(server.process.pid) - before
    page = pages[-1][0]
    presses = [timed(lambda: press_random(page)) for _ in range(PRESSES)]
    rows.append(spread("Random pressed, to the last item", presses, yardstick))
    rows.append(["memory of a further session", f"{grown / (2 * SESSIONS):.1f} MB", "", ""])
    return rows


def opened(browser: Browser, server: Server, name: str = "") -> tuple[Page, float]:
    """A page in a new session, and the seconds to its last element."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(f"{server.url}/{name}")
    page.wait_for_selector("h1")
    page.wait_for_selector(AT_REST)
    if server.script == APP:
        page.wait_for_selector(LAST_ELEMENT[name])
    return page, time.perf_counter() - began


def press_random(page: Page) -> None:
    """Presses Random; done when the new items stand there."""
    before = page.url
    page.locator(".st-key-random button").click()
    page.wait_for_function("before => location.href !== before", arg=before)
    page.wait_for_selector(AT_REST)
    page.wait_for_selector(LAST_ELEMENT["sunlight"])


def private_memory(pid: int) -> float:
    """MB that the process has written and shares with nobody; 0.0 where there is no `/proc`."""
    file = Path(f"/proc/{pid}/smaps_rollup")
    if not file.exists():
        return 0.0
    sizes = dict(line.split(":") for line in file.read_text().splitlines()[1:])
    return int(sizes["Private_Dirty"].split()[0]) / 1_024


if __name__ == "__main__":
    main()

"""Milliseconds from a key to the next headline, and keys against rows on disk, for many at once.

    python -m tests.benchmarks.annotation [--data DIR] [--sessions 1,5,20] [--rates 2,20]
                                          [--overlap 0.1]

The real server on a copy of the workspace, real key presses in one real Chromium, one browser
context a session, each session another person. All keys of a session lie within one batch; what
happens between two batches is not measured here. With `--overlap` somebody has labeled before, and
so much of that comes to the sessions as second opinions.

*Key to paint* is measured in the page, from the key event's own time to the first task after the
frame in which the next headline stands. It includes the way from the browser's process to the
page's, waiting for the page's thread and for the next frame (16.7 ms apart), the card's work,
style, layout and paint. It excludes the keyboard, the operating system, and what comes after the
page's thread: raster, compositing, the screen. The rows named *floor* are the same keys, as many
sessions and the same texts on a page that only changes a text node: what Chromium itself takes on
this machine, with so many of it.

A session presses its next key when its last one was taken in: where the machine is too slow for
the rate, the column *reached* says so. *Early* counts keys that came before their own headline was
painted. *Wrong* is a row with another item than the one in the page at that key, or with a label
that is not that key's.
"""

import argparse
import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import cycle, pairwise
from pathlib import Path
from random import Random
from statistics import mean, quantiles

from playwright.async_api import Browser, Page, async_playwright

from core.analysis.simulation import ORACLE_NAME, label_batch
from core.sampling.next_batch import BatchRequest, propose
from core.workspace.events import Inbox
from core.workspace.layout import SAMPLE, Workspace, open_workspace
from core.workspace.logs import read_logs
from core.workspace.snapshot import read_snapshot
from core.workspace.task import Quality
from core.workspace.task_file import task_toml
from core.workspace.task_toml import parse_task
from tests.benchmarks.table import copied, machine, print_table
from tests.browser import ITEM, SAVE_STATE
from tests.server import CHROMIUM_FLAGS, Server, find_chromium
from tests.worlds import pool_of

NOTE_PRESSES = Path(__file__).with_name("annotation_page.js").read_text(encoding="utf-8")

FLOOR = """texts => {
  document.body.innerHTML = '<p data-testid="item-text" data-item-id="0"></p>';
  const headline = document.body.firstChild;
  headline.append(texts[0]);
  let at = 0;
  addEventListener("keydown", () => {
    headline.firstChild.data = texts[++at % texts.length];
    headline.dataset.itemId = String(at);
  });
}"""

SOME_ITEM = f'{ITEM}[data-item-id]:not([data-item-id=""])'
ALL_SAVED = f'{SAVE_STATE}[data-waiting="0"]'
AT_REST = '[data-testid="stApp"][data-test-script-state="notRunning"]'

LAST_FRAME = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""

LABELS = 40
"""Keys a session: fewer than the smallest batch, so that no key meets the end of one."""

KEYS_A_ROW = 80
"""At least: a row of few sessions is measured in several rounds, each by new persons."""

JITTER = 0.25
"""Keys come by the clock, up to this part of their interval earlier or later."""

PATIENCE = 60_000
"""Milliseconds."""

SEED = 7

HEAD = (
    "page", "sessions", "keys/s", "reached", "p50 ms", "p95 ms", "keys", "early", "rows",
    "lost", "doubled", "wrong", "CPU ms/label", "all acknowledged after, s",
)  # fmt: skip


@dataclass(frozen=True)
class Press:
    """One key as the page noted it; times in ms of the page's clock, `painted` None if never."""

    annotator: str
    item: str
    key: str
    at: float
    painted: float | None


@dataclass(frozen=True)
class Typed:
    """Sessions that typed side by side: their presses, in order, and seconds till all was saved."""

    sessions: list[list[Press]]
    acknowledged: float = 0.0

    @property
    def presses(self) -> list[Press]:
        return [press for session in self.sessions for press in session]


@dataclass(frozen=True)
class Tally:
    """Keys against rows of the log."""

    rows: int
    lost: int
    doubled: int
    wrong: int


@dataclass(frozen=True)
class Load:
    """What is asked of the sessions: how many at once, keys a second and keys of each."""

    sessions: int
    rate: float
    labels: int

    @property
    def rounds(self) -> int:
        return -(-KEYS_A_ROW // (self.sessions * self.labels))

    @property
    def keys(self) -> int:
        """Keys sent in all rounds."""
        return self.rounds * self.sessions * self.labels


def main() -> None:
    options = read_options()
    began = time.perf_counter()
    rows, longest, opinions = [], 0.0, 0
    for sessions in options.sessions:
        for rate in options.rates:
            load = Load(sessions, rate, options.labels)
            with copied(options.data) as folder:
                if options.overlap:
                    share_with_others(folder, options.overlap, sessions)
                app, floor, slowest = asyncio.run(measure(open_workspace(folder), load))
                opinions += opinions_in(open_workspace(folder))
            rows += [app, floor]
            longest = max(longest, slowest)
    items = len(pool_of(open_workspace(options.data), write_cache=False))
    print_table(HEAD, rows)
    print(
        f"\n{machine()}; {items:,} items; acknowledged at the latest {longest:.2f} s after the "
        f"last key; {opinions:,} keys were second opinions; measured in "
        f"{time.perf_counter() - began:.0f} s"
    )


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Key to paint, and keys against rows on disk.")
    parser.add_argument("--data", type=Path, default=SAMPLE, help="a workspace with a pool")
    parser.add_argument("--sessions", type=integers, default=[1, 5, 20], help="such as 1,5,20")
    parser.add_argument("--rates", type=integers, default=[2, 20], help="keys a second, as 2,20")
    parser.add_argument("--labels", type=int, default=LABELS, help="keys a session")
    parser.add_argument("--overlap", type=float, default=0.0, help="share of second opinions")
    options = parser.parse_args()
    size = open_workspace(options.data).task.batch_size
    if not 2 <= options.labels < size:
        parser.error(f"--labels: from 2 to {size - 1}, so that no key meets the end of a batch")
    return options


def share_with_others(folder: Path, overlap: float, sessions: int) -> None:
    """Turns second opinions on, and labels as many items as this share needs for so many people."""
    path = folder / "task.toml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    task = replace(parse_task(text, path.name), quality=Quality(overlap=overlap))
    path.write_text(task_toml(task), encoding="utf-8")
    workspace = open_workspace(folder)
    size = sessions * task.batch_size
    batch = propose(read_snapshot(workspace), "before", BatchRequest(size=size))
    values = cycle(task.values)
    label_batch(Inbox(workspace), batch, {x.item_id: next(values) for x in batch.proposals})


def opinions_in(workspace: Workspace) -> int:
    """How many labels were given as opinions."""
    logs = read_logs(*workspace.logs)
    return sum((event.batch_id, event.item_id) in logs.asked_again for event in logs.events)


def integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


async def measure(workspace: Workspace, load: Load) -> tuple[list[str], list[str], float]:
    """The app's row and the floor's, and the seconds from a last key to all acknowledged."""
    keys = {label.key: label.value for label in workspace.task.labels}
    server = Server(workspace.path, workspace.path.parent / "server.log")
    rounds, cpu = [], 0.0
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=find_chromium(), args=CHROMIUM_FLAGS
            )
            for at in range(load.rounds):
                typed, seconds = await type_in_app(browser, server, load, list(keys), at)
                rounds.append(typed)
                cpu += seconds
            texts = pool_of(workspace).texts[:200].to_pylist()
            floor = [await type_on_floor(browser, load, list(keys), texts) for _ in rounds]
            await browser.close()
    finally:
        server.stop()
    presses = [press for typed in rounds for press in typed.presses]
    tally = count(presses, load.keys, workspace, keys)
    slowest = max(typed.acknowledged for typed in rounds)
    app = [
        *times("app", load, rounds), tally.rows, tally.lost, tally.doubled, tally.wrong,
        f"{1_000 * cpu / len(presses):.1f}" if cpu else "n/a", f"{slowest:.2f}",
    ]  # fmt: skip
    return app, [*times("floor", load, floor), *"–" * 6], slowest


async def type_in_app(
    browser: Browser, server: Server, load: Load, keys: Sequence[str], round_number: int
) -> tuple[Typed, float]:
    """What was typed into the annotate page, and the server's CPU seconds meanwhile."""
    names = [f"p{round_number}-{at:02}" for at in range(load.sessions)]
    async with AsyncExitStack() as closing:
        # One after the other: each person's batch is proposed, and drawn, undisturbed.
        pages = [await open_page(browser, closing) for _ in names]
        for page, name in zip(pages, names, strict=True):
            await page.goto(f"{server.url}/annotate?annotator={name}")
            await page.wait_for_selector(SOME_ITEM)
            await page.wait_for_selector(AT_REST)
        before = cpu_seconds(server.process.pid)
        await type_side_by_side(pages, load, keys)
        ended = time.perf_counter()
        await asyncio.gather(*(page.wait_for_selector(ALL_SAVED) for page in pages))
        acknowledged = time.perf_counter() - ended
        used = cpu_seconds(server.process.pid) - before
        pairs = zip(pages, names, strict=True)
        return Typed([await noted(page, name) for page, name in pairs], acknowledged), used


async def type_on_floor(
    browser: Browser, load: Load, keys: Sequence[str], texts: Sequence[str]
) -> Typed:
    """What was typed into pages that only change a text node."""
    async with AsyncExitStack() as closing:
        pages = [await open_page(browser, closing) for _ in range(load.sessions)]
        for page in pages:
            await page.goto("about:blank")
            await page.evaluate(FLOOR, texts)
        await type_side_by_side(pages, load, keys)
        return Typed([await noted(page, "") for page in pages])


async def open_page(browser: Browser, closing: AsyncExitStack) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    closing.push_async_callback(context.close)
    context.set_default_timeout(PATIENCE)
    await context.add_init_script(NOTE_PRESSES)
    return await context.new_page()


async def type_side_by_side(pages: Sequence[Page], load: Load, keys: Sequence[str]) -> None:
    """Every page gets its keys at the load's rate, each with a beat of its own."""
    began = time.perf_counter() + 0.2
    beats = [Random(f"{SEED} {at}") for at in range(len(pages))]
    await asyncio.gather(
        *(type_keys(page, load, keys, began, beat) for page, beat in zip(pages, beats, strict=True))
    )


async def type_keys(
    page: Page, load: Load, keys: Sequence[str], began: float, beat: Random
) -> None:
    began += beat.random() / load.rate
    for at in range(load.labels):
        due = began + (at + beat.uniform(-JITTER, JITTER)) / load.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await page.keyboard.press(beat.choice(keys))


async def noted(page: Page, annotator: str) -> list[Press]:
    """What the page noted of its keys."""
    await page.evaluate(LAST_FRAME)
    found = await page.evaluate("window.presses")
    return [Press(annotator, **press) for press in found]


def times(page: str, load: Load, rounds: Sequence[Typed]) -> list[str]:
    """The row's first columns: what was asked, the rate that was reached, key to paint."""
    sessions = [session for typed in rounds for session in typed.sessions]
    presses = [press for session in sessions for press in session]
    seconds = [(session[-1].at - session[0].at) / 1_000 for session in sessions]
    rates = [(len(session) - 1) / lasted for session, lasted in zip(sessions, seconds, strict=True)]
    waits = [press.painted - press.at for press in presses if press.painted is not None]
    cuts = quantiles(waits, n=20, method="inclusive")
    early = sum(
        before.painted is None or press.at < before.painted
        for session in sessions
        for before, press in pairwise(session)
    )
    return [
        page, str(load.sessions), f"{load.rate:g}", f"{mean(rates):.1f}",
        f"{cuts[9]:.1f}", f"{cuts[18]:.1f}", str(load.keys), str(early),
    ]  # fmt: skip


def count(presses: Sequence[Press], sent: int, workspace: Workspace, keys: dict[str, str]) -> Tally:
    """Compares, person by person and item by item, the keys with the log."""
    wanted, found = defaultdict(list), defaultdict(list)
    for press in presses:
        wanted[press.annotator, press.item].append(keys.get(press.key))
    for event in read_logs(*workspace.logs).events:
        if event.annotator == ORACLE_NAME:  # what was there before
            continue
        found[event.annotator, event.item_id].append(event.label)
    lost, doubled, wrong = sent - len(presses), 0, 0
    for item in wanted.keys() | found.keys():
        pressed, written = wanted[item], found[item]
        lost += max(0, len(pressed) - len(written))
        doubled += max(0, len(written) - len(pressed)) if pressed else 0
        wrong += 0 if pressed else len(written)
        wrong += sum(one != other for one, other in zip(pressed, written, strict=False))
    return Tally(sum(map(len, found.values())), lost, doubled, wrong)


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process so far; 0.0 where there is no `/proc`."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return 0.0
    fields = status.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()

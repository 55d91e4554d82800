"""How long each interaction on the four pages makes a person wait, in a real browser.

    python -m tests.benchmarks.interactions --data DIR | --items 1000000
        [--batches N] [--turns N] [--page NAME]

A copy of DIR's pool and labels, or a made-up pool, gets iterations by `looped.py`. Then real clicks
and keys in Chromium, on the real app: each kind of interaction several times, with another value
each time as far as there are so many. What is measured is the server, by `wire.py`: from the
request to run the script to the last message of the run, with the runs that follow by themselves.
What the browser takes to draw it is not in it, but browser and server share the machine.

*First* is the first time of each kind, with the caches as cold as those before have left them; the
other columns are of the further turns. *CPU* is what the server has used for a turn, the median: a
machine that does other things makes everybody wait, but uses no more of it. The yardstick is an
empty Streamlit page with one button, on a server of its own, pressed after each turn. *Over* marks
a median above what the pages may take. Computations of their own, with progress, have a first time
only; beside them another session goes on.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from core.pool.splitting import words_of
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.benchmarks.generated import write_labels, write_pool
from tests.benchmarks.interactions import gestures as hand
from tests.benchmarks.interactions import metrics, review, strategies, sunlight
from tests.benchmarks.interactions.looped import label_batches, relabeled
from tests.benchmarks.interactions.visit import Act, Kind, Visit
from tests.benchmarks.interactions.wire import QUIET, Relay
from tests.benchmarks.table import copied, machine, print_table
from tests.server import CHROMIUM_FLAGS, Server, find_chromium

HEAD = (
    "page", "interaction", "turns", "first, ms", "p50", "p95", "CPU", "of the yardstick", "",
)  # fmt: skip

KINDS = {
    "sunlight": sunlight.KINDS,
    "review": review.KINDS,
    "strategies": strategies.KINDS,
    "metrics": metrics.KINDS,
}

LONG = {"review": ("coming batch", review.ask_for_the_coming_batch)}
"""What computes for long, by the page where it is asked for."""

TURNS = 11

BATCHES = 20

MAY_TAKE = {100_000: 150, 10**12: 300}
"""Milliseconds that a median may be, for pools of up to so many items."""

SCREEN = {"width": 1280, "height": 900}

BUTTON = "import streamlit as st\nst.title('Empty')\nst.button('Again', key='again')\n"

SHORT = 0.03
"""Seconds without a message after which a press of the yardstick is over."""

FAULT = '[data-testid="stException"]'

Clock = Callable[[], float]


@dataclass(frozen=True)
class Turn:
    """Seconds of one interaction: a person's wait, the server's CPU, the yardstick after it."""

    wait: float
    cpu: float
    yardstick: float


@dataclass(frozen=True)
class Measured:
    """The turns of one kind; or why there are none."""

    page: str
    name: str
    turns: Sequence[Turn] = ()
    note: str = ""


@dataclass(frozen=True)
class Stage:
    """A visit, the yardstick beside it, and what the visited server has used of the CPU."""

    visit: Visit
    yardstick: Clock
    cpu: Clock

    def turn(self, visit: Visit, act: Act, quiet: float = QUIET) -> Turn | None:
        """One interaction of this visit; None if it asked the server for nothing."""
        before = self.cpu()
        wait = visit.relay.answer(act, quiet)
        used = self.cpu() - before
        return None if wait is None else Turn(wait, used, self.yardstick())


def main() -> None:
    options = read_options()
    began = time.perf_counter()
    with workspace_of(options) as folder:
        label_batches(folder, options.batches)
        items = len(read_snapshot(open_workspace(folder)).pool_words.pool)
        made = time.perf_counter() - began
        print(f"{items:,} items, {options.batches} batches, made in {made:.0f} s\n", flush=True)
        found: list[Measured] = []
        try:
            log = measure(folder, options, found)
        finally:  # what was measured until a fault is worth telling
            print()
            print_table(HEAD, [row(each, items) for each in found])
    pressed = [turn.yardstick for each in found for turn in each.turns]
    print(f"\n{machine()}; the yardstick's median is {told_ms(median(pressed))} ms")
    print(f"measured in {time.perf_counter() - began - made:.0f} s")
    if "Traceback" in log:
        print(f"\nThe server has met faults:\n{log[log.index('Traceback') :][:4_000]}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Waits for each interaction on the pages.")
    parser.add_argument("--data", type=Path, help="a workspace with a pool and labels: is copied")
    parser.add_argument("--items", type=int, default=1_000_000, help="without --data: made up")
    parser.add_argument("--batches", type=int, default=BATCHES, help="active-learning batches")
    parser.add_argument("--turns", type=int, default=TURNS, help="times for each interaction")
    parser.add_argument("--page", choices=KINDS, help="only this one")
    return parser.parse_args()


@contextmanager
def workspace_of(options: argparse.Namespace) -> Iterator[Path]:
    """The folder of a workspace to write into, which is gone afterwards."""
    if options.data:
        with copied(options.data) as folder:
            yield folder
        return
    with TemporaryDirectory(prefix="sunlight-benchmark-") as parent:
        folder = Path(parent) / "workspace"
        write_pool(folder / "unlabeled_data" / "pool.csv", options.items)
        write_labels(folder)
        yield folder


def measure(folder: Path, options: argparse.Namespace, found: list[Measured]) -> str:
    """Adds all that was measured; what the server has printed."""
    pages = [options.page] if options.page else list(KINDS)
    with sync_playwright() as playwright, ExitStack() as closing:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        yardstick = closing.enter_context(yardstick_of(browser, folder))
        server = Server(folder, folder.parent / "server.log")
        closing.callback(server.stop)
        visit = closing.enter_context(visit_of(browser, server, folder))
        stage = Stage(visit, yardstick, lambda: cpu_seconds(server.process.pid))
        for page in pages:
            for name in KINDS[page]:
                found.append(shown(measured(stage, page, name, options.turns)))
        for page in LONG.keys() & pages:
            found += map(shown, side_by_side(stage, page, options.turns))
    return server.log()


def cpu_seconds(pid: int) -> float:
    """What the process has used so far, its ended threads too; 0.0 where that cannot be known."""
    if not sys.platform.startswith("linux"):
        return 0.0
    return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid(3) makes it


@contextmanager
def yardstick_of(browser: Browser, folder: Path) -> Iterator[Clock]:
    """Presses the only button of a page, and gives the seconds."""
    script = folder.parent / "empty.py"
    script.write_text(BUTTON, encoding="utf-8")
    server = Server(folder, folder.parent / "empty.log", script)
    try:
        with session_of(browser, server) as (page, relay):
            relay.answer(lambda: page.goto(relay.url))
            yield lambda: relay.answer(lambda: hand.press(page, "again"), SHORT)
    finally:
        server.stop()


@contextmanager
def session_of(browser: Browser, server: Server) -> Iterator[tuple[Page, Relay]]:
    context, relay = browser.new_context(viewport=SCREEN), Relay(server.port)
    try:
        yield context.new_page(), relay
    finally:
        context.close()
        relay.close()


@contextmanager
def visit_of(browser: Browser, server: Server, folder: Path) -> Iterator[Visit]:
    """The visit of a person, and another one's at the same time."""
    with session_of(browser, server) as (page, relay), session_of(browser, server) as other:
        visit = Visit(page, relay, words_in(folder), relabeled(folder))
        yield replace(visit, beside=replace(visit, page=other[0], relay=other[1]))


def words_in(folder: Path, number: int = 200) -> list[str]:
    """Words of items all over the pool, so common ones as often as people meet them."""
    texts = read_snapshot(open_workspace(folder)).pool_words.pool.texts
    some = texts.take(np.linspace(0, len(texts) - 1, number).astype(int)).to_pylist()
    found = [words for words in map(words_of, some) if words]
    return list(dict.fromkeys(words[len(words) // 2] for words in found))


def measured(stage: Stage, page: str, name: str, turns: int) -> Measured:
    """So many turns, or fewer where there are not so many values."""
    kind: Kind = KINDS[page][name]
    found: list[Turn] = []
    note = ""
    try:
        for act in islice(kind(stage.visit), turns):
            turn = stage.turn(stage.visit, act)
            if stage.visit.page.locator(FAULT).count():
                note = "a fault is on the page"
                break
            found += [turn] if turn else []
    except hand.NotThere as error:
        note = "" if found else f"not there: {told(error)}"
    return Measured(page, name, found, note)


def side_by_side(stage: Stage, page: str, turns: int) -> list[Measured]:
    """A long computation, and another session's random draws meanwhile.

    It is begun again, each time after another label, until there are enough draws.
    """
    (name, ask), visit, other = LONG[page], stage.visit, stage.visit.beside
    long: list[Turn] = []
    draws: list[Turn] = []
    try:
        other.open(sunlight.SUNLIGHT)
        while len(draws) < turns and len(long) < turns:
            next(visit.relabel)
            act = ask(visit)
            other.settle(other.press("random"))
            begin, cpu = len(visit.relay.passed), stage.cpu()
            act()
            while not visit.relay.is_over(begin):
                draws.append(stage.turn(other, other.press("random"), SHORT))
            took = visit.relay.answered(begin)
            long.append(Turn(took, stage.cpu() - cpu, stage.yardstick()))
    except hand.NotThere as error:
        return [Measured(page, name, note=f"not there: {told(error)}")]
    return [
        Measured(page, f"{name}, worked out", long[:1]),
        Measured("sunlight", f"Random beside another's {name}", draws),
    ]


def told(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip(" -")[:80]


def shown(found: Measured) -> Measured:
    """Says at once how far the benchmark is."""
    waits = " ".join(f"{1_000 * turn.wait:.0f}" for turn in found.turns)
    print(f"{found.page}: {found.name}: {waits} {found.note}", flush=True)
    return found


def row(found: Measured, items: int) -> list[str]:
    """One line of the table."""
    head = [found.page, found.name, str(len(found.turns))]
    first = "".join(told_ms(turn.wait) for turn in found.turns[:1])
    warm = found.turns[1:]
    if len(warm) < 2:
        return [*head, first, "", "", "", "", found.note]
    waits = [turn.wait for turn in warm]
    middle, high = median(waits), quantiles(waits, n=20, method="inclusive")[18]
    most = next(most for size, most in MAY_TAKE.items() if items <= size)
    return [
        *head, first, told_ms(middle), told_ms(high), told_ms(median(turn.cpu for turn in warm)),
        f"{middle / median(turn.yardstick for turn in warm):.1f}",
        found.note or (f"over {most}" if 1_000 * middle > most else ""),
    ]  # fmt: skip


def told_ms(seconds: float) -> str:
    return f"{1_000 * seconds:.0f}"


if __name__ == "__main__":
    main()

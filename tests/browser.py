"""What browser tests share: what stands on the screen, what was pressed, what is on disk."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from core.workspace.layout import Workspace

ITEM = '[data-testid="item-text"]'
SAVE_STATE = '[data-testid="save-state"]'
WAIT = 120_000
"""Milliseconds for a page to do something: a thousand times what it takes on a machine at rest."""

expect.set_options(timeout=WAIT)

DELIVERED_WITHIN = 120
"""Seconds, after a crash too: the card tries again every 8 seconds at the latest."""

LABEL_OF_KEY = {"1": "1", "0": "0"}

NOTE_KEYS = """
// Notes each key and the item on the screen, before the card hears of it, and past a reload.
// A key that meets no item, or a dialog over it, labels nothing.
addEventListener("keydown", ({ key, repeat }) => {
  const item = document.querySelector('[data-testid="item-text"]')?.dataset.itemId;
  if (repeat || !item || document.querySelector("[role=dialog]")) return;
  const pressed = JSON.parse(sessionStorage.getItem("pressed") ?? "[]");
  sessionStorage.setItem("pressed", JSON.stringify([...pressed, [item, key]]));
}, { capture: true });
"""

STORES = "cookies,local_storage,indexeddb,cache_storage,service_workers"

Pair = tuple[str, str]
"""(item, label)."""


class LentContexts:
    """Browser contexts that go from test to test, with nothing in them of the test before.

    The first page of a new one loads and compiles the app's scripts, which takes 2.3 s of a
    processor. So a page without any stays open in each, for the process that has compiled them:
    further pages take 1 s.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kinds: dict[BrowserContext, str] = {}
        self._idle: dict[str, list[BrowserContext]] = {}
        self._keepers: dict[BrowserContext, Page] = {}

    def lend(self, *, once: bool = False, script: str = "", **options: object) -> BrowserContext:
        """A context of these options of Playwright's `new_context`; pages begin with the script.

        Whoever changes more of it than pages, cookies and stores (its clock, its routes) takes it
        for this `once`.
        """
        kind = repr((script, sorted(options.items())))
        if not once and self._idle.get(kind):
            return self._idle[kind].pop()
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = self._browser.new_context(**options)
        context.set_default_timeout(WAIT)
        if script:
            context.add_init_script(script)
        if not once:
            self._kinds[context] = kind
        return context

    def take_back(self, context: BrowserContext) -> None:
        """Keeps it for another test, emptied; or closes it, where nobody knows what is in it."""
        keeper = self._keepers.get(context)
        pages = [page for page in context.pages if page is not keeper]
        sites = {match[0] for page in pages if (match := re.match(r"http://[^/]+", page.url))}
        kind = self._kinds.get(context)
        if kind is None or len(sites) != 1 or not self._emptied(context, keeper, *sites):
            self._keepers.pop(context, None)
            context.close()
        else:
            self._idle.setdefault(kind, []).append(context)

    def _emptied(self, context: BrowserContext, keeper: Page | None, site: str) -> bool:
        """Whether the site is still there, so that a page of it can stay open."""
        keeper = keeper or context.new_page()
        self._keepers[context] = keeper
        if not keeper.url.startswith(site):
            try:
                keeper.goto(f"{site}/_stcore/health")
            except Error:
                return False  # its server has gone
        for page in context.pages:
            if page is not keeper:
                page.close()
        context.clear_cookies()
        session = context.new_cdp_session(keeper)
        session.send("Storage.clearDataForOrigin", {"origin": site, "storageTypes": STORES})
        session.detach()
        return True


def shown(page: Page) -> str:
    """The id of the item on the screen, once there is one."""
    page.wait_for_selector(f'{ITEM}[data-item-id]:not([data-item-id=""])')
    return page.get_attribute(ITEM, "data-item-id")


def press(page: Page, key: str, times: int = 1) -> list[str]:
    """Presses a key; the items that it was pressed upon."""
    items = []
    for _ in range(times):
        items.append(page.get_attribute(ITEM, "data-item-id"))
        page.keyboard.press(key)
    return items


def burst(page: Page, keys: Iterable[str], rate: float = 20) -> None:
    """Presses the keys at an even rate a second, by the clock: a slow key is made up for."""
    began = time.monotonic()
    for at, key in enumerate(keys):
        page.wait_for_timeout(max(0, began + at / rate - time.monotonic()) * 1_000)
        page.keyboard.press(key)


def pressed(page: Page) -> list[Pair]:
    """What the keys of this tab were pressed upon, and the label that each of them gives.

    The page needs `NOTE_KEYS` as an init script. Keys that label nothing are left out.
    """
    noted = json.loads(page.evaluate("sessionStorage.getItem('pressed')") or "[]")
    return [(item, LABEL_OF_KEY[key]) for item, key in noted if key in LABEL_OF_KEY]


SETTLED = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState
  === 'notRunning' && !document.querySelector('[data-stale="true"]')"""


def settled(page: Page) -> None:
    """Nothing is on its way to the page, and nothing on it is of the step before."""
    page.wait_for_function(SETTLED)


def heard(page: Page, key: str) -> None:
    """A key of this name is heard: Streamlit binds shortcuts a moment after their buttons stand."""
    page.wait_for_function(
        "key => window.hotkeys?.getAllKeyCodes().some(({ shortcut }) => shortcut === key)", arg=key
    )


def all_saved(page: Page) -> None:
    expect(page.locator(SAVE_STATE)).to_have_attribute("data-waiting", "0")


def gone_on(page: Page, batch_id: str) -> None:
    """The batch before is saved, and this one is on the card, of a page that is done."""
    page.wait_for_function("id => window.sunlightCards.mounted.data.batch_id === id", arg=batch_id)
    settled(page)
    all_saved(page)


def eventually(done: Callable[[], bool], within: float = DELIVERED_WITHIN) -> None:
    """Returns as soon as it is done, or after so many seconds: what follows says what is amiss."""
    deadline = time.monotonic() + within
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)


def rows(path: Path) -> list[list[str]]:
    """The file's rows, without a last line that has no end: it is being written, or torn."""
    if not path.exists():
        return []
    whole, end, _ = path.read_bytes().decode(errors="replace").rpartition("\n")
    return list(csv.reader(StringIO(whole + end, newline="")))


def events(workspace: Workspace) -> list[dict[str, str]]:
    """The rows of `annotations.csv`, each of them whole; none if there is no such file."""
    header, *records = rows(workspace.path / "annotations.csv") or [[]]
    return [dict(zip(header, record, strict=True)) for record in records]


def logged(workspace: Workspace, annotator: str) -> list[Pair]:
    """The labels that a person's events give, in the order of the log."""
    return [
        (event["item_id"], event["label"])
        for event in events(workspace)
        if (event["annotator"], event["action"]) == (annotator, "label")
    ]


def label_rows(workspace: Workspace, split: str) -> dict[str, str]:
    """Item to label, as the label files of this split have it."""
    return {
        row[0]: row[2]
        for name in ("related.csv", "not_related.csv")
        for row in rows(workspace.path / f"{split}_data" / name)
    }


def said(markdown: str) -> str:
    """What a person reads of what `pages.ui.escape_markdown` made."""
    return re.sub(r"\\(.)", r"\1", markdown.replace(":gray[]", ""))

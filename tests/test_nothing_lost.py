"""Every key that a person presses ends as one row on disk, whatever happens in between.

The page itself notes which item each key was pressed upon; rows are compared with that.
"""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from core.workspace.layout import Workspace, open_workspace
from tests.browser import (
    DELIVERED_WITHIN,
    ITEM,
    NOTE_KEYS,
    SAVE_STATE,
    WAIT,
    Pair,
    all_saved,
    burst,
    events,
    eventually,
    label_rows,
    logged,
    press,
    pressed,
    shown,
)
from tests.conftest import NewContext, headlines, write_csv
from tests.server import CHROMIUM_FLAGS, Server, find_chromium

pytestmark = pytest.mark.browser

BATCH = 40
TASK = f"""
title = "Bursts"
seed = 7
[targets]
evaluation = 1000
training = 20
[batch]
size = {BATCH}
"""

DATABASE_COUNT = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("sunlight");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const counting = database.transaction("waiting").objectStore("waiting").count();
    counting.onsuccess = () => resolve((database.close(), counting.result));
  };
})"""

WIPE = {
    "localStorage": "localStorage.clear()",
    "IndexedDB": """() => new Promise((resolve, reject) => {
      const deleting = indexedDB.deleteDatabase("sunlight");
      deleting.onsuccess = resolve;
      deleting.onblocked = deleting.onerror = reject;
    })""",
}

LOSE_ANSWERS = """() => {
  const really = window.fetch;
  window.unheard = 0;
  window.fetch = async (url, options) => {
    const answer = await really(url, options);
    if (!String(url).endsWith("/api/labels")) return answer;
    window.unheard += 1;
    throw new TypeError("the answer was lost");
  };
  window.hearAgain = () => { window.fetch = really; };
}"""

CUT_OFF = """() => {
  const really = window.fetch;
  window.fetch = async (url, options) => {
    if (String(url).endsWith("/api/labels")) throw new TypeError("no network");
    return really(url, options);
  };
  window.reconnect = () => { window.fetch = really; };
}"""

FIRST_WAITING = """() => Object.entries(localStorage)
  .filter(([key]) => key.startsWith("sunlight/waiting/"))
  .map(([, value]) => JSON.parse(value))
  .sort((a, b) => (a.labeled_at < b.labeled_at ? -1 : 1))[0]"""

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One for all tests: each labels as another person, in batches of their own."""
    folder = tmp_path_factory.mktemp("lost") / "workspace"
    pool = [("item_id", "text"), *(item[:2] for item in headlines(1_200))]
    write_csv(folder / "unlabeled_data" / "pool.csv", pool)
    (folder / "task.toml").write_text(TASK)
    return open_workspace(folder)


@pytest.fixture(scope="module")
def only_server(workspace: Workspace, tmp_path_factory) -> Iterator[Server]:
    server = Server(workspace.path, tmp_path_factory.mktemp("log") / "server.log")
    yield server
    server.stop()


@pytest.fixture
def server(only_server: Server) -> Iterator[Server]:
    """The one server: up again if the test before has left it dead."""
    if only_server.process.poll() is not None:
        only_server.start()
    told = len(only_server.log())
    yield only_server
    assert "Traceback" not in only_server.log()[told:]


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    """One person's browser, which notes its keys."""
    return new_context(script=NOTE_KEYS)


@pytest.fixture
def ann(request: pytest.FixtureRequest) -> str:
    """A name that nobody else has: the test's own."""
    return request.node.name.removeprefix("test_")[:60]


@pytest.fixture
def page(context: BrowserContext, server: Server, ann: str) -> Page:
    return open_page(context, server, ann)


def open_page(context: BrowserContext, server: Server, annotator: str) -> Page:
    """The annotate page of this person, with an item on it."""
    page = context.new_page()
    page.goto(f"{server.url}/annotate?annotator={annotator}")
    shown(page)
    return page


def some_keys(number: int, seed: int = 0) -> list[str]:
    return Random(seed).choices("10", k=number)


def finish_batch(page: Page) -> None:
    """Goes on at twenty keys a second until no item is left."""
    while page.get_by_test_id("batch-end").is_hidden():
        burst(page, "0")
        page.wait_for_timeout(50)


def check_delivered(page: Page, workspace: Workspace, annotator: str, expected: list[Pair]) -> None:
    """Waits until the rows are there, and fails unless they are exactly those, each once."""
    eventually(lambda: len(logged(workspace, annotator)) >= len(expected))
    expect(page.locator(SAVE_STATE)).to_have_attribute(
        "data-waiting", "0", timeout=DELIVERED_WITHIN * 1_000
    )
    assert logged(workspace, annotator) == expected
    check_ids(workspace)


def check_in_database(page: Page, number: int) -> None:
    """At least so many events are in IndexedDB: it writes in the background."""
    eventually(lambda: page.evaluate(DATABASE_COUNT) >= number)
    assert page.evaluate(DATABASE_COUNT) >= number


def check_ids(workspace: Workspace) -> None:
    """No event stands in the log twice."""
    ids = [event["event_id"] for event in events(workspace)]
    assert len(set(ids)) == len(ids)


def check_saved(page: Page, workspace: Workspace, expected: list[Pair]) -> None:
    """Saves a complete batch; its label files then hold what was pressed, and nothing more."""
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    assert len(expected) == BATCH
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("progress")).to_have_text(f"1 of {BATCH}")
    saved = label_rows(workspace, "evaluation")
    assert {item: saved.get(item) for item, _ in expected} == dict(expected)


def test_twenty_keys_a_second_through_a_whole_batch(page: Page, workspace: Workspace, ann: str):
    burst(page, some_keys(BATCH))
    check_delivered(page, workspace, ann, pressed(page))
    check_saved(page, workspace, pressed(page))


def test_a_reload_in_mid_burst(page: Page, workspace: Workspace, ann: str):
    for seed in range(2):
        burst(page, some_keys(12, seed))
        with page.expect_navigation(wait_until="commit"):
            page.evaluate("setTimeout(() => location.reload())")
            burst(page, "101", rate=100)  # while the page goes away
        shown(page)
    finish_batch(page)
    check_delivered(page, workspace, ann, pressed(page))
    check_saved(page, workspace, pressed(page))


def test_another_page_and_back_in_mid_burst(page: Page, workspace: Workspace, ann: str):
    sidebar = page.get_by_test_id("stSidebarNav")
    for at in range(2):
        burst(page, some_keys(10, at))
        sidebar.get_by_role("link", name="Explore").click()
        burst(page, "1010")  # the card may still stand there, or be gone already
        expect(page.locator(ITEM)).to_have_count(0)
        page.keyboard.press("1")
        sidebar.get_by_role("link", name="Annotate").click()
        shown(page)
    finish_batch(page)
    check_delivered(page, workspace, ann, pressed(page))
    check_saved(page, workspace, pressed(page))


def test_a_tab_closed_while_the_server_hangs(
    page: Page, server: Server, workspace: Workspace, ann: str
):
    all_saved(page)
    server.process.send_signal(signal.SIGSTOP)
    try:
        with page.expect_request("**/api/labels"):
            page.keyboard.press("1")
        burst(page, some_keys(24))  # they wait behind that request
        expect(page.locator(SAVE_STATE)).to_contain_text("waiting")  # told while the keys go on
        expected = pressed(page)
        page.close()
    finally:
        server.process.send_signal(signal.SIGCONT)
    # They arrive without the page being opened again.
    assert len(expected) == 25
    eventually(lambda: len(logged(workspace, ann)) >= len(expected))
    assert logged(workspace, ann) == expected
    check_ids(workspace)


def test_a_server_killed_in_mid_burst_and_in_the_middle_of_a_line(
    page: Page, server: Server, workspace: Workspace, ann: str
):
    keys = iter(some_keys(BATCH))
    burst(page, (next(keys) for _ in range(15)))
    server.kill()
    burst(page, (next(keys) for _ in range(10)))
    expect(page.locator(SAVE_STATE)).to_contain_text("kept here")
    # As a crash in the middle of a write leaves it: the event is in the browser, and half on disk.
    waiting = page.evaluate(FIRST_WAITING)
    torn = ",".join([waiting["event_id"], waiting["batch_id"], waiting["item_id"], "lab"])
    with (workspace.path / "annotations.csv").open("a", encoding="utf-8") as log:
        log.write(torn)
    # A dialog lies over the item after a while: then keys are not for the card.
    expect(page.get_by_role("dialog")).to_be_visible()
    burst(page, "10")
    server.start()
    expect(page.get_by_role("dialog")).to_be_hidden()
    burst(page, keys)
    finish_batch(page)  # some keys may have met the dialog
    check_delivered(page, workspace, ann, pressed(page))
    assert torn in [kept.read_text() for kept in (workspace.path / "torn").iterdir()]
    check_saved(page, workspace, pressed(page))


def test_two_tabs_of_one_person(
    context: BrowserContext, page: Page, server: Server, workspace: Workspace, ann: str
):
    tabs = (page, open_page(context, server, ann))
    order: list[Pair] = []
    for turn, key in enumerate(some_keys(16)):
        here, there = tabs[turn % 2], tabs[1 - turn % 2]
        order += [(item, key) for item in press(here, key)]
        # What one tab has labeled, the other does not ask again.
        expect(there.locator(ITEM)).not_to_have_attribute("data-item-id", order[-1][0])
    assert len(dict(order)) == len(order)
    # The tab that did not give the last label takes it back, and gives the other one.
    for tab in tabs:
        all_saved(tab)
    item, label = order[-1]
    page.keyboard.press("2")
    expect(page.locator(ITEM)).to_have_attribute("data-item-id", item)
    order += [(item, other) for other in "10" if other != label for _ in press(page, other)]
    for tab in tabs:
        all_saved(tab)
    assert sorted(pressed(tabs[0]) + pressed(tabs[1])) == sorted(order)
    # Two tabs send on their own: rows of different items may change places.
    assert sorted(logged(workspace, ann)) == sorted(order)
    assert dict(logged(workspace, ann)) == dict(order)
    check_ids(workspace)
    for tab in tabs:
        tab.reload()
        assert shown(tab) not in dict(order)


def test_the_latest_key_counts_though_its_tab_sends_first(
    context: BrowserContext, page: Page, server: Server, workspace: Workspace, ann: str
):
    other = open_page(context, server, ann)
    page.evaluate(CUT_OFF)
    (item,) = press(page, "1")
    expect(other.locator(ITEM)).not_to_have_attribute("data-item-id", item)
    other.keyboard.press("2")
    expect(other.locator(ITEM)).to_have_attribute("data-item-id", item)
    other.keyboard.press("0")
    all_saved(other)
    page.evaluate("window.reconnect()")
    all_saved(page)
    assert sorted(logged(workspace, ann)) == sorted([(item, "1"), (item, "0")])
    assert dict(logged(workspace, ann)) == {item: "0"}
    check_ids(workspace)


def test_two_people_at_once(
    page: Page, new_context: NewContext, server: Server, workspace: Workspace, ann: str
):
    other = open_page(new_context(script=NOTE_KEYS), server, "bob")
    for keys in zip(some_keys(BATCH, 1), some_keys(BATCH, 2), strict=True):
        for each, key in zip((page, other), keys, strict=True):
            each.keyboard.press(key)
    mine, theirs = pressed(page), pressed(other)
    assert not dict(mine).keys() & dict(theirs).keys()
    check_delivered(page, workspace, ann, mine)
    check_delivered(other, workspace, "bob", theirs)
    check_saved(page, workspace, mine)
    check_saved(other, workspace, theirs)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of others: Linux only")
def test_a_full_disk(page: Page, server: Server, workspace: Workspace, ann: str):
    burst(page, some_keys(10))
    all_saved(page)
    log = workspace.path / "annotations.csv"
    size, before = log.stat().st_size, log.read_bytes()
    pid, kind = server.process.pid, resource.RLIMIT_FSIZE
    soft, hard = resource.prlimit(pid, kind)
    # Half a row still fits: it must not stay there.
    resource.prlimit(pid, kind, (size + 50, hard))
    try:
        burst(page, some_keys(10))
        expect(page.locator(SAVE_STATE)).to_contain_text("annotations.csv cannot be written")
        expect(page.locator(SAVE_STATE)).to_contain_text("10 kept here")
        page.reload()
        shown(page)
        burst(page, some_keys(5))
        expect(page.locator(SAVE_STATE)).to_contain_text("15 kept here")
        assert log.read_bytes() == before
    finally:
        resource.prlimit(pid, kind, (soft, hard))
    check_delivered(page, workspace, ann, pressed(page))


class Chromium:
    """A browser with a profile on disk, which can be killed and come back."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        port_file = profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [find_chromium(), *CHROMIUM_FLAGS, "--headless", "--remote-debugging-port=0",
             f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        while not (port_file.exists() and port_file.read_text().count("\n")):
            assert self.process.poll() is None, "Chromium did not start"
            time.sleep(0.05)
        port = port_file.read_text().split("\n")[0]
        self._browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context = self._browser.contexts[0]
        self.context.set_default_timeout(WAIT)
        self.context.add_init_script(NOTE_KEYS)

    def kill(self) -> None:
        """All its processes at once, without a word to any of them."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def test_a_browser_killed_while_the_server_is_down(
    playwright: Playwright, server: Server, workspace: Workspace, tmp_path: Path, ann: str
):
    chromium = Chromium(playwright, tmp_path / "profile")
    try:
        page = open_page(chromium.context, server, ann)
        burst(page, some_keys(5))
        server.kill()
        burst(page, some_keys(10))
        check_in_database(page, 10)
        expected = pressed(page)
        assert len(expected) == 15
        chromium.kill()
        server.start()
        assert len(logged(workspace, ann)) < len(expected)
        chromium = Chromium(playwright, tmp_path / "profile")
        page = open_page(chromium.context, server, ann)
        check_delivered(page, workspace, ann, expected)
        assert shown(page) not in dict(expected)
    finally:
        chromium.kill()


@pytest.mark.parametrize("lost", WIPE)
def test_one_of_the_two_stores_is_wiped(
    context: BrowserContext, page: Page, server: Server, workspace: Workspace, ann: str, lost: str
):
    burst(page, some_keys(5))
    all_saved(page)
    page.evaluate(CUT_OFF)
    burst(page, some_keys(10))
    check_in_database(page, 10)
    expected = pressed(page)
    page.close()
    blank = context.new_page()
    blank.goto(f"{server.url}/_stcore/health")
    blank.evaluate(WIPE[lost])
    assert logged(workspace, ann) == expected[:5]
    page = open_page(context, server, ann)
    check_delivered(page, workspace, ann, expected)


def test_answers_that_never_arrive(page: Page, server: Server, workspace: Workspace, ann: str):
    page.evaluate(LOSE_ANSWERS)
    burst(page, some_keys(12))
    expected = pressed(page)
    # All is on disk, nothing acknowledged, and sent again: in vain, and to a server started anew.
    eventually(lambda: len(logged(workspace, ann)) >= len(expected))
    sent = page.evaluate("window.unheard")
    page.wait_for_function("sent => window.unheard > sent", arg=sent)
    expect(page.locator(SAVE_STATE)).to_have_attribute("data-waiting", str(len(expected)))
    server.kill()
    page.evaluate("window.hearAgain()")
    server.start()
    check_delivered(page, workspace, ann, expected)


def test_kept_labels_are_delivered_from_whichever_page_is_opened(
    context: BrowserContext, page: Page, server: Server, workspace: Workspace, ann: str
):
    press(page, "0")
    all_saved(page)
    page.evaluate(CUT_OFF)
    press(page, "1", 3)
    expect(page.locator(SAVE_STATE)).to_contain_text("3 kept here")
    page.close()
    home = context.new_page()
    home.goto(f"{server.url}/?annotator={ann}")
    home.get_by_role("heading", name="Label the test set").wait_for()
    home.wait_for_function("Object.keys(localStorage).every(key => !key.includes('/waiting/'))")
    assert [label for _, label in logged(workspace, ann)] == ["0", "1", "1", "1"]

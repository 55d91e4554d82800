"""Nothing is sent anywhere: every connection that the running app opens is written down."""

import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.browser import ITEM, all_saved, shown
from tests.server import Server

pytestmark = pytest.mark.browser

WRITE_DOWN = """
import json, os, sys

CALLS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
         "socket.gethostbyname", "subprocess.Popen")

def note(event, args):
    if event in CALLS:
        told = args[1] if event.startswith(("socket.connect", "socket.send")) else args[0]
        with open(os.environ["CONNECTIONS"], "a") as file:
            file.write(json.dumps([event, told], default=str) + "\\n")

note("subprocess.Popen", ["this process"])  # so that a file without it tells that nobody watched
sys.addaudithook(note)
"""
"""Python runs it in every process that the server starts, before anything else."""

PAGES = ("", "sunlight", "review", "strategies", "metrics", "quality", "data")


@pytest.fixture
def watched(demo: Path, tmp_path: Path) -> Iterator[Server]:
    """The app, started from a folder that is not the project's, with every connection noted."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WRITE_DOWN)
    environment = {
        "PYTHONPATH": str(tmp_path / "site"),
        "CONNECTIONS": str(tmp_path / "connections"),
    }
    server = Server(demo, tmp_path / "log", cwd=tmp_path / "site", environment=environment)
    yield server
    server.stop()
    assert "Traceback" not in server.log()


def connections(tmp_path: Path) -> list[tuple[str, object]]:
    """(what was called, with what address, name or program) of all that was noted."""
    lines = (tmp_path / "connections").read_text().splitlines()
    return [tuple(json.loads(line)) for line in lines]


def stays_here(call: str, told: object) -> bool:
    """Whether a call reaches nothing but this machine."""
    if call == "subprocess.Popen":
        return True  # what it does is noted in its turn
    host = told[0] if isinstance(told, list) else told
    if host in (None, "", "localhost") or str(host).startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def label_some(page: Page, server: Server) -> None:
    """A few keys on the card, and the batch after them: a model is trained for it."""
    page.goto(f"{server.url}/annotate?annotator=ann")
    shown(page)
    for _ in range(5):
        page.keyboard.press("1")
    all_saved(page)
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


def walk(page: Page, server: Server) -> None:
    """Every page, and every tab that it has."""
    for name in PAGES:
        page.goto(f"{server.url}/{name}?annotator=ann")
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.wait_for_timeout(300)
            page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def test_no_connection_leaves_this_machine(watched: Server, browser: Browser, tmp_path: Path):
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def note_socket(socket: WebSocket) -> None:
        asked.append(socket.url.replace("ws", "http", 1))

    page.on("websocket", note_socket)
    label_some(page, watched)
    walk(page, watched)
    page.goto(f"{watched.url}/annotate?annotator=bob")
    page.wait_for_selector(f'{ITEM}[data-item-id]:not([data-item-id=""])')
    context.close()
    noted = connections(tmp_path)
    assert [each for each in noted if not stays_here(*each)] == []
    assert [url for url in asked if not url.startswith((watched.url, "data:", "blob:"))] == []
    # That it was written down at all: the page's own socket, and the process of Strategies.
    assert any("_stcore/stream" in url for url in asked)
    assert "subprocess.Popen" in {call for call, _ in noted}


def test_what_leaves_this_machine_would_be_seen():
    assert not stays_here("socket.connect", ["192.0.2.1", 443])
    assert not stays_here("socket.getaddrinfo", "example.org")
    assert stays_here("socket.connect", ["127.0.0.1", 443])
    assert stays_here("socket.connect", "/run/socket")

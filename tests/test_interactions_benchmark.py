"""What the benchmark of interactions measures, on pages that take as long as they are told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.benchmarks.interactions.gestures import press
from tests.benchmarks.interactions.wire import Messages, Relay, unmasked
from tests.server import Server

SCRIPT = """
import time
import streamlit as st
st.title("Slow")
if st.button("Sleep", key="sleep"):
    time.sleep(0.3)
    st.text("slept")
if st.button("Twice", key="twice"):
    time.sleep(0.2)
    st.session_state["again"] = True
    st.rerun()
if st.session_state.pop("again", False):
    time.sleep(0.2)
st.button("At once", key="once")
st.download_button("CSV", lambda: time.sleep(0.3) or "a,b", key="csv", on_click="ignore")
with st.expander("Only the browser opens it"):
    st.text("inside")
"""

BUSY = """() => document.querySelector(".st-key-once button").addEventListener("click", () =>
  setTimeout(() => { const end = Date.now() + 2_000; while (Date.now() < end); }, 20))"""


@contextmanager
def opened(browser: Browser, folder: Path) -> Iterator[tuple[Page, Relay]]:
    script = folder / "slow.py"
    script.write_text(SCRIPT, encoding="utf-8")
    server = Server(folder, folder / "server.log", script)
    relay, context = Relay(server.port), browser.new_context()
    try:
        page = context.new_page()
        assert relay.answer(lambda: page.goto(relay.url))
        yield page, relay
    finally:
        context.close()
        relay.close()
        server.stop()


@pytest.mark.browser
def test_a_wait_is_as_long_as_the_server_takes(browser: Browser, tmp_path: Path):
    with opened(browser, tmp_path) as (page, relay):
        once = relay.answer(lambda: press(page, "once"))
        assert 0.3 <= relay.answer(lambda: press(page, "sleep")) < 0.3 + 10 * once
        assert relay.answer(lambda: press(page, "twice")) >= 0.4  # with the run that follows
        assert relay.answer(lambda: press(page, "csv")) >= 0.3
        assert relay.answer(lambda: page.locator("summary").click()) is None
        page.evaluate(BUSY)
        assert relay.answer(lambda: press(page, "once")) < 1.5  # a busy browser takes no part in it
        slow = len(relay.passed)
        press(page, "sleep")
        assert not relay.is_over(slow)
        assert relay.answered(slow) >= 0.3


def frame(content: bytes, first: int = 0x82, mask: bytes = b"") -> bytes:
    """One frame of a WebSocket."""
    size = len(content)
    sign = 0x80 if mask else 0
    if size < 126:
        head = bytes([first, sign | size])
    elif size < 1 << 16:
        head = bytes([first, sign | 126]) + size.to_bytes(2)
    else:
        head = bytes([first, sign | 127]) + size.to_bytes(8)
    return head + mask + (unmasked(content, mask) if mask else content)


@pytest.mark.parametrize("piece", [1, 2, 7, 1_000, 1 << 20])
@pytest.mark.parametrize("mask", [b"", b"\x01\x02\x03\xff"])
def test_messages_are_read_from_pieces_of_any_size(piece: int, mask: bytes):
    wanted = [b"", b"a", b"x" * 125, b"y" * 126, b"z" * 70_000 if piece > 2 else b"z" * 300]
    stream = b"".join(frame(content, mask=mask) for content in wanted)
    stream += frame(b"ping", 0x89, mask) + frame(b"text", 0x81, mask)
    stream += frame(b"in two ", 0x02, mask) + frame(b"", 0x8A, mask) + frame(b"parts", 0x80, mask)
    messages = Messages()
    found = [
        message
        for start in range(0, len(stream), piece)
        for message in messages.add(stream[start : start + piece])
    ]
    assert found == [*wanted, b"in two parts"]

"""A relay between one browser session and its server, which notes when each message passes it.

Times are this process's own. The relay takes in whatever comes at once, so a browser that is busy
drawing delays no time here: what is measured is the server, from the moment the request to run the
script has passed to the moment the run's last message has. Both ways over the loopback interface
are in it; what the browser needs to draw what it got is not.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

HOST = "127.0.0.1"

ASKED = {"rerun_script": "run", "backend_operation_request": "operation"}
ENDED = {"script_finished": "run", "backend_operation_response": "operation"}
"""What begins and what ends a run, and an operation such as the making of a file."""

QUIET = 0.25
"""Seconds without a message after which nothing more comes of an interaction."""

STARTS_WITHIN = 3.0
"""Seconds in which an interaction asks for something, if it ever does."""

PATIENCE = 900.0
"""Seconds for an answer."""

LOOK = 0.01
"""Seconds between two looks at what has passed."""

CHUNK = 1 << 16

TEXT_OR_GOING_ON, FINAL, MASKED = 0x0F, 0x80, 0x80
CONTINUATION, BINARY = 0, 2

NO_EXTENSIONS = re.compile(rb"\r\nsec-websocket-extensions:[^\r]*", re.IGNORECASE)
"""Messages that are not compressed can be read."""


@dataclass(frozen=True)
class Passed:
    """A message: when it passed, and whether it asks for a run or an operation, or ends one."""

    at: float
    asks: str = ""
    ends: str = ""


class Relay:
    """Hands on what a browser at `url` and the server say to each other, and keeps `passed`."""

    def __init__(self, port: int) -> None:
        self.passed: list[Passed] = []
        self._server_port = port
        self._open: list[asyncio.StreamWriter] = []
        started: Future[int] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        self.url = f"http://{HOST}:{started.result()}"

    def close(self) -> None:
        """Ends all connections."""
        self._snapshot.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def answer(self, act: Callable[[], object], quiet: float = QUIET) -> float | None:
        """Seconds from the first request after this act to the end of the last run it led to.

        None if it asked the server for nothing. Returns when nothing has passed for `quiet`
        seconds. Raises TimeoutError if there is no end.
        """
        begin = len(self.passed)
        act()
        return self.answered(begin, quiet)

    def answered(self, begin: int, quiet: float = QUIET) -> float | None:
        """As `answer`, of what has passed since there were `begin` messages."""
        if not self._until(lambda: any(each.asks for each in self.passed[begin:]), STARTS_WITHIN):
            return None
        if not self._until(lambda: self.is_over(begin, quiet), PATIENCE):
            raise TimeoutError(f"The server has not come to an end for {PATIENCE:.0f} s.")
        return seconds(self.passed[begin:])

    def is_over(self, begin: int, quiet: float = QUIET) -> bool:
        """Whether all that was asked for since then has ended, and nothing has passed for long."""
        since = self.passed[begin:]
        return is_answered(since) and time.perf_counter() - since[-1].at > quiet

    def _until(self, done: Callable[[], bool], within: float) -> bool:
        deadline = time.perf_counter() + within
        while not done():
            if time.perf_counter() > deadline:
                return False
            time.sleep(LOOK)
        return True

    async def _serve(self, started: Future[int]) -> None:
        self._snapshot, self._ended = asyncio.get_running_loop(), asyncio.Event()
        listening = await asyncio.start_server(self._connect, HOST, 0)
        started.set_result(listening.sockets[0].getsockname()[1])
        await self._ended.wait()
        listening.close()
        for each in self._open:
            each.close()
        await asyncio.gather(*(each.wait_closed() for each in self._open), return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        try:
            beyond, to = await asyncio.open_connection(HOST, self._server_port)
            self._open.append(to)
            head = await reader.readuntil(b"\r\n\r\n")
            is_socket = b"upgrade: websocket" in head.lower()
            to.write(NO_EXTENSIONS.sub(b"", head))
            if is_socket:
                writer.write(await beyond.readuntil(b"\r\n\r\n"))
            ways = ((reader, to, asks), (beyond, writer, ends))
            await asyncio.gather(
                *(self._hand_on(come, go, told if is_socket else None) for come, go, told in ways)
            )
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one of the two has gone, or the relay is closed
        finally:
            writer.close()

    async def _hand_on(
        self,
        come: asyncio.StreamReader,
        go: asyncio.StreamWriter,
        told: Callable[[float, bytes], Passed] | None,
    ) -> None:
        messages = Messages()
        while chunk := await come.read(CHUNK):
            at = time.perf_counter()
            go.write(chunk)
            if told:
                self.passed += [told(at, content) for content in messages.add(chunk)]
        go.close()


class Messages:
    """The binary messages in what a WebSocket sends, piece by piece (RFC 6455)."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._parts: list[bytes] = []

    def add(self, chunk: bytes) -> Iterator[bytes]:
        """The messages that this piece completes."""
        self._rest += chunk
        while frame := self._take():
            is_last, kind, content = frame
            if kind in (BINARY, CONTINUATION):
                self._parts.append(content)
                if is_last:
                    yield b"".join(self._parts)
                    self._parts.clear()

    def _take(self) -> tuple[bool, int, bytes] | None:
        """(is last, kind, content) of the next frame; None until it is whole."""
        if len(self._rest) < 2:
            return None
        first, second = self._rest[:2]
        size, start = second & 0x7F, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(self._rest[2:start]) if len(self._rest) >= start else 1 << 62
        begin = start + (4 if second & MASKED else 0)
        if len(self._rest) < begin + size:
            return None
        mask, start = bytes(self._rest[start:begin]), begin
        content = bytes(self._rest[start : start + size])
        del self._rest[: start + size]
        return bool(first & FINAL), first & TEXT_OR_GOING_ON, unmasked(content, mask)


def unmasked(content: bytes, mask: bytes) -> bytes:
    """What a browser has sent under this mask."""
    if not mask:
        return content
    key = (mask * (len(content) // 4 + 1))[: len(content)]
    return (int.from_bytes(content) ^ int.from_bytes(key)).to_bytes(len(content))


def asks(at: float, content: bytes) -> Passed:
    """What a browser's message asks for."""
    return Passed(at, asks=ASKED.get(BackMsg.FromString(content).WhichOneof("type"), ""))


def ends(at: float, content: bytes) -> Passed:
    """What a server's message ends: not a run that only gives way to a newer one."""
    message = ForwardMsg.FromString(content)
    kind = message.WhichOneof("type")
    if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
        return Passed(at)
    return Passed(at, ends=ENDED.get(kind, ""))


def is_answered(passed: list[Passed]) -> bool:
    """Whether something was asked for, and the end of its kind has come after it."""
    last_asked = {each.asks: each.at for each in passed if each.asks}
    last_ended = {each.ends: each.at for each in passed if each.ends}
    return bool(last_asked) and all(
        last_ended.get(kind, 0.0) > at for kind, at in last_asked.items()
    )


def seconds(passed: list[Passed]) -> float:
    """From the first request to the last end."""
    begin = next(each.at for each in passed if each.asks)
    return max(each.at for each in passed if each.ends) - begin

"""A real server and a real browser for the tests that need them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "streamlit_app.py"
START_WITHIN = 300
"""Seconds: on a machine that does other things, torch alone may take a minute to load."""

PORTS = range(20_000, 32_000)
"""No system gives these to whoever connects: a server that is down finds its port free again."""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Each window of a test is somebody's only one: none of them is in the background.
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
]


@dataclass(frozen=True)
class Site:
    """A workspace as a server shows it: the one that the address names, or that of the start."""

    url: str
    name: str = ""

    def at(self, page: str = "", query: str = "") -> str:
        """The address of a page of this workspace; `query` is what else stands in it."""
        named = f"workspace={quote(self.name)}" if self.name else ""
        return f"{self.url}/{page}?{'&'.join(filter(None, (named, query)))}"


class Server:
    """`streamlit run streamlit_app.py` on a free port of the loopback interface."""

    def __init__(
        self,
        workspace: Path,
        log: Path,
        script: Path = APP,
        options: Sequence[str] = (),
        *,
        cwd: Path = ROOT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`options` are further ones of `streamlit run`, such as `--server.address`.

        `environment` is added to the test's own.
        """
        self.workspace = workspace
        self.options = options
        self.cwd = cwd
        self.environment = {**os.environ, **(environment or {})}
        self.script = script
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self.start()

    def start(self) -> None:
        """Starts the server, or starts it again on the same port."""
        arguments = ["--server.port", str(self.port), "--server.headless", "true", *self.options]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(self.script), *arguments,
                 "--", "--data", str(self.workspace)],
                cwd=self.cwd, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_WITHIN
        while not self._is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"the server did not start:\n{self.log()}")
            time.sleep(0.1)

    def kill(self) -> None:
        """As the power cut does it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        """Everything that the server has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            return error.code == 403  # the door is shut: the server stands
        except (urllib.error.URLError, OSError):
            return False


def free_port() -> int:
    while True:
        port = Random().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def find_chromium() -> str:
    """The browser's path. Without one tests skip, or fail where they must run."""
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if not path:
        reason = "no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM"
        if os.environ.get("SUNLIGHT_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path

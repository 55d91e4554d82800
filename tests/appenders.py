"""Programs that append to one log at the same moment, some of them killed in the midst of it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from core.system.append_file import CsvFile
from core.workspace.events import EventLog
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Event
from tests.records import split_records

PROCESSES = 8
SHARED = 4
"""Processes whose events are also sent by a second one, as a browser's second tab does."""


KILLS = 3
STOP = "stop"
"""A file of this name in the workspace ends all writers."""


def event(writer: int, number: int) -> Event:
    """The event of this number: its note says which row it must stand in."""
    key = f"{writer}-{number}"
    note = f'{key}\n"of", {writer}' * (1 + number % 3)
    return Event(key, "b", f"i{key}", "skip", "", f"p{writer}", "t", None, False, note)


def append(workspace: Workspace, writer: int) -> None:
    """Appends until it is told to stop, and prints the number of each request that is on disk."""
    log, number = EventLog(workspace), 0
    plain = CsvFile(workspace.path / "plain.csv", workspace.torn, header=("writer", "number"))
    while not (workspace.path / STOP).exists():
        requests = [event(writer, number + at) for at in range(1 + number % 3)]
        log.append([*requests, requests[0]])
        plain.append([[str(writer), entry.event_id] for entry in requests])
        for entry in requests:
            print(entry.event_id, flush=True)
        number += len(requests)


def run(
    workspace: Workspace, seconds: float = 0, seed: int = 1, kills: int = KILLS
) -> dict[str, int]:
    """Counts of rows, and of what went wrong, once so many were killed and the time is over.

    Two of the writers send what two others send; who is killed while all write begins again.
    """
    draw, end = Random(seed), time.monotonic() + seconds
    told: list[str] = []
    writers = [Writer(workspace, place) for place in range(PROCESSES)]
    killed = 0
    while killed < kills or time.monotonic() < end:
        while not all(writer.has_told() for writer in writers):
            time.sleep(0.02)
        time.sleep(draw.random() / 2)
        place = draw.randrange(PROCESSES)
        writers[place].process.kill()
        told += writers[place].told()
        writers[place] = Writer(workspace, place)
        killed += 1
    (workspace.path / STOP).touch()
    for writer in writers:
        told += writer.told()
    return {"killed": killed, "told": len(set(told)), **_look(workspace, set(told))}


class Writer:
    """A process that appends."""

    def __init__(self, workspace: Workspace, place: int) -> None:
        writer = place % SHARED if place >= SHARED and place % 2 else place
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 (read when it has ended)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.appenders", str(workspace.path), str(writer)],
            stdout=self._output,
            env=os.environ | {"TZ": ("UTC", "Asia/Kathmandu")[place % 2]},
        )

    def has_told(self) -> bool:
        """Whether it has written anything yet; raises RuntimeError if it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"an appending process ended with {self.process.returncode}")
        return os.fstat(self._output.fileno()).st_size > 0

    def told(self) -> list[str]:
        """All that it has told, once it has ended."""
        if self.process.wait() not in (0, -signal.SIGKILL):
            raise RuntimeError(f"an appending process ended with {self.process.returncode}")
        with self._output as output:
            output.seek(0)
            return output.read().split()


def _look(workspace: Workspace, told: set[str]) -> dict[str, int]:
    rows, rest = split_records(workspace.annotations.path.read_bytes())
    plain, plain_rest = split_records((workspace.path / "plain.csv").read_bytes())
    counts = Counter(row[0] for row in rows[1:])
    mixed = sum(row[9] != event(*map(int, row[0].split("-"))).note for row in rows[1:])
    mixed += sum(len(row) != 2 or not row[1].startswith(f"{row[0]}-") for row in plain[1:])
    return {
        "rows": len(rows) - 1,
        "plain rows": len(plain) - 1,
        "lost": len(told - counts.keys()) + len(told - {row[1] for row in plain[1:]}),
        "doubled": sum(count - 1 for count in counts.values()),
        "mixed": mixed + bool(rest) + bool(plain_rest),
    }


if __name__ == "__main__":
    append(open_workspace(Path(sys.argv[1])), int(sys.argv[2]))

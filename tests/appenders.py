"""Programs that append to one log at the same moment, some of them killed in the midst of it."""

import json
import os
import signal
import subprocess
import sys
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


def event(writer: int, number: int) -> Event:
    """The event of this number: its note says which row it must stand in."""
    key = f"{writer}-{number}"
    note = f'{key}\n"of", {writer}' * (1 + number % 3)
    return Event(key, "b", f"i{key}", "skip", "", f"p{writer}", "t", None, False, note)


def append_for(workspace: Workspace, writer: int, seconds: float) -> None:
    """Appends until the time is over, and prints the number of each request that is on disk."""
    log, end, number = EventLog(workspace), time.monotonic() + seconds, 0
    plain = CsvFile(workspace.path / "plain.csv", workspace.torn, header=("writer", "number"))
    while time.monotonic() < end:
        requests = [event(writer, number + at) for at in range(1 + number % 3)]
        log.append([*requests, requests[0]])
        plain.append([[str(writer), entry.event_id] for entry in requests])
        for entry in requests:
            print(entry.event_id, flush=True)
        number += len(requests)


def run(workspace: Workspace, seconds: float, seed: int = 1) -> dict[str, int]:
    """Counts of rows, and of what went wrong, after all have appended for so long.

    Two of the writers send what two others send; now and then one is killed and begins again.
    """
    draw, end = Random(seed), time.monotonic() + seconds
    told: list[str] = []
    writers = {place: _start(workspace, place, end) for place in range(PROCESSES)}
    killed = 0
    while time.monotonic() < end - 0.5:
        time.sleep(min(0.7, seconds / 5))
        place = draw.randrange(PROCESSES)
        writers[place].kill()
        told += writers[place].communicate()[0].split()
        writers[place] = _start(workspace, place, end)
        killed += 1
    for process in writers.values():
        told += process.communicate()[0].split()
        if process.returncode not in (0, -signal.SIGKILL):
            raise RuntimeError(f"an appending process ended with {process.returncode}")
    return {"killed": killed, "told": len(set(told)), **_look(workspace, set(told))}


def _start(workspace: Workspace, place: int, end: float) -> subprocess.Popen:
    writer = place % SHARED if place >= SHARED and place % 2 else place
    seconds = max(0.0, end - time.monotonic())
    command = [sys.executable, "-m", "tests.appenders", str(workspace.path), str(writer)]
    environment = os.environ | {"TZ": ("UTC", "Asia/Kathmandu")[place % 2]}
    return subprocess.Popen(
        [*command, str(seconds)], stdout=subprocess.PIPE, text=True, env=environment
    )


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
    if len(sys.argv) > 3:
        append_for(open_workspace(Path(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
    else:
        print(json.dumps(run(open_workspace(Path(sys.argv[1])), float(sys.argv[2]))))

"""Whatever breaks at whatever moment: what was acknowledged is there once, and nothing is torn."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from core.workspace import Workspace
from tests import appenders
from tests.conftest import MakeWorkspace
from tests.crashes import TRACED
from tests.faults import KINDS

POINTS = 1_000
PROCESSES = 2
SECONDS = 100
"""A machine that is busy with other things still gets there."""


def crash(seed: int) -> subprocess.Popen:
    """A process of its own, since it forks: no thread of another test is around."""
    command = [sys.executable, "-m", "tests.crashes", "--points", str(POINTS // PROCESSES)]
    return subprocess.Popen(
        [*command, "--seconds", str(SECONDS), "--seed", str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_thousand_random_crashes_lose_double_and_tear_nothing():
    outcomes = [process.communicate()[0] for process in [crash(seed) for seed in (11, 12)]]
    found = [json.loads(outcome) for outcome in outcomes]
    points = sum((Counter(part["points"]) for part in found), Counter())
    told = {name: sum(part[name] for part in found) for name in ("sent", "acknowledged")}
    print(f"{points.total():,} crash points, {told['acknowledged']:,} events acknowledged")
    if not points[TRACED]:
        print("This machine does not permit tracing: the shim's kills count alone.")
    assert [part["examples"] for part in found] == [[], []]
    assert points.total() >= POINTS
    assert all(points[kind] > POINTS / 50 for kind in KINDS)
    assert told["acknowledged"] == told["sent"] > POINTS


def test_eight_processes_that_append_at_once_lose_double_and_mix_nothing(
    make_workspace: MakeWorkspace,
):
    counts = appenders.run(make_workspace(), seconds=4)
    print(counts)
    assert counts["killed"] >= 3
    assert counts["rows"] >= counts["told"] > 50
    assert (counts["lost"], counts["doubled"], counts["mixed"]) == (0, 0, 0)


def test_nothing_in_the_files_depends_on_the_time_zone(tmp_path: Path):
    written = [in_zone(zone, tmp_path / zone) for zone in ("UTC", "Asia/Kathmandu")]
    assert written[0] == written[1]


IN_ZONE = """
import sys, time
from pathlib import Path
import core.logs
from core.logs import EventLog, new_event, now, append_records, new_proposal
from core.workspace import create_workspace
time.tzset()
workspace = create_workspace(Path(sys.argv[1]))
append_records(workspace.batches, [new_proposal("batch-0001", "a", "training", "i1", "random")])
EventLog(workspace).append([new_event("batch-0001", "a", "label", "i1", label="1")])
print(time.strftime("%H:%M"), now(), workspace.annotations.read().rows[1].fields[6])
"""


def in_zone(zone: str, folder: Path) -> list[str]:
    """The hours of moments that a process of this time zone writes, to ten minutes."""
    import os

    answer = subprocess.run(
        [sys.executable, "-c", IN_ZONE, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"TZ": zone},
    )
    clock, *moments = answer.stdout.split()
    assert (clock == moments[0][11:16]) == (zone == "UTC")
    return [moment[:12] for moment in moments]


def events_of(workspace: Workspace) -> list[str]:
    return [row.fields[0] for row in workspace.annotations.read().rows[1:]]

"""Whatever breaks at whatever moment: what was acknowledged is there once, and nothing is torn."""

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.evaluation.runs import keep, train
from core.sampling.next_batch import BatchRequest, preview, propose
from core.workspace.events import EventLog, Inbox
from core.workspace.layout import Workspace
from core.workspace.logs import append_records, new_event
from core.workspace.snapshot import Snapshot, read_snapshot
from tests import appenders
from tests.conftest import MakeWorkspace, active_workspace
from tests.crashes import TRACED
from tests.faults import EVERY_CALL, KINDS
from tests.worlds import new_proposal

FEW = 75
"""Points that are enough for each fault at each call, and some at random."""

POINTS = 1_000
PROCESSES = 2
SECONDS = 3_000
"""A machine that is busy with other things still gets there."""


def crash(points: int, seed: int, *options: str) -> subprocess.Popen:
    """A process of its own, since it forks: no thread of another test is around."""
    command = [sys.executable, "-m", "tests.crashes", "--points", str(points), *options]
    return subprocess.Popen(
        [*command, "--seconds", str(SECONDS), "--seed", str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("further", [(), ("--several",), ("--opinions",), ("--bulk",)])
def test_each_fault_at_each_call_loses_doubles_and_tears_nothing(further: tuple[str, ...]):
    found = json.loads(crash(FEW, 11, "--each", *further).communicate()[0])
    assert found["examples"] == []
    assert sum(found["points"].values()) >= FEW
    assert min(found["points"].get(kind, 0) for kind in KINDS) >= 1
    assert min(found["calls"].get(call, 0) for call in {*EVERY_CALL} - {"unlink"}) >= 3
    assert found["acknowledged"] == found["sent"] > FEW


@pytest.mark.thorough
def test_a_thousand_random_crashes_lose_double_and_tear_nothing():
    kinds = ((11,), (12, "--several"), (13, "--opinions"))
    running = [crash(POINTS // PROCESSES, *each) for each in kinds]
    found = [json.loads(process.communicate()[0]) for process in running]
    points = sum((Counter(part["points"]) for part in found), Counter())
    told = {name: sum(part[name] for part in found) for name in ("sent", "acknowledged")}
    print(f"{points.total():,} crash points, {told['acknowledged']:,} events acknowledged")
    if not points[TRACED]:
        print("This machine does not permit tracing: the shim's kills count alone.")
    assert [part["examples"] for part in found] == [[], [], []]
    assert points.total() >= POINTS
    assert all(points[kind] > POINTS / 50 for kind in KINDS)
    assert told["acknowledged"] == told["sent"] > POINTS


def test_eight_processes_that_append_at_once_lose_double_and_mix_nothing(
    make_workspace: MakeWorkspace,
):
    counts = appenders.run(make_workspace())
    print(counts)
    assert counts["killed"] == appenders.KILLS
    assert counts["rows"] >= counts["told"] > 50
    assert (counts["lost"], counts["doubled"], counts["mixed"]) == (0, 0, 0)


@pytest.fixture(params=["UTC", "Asia/Kathmandu", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch) -> Iterator[str]:
    """This process in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_moments_are_utc_in_every_time_zone(zone: str, active: Snapshot):
    before = time.time()
    (proposal,) = [new_proposal("batch-0001", "ann", "training", "i0001", "random")]
    moments = [proposal.created_at, new_event("batch-0001", "ann", "skip").labeled_at]
    moments.append(preview(active, "ann", BatchRequest(mix={"random": 1})).proposals[0].created_at)
    for moment in moments:
        seconds = datetime.fromisoformat(moment).timestamp()
        assert before - 0.002 < seconds < time.time()


class Stopped(datetime):
    """A clock that stands still, as one that jumps back shows a moment twice."""

    @classmethod
    def now(cls, tz=None) -> datetime:
        return datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_clock_that_shows_a_moment_twice_overwrites_no_run(active: Snapshot, monkeypatch):
    monkeypatch.setattr("core.evaluation.runs.datetime", Stopped)
    trained = train(active, name="book")
    first = active.workspace.path / keep(active, trained).params_file
    content = first.stat()
    second = active.workspace.path / keep(active, trained).params_file
    assert second != first
    assert second.exists()
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (content.st_ino, content.st_mtime_ns)


def test_the_last_word_is_the_log_s_and_never_the_clock_s(active: Snapshot):
    workspace, item = active.workspace, active.pool_words.pool.ids[0].as_py()
    proposal = new_proposal("batch-0001", "ann", "training", item, "random")
    append_records(workspace.batches, [proposal])
    for label, moment in (("1", "2030-01-01T00:00:00.000Z"), ("0", "2020-01-01T00:00:00.000Z")):
        event = new_event("batch-0001", "ann", "label", item, label=label)
        Inbox(workspace).receive([replace(event, labeled_at=moment)])
    training = read_snapshot(workspace).labels.splits["training"]
    assert [found.label for found in training if found.item_id == item] == ["0"]


def looked(unlocked: Path, unwritable: Path) -> list[dict]:
    """What a program makes of the one on a disk without locks, and of the other without rights."""
    command = [sys.executable, "-m", "tests.looking", str(unlocked), str(unwritable)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()[-2:]]


@pytest.fixture
def unfinished(make_workspace: MakeWorkspace) -> Workspace:
    """A workspace with an open batch, a save that was cut short, and a torn line."""
    workspace = active_workspace(make_workspace)
    batch = propose(read_snapshot(workspace), "ann", BatchRequest(mix={"random": 5}))
    item = batch.proposals[0].item_id
    events = [
        new_event(batch.batch_id, "ann", "label", item, label="1"),
        new_event(batch.batch_id, "ann", "save"),
    ]
    EventLog(workspace).append(events)
    with workspace.annotations.path.open("ab") as file:
        file.write(b"torn")
    return workspace


def test_a_workspace_without_locks_or_rights_opens_for_looking_and_says_why_not_for_labeling(
    unfinished: Workspace, tmp_path: Path
):
    unlocked = unfinished.path
    unwritable = Path(shutil.copytree(unlocked, tmp_path / "unwritable"))
    shutil.rmtree(unwritable / ".cache")
    before = contents(unlocked)
    paths = [unwritable, *unwritable.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        without_locks, without_rights = looked(unlocked, unwritable)
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert contents(unlocked) == before
    assert without_locks["failed"] == {}
    for name in ("annotate", "refusal", "label", "propose"):
        assert "No locks available" in without_locks[name]
        assert "move the workspace to a disk with file locks" in without_locks[name]
    assert without_locks["torn lines"] == 1
    assert contents(unwritable) == before
    assert without_rights["failed"] == {}
    assert "read-only" in without_rights["annotate"]
    assert "read-only" in without_rights["refusal"]
    assert "Permission denied" in without_rights["label"]
    assert without_rights["torn lines"] == 1


def contents(folder: Path) -> dict[str, bytes]:
    """What stands in each file of the folder, but for its `.cache`."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if ".cache" not in path.parts
    }

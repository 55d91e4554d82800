import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import EngineError, LoopError
from core.evaluation.runs import train
from core.models.pool_predictions import pool_probabilities
from core.sampling.next_batch import preview
from core.system.engines import ENGINES, THREADS, Engine, open_engine
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.benchmarks.generated import write_labels, write_pool

ROOT = Path(__file__).resolve().parents[2]

HAS_RAY = find_spec("ray") is not None  # imported by the engine alone, which prepares for it
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="requirements-cluster.txt is not installed")

TASK = "[targets]\nevaluation = 100\nvalidation = 0\ntraining = 100\n"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Engine]:
    """A local Ray cluster."""
    if not HAS_RAY:
        pytest.skip("requirements-cluster.txt is not installed")
    with open_engine("ray") as engine:
        yield engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of 20,000 items, five chunks, in active learning."""
    folder = tmp_path_factory.mktemp("engines") / "workspace"
    write_pool(folder / "unlabeled_data" / "pool.csv", 20_000)
    write_labels(folder)
    (folder / "task.toml").write_text(TASK, encoding="utf-8")
    return folder


@pytest.fixture
def snapshot(folder: Path) -> Snapshot:
    """What its files say."""
    return read_snapshot(open_workspace(folder))


def doubled(number: int) -> int:
    if number < 0:
        raise LoopError(f"{number} is below 0.")
    return 2 * number


def total(part: np.ndarray) -> float:
    return float(part.sum())


def test_the_threads_are_the_default_and_keep_the_order():
    assert ENGINES[0] == "threads"
    with open_engine() as engine:
        assert engine is THREADS
        assert engine.map(doubled, range(100)) == list(range(0, 200, 2))
        assert engine.map(doubled, []) == []
        with pytest.raises(LoopError, match="-3 is below 0"):
            engine.map(doubled, [1, -3])


def test_an_engine_without_work_needs_no_torch():
    program = "import core.system.engines, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.thorough
def test_a_cluster_does_what_threads_do(cluster: Engine, tmp_path: Path):
    assert cluster.map(doubled, range(30)) == list(range(0, 60, 2))
    assert cluster.map(doubled, []) == []
    with pytest.raises(LoopError, match="-3 is below 0"):
        cluster.map(doubled, [1, -3])
    np.save(tmp_path / "numbers.npy", np.arange(20_000.0))
    mapped = np.load(tmp_path / "numbers.npy", mmap_mode="r")
    parts = np.split(mapped, 4)
    assert cluster.map(total, parts) == THREADS.map(total, parts)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["linear", "book"])
def test_one_process_and_a_cluster_score_the_pool_alike(
    cluster: Engine, snapshot: Snapshot, name: str
):
    model = train(snapshot, name=name).model
    here, there = (pool_probabilities(snapshot, model, engine=each) for each in (THREADS, cluster))
    assert np.array_equal(here, there)


def interrupted(numbered: tuple[int, object], function: Callable, told: Path) -> object:
    """`function(part)`; the first who comes to the third part tells its process and waits."""
    number, part = numbered
    if number == 2:
        is_first = not told.exists()
        with told.open("a") as file:
            file.write(f"{os.getpid()}\n")
        if is_first:
            time.sleep(120)
    return function(part)


@dataclass
class Killing:
    """An engine, one of whose workers is killed while it works."""

    engine: Engine
    told: Path

    def map(self, function: Callable, parts: Sequence, *done: Callable) -> list:
        killer = threading.Thread(target=self.kill)
        killer.start()
        task = partial(interrupted, function=function, told=self.told)
        results = self.engine.map(task, list(enumerate(parts)), *done)
        killer.join()
        return results

    def kill(self) -> None:
        while not (self.told.exists() and self.told.read_text().endswith("\n")):
            time.sleep(0.02)
        os.kill(int(self.told.read_text().split()[0]), signal.SIGKILL)


@pytest.mark.thorough
def test_a_worker_that_is_killed_changes_nothing(
    cluster: Engine, snapshot: Snapshot, tmp_path: Path
):
    killing = Killing(cluster, tmp_path / "workers.txt")
    model = train(snapshot, name="book").model
    scores = pool_probabilities(snapshot, model, engine=killing)
    killed, second = killing.told.read_text().split()
    assert killed != second
    assert np.array_equal(scores, pool_probabilities(snapshot, model))


def core(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.thorough
def test_the_command_line_asks_a_cluster_at_its_address(
    cluster: Engine, folder: Path, tmp_path: Path
):
    """From another folder, so that workers have to find the project by themselves."""
    address = cluster.ray.get_runtime_context().gcs_address
    asked = ("next", "--data", folder, "--dry-run", "--json", "--seed", 4)
    plain = json.loads(core(*asked, cwd=ROOT).stdout)
    answer = core(*asked, "--engine", "ray", "--address", address, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["items"] == plain["items"]
    assert answer.stderr == ""


def processes(pid: int) -> set[int]:
    """The process and all that descend from it."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    found, grown = set(), {pid}
    while grown - found:
        found |= grown
        grown = {child for child, parent in parents.items() if parent in found}
    return found


LOOPBACK, MAPPED_LOOPBACK = "0100007F", "0000000000000000FFFF00000100007F"


def listening(pids: set[int]) -> set[str]:
    """The addresses, in hexadecimal, at which these processes listen."""
    sockets = set()
    for pid in pids:
        try:
            sockets |= {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
        except OSError:
            continue
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows
            if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's /proc")
def test_a_local_cluster_listens_on_this_machine_alone(cluster: Engine):
    own = processes(os.getpid())
    assert len(own) > 4
    assert listening(own) <= {LOOPBACK, MAPPED_LOOPBACK}


@pytest.mark.thorough
@needs_ray
def test_a_local_cluster_ends_with_its_command(tmp_path: Path):
    before = set(Path("/tmp").glob("sl-*"))
    code = (
        "from core.system.engines import open_engine\n"
        "from tests.system.test_engines import doubled\n"
        "with open_engine('ray') as engine:\n"
        "    print(engine.map(doubled, [4]), flush=True)\n"
        "    raise SystemExit(3)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": "/tmp"}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "[8]\n"
    workers = processes(process.pid) - {process.pid}
    _, errors = process.communicate(timeout=600)
    assert (process.returncode, errors) == (3, "")
    assert set(Path("/tmp").glob("sl-*")) <= before
    deadline = time.monotonic() + 300
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(EngineError, match=r"pip install -r requirements-cluster\.txt"),
        open_engine("ray"),
    ):
        pass


@pytest.mark.thorough
@needs_ray
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "nothing answers there"),
        ("here", "not the address of a Ray cluster"),
        ("127.0.0.1:70000", "nothing answers there"),
    ],
)
def test_an_address_without_a_cluster_is_refused_politely(address: str, message: str):
    with pytest.raises(EngineError, match=message), open_engine("ray", address):
        pass


@pytest.mark.parametrize(
    "arguments", [["--engine", "steam"], ["--address", "a:1"], ["--address", ""]]
)
def test_a_wrong_engine_exits_with_2(folder: Path, arguments: list[str]):
    result = CliRunner().invoke(app, ["next", "--data", str(folder), "--dry-run", *arguments])
    assert result.exit_code == 2


@pytest.mark.thorough
def test_a_preview_may_go_through_a_cluster(cluster: Engine, snapshot: Snapshot):
    here, there = preview(snapshot), preview(snapshot, engine=cluster)
    assert [p.item_id for p in here.proposals] == [p.item_id for p in there.proposals]
    assert [p.confidence for p in here.proposals] == [p.confidence for p in there.proposals]

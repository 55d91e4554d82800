import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import LoopError
from core.system.jobs import ROOT, Job, Told
from core.system.progress import Progress, silent
from tests.jobs import is_over

PATIENCE = 600


def count(folder: Path, to: int, *, progress: Progress = silent) -> str:
    """Counts half-seconds, and notes each in a file."""
    (folder / f"began-{os.getpid()}").touch()
    for number in range(1, to + 1):
        progress(f"{number} of {to}", number, to)
        time.sleep(0.5)
    (folder / "done").touch()
    print("not for the one who listens")
    return f"counted to {to}"


def with_a_child(folder: Path, *, progress: Progress = silent) -> None:
    """Starts a process that would outlive it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / f"child-{child.pid}").touch()
    time.sleep(600)


def refuse(*, progress: Progress = silent) -> None:
    raise LoopError("There is nothing to count.")


def fail(*, progress: Progress = silent) -> None:
    raise ZeroDivisionError("by hand")


def cut_short(*, progress: Progress = silent) -> None:
    """Is told to end within something that makes another error of it, as an import in C does."""
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(600)
    except SystemExit as error:
        raise ImportError("could not import module") from error


def test_work_is_done_elsewhere_and_told(tmp_path: Path):
    job = Job(count, tmp_path, 2)
    assert not job.is_running
    job.start()
    assert job.is_running
    assert is_over(job, PATIENCE)
    assert job.told == Told("2 of 2", 2, 2, answer="counted to 2")
    assert job.told.share == 1.0
    (began,) = tmp_path.glob("began-*")
    assert began.name != f"began-{os.getpid()}"


def test_two_who_ask_get_one_piece_of_work(tmp_path: Path):
    job = Job(count, tmp_path, 1)
    job.start()
    job.start()
    assert is_over(job, PATIENCE)
    assert len([*tmp_path.glob("began-*")]) == 1
    job.start()
    assert is_over(job, PATIENCE)
    assert len([*tmp_path.glob("began-*")]) == 2


def begun(folder: Path, pattern: str) -> int:
    """The process that has noted itself."""
    deadline = time.monotonic() + PATIENCE
    while not (found := [*folder.glob(pattern)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return int(found[0].name.split("-")[1])


def is_alive(pid: int) -> bool:
    """Whether the process still does anything: one that nobody has asked after is no more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_stop_is_heard_at_once_and_can_be_begun_again(tmp_path: Path):
    job = Job(count, tmp_path, 100)
    job.start()
    pid = begun(tmp_path, "began-*")
    job.stop()
    assert is_over(job, PATIENCE)
    assert not [*tmp_path.glob("done")]
    assert not is_alive(pid)
    assert (job.told.answer, job.told.error) == ("", "")
    job.start()
    assert job.is_running
    job.stop()
    assert is_over(job, PATIENCE)


def test_it_can_be_stopped_while_it_starts(tmp_path: Path):
    job = Job(count, tmp_path, 100)
    job.start()
    job.stop()
    assert job.told.step == "stopping"
    assert is_over(job, PATIENCE)
    assert not [*tmp_path.glob("done")]


def test_an_end_that_arrives_as_another_error_is_no_failure():
    job = Job(cut_short)
    job.start()
    assert is_over(job, PATIENCE)
    assert job.told.error == ""


def test_processes_that_it_started_end_with_it(tmp_path: Path):
    job = Job(with_a_child, tmp_path)
    job.start()
    pid = begun(tmp_path, "child-*")
    job.stop()
    assert is_over(job, PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_process_that_began_it(end: signal.Signals, tmp_path: Path):
    program = (
        "import sys, time; from pathlib import Path\n"
        "from core.system.jobs import Job; from tests.system.test_jobs import count\n"
        "Job(count, Path(sys.argv[1]), 100).start(); time.sleep(600)"
    )
    server = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT)
    pid = begun(tmp_path, "began-*")
    server.send_signal(end)
    server.wait()
    deadline = time.monotonic() + PATIENCE
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
    assert not (tmp_path / "done").exists()


def test_errors_are_told():
    refused, failed = Job(refuse), Job(fail)
    for job in (refused, failed):
        job.start()
        assert is_over(job, PATIENCE)
    assert refused.told.error == "There is nothing to count."
    assert failed.told.error.startswith("It failed: ZeroDivisionError('by hand')")

"""Work of many seconds in a process of its own: nobody waits for it, and it can be stopped at once.

It ends with the process that began it, and with every process that it has started itself. What it
makes has to appear on disk in one step.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import SunlightError

ROOT = Path(__file__).resolve().parents[2]

GRACE = 1.0  # seconds between being told to end and being ended: time to clear away temporary files
KINDNESS = 10  # steps of priority by which the pages go before a job

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Of one computation, of a job and its processes: on a busy machine more wait for each other."""


@dataclass(frozen=True)
class Told:
    """What a job has said so far: a step, as `done` of `total`; in the end its answer or error."""

    step: str = ""
    done: int = 0
    total: int = 0
    error: str = ""
    answer: str = ""

    @property
    def share(self) -> float:
        """How much of the step is done, in [0, 1]; 0 where nobody knows."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


class Job:
    """One piece of work that many may ask for and that is done once at a time.

    `function` is one of `core`, is called with the arguments and with `progress=`, and gives None
    or a text: all of them are pickled on the way.
    """

    def __init__(self, function: Callable[..., str | None], *arguments: object) -> None:
        self.told, self.of = Told(), ""
        self.began = 0.0
        self._work = pickle.dumps((function, arguments))
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def start(self, of: str = "") -> None:
        """Begins, unless it has begun and is not over yet; `of` names what it is done for."""
        with self._lock:
            if self._process is None:
                self.of = of
                self.told = Told("starting")
                self.began = time.monotonic()
                process = _started(self._work)
                self._process = process
                threading.Thread(target=self._listen, args=[process], daemon=True).start()

    def stop(self) -> None:
        """Lets it end; it is over within `GRACE`, and nothing that it has kept is lost."""
        with self._lock:
            if self._process is not None:
                self.told = Told("stopping")
                _let_go(self._process)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Takes what the process says until it says no more."""
        assert process.stdout is not None
        with process.stdout as said:
            for line in said:
                with suppress(ValueError, TypeError):  # cut short, as the process was
                    self.told = replace(self.told, **json.loads(line))
        process.wait()
        with self._lock:
            _let_go(process)
            self._process = None


def _started(work: bytes) -> "subprocess.Popen[bytes]":
    command, env = [sys.executable, "-m", "core.system.jobs"], os.environ | ONE_THREAD
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, **pipes)
    assert process.stdin is not None
    with suppress(OSError):  # it is over already: that is found out by listening
        process.stdin.write(len(work).to_bytes(8) + work)
        process.stdin.flush()
    return process


def _let_go(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def main() -> None:
    """In the process of its own: does what stands in the input, and tells what comes of it."""
    os.nice(KINDNESS)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is not for the one who listens
    size = int.from_bytes(sys.stdin.buffer.read(8))
    work = sys.stdin.buffer.read(size)
    if not work or len(work) < size:  # whoever began this is gone
        sys.exit(1)
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set() or sys.exit(1))
    threading.Thread(target=_end_with_the_input, daemon=True).start()

    def tell(**said: str | int) -> None:
        with suppress(OSError):  # whoever listened is gone, and so will be this process
            out.write(json.dumps(said) + "\n")
            out.flush()

    def progress(words: str, done: int = 0, total: int = 0, /) -> None:
        tell(step=words, done=done, total=total)

    try:
        function, arguments = pickle.loads(work)  # which imports all that it needs: seconds
        answer = function(*arguments, progress=progress)
    except SunlightError as error:
        tell(error=str(error))
    except (Exception, SystemExit) as error:  # within an import, the second may arrive as the first
        if ends.is_set():  # it was told to end, and has cleared away: so have its own processes to
            os.killpg(0, signal.SIGKILL)
        traceback.print_exc()
        tell(error=f"It failed: {error!r}. The server's log says where.")
    else:
        tell(answer=answer or "")


def _end_with_the_input() -> None:
    """Nothing more comes in; its end means that nobody wants this any longer."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

"""Waiting for a job, and doing its work in this process."""

import pickle
import time

from core.errors import SunlightError
from core.system.jobs import Job, Told
from core.system.progress import silent


def is_over(job: Job, seconds: float) -> bool:
    """Whether it is over, after so many seconds at most."""
    deadline = time.monotonic() + seconds
    while job.is_running and time.monotonic() < deadline:
        time.sleep(0.02)
    return not job.is_running


class JobInPlace(Job):
    """A job that is over when `start` returns: another process takes seconds to load all it needs.

    For tests of what is shown of a job. What a process does is tested in `system/test_jobs.py`.
    """

    def start(self, of: str = "") -> None:
        self.of = of
        function, arguments = pickle.loads(self._work)
        try:
            self.told = Told(answer=function(*arguments, progress=silent) or "")
        except SunlightError as error:
            self.told = Told(error=str(error))

"""Waiting for a job."""

import time

from core.system.jobs import Job


def is_over(job: Job, seconds: float) -> bool:
    """Whether it is over, after so many seconds at most."""
    deadline = time.monotonic() + seconds
    while job.is_running and time.monotonic() < deadline:
        time.sleep(0.02)
    return not job.is_running

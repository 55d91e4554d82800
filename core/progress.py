"""Telling a person what goes on while it goes on."""

import time
from collections.abc import Callable

Progress = Callable[[str], None]
"""Is told what begins now, or how far it is, in a few words."""


def silent(step: str) -> None:
    """No progress display."""


def about(seconds: float) -> str:
    """So much time as one says it: `a moment`, `about 40 s`, `about 3 min`, `about 2.5 h`."""
    if seconds < 2:
        return "a moment"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"


EVERY = 1.0
"""Seconds between two reports of how far something is."""


class Pace:
    """Reports how many of so many are done, and how many a second, at most once a second.

    `what` is done with each: "read", "split into words". Without `total` nobody knows how many.
    """

    def __init__(self, progress: Progress, what: str, total: int | None = None) -> None:
        self._progress, self._what, self._total = progress, what, total
        self._began = self._told = time.perf_counter()

    def at(self, done: int) -> None:
        """So many are done by now."""
        moment = time.perf_counter()
        if moment - self._told < EVERY:
            return
        self._told = moment
        of_all = "" if self._total is None else f" of {self._total:,}"
        each_second = done / (moment - self._began)
        self._progress(f"{self._what} {done:,}{of_all} items, {each_second:,.0f} a second")

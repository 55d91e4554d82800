"""Progress of long work: what goes on, in words, and how much of it is done."""

import time
from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Is told what begins now, or how far it is, as `done` of `total`: 0 where nobody knows."""

    def __call__(self, words: str, done: int = 0, total: int = 0, /) -> None: ...


EVERY = 1.0  # seconds between two reports of how far something is


def silent(words: str, done: int = 0, total: int = 0, /) -> None:
    """No progress display."""


def in_words(tell: Callable[[str], object]) -> Progress:
    """Progress for somebody who wants to hear the words alone."""

    def progress(words: str, done: int = 0, total: int = 0, /) -> None:
        tell(words)

    return progress


class Pace:
    """Tells how far something is that goes through many things of one kind.

    As `counting words: 3,200,000 of 10,000,000 texts, 410,000/s, about 17 s left`, at most once in
    `EVERY` seconds; of what is over sooner nothing is told.
    """

    def __init__(self, progress: Progress, doing: str, total: int | None, things: str) -> None:
        self._progress, self._doing, self._total, self._things = progress, doing, total, things
        self._done, self._began = 0, time.perf_counter()
        self._told = self._began

    def add(self, number: int) -> None:
        """So many more are done."""
        self._done += number
        now = time.perf_counter()
        if now - self._told >= EVERY:
            self._told, speed = now, self._done / (now - self._began)
            of_all = left = ""
            if self._total is not None:
                of_all = f" of {self._total:,}"
                left = f", {about((self._total - self._done) / speed)} left"
            words = f"{self._doing}: {self._done:,}{of_all} {self._things}, {speed:,.0f}/s{left}"
            self._progress(words, self._done, self._total or 0)


def about(seconds: float) -> str:
    """So much time as one says it: `a moment`, `about 40 s`, `about 3 min`, `about 2.5 h`."""
    if seconds < 2:
        return "a moment"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"

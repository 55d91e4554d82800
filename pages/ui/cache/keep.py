"""A decorator that keeps what a function gives, by a key that holds the stamps of its files.

These are the stamps of the snapshot: a file that changes while a page runs mixes no two states.
"""

from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar

import altair as alt
import streamlit as st

from core.system.progress import Progress
from core.workspace.snapshot import Snapshot

STATES = 4  # workspaces and states of them that are kept in memory at once
CHARTS = 200  # specifications of charts that are kept, some 5 KB each

Asked = ParamSpec("Asked")
Found = TypeVar("Found")


class _NothingError(Exception):
    """What is missing now may be there at the next call: that is not kept."""


def kept(
    key: Callable[..., Hashable],
    *,
    most: int = STATES,
    spinner: str | bool = False,
    refusal: type[Exception] = _NothingError,
) -> Callable[[Callable[Asked, Found]], Callable[Asked, Found]]:
    """Keeps what a function gives for the last `most` keys; `key` takes the same arguments.

    Where the function gives None or raises `refusal`, the answer is None, and the next call tries
    again. Streamlit would hash arguments by type, which cannot know a run's files.
    """

    def keep(function: Callable[Asked, Found]) -> Callable[Asked, Found]:
        def answer(key: Hashable, _arguments: tuple[object, ...]) -> Found:
            found = function(*_arguments)
            if found is None:
                raise _NothingError
            return found

        # Streamlit tells functions apart by their names, and hashes no argument with an underscore.
        answer.__module__, answer.__qualname__ = function.__module__, function.__qualname__
        cached = st.cache_resource(answer, show_spinner=spinner, max_entries=most)

        @wraps(function)
        def asked(*arguments: Asked.args) -> Found | None:
            try:
                return cached(key(*arguments), arguments)
            except (_NothingError, refusal):
                return None

        return asked

    return keep


def by_snapshot(snapshot: Snapshot, *further: Hashable) -> Hashable:
    """The key of what is made of a snapshot, and of a few values."""
    return str(snapshot.workspace.path), snapshot.stamps, further


@kept(lambda make, *of: (make.__module__, make.__qualname__, of), most=CHARTS)
def chart_spec(make: Callable[..., alt.TopLevelMixin], *arguments: Hashable) -> dict[str, Any]:
    """The Vega-Lite of the chart that `make` gives for these arguments; nobody may change it."""
    spec = make(*arguments).to_dict()
    spec.pop("config", None)  # altair's own sizes: Streamlit has better ones
    return spec


class Slot(Generic[Found]):
    """A result that takes long for one state of the files: made on request, with its progress."""

    def __init__(self, make: Callable[[Progress], Found]) -> None:
        self.found: Found | None = None
        self._make = make
        self._filling = Lock()

    def fill(self, progress: Progress) -> Found:
        """Works it out, unless another session has: that one is waited for, by those who ask."""
        with self._filling:
            if self.found is None:
                self.found = self._make(progress)
            return self.found

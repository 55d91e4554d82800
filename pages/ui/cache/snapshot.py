"""The snapshot of a workspace, its tables, and its way in for events."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.pool.folder import pool_files
from core.pool.words import PoolWords, read_pool_words
from core.query.tables import Tables, pool_columns
from core.system.disk_cache import Stamps, file_stamps
from core.system.progress import Progress, in_words
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import Snapshot, mend_if_writable, read_snapshot
from pages.ui.cache.keep import STATES, by_snapshot, kept

_READING = Lock()
"""Several sessions that open a new pool wait for the first one, instead of all reading it."""


def open_snapshot(path: Path) -> Snapshot:
    """The state of the loop; read again when a file has changed, mended once per server."""
    files = [path / "task.toml", *pool_files(path)]
    workspace, pool_words = _opened(path, file_stamps(path, files))
    return _snapshot(workspace, pool_words, workspace.stamps())


def inbox(path: Path) -> Inbox:
    """The workspace's way in for events, one for the whole server."""
    return _inbox(path, file_stamps(path, [path / "task.toml"]))


@kept(by_snapshot)
def tables(snapshot: Snapshot) -> Tables:
    """The tables of this state of the loop, over the columns of its pool."""
    return Tables(snapshot, _pool_columns(snapshot))


@lru_cache(maxsize=STATES)
def _inbox(path: Path, task_stamp: Stamps) -> Inbox:
    # Called by the events' route, outside of any script run: Streamlit's caches do not serve it.
    return Inbox(open_workspace(path))


@lru_cache(maxsize=STATES)
def _opened(path: Path, stamps: Stamps) -> tuple[Workspace, PoolWords]:
    """The workspace, mended, and its pool; tells how far a large one is, as no cache can."""
    workspace = open_workspace(path)
    with _READING, _told_in_the_corner() as tell:
        pool_words = read_pool_words(
            *workspace.pool_place, write_cache=workspace.is_writable(), progress=tell
        )
        mend_if_writable(workspace, pool_words)
    return workspace, pool_words


@contextmanager
def _told_in_the_corner() -> Iterator[Progress]:
    """A toast that changes with each step. On the page it moves nothing: tabs keep their place."""
    toasts: list[DeltaGenerator] = []

    def tell(step: str) -> None:
        place = toasts[0] if toasts else st
        toasts.append(place.toast(step, duration="infinite"))

    try:
        yield in_words(tell)
    finally:
        if toasts:
            toasts[0].toast("Reading is over.", duration="short")


@kept(lambda workspace, _, stamps: (str(workspace.path), stamps), spinner="Reading the workspace …")
def _snapshot(workspace: Workspace, pool_words: PoolWords, stamps: Stamps) -> Snapshot:
    return read_snapshot(workspace, pool_words, write_cache=workspace.is_writable())


_pool_columns = kept(
    lambda snapshot: (*map(str, snapshot.workspace.pool_place), snapshot.pool_words.pool.key),
    spinner="Reading the pool …",
)(pool_columns)

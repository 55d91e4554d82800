"""The only place that caches. Every key holds the stamps of the files behind it.

What is made of a loop has the stamps of that loop, not those of the files by then: a file that
changes while a page runs can mix no two states.
"""

import atexit
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import altair as alt
import streamlit as st

from core.errors import RunError
from core.harvest import Brought, brought_in
from core.inbox import Inbox
from core.logs import Run
from core.loop import Loop, mend, read_loop
from core.model import Model
from core.outlook import Outlook
from core.outlook import outlook as outlook_of_loop
from core.pool_columns import PoolColumns, pool_columns
from core.predictions import Predictions, predictions_of
from core.report import Report, report_path
from core.runs import load_run, read_report
from core.skew import (
    Column,
    Spread,
    WordSkew,
    column_spread,
    few_valued,
    groups,
    length_spread,
    skewed_words,
    vocabulary,
)
from core.tables import Tables
from core.word_index import read_pool_words
from core.workspace import POOL_FOLDER, Stamps, Workspace, file_stamps, open_workspace

WORKSPACES = 4
"""Workspaces and states of them that are kept in memory at once."""

REPORTS = 1_000
"""Runs whose reports are kept: a learning curve asks for all of them, some 60 KB each."""

CHARTS = 200
"""Specifications of charts that are kept, some 5 KB each."""

_READING = Lock()
"""Several sessions that open a new pool wait for the first one, instead of all reading it."""

# DuckDB complains at length about connections that are still open when Python ends.
atexit.register(st.cache_resource.clear)


def loop(path: Path) -> Loop:
    """The state of the loop; read again when a file has changed, mended once per server."""
    _read_ahead(path, _pool_stamps(path))
    workspace = _mended(str(path), _task_stamp(path))
    return _loop(str(path), workspace.stamps(), workspace)


def tables(current: Loop) -> Tables:
    """The DuckDB tables of this state of the loop, over the columns of its pool."""
    return _tables(str(current.workspace.path), current.stamps, current)


def model(current: Loop, run: Run) -> Model | None:
    """The run's model, or None if its file is gone: the page says so and shows the rest."""
    try:
        return _model(str(current.workspace.path), _params_stamp(current, run), current, run)
    except RunError:
        return None


def predictions(current: Loop, run: Run) -> Predictions | None:
    """What the run says of every item of the pool; None if its file or its encoder is gone."""
    found = model(current, run)
    if found is None:
        return None
    key = current.pool_words.pool.key
    try:
        return _predictions(key, _params_stamp(current, run), current, run, found)
    except RunError:
        return None


def report(current: Loop, run: Run) -> Report | None:
    """The run's report; None where there is none, or it is damaged: its row has the scores."""
    try:
        return _report(str(current.workspace.path), _report_stamp(current, run), current, run)
    except RunError:
        return None


def outlook(current: Loop) -> Outlook:
    """How the work stands at this state of the loop. Trains models: seconds, once a state."""
    return _outlook(str(current.workspace.path), current.stamps, current)


def brought(current: Loop) -> list[Brought]:
    """What each strategy brought in, label by label."""
    return _brought(str(current.workspace.path), current.stamps, current)


def spreads(current: Loop) -> list[Spread]:
    """How lengths, and columns of few values, of the training data differ from the pool's."""
    return _spreads(str(current.workspace.path), current.stamps, current)


def word_skews(current: Loop) -> dict[str, WordSkew]:
    """How the words of each strategy's training data differ from the pool's."""
    return _word_skews(str(current.workspace.path), current.stamps, current)


def chart_spec(make: Callable[..., alt.LayerChart], *arguments: Hashable) -> dict[str, Any]:
    """The Vega-Lite of the chart that `make` gives for these arguments and nothing else."""
    return _chart_spec(f"{make.__module__}.{make.__qualname__}", arguments, make)


def inbox(path: Path) -> Inbox:
    """The workspace's way in for events, one for the whole server."""
    return _inbox(path, _task_stamp(path))


@lru_cache(maxsize=WORKSPACES)
def _inbox(path: Path, task_stamp: Stamps) -> Inbox:
    # Called by the events' route, outside of any script run: Streamlit's caches do not serve it.
    return Inbox(open_workspace(path))


@lru_cache(maxsize=WORKSPACES)
def _read_ahead(path: Path, pool_stamps: Stamps) -> None:
    """Tells how far a large pool is that is read for the first time.

    From within Streamlit's caches nothing can be told; what is read here is in `.cache` after that.
    """
    workspace = open_workspace(path)
    if workspace.is_writable():
        place = st.empty()
        try:
            with _READING:
                read_pool_words(workspace, progress=place.caption)
        finally:
            place.empty()


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _mended(path: str, task_stamp: Stamps) -> Workspace:
    workspace = open_workspace(Path(path))
    if workspace.is_writable():
        mend(workspace)
    return workspace


@st.cache_resource(show_spinner="Reading the workspace …", max_entries=WORKSPACES)
def _loop(path: str, stamps: Stamps, _workspace: Workspace) -> Loop:
    return read_loop(_workspace, write_cache=_workspace.is_writable())


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _tables(path: str, stamps: Stamps, _loop: Loop) -> Tables:
    return Tables(_loop, _pool_columns(path, repr(_loop.pool_words.pool.key), _loop))


@st.cache_resource(show_spinner="Reading the pool …", max_entries=WORKSPACES)
def _pool_columns(path: str, pool_key: str, _loop: Loop) -> PoolColumns:
    return pool_columns(_loop)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _model(path: str, params_stamp: Stamps, _loop: Loop, _run: Run) -> Model:
    return load_run(_loop, _run)


@st.cache_resource(show_spinner="Asking the model …", max_entries=WORKSPACES)
def _predictions(
    pool_key: str, params_stamp: Stamps, _loop: Loop, _run: Run, _model: Model
) -> Predictions:
    return predictions_of(_loop, _run, _model)


@st.cache_resource(show_spinner=False, max_entries=REPORTS)
def _report(path: str, report_stamp: Stamps, _loop: Loop, _run: Run) -> Report | None:
    return read_report(_loop, _run)


@st.cache_resource(show_spinner="Estimating what is left …", max_entries=WORKSPACES)
def _outlook(path: str, stamps: Stamps, _loop: Loop) -> Outlook:
    return outlook_of_loop(_loop)


@st.cache_data(show_spinner=False, max_entries=CHARTS)
def _chart_spec(
    name: str, arguments: tuple[Hashable, ...], _make: Callable[..., alt.LayerChart]
) -> dict[str, Any]:
    spec = _make(*arguments).to_dict()
    spec.pop("config", None)  # altair's own sizes: Streamlit has better ones
    return spec


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _brought(path: str, stamps: Stamps, _loop: Loop) -> list[Brought]:
    return brought_in(_loop)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _few_valued(pool_key: str, _loop: Loop) -> list[Column]:
    return few_valued(_loop.pool_words.pool)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _spreads(path: str, stamps: Stamps, _loop: Loop) -> list[Spread]:
    columns = _few_valued(_loop.pool_words.pool.key, _loop)
    return [length_spread(_loop), *(column_spread(_loop, column) for column in columns)]


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _word_skews(path: str, stamps: Stamps, _loop: Loop) -> dict[str, WordSkew]:
    words, training = vocabulary(_loop), _loop.labels.usable_training()
    return {name: skewed_words(words, rows) for name, rows in groups(training).items()}


def _pool_stamps(path: Path) -> Stamps:
    return file_stamps(path, sorted((path / POOL_FOLDER).glob("*.csv")))


def _task_stamp(path: Path) -> Stamps:
    return file_stamps(path, [path / "task.toml"])


def _params_stamp(current: Loop, run: Run) -> Stamps:
    path = current.workspace.path
    return file_stamps(path, [path / run.params_file])


def _report_stamp(current: Loop, run: Run) -> Stamps:
    path = current.workspace.path
    return file_stamps(path, [report_path(path / run.params_file)])

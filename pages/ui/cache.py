"""The only place that caches. Every key holds the stamps of the files behind it.

What is made of a loop has the stamps of that loop, not those of the files by then: a file that
changes while a page runs can mix no two states.
"""

import atexit
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from core.analysis.estimate import compute_estimate
from core.analysis.projection import measured, sampled
from core.analysis.projection import pool_points as points_of
from core.analysis.replay import Known
from core.analysis.replay import known as known_labels
from core.analysis.representation import (
    Column,
    Spread,
    WordComparison,
    column_spread,
    comparable_columns,
    compare_words,
    groups,
    length_spread,
    vocabulary,
)
from core.analysis.strategy_comparison import Experiment, Groups, find_groups, prepare
from core.analysis.strategy_yield import ChosenLabel
from core.analysis.strategy_yield import chosen_labels as find_chosen_labels
from core.errors import RunError
from core.evaluation.intervals import Difference, Interval
from core.evaluation.report import Report, report_path
from core.evaluation.run_scores import (
    EvaluationPredictions,
    Resampled,
    draws,
    is_enough,
    predictions_from_report,
    predictions_of_model,
    resample,
    score_intervals_of,
    shared,
)
from core.evaluation.run_scores import score_differences as differences_of
from core.evaluation.runs import load_run, read_report
from core.evaluation.slices import groupings
from core.models.model import Model
from core.models.neighbors import NeighborIndex
from core.models.neighbors import neighbor_index as make_neighbourhood
from core.models.pool_predictions import Predictions, predictions_of
from core.pool.folder import POOL_FOLDER
from core.pool.text import occurrences
from core.pool.words import PoolWords, read_pool_words
from core.query.columns import PoolColumns, pool_columns
from core.query.filters import Filters
from core.query.masks import ShownPredictions
from core.query.row_set import RowSet
from core.query.shown_predictions import predictions_at
from core.query.sql_condition import places_where
from core.query.tables import Tables
from core.sampling.next_batch import Batch, preview
from core.sampling.picks import Pick, WordHistory, picks_of
from core.sampling.picks import word_history as history_of
from core.system.jobs import Job
from core.system.progress import Progress
from core.system.stamps import Stamps, file_stamps
from core.workspace.events import Inbox
from core.workspace.labels import Labeled, labels_hash
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Run
from core.workspace.near_duplicates import NearDuplicates, hash_of_texts
from core.workspace.near_duplicates import near_duplicates as find_near_duplicates
from core.workspace.snapshot import Snapshot, mend_if_writable, read_snapshot

WORKSPACES = 4
"""Workspaces and states of them that are kept in memory at once."""

REPORTS = 1_000
"""Runs whose reports are kept: a learning curve asks for all of them, some 60 KB each."""

LOOKS = 32
"""What filters leave is kept for so many of them: 8 bytes an item, of half the pool at most."""
CHARTS = 200
"""Specifications of charts that are kept, some 5 KB each."""
JOBS = 50
"""Kinds of work that are remembered with what came of them; the results stand on disk."""
RUNS = 100
"""Runs, and pairs of them, whose scores are kept with their intervals."""

Found = TypeVar("Found")

_READING = Lock()
"""Several sessions that open a new pool wait for the first one, instead of all reading it."""

# DuckDB complains at length about connections that are still open when Python ends.
atexit.register(st.cache_resource.clear)


def snapshot(path: Path) -> Snapshot:
    """The state of the loop; read again when a file has changed, mended once per server."""
    pool_words = _read_ahead(path, _pool_stamps(path))
    workspace = _mended(str(path), _task_stamp(path), pool_words)
    return _snapshot(str(path), workspace.stamps(), workspace, pool_words)


def tables(current: Snapshot) -> Tables:
    """The DuckDB tables of this state of the loop, over the columns of its pool."""
    return _tables(str(current.workspace.path), current.stamps, current)


def model(current: Snapshot, run: Run) -> Model | None:
    """The run's model, or None if its file is gone: the page says so and shows the rest."""
    try:
        return _model(str(current.workspace.path), _params_stamp(current, run), current, run)
    except RunError:
        return None


def predictions(current: Snapshot, run: Run) -> Predictions | None:
    """What the run says of every item of the pool; None if its file or its encoder is gone."""
    found = model(current, run)
    if found is None:
        return None
    key = current.pool_words.pool.key
    try:
        return _predictions(key, _params_stamp(current, run), current, run, found)
    except RunError:
        return None


def shown_predictions(current: Snapshot) -> ShownPredictions | None:
    """What the last run's model says at each place of the tables; None if there is no model."""
    run = current.logs.runs[-1] if current.logs.runs else None
    found = predictions(current, run) if run else None
    if found is None:
        return None
    path, stamp = str(current.workspace.path), _params_stamp(current, run)
    try:
        return _opinions(path, current.stamps, stamp, current, found, model(current, run))
    except RunError:
        return None


def places(current: Snapshot, filters: Filters) -> RowSet:
    """Where the items stand that the filters leave, worked out once for each state."""
    path = str(current.workspace.path)
    runs = current.logs.runs[-1:] if filters.ask_the_model() else []
    stamp = tuple(_params_stamp(current, run) for run in runs)
    return _places(path, current.stamps, stamp, repr(filters), current, filters)


def training_words(current: Snapshot) -> Counter[str]:
    """How often each word, folded, occurs in what a model may learn from."""
    return _training_words(str(current.workspace.path), current.stamps, current)


def neighbor_index(current: Snapshot, run: Run) -> NeighborIndex:
    """All labeled items as the run's model sees them. Raises RunError if it cannot."""
    path, stamp = str(current.workspace.path), _params_stamp(current, run)
    return _neighbourhood(path, current.stamps, stamp, current, run)


def report(current: Snapshot, run: Run) -> Report | None:
    """The run's report; None where there is none, or it is damaged: its row has the scores."""
    try:
        return _report(str(current.workspace.path), _report_stamp(current, run), current, run)
    except RunError:
        return None


def evaluation_predictions(current: Snapshot, run: Run) -> EvaluationPredictions | None:
    """What the run says of today's evaluation items; None if neither report nor model can tell."""
    task, items = current.workspace.task, current.labels.splits["evaluation"]
    found = report(current, run)
    if is_enough(found, task):
        return predictions_from_report(found, items, task)
    asked = model(current, run)
    if asked is not None:
        return _answers(*_asked_key(current, run), current, asked)
    known = found is not None and set(found.said.predicted) <= set(task.values)
    return predictions_from_report(found, items, task) if known else None


def evaluation_hash(current: Snapshot) -> str:
    """What the evaluation data of today is called in the rows of runs that were measured by it."""
    return _evaluation_hash(str(current.workspace.path), current.stamps, current)


def score_intervals(current: Snapshot, run: Run, label: int) -> dict[str, Interval]:
    """The run's scores for the label with their intervals; empty where nothing is known."""
    found = _resampled(*_asked_key(current, run), label, current, run)
    return score_intervals_of(found) if found else {}


def of_reports(make: Callable[[Snapshot], pd.DataFrame], current: Snapshot) -> pd.DataFrame:
    """What `make` gives of the loop and the reports of its runs, worked out once for these."""
    path = current.workspace.path
    reports = file_stamps(path, [report_path(path / run.params_file) for run in current.logs.runs])
    name = f"{make.__module__}.{make.__qualname__}"
    return _of_reports(name, str(path), hash((current.stamps, reports)), current, make)


def score_differences(
    current: Snapshot, before: Run, after: Run, label: int
) -> dict[str, Difference]:
    """How much higher `after` scores than `before`; empty where nothing is known."""
    key = _asked_key(current, before), _asked_key(current, after)
    return _score_differences(repr(key), label, current, before, after)


def slice_groups(current: Snapshot, run: Run) -> dict[str, list[str]]:
    """The groups of the items that the run was asked about, by each way to group them."""
    return _slice_groups(*_asked_key(current, run), current.stamps, current, run)


def estimate_job(current: Snapshot) -> Job:
    """What works out how the work stands: one for a workspace, that everybody sees."""
    path = current.workspace.path
    return job(f"outlook of {path}", compute_estimate, path)


def job(name: str, function: Callable[..., str | None], *arguments: object) -> Job:
    """The work of this name, one for the whole server: who asks for it sees how far it is."""
    return _errand(name, function, arguments)


def pool_points(current: Snapshot, run: Run) -> pd.DataFrame:
    """A sample of the pool by confidence and familiarity; the run's predictions must be there."""
    stamps = current.stamps, _params_stamp(current, run)
    return _pool_points(str(current.workspace.path), *stamps, current, run)


class Slot(Generic[Found]):
    """Something heavy of one state of the files: empty until somebody asks for it.

    What fills it tells how far it is, which nothing can from within Streamlit's caches.
    """

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


def near_duplicates(current: Snapshot) -> Slot[NearDuplicates]:
    """Nearly the same texts among the labeled items; worked out once for these texts."""
    items = [item for items in current.labels.splits.values() for item in items]
    return _alike(hash_of_texts(items), items)


def coming(current: Snapshot) -> Slot[Batch]:
    """The batch that would be proposed at this state of the loop."""
    return _coming(str(current.workspace.path), current.stamps, current)


def picks(current: Snapshot) -> list[Pick]:
    """Every training item that a model chose, with its label of today."""
    return _picks(str(current.workspace.path), current.stamps, current)


def word_history(current: Snapshot) -> WordHistory:
    """When the training data came to hold each word."""
    return _word_history(str(current.workspace.path), current.stamps, current)


def chosen_labels(current: Snapshot) -> list[ChosenLabel]:
    """What each strategy brought in, label by label."""
    return _brought(str(current.workspace.path), current.stamps, current)


def spreads(current: Snapshot) -> list[Spread]:
    """How lengths, and columns of the pool, of the training data differ from the pool's."""
    return _spreads(str(current.workspace.path), current.stamps, current)


def word_comparisons(current: Snapshot) -> dict[str, WordComparison]:
    """How the words of each strategy's training data differ from the pool's."""
    return _word_skews(str(current.workspace.path), current.stamps, current)


def experiment_groups(current: Snapshot) -> Groups:
    """Which strategies have brought in enough to be compared."""
    return _experiment_groups(str(current.workspace.path), current.stamps, current)


def experiment(current: Snapshot, size: int) -> Experiment:
    """What is to be trained at this size. Raises LoopError where there is nothing to compare."""
    return _experiment(str(current.workspace.path), current.stamps, size, current)


def known(current: Snapshot) -> Known:
    """What a replay of this state of the loop can go by."""
    return _known(str(current.workspace.path), current.stamps, current)


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
def _read_ahead(path: Path, pool_stamps: Stamps) -> PoolWords:
    """The pool with its words; tells how far a large one is that is read for the first time.

    From within Streamlit's caches nothing can be told.
    """
    workspace = open_workspace(path)
    with _READING, _told_in_the_corner() as tell:
        return read_pool_words(
            workspace.path, workspace.cache, write_cache=workspace.is_writable(), progress=tell
        )


@contextmanager
def _told_in_the_corner() -> Iterator[Progress]:
    """A toast that changes with each step. On the page it moves nothing: tabs keep their place."""
    toasts: list[DeltaGenerator] = []

    def tell(step: str) -> None:
        if toasts:
            toasts[0].toast(step, duration="infinite")
        else:
            toasts.append(st.toast(step, duration="infinite"))

    try:
        yield tell
    finally:
        if toasts:
            toasts[0].toast("Reading is over.", duration="short")


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _mended(path: str, task_stamp: Stamps, _pool_words: PoolWords) -> Workspace:
    workspace = open_workspace(Path(path))
    mend_if_writable(workspace, _pool_words)
    return workspace


@st.cache_resource(show_spinner="Reading the workspace …", max_entries=WORKSPACES)
def _snapshot(path: str, stamps: Stamps, _workspace: Workspace, _pool_words: PoolWords) -> Snapshot:
    return read_snapshot(_workspace, _pool_words, write_cache=_workspace.is_writable())


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _tables(path: str, stamps: Stamps, _snapshot: Snapshot) -> Tables:
    return Tables(_snapshot, _pool_columns(path, repr(_snapshot.pool_words.pool.key), _snapshot))


@st.cache_resource(show_spinner="Reading the pool …", max_entries=WORKSPACES)
def _pool_columns(path: str, pool_key: str, _snapshot: Snapshot) -> PoolColumns:
    return pool_columns(_snapshot)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _model(path: str, params_stamp: Stamps, _snapshot: Snapshot, _run: Run) -> Model:
    return load_run(_snapshot, _run)


@st.cache_resource(show_spinner="Asking the model …", max_entries=WORKSPACES)
def _predictions(
    pool_key: str, params_stamp: Stamps, _snapshot: Snapshot, _run: Run, _model: Model
) -> Predictions:
    return predictions_of(_snapshot, _run, _model)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _opinions(
    path: str,
    stamps: Stamps,
    params_stamp: Stamps,
    _snapshot: Snapshot,
    _predictions: Predictions,
    _model: Model,
) -> ShownPredictions:
    return predictions_at(_snapshot, tables(_snapshot), _predictions, _model)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _training_words(path: str, stamps: Stamps, _snapshot: Snapshot) -> Counter[str]:
    return occurrences(item.text for item in _snapshot.labels.usable_training())


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _neighbourhood(
    path: str, stamps: Stamps, params_stamp: Stamps, _snapshot: Snapshot, _run: Run
) -> NeighborIndex:
    items = [item for part in _snapshot.labels.splits.values() for item in part]
    newest = _newest_neighbourhood(path, params_stamp)
    seen = _model(path, params_stamp, _snapshot, _run)
    newest[:] = [make_neighbourhood(seen, items, newest[0] if newest else None)]
    return newest[0]


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _newest_neighbourhood(path: str, params_stamp: Stamps) -> list[NeighborIndex]:
    """What was worked out last by this model: a label more needs one text more."""
    return []


@st.cache_resource(show_spinner=False, max_entries=LOOKS)
def _places(
    path: str,
    stamps: Stamps,
    params_stamp: tuple[Stamps, ...],
    asked: str,
    _snapshot: Snapshot,
    _filters: Filters,
) -> RowSet:
    said = shown_predictions(_snapshot) if _filters.ask_the_model() else None
    left = tables(_snapshot).places(_filters, said)
    if not _filters.where:
        return left
    found = places_where(tables(_snapshot).sheet(said), _filters.where)
    return left & RowSet(found, left.size)


@st.cache_resource(show_spinner=False, max_entries=REPORTS)
def _report(path: str, report_stamp: Stamps, _snapshot: Snapshot, _run: Run) -> Report | None:
    return read_report(_snapshot, _run)


@st.cache_resource(show_spinner="Asking the model …", max_entries=RUNS)
def _answers(
    path: str, stamps: Stamps, evaluation_hash: str, _snapshot: Snapshot, _model: Model
) -> EvaluationPredictions:
    task, items = _snapshot.workspace.task, _snapshot.labels.splits["evaluation"]
    return predictions_of_model(_model, items, task)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _evaluation_hash(path: str, stamps: Stamps, _snapshot: Snapshot) -> str:
    return labels_hash(_snapshot.labels.splits["evaluation"], _snapshot.workspace.task.values)


@st.cache_resource(show_spinner=False, max_entries=1)
def _draws(number: int) -> NDArray[np.int32]:
    return draws(number)


@st.cache_resource(show_spinner="Drawing samples …", max_entries=RUNS)
def _resampled(
    path: str, stamps: Stamps, evaluation_hash: str, label: int, _snapshot: Snapshot, _run: Run
) -> Resampled | None:
    found = evaluation_predictions(_snapshot, _run)
    return resample(found, label, _draws(len(found))) if found else None


@st.cache_resource(show_spinner=False, max_entries=RUNS)
def _score_differences(
    key: str, label: int, _snapshot: Snapshot, _before: Run, _after: Run
) -> dict[str, Difference]:
    first, second = (
        evaluation_predictions(_snapshot, _before),
        evaluation_predictions(_snapshot, _after),
    )
    if first is None or second is None:
        return {}
    if first.items == second.items:
        runs = _before, _after
        found = [_resampled(*_asked_key(_snapshot, run), label, _snapshot, run) for run in runs]
    else:
        found = [resample(each, label, draws(len(each))) for each in shared(first, second)]
    return differences_of(*found)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _of_reports(
    name: str,
    path: str,
    stamps: int,
    _snapshot: Snapshot,
    _make: Callable[[Snapshot], pd.DataFrame],
) -> pd.DataFrame:
    return _make(_snapshot)


@st.cache_resource(show_spinner=False, max_entries=RUNS)
def _slice_groups(
    path: str,
    stamps: Stamps,
    evaluation_hash: str,
    all_stamps: Stamps,
    _snapshot: Snapshot,
    _run: Run,
) -> dict[str, list[str]]:
    found = evaluation_predictions(_snapshot, _run)
    return groupings(found.items, _snapshot.pool_words.pool) if found else {}


@st.cache_resource(show_spinner=False, max_entries=JOBS)
def _errand(name: str, _function: Callable[..., str | None], _arguments: tuple[object, ...]) -> Job:
    return Job(_function, *_arguments)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _coming(path: str, stamps: Stamps, _snapshot: Snapshot) -> Slot[Batch]:
    return Slot(lambda progress: preview(_snapshot, progress=progress))


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _picks(path: str, stamps: Stamps, _snapshot: Snapshot) -> list[Pick]:
    return picks_of(_snapshot)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _word_history(path: str, stamps: Stamps, _snapshot: Snapshot) -> WordHistory:
    return history_of(_snapshot.labels.usable_training(), _snapshot.logs.proposals)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _alike(texts_hash: str, _items: list[Labeled]) -> Slot[NearDuplicates]:
    return Slot(partial(find_near_duplicates, _items))


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _pool_points(
    path: str, stamps: Stamps, params_stamp: Stamps, _snapshot: Snapshot, _run: Run
) -> pd.DataFrame:
    return points_of(
        _snapshot, measured(_snapshot, predictions(_snapshot, _run), sampled(_snapshot))
    )


@st.cache_data(show_spinner=False, max_entries=CHARTS)
def _chart_spec(
    name: str, arguments: tuple[Hashable, ...], _make: Callable[..., alt.LayerChart]
) -> dict[str, Any]:
    spec = _make(*arguments).to_dict()
    spec.pop("config", None)  # altair's own sizes: Streamlit has better ones
    return spec


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _brought(path: str, stamps: Stamps, _snapshot: Snapshot) -> list[ChosenLabel]:
    return find_chosen_labels(_snapshot)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _comparable_columns(pool_key: str, _snapshot: Snapshot) -> list[Column]:
    return comparable_columns(_snapshot.pool_words.pool)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _spreads(path: str, stamps: Stamps, _snapshot: Snapshot) -> list[Spread]:
    columns = _comparable_columns(_snapshot.pool_words.pool.key, _snapshot)
    return [length_spread(_snapshot), *(column_spread(_snapshot, column) for column in columns)]


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _word_skews(path: str, stamps: Stamps, _snapshot: Snapshot) -> dict[str, WordComparison]:
    words, training = vocabulary(_snapshot), _snapshot.labels.usable_training()
    return {name: compare_words(words, rows) for name, rows in groups(training).items()}


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _experiment_groups(path: str, stamps: Stamps, _snapshot: Snapshot) -> Groups:
    return find_groups(_snapshot.labels.usable_training())


@st.cache_resource(show_spinner=False, max_entries=LOOKS)
def _experiment(path: str, stamps: Stamps, size: int, _snapshot: Snapshot) -> Experiment:
    return prepare(_snapshot, size)


@st.cache_resource(show_spinner=False, max_entries=WORKSPACES)
def _known(path: str, stamps: Stamps, _snapshot: Snapshot) -> Known:
    return known_labels(_snapshot)


def _pool_stamps(path: Path) -> Stamps:
    return file_stamps(path, sorted((path / POOL_FOLDER).glob("*.csv")))


def _task_stamp(path: Path) -> Stamps:
    return file_stamps(path, [path / "task.toml"])


def _params_stamp(current: Snapshot, run: Run) -> Stamps:
    path = current.workspace.path
    return file_stamps(path, [path / run.params_file])


def _asked_key(current: Snapshot, run: Run) -> tuple[str, Stamps, str]:
    """What a run's answers depend on: its files, and the evaluation labels. Not the others."""
    path = str(current.workspace.path)
    stamps = (*_params_stamp(current, run), *_report_stamp(current, run))
    return path, stamps, evaluation_hash(current)


def _report_stamp(current: Snapshot, run: Run) -> Stamps:
    path = current.workspace.path
    return file_stamps(path, [report_path(path / run.params_file)])

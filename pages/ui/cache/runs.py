"""Models of runs, their predictions and reports, and how well they do on the evaluation data."""

from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import RunError
from core.evaluation import agreement_report, run_scores
from core.evaluation.intervals import Bootstrap, Interval, resampled
from core.evaluation.report import report_path
from core.evaluation.run_scores import EvaluationPredictions
from core.evaluation.runs import load_run, read_report
from core.features.base import Rows as FeatureRows
from core.features.base import Source
from core.models import neighbors
from core.models.neighbors import Similar
from core.models.pool_predictions import Predictions, predictions_of
from core.query.filters import Filters
from core.query.order import Rows, row_order, rows_in_order
from core.query.row_set import RowSet
from core.query.search_figures import SearchFigures
from core.query.search_figures import search_figures as figures_of_search
from core.query.shown_predictions import ShownPredictions, predictions_at
from core.query.tables import KNOWN
from core.system.disk_cache import Stamps, file_stamps
from core.workspace.labels import labels_hash
from core.workspace.logs import Run
from core.workspace.searches import MOST_SEARCHES, Search
from core.workspace.snapshot import Snapshot
from pages.ui.cache.keep import by_snapshot, kept
from pages.ui.cache.snapshot import tables

REPORTS = 1_000
"""Runs whose reports are kept: a learning curve asks for all of them, some 60 KB each."""

LOOKS = 32
"""What filters leave is kept for so many of them: 8 bytes an item, of half the pool at most."""

ORDERS = 8
"""Orders of all items, and texts' likeness to them, that are kept: 4 bytes an item."""
LIKENESS = "likeness"
LIKEST = 100  # items that are shown as like one

RUNS = 100  # runs, and pairs of them, whose scores are kept with their intervals


def run_stamps(snapshot: Snapshot, *runs: Run) -> Stamps:
    """Those of the runs' params files and reports, as far as they are there."""
    path = snapshot.workspace.path
    params = [path / run.params_file for run in runs]
    return file_stamps(path, [*params, *map(report_path, params)])


def by_run(snapshot: Snapshot, run: Run, *further: Hashable) -> Hashable:
    """The key of what a model is, and its report, whatever is labeled."""
    workspace = snapshot.workspace
    return str(workspace.path), workspace.task.values, run_stamps(snapshot, run), further


def by_evaluation(snapshot: Snapshot, run: Run, *further: Hashable) -> Hashable:
    """The key of what is measured: a run's files, and the evaluation labels. Not the others."""
    return by_run(snapshot, run, evaluation_hash(snapshot), *further)


model = kept(by_run, refusal=RunError)(load_run)
"""The run's model, or None if its file is gone: the page says so and shows the rest."""

report = kept(by_run, most=REPORTS, refusal=RunError)(read_report)
"""The run's report; None where there is none, or it is damaged: its row has the scores."""


@kept(
    lambda snapshot, run: by_run(snapshot, run, snapshot.pool_words.pool.key),
    spinner="Asking the model …",
    refusal=RunError,
)
def predictions(snapshot: Snapshot, run: Run) -> Predictions | None:
    """What the run says of every item of the pool; None if its file or its encoder is gone."""
    found = model(snapshot, run)
    return predictions_of(snapshot, run, found) if found else None


def by_last_run(snapshot: Snapshot, *further: Hashable) -> Hashable:
    """The key of what the last run's model, if there is one, says of the tables."""
    return by_snapshot(snapshot, run_stamps(snapshot, *snapshot.logs.runs[-1:]), further)


@kept(by_last_run, spinner="Asking the model …", refusal=RunError)
def shown_predictions(snapshot: Snapshot) -> ShownPredictions | None:
    """What the last run's model says at each place of the tables; None if there is no model."""
    run = snapshot.logs.runs[-1] if snapshot.logs.runs else None
    found = run and predictions(snapshot, run)
    return found and predictions_at(snapshot, tables(snapshot), found, model(snapshot, run))


def by_filters(snapshot: Snapshot, filters: Filters) -> Hashable:
    by = by_last_run if filters.ask_the_model() or filters.like else by_snapshot
    return by(snapshot, repr(filters))


@kept(by_filters, most=LOOKS)
def places(snapshot: Snapshot, filters: Filters) -> RowSet:
    """Where the items stand that the filters leave; raises LoopError if nothing can be alike."""
    if filters.like:
        left = places(snapshot, replace(filters, like=""))
        return RowSet(np.sort(likest(snapshot, filters)[0]), left.size)
    shown = shown_predictions(snapshot) if filters.ask_the_model() else None
    return tables(snapshot).rows(filters, shown)


@kept(by_last_run, most=MOST_SEARCHES)
def search_figures(snapshot: Snapshot, search: Search) -> SearchFigures:
    """What this search finds now; raises SearchError for one that cannot be asked."""
    found = tables(snapshot), search, snapshot.workspace.task
    return figures_of_search(*found, shown_predictions(snapshot))


@kept(by_last_run)
def sheet(snapshot: Snapshot, blind: tuple[str, ...]) -> pa.Table:
    """All items with what is known and predicted of them, but of the blind ones."""
    return tables(snapshot).sheet(shown_predictions(snapshot), blind)


def sheet_of(snapshot: Snapshot, filters: Filters, blind: tuple[str, ...]) -> pa.Table:
    """The sheet with the likeness of what is like something."""
    found = sheet(snapshot, blind)
    if not filters.like or LIKENESS in found.column_names:
        return found
    column = np.full(len(found), np.nan, np.float32)
    np.put(column, *likest(snapshot, filters))
    return found.append_column(LIKENESS, pa.array(column, from_pandas=True))


@kept(lambda snapshot, filters, *of: by_last_run(snapshot, repr(filters), *of), most=ORDERS)
def rows(
    snapshot: Snapshot, filters: Filters, sort: str, down: bool, blind: tuple[str, ...]
) -> Rows:
    """The rows that the filters leave, in the order of a column, of likeness, or of the pool."""
    if filters.like and not sort:
        return likest(snapshot, filters)[0].astype(np.int32)
    order = _order(snapshot, sort, down, blind) if sort else None
    return rows_in_order(places(snapshot, filters), order)


def _by_column(snapshot: Snapshot, name: str, *further: Hashable) -> Hashable:
    if name in KNOWN:
        return by_last_run(snapshot, name, *further)
    outside = tables(snapshot).outside.select(["item_id", "text"]).to_pydict()
    words = snapshot.pool_words
    return words.pool.key, words.splitting, hash(repr(outside)), name, further[0]


@kept(_by_column, most=ORDERS, spinner="Sorting …")
def _order(snapshot: Snapshot, name: str, down: bool, blind: tuple[str, ...]) -> Rows:
    name_of = snapshot.workspace.task.name_of if name in ("label", "predicted") else str
    return row_order(sheet(snapshot, blind)[name], down=down, name_of=name_of)


@kept(by_filters, most=LOOKS)
def likest(snapshot: Snapshot, filters: Filters) -> Similar:
    """The items most like `filters.like` that the other filters leave; raises LoopError."""
    text, pool_words = neighbors.text_like(snapshot, filters.like), snapshot.pool_words
    among = places(snapshot, replace(filters, like="")).mask()[: len(pool_words.pool)]
    if text != filters.like:  # an item, which is not asked for again
        among[pool_words.copies_of([text])] = False
    found = likeness(snapshot, text)[: len(among)]
    return neighbors.nearest(snapshot, found, LIKEST, among)


def by_features(snapshot: Snapshot, *further: Hashable) -> Hashable:
    """The key of how texts are seen: by the last run's model, else by the pool's counted texts."""
    last = snapshot.logs.runs[-1:]
    by = by_run(snapshot, *last) if last else hash(snapshot.held_out.tobytes())
    behind = hash((*tables(snapshot).outside["text"].to_pylist(),))
    place = map(str, snapshot.workspace.pool_place)
    return *place, snapshot.pool_words.pool.key, by, behind, further


@kept(by_features, most=ORDERS)
def likeness(snapshot: Snapshot, text: str) -> neighbors.Cosines:
    """How like the text each row of the tables is, `(n_rows,)`; raises RunError."""
    source, *places = features(snapshot)
    return neighbors.cosines(source, [text], *places)


@kept(by_features, spinner="Comparing all texts, which takes longer the first time …")
def features(snapshot: Snapshot) -> tuple[Source, FeatureRows, FeatureRows]:
    """The features by which texts are alike, the pool in them, and the items behind it."""
    run = snapshot.logs.runs[-1] if snapshot.logs.runs else None
    source = neighbors.likeness_source(snapshot, run and model(snapshot, run))
    behind = tables(snapshot).outside["text"].to_pylist()
    return source, source.pool_rows(snapshot), source.rows(behind)


def labeled_like(snapshot: Snapshot, item_id: str, text: str, number: int) -> pd.DataFrame:
    """The labeled items most like this one, with their `likeness`; raises RunError."""
    others = (pc.field("label") != "") & (pc.field("item_id") != item_id)
    rows = tables(snapshot).noted.filter(others)["place"].to_numpy()
    rows, found = neighbors.likest(likeness(snapshot, text), rows, number)
    return tables(snapshot).items(rows).assign(likeness=found)


def evaluation_predictions(snapshot: Snapshot, run: Run) -> EvaluationPredictions | None:
    """What the run says of today's evaluation items; None if neither report nor model can tell."""
    task, items = snapshot.workspace.task, snapshot.labels.splits["evaluation"]
    found = report(snapshot, run)
    if not run_scores.is_enough(found, task):
        asked = _asked_now(snapshot, run)
        if asked is not None or found is None or not set(found.said.predicted) <= set(task.values):
            return asked
    return run_scores.predictions_from_report(found, items, task)


@kept(by_evaluation, most=RUNS, spinner="Asking the model …")
def _asked_now(snapshot: Snapshot, run: Run) -> EvaluationPredictions | None:
    found, items = model(snapshot, run), snapshot.labels.splits["evaluation"]
    return found and run_scores.predictions_of_model(found, items, snapshot.workspace.task)


@kept(by_snapshot)
def evaluation_hash(snapshot: Snapshot) -> str:
    """What the evaluation data of today is called in the rows of runs that were measured by it."""
    return labels_hash(snapshot.labels.splits["evaluation"], snapshot.workspace.task)


def score_intervals(snapshot: Snapshot, run: Run, label: int) -> dict[str, Interval]:
    """The run's scores for the label with their intervals; empty where nothing is known."""
    found = _resampled(snapshot, run, label)
    return found.intervals() if found else {}


@kept(by_evaluation, most=RUNS, spinner="Computing intervals …")
def _resampled(snapshot: Snapshot, run: Run, label: int) -> Bootstrap | None:
    found = evaluation_predictions(snapshot, run)
    return run_scores.resample(found, label, _draws(len(found))) if found else None


_draws = kept(lambda number: number, most=1)(resampled)


@kept(lambda of, one, other, label: by_evaluation(of, one, by_run(of, other), label), most=RUNS)
def score_differences(
    snapshot: Snapshot, before: Run, after: Run, label: int
) -> dict[str, Interval]:
    """How much higher `after` scores than `before`; empty where nothing is known."""
    first, second = (evaluation_predictions(snapshot, run) for run in (before, after))
    if first is None or second is None:
        return {}
    if first.items == second.items:
        earlier, later = (_resampled(snapshot, run, label) for run in (before, after))
    else:
        both = run_scores.shared(first, second)
        earlier, later = (run_scores.resample(each, label, resampled(len(each))) for each in both)
    return later.over(earlier)


@kept(lambda snapshot, run: by_run(snapshot, run, snapshot.stamps), most=RUNS)
def decided_otherwise(snapshot: Snapshot, run: Run) -> tuple[float | None, float | None] | None:
    """The run's lowest and highest F-score, however disputed evaluation items are decided."""
    task, found = snapshot.workspace.task, evaluation_predictions(snapshot, run)
    _, disputed = agreement_report.evaluation_opinions(snapshot.labels, task)
    return agreement_report.decided_otherwise(found, disputed, task) if found else None


@kept(lambda make, of: by_snapshot(of, make.__qualname__, hash(run_stamps(of, *of.logs.runs))))
def of_reports(make: Callable[[Snapshot], pd.DataFrame], snapshot: Snapshot) -> pd.DataFrame:
    return make(snapshot)

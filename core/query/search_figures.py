"""What a kept search finds: how many items, how precisely, and what of it the model misses."""

from dataclasses import dataclass

from core.evaluation.intervals import Interval, wilson
from core.query.filters import UNLABELED, Filters
from core.query.shown_predictions import ShownPredictions
from core.query.tables import Tables
from core.workspace.searches import Search, refuse
from core.workspace.task import NOT_RECORDED, Task


@dataclass(frozen=True)
class SearchFigures:
    """The items that match, and of the random ones that are labeled the share with its label.

    `missed` leads to the `n_missed` unlabeled items that match and are predicted otherwise.
    """

    n_items: int
    precision: Interval | None
    n_random: int
    missed: Filters
    n_missed: int


def search_figures(
    tables: Tables, search: Search, task: Task, shown: ShownPredictions | None
) -> SearchFigures:
    """The figures of a search; raises SearchError for one that cannot be asked.

    Precision is measured on what chance has chosen alone, test and validation data and random
    training items; None without a label, or without such items. Nothing is missed without a model,
    or where a text can have several labels.
    """
    refuse(search)
    matches, noted = tables.rows(Filters(words=search.query)), tables.noted
    noted = noted.filter(matches.holds(noted["place"].to_numpy()))
    columns = (noted[name].to_pylist() for name in ("split", "strategy", "label"))
    drawn = [
        task.chosen(said) for *how, said in zip(*columns, strict=True) if said and _drawn(*how)
    ]
    hits = sum(search.label in labels for labels in drawn)
    others = tuple(value for value in task.values if value != search.label)
    missed = Filters(splits=(UNLABELED,), words=search.query, predicted=others)
    asks = shown and search.label and not task.several
    precision = wilson(hits, len(drawn)) if search.label and drawn else None
    n_missed = len(tables.rows(missed, shown)) if asks else 0
    return SearchFigures(len(matches), precision, len(drawn), missed, n_missed)


def _drawn(split: str, strategy: str) -> bool:
    """Whether chance has chosen a labeled item; of test items files may not say how."""
    return strategy == "random" or (split != "training" and strategy in ("", NOT_RECORDED))

"""The filters of the Sunlight page in words."""

from collections.abc import Iterable

from core.query.filters import AGREEMENTS, Filters
from core.workspace.task import Task
from pages.ui.sunlight.state import WHOLE

SAID_AGREEMENT = dict(zip(AGREEMENTS, ("as the model says", "not as the model says"), strict=True))


def filters_in_words(filters: Filters, task: Task) -> list[str]:
    """The filters in words, one by one."""
    named = [task.label(value).name for value in filters.labels]
    guessed = [task.label(value).name for value in filters.predicted]
    low, high = filters.confidence or WHOLE
    told = [
        (filters.words, f"with {filters.words}"),
        (filters.splits, f"in {_or(filters.splits)}"),
        (named, f"labeled {_or(named)}"),
        (filters.strategies, f"by {_or(filters.strategies)}"),
        (filters.batches, f"of {_or(filters.batches)}"),
        (filters.annotators, f"labeled by {_or(filters.annotators)}"),
        (filters.since, f"labeled from {filters.since}"),
        (filters.until, f"labeled up to {filters.until}"),
        (guessed, f"predicted {_or(guessed)}"),
        (filters.confidence, f"confidence {low:.2f} to {high:.2f}"),
        (filters.agreement, f"labeled {SAID_AGREEMENT.get(filters.agreement)}"),
        (filters.lengths, f"{_or(filters.lengths)} texts"),
        *((values, f"{name}: {_or(values)}") for name, values in filters.columns),
        *((piece, f"{name} with {piece}") for name, piece in filters.pieces),
        (filters.where, f"where {filters.where}"),
    ]
    return [sentence for asked, sentence in told if asked]


def _or(values: Iterable[str]) -> str:
    return " or ".join(values)

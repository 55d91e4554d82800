"""The start for rare labels: items that kept searches match, and items like the first ones found.

It ends where enough of a label are found.

With 1% positives a random start takes 300 to 500 labels, in the median, until there are ten.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import LoopError
from core.evaluation.runs import label_mask
from core.features.cached import pool_space
from core.models.neighbors import cosines, likest
from core.pool.bags import Indices
from core.workspace.searches import Search, read_searches, refuse
from core.workspace.snapshot import Snapshot
from core.workspace.task import MATCHES, Task, apportion

RARE = 0.03  # a label's share of the evaluation items below which it is rare
LEAST_MEASURED = 50  # evaluation items that such an estimate takes
ENOUGH = 10  # training items of a label at which the start for it ends
LIKEST = 30  # items most like those that have a rare label, among which it is drawn


def rare_labels(snapshot: Snapshot) -> list[str]:
    """The values whose share of the evaluation data, as it is estimated, is below `RARE`.

    Not its upper end: of a label of one item in a hundred that stays above 3% up to 400 labels.
    """
    task, items = snapshot.workspace.task, snapshot.labels.splits["evaluation"]
    if len(items) < LEAST_MEASURED:
        return []
    is_rare = label_mask(items, task).mean(axis=0) < RARE
    wanted = [task.positive.value] if task.positive else task.values
    return [x for x, rare in zip(task.values, is_rare, strict=True) if rare and x in wanted]


def sought(snapshot: Snapshot) -> tuple[list[Search], bool]:
    """(the kept searches to choose by, whether one of them lacks training items of its label).

    Those whose label is rare or has fewer than `ENOUGH`; all where there are none.
    """
    task, searches = snapshot.workspace.task, read_searches(snapshot.workspace)
    counts = label_mask(snapshot.labels.usable_training, task).sum(axis=0)
    lacking = {value for value, n in zip(task.values, counts, strict=True) if n < ENOUGH}
    wanted = lacking | {*rare_labels(snapshot)}
    chosen = [search for search in searches if _speaks_for(search, task) in wanted]
    return chosen or [*searches], any(_speaks_for(search, task) in lacking for search in searches)


def label_to_start_with(snapshot: Snapshot) -> str:
    """A rare label of which the training data lacks items while no start for it is set; or none."""
    task, (searches, _) = snapshot.workspace.task, sought(snapshot)
    if task.rare_start and (searches or _examples(snapshot)):
        return ""
    counts = snapshot.labels.counts(task)["training"]
    return next((value for value in rare_labels(snapshot) if counts[value] < ENOUGH), "")


def match_strata(snapshot: Snapshot) -> NDArray[np.int64]:
    """The number of what each item is found by, `(n_pool,)`; -1 where nothing finds it.

    That is a kept search, or likeness to the first items of a rare label; of several the one that
    finds fewest. Raises LoopError if there are neither, SearchError for a search that cannot be
    asked.
    """
    searches, words = sought(snapshot)[0], snapshot.pool_words
    for search in searches:
        refuse(search)  # which names it, of several
    found = [words.holding(search.query) for search in searches]
    if examples := _examples(snapshot):
        found.append(_like(snapshot, examples))
    if not found:
        raise LoopError(
            "`matches` chooses among what kept searches find, and there are none. Keep one on "
            "Explore, or take `matches` out of the mix."
        )
    strata = np.full(len(words.pool), -1)
    for at in sorted(range(len(found)), key=lambda at: -len(found[at])):
        strata[found[at]] = at
    return strata


def _examples(snapshot: Snapshot) -> list[str]:
    """The texts of the training items of rare labels, while the task asks to start with these."""
    task, items = snapshot.workspace.task, snapshot.labels.usable_training
    has = label_mask(items, task)
    lacks = (has.sum(axis=0) < ENOUGH) & np.isin(task.values, rare_labels(snapshot))
    rows = np.flatnonzero(has[:, lacks].any(axis=1))
    return [items[row].text for row in rows] if task.rare_start else []


def _like(snapshot: Snapshot, examples: list[str]) -> Indices:
    """The candidates that are most like these texts."""
    space, candidates = pool_space(snapshot), np.flatnonzero(snapshot.candidates)
    likeness = cosines(space, examples, space.pool_rows(snapshot))
    return likest(likeness, candidates, LIKEST)[0]


def with_start(snapshot: Snapshot, counts: Mapping[str, int]) -> dict[str, int]:
    """A batch with the task's share of `matches` while a label lacks items.

    Random keeps its number, unless all is random as in the first training data: `matches` stand
    beside it then. They are never more than there are.
    """
    share = snapshot.workspace.task.rare_start
    if not share or not (sought(snapshot)[1] or _examples(snapshot)):
        return dict(counts)
    others = {name: n for name, n in counts.items() if n and name != "random"} or dict(counts)
    there = int((snapshot.candidates & (match_strata(snapshot) >= 0)).sum())
    number = min(round(share * sum(counts.values())), sum(others.values()), there)
    shared = apportion(sum(others.values()) - number, others)
    return {**counts, **shared, MATCHES: shared.get(MATCHES, 0) + number}


def _speaks_for(search: Search, task: Task) -> str:
    """The value of the label that a search looks for: the positive one, where it says none."""
    return search.label or (task.positive.value if task.positive else "")

"""What each strategy brought in: how many labels, and what can be said of them, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import Interval, Z, wilson
from core.workspace.snapshot import Snapshot
from core.workspace.task import NOT_RECORDED

THIN = 20  # labels below which a share is hardly known: of ten, half of them positive, 24% to 76%
FEWEST_FOR_A_MEDIAN = 6
"""Of five values not even the least and the greatest hold the median in 95% of all samples."""


@dataclass(frozen=True)
class Yield:
    """What some training labels of a strategy come to.

    `positive`, `differing` and `overruled` are shares, `seconds` is a median; None where
    nothing is known.
    """

    strategy: str
    labeled: int
    positive: Interval | None
    differing: Interval | None
    seconds: Interval | None
    overruled: Interval | None = None

    @property
    def is_thin(self) -> bool:
        return self.labeled < THIN


def chosen_labels(snapshot: Snapshot) -> pd.DataFrame:
    """Every training label that counts, with its strategy.

    `differs` is whether it is other than the run of that time had predicted; `seconds` what the
    label took; `overruled` whether who looked at an item that was labeled in bulk gave it another
    label. None of them is there where nothing is known.
    """
    training, logs = snapshot.labels.splits["training"], snapshot.logs
    task, words = snapshot.workspace.task, snapshot.labels.words
    predicted = {(p.item_id, p.batch_id): p.predicted for p in logs.proposals}
    seconds = {(e.item_id, e.batch_id): e.seconds for e in logs.events if e.action == "label"}
    rows = []
    for item in training:
        place = item.item_id, item.batch_id
        guess = predicted.get(place)
        differs = item.label != task.today(guess) if guess else None
        is_positive = task.positive and task.positive.value in task.chosen(item.label)
        of = item.strategy or NOT_RECORDED, is_positive
        before = words.bulk.get(item.item_id)
        is_seen = before is not None and item.item_id not in words.unseen
        overruled = item.label != before.label if is_seen else None
        rows.append((item.item_id, *of, differs, seconds.get(place), overruled))
    names = ["item_id", "strategy", "is_positive", "differs", "seconds", "overruled"]
    return pd.DataFrame(rows, columns=names).astype({"seconds": float})


def by_strategy(items: pd.DataFrame) -> list[Yield]:
    """What each strategy brought in, the one with most labels first."""
    found = [summed_up(name, group) for name, group in items.groupby("strategy")]
    return sorted(found, key=lambda each: -each.labeled)


def summed_up(strategy: str, items: pd.DataFrame) -> Yield:
    told = (items[name].dropna() for name in ("is_positive", "differs", "overruled"))
    shares = (wilson(int(x.sum()), len(x)) if len(x) else None for x in told)
    positive, differing, overruled = shares
    seconds = median(items["seconds"].dropna().tolist())
    return Yield(strategy, len(items), positive, differing, seconds, overruled)


def median(values: Sequence[float]) -> Interval | None:
    """The median with its interval by ranks (Conover 1999, section 3.2), NaN for a few values."""
    if not values:
        return None
    ordered, number = sorted(values), len(values)
    middle = float(np.median(ordered))
    if number < FEWEST_FOR_A_MEDIAN:
        return Interval(middle, math.nan, math.nan)
    half = Z * math.sqrt(number) / 2
    rank = math.floor(number / 2 - half + 0.5)  # from 1, and the same from the other end
    return Interval(middle, ordered[rank - 1], ordered[-rank])

"""What each strategy brought in: how many labels, and what can be said of them, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import Interval, Z, student, wilson
from core.sampling.picks import word_history
from core.workspace.snapshot import Snapshot
from core.workspace.task import NOT_RECORDED

THIN = 20  # labels below which a share is hardly known: of ten, half of them positive, 24% to 76%
LABEL_FILES = "label files"  # the iteration of labels that no batch has brought

FEWEST_FOR_A_MEDIAN = 6
"""Of five values not even the least and the greatest hold the median in 95% of all samples."""


@dataclass(frozen=True)
class Yield:
    """What some training labels of a strategy come to.

    `positive`, `differing`, `novelty` and `overruled` are shares, `seconds` is a median; None where
    nothing is known.
    """

    strategy: str
    labeled: int
    positive: Interval | None
    differing: Interval | None
    novelty: Interval | None
    seconds: Interval | None
    overruled: Interval | None = None

    @property
    def is_thin(self) -> bool:
        return self.labeled < THIN


def chosen_labels(snapshot: Snapshot) -> pd.DataFrame:
    """Every training label that counts, those of label files first, then batch by batch.

    `differs` is whether it is other than the run of that time had predicted; `novelty` the share of
    the item's distinct words that the training data did not hold before the batch; `seconds` what
    the label took; `overruled` whether who looked at an item that was labeled in bulk gave it
    another label. None of them is there where nothing is known.
    """
    training, logs = snapshot.labels.splits["training"], snapshot.logs
    task, words = snapshot.workspace.task, snapshot.labels.words
    predicted = {(p.item_id, p.batch_id): p.predicted for p in logs.proposals}
    seconds = {(e.item_id, e.batch_id): e.seconds for e in logs.events if e.action == "label"}
    history, rows = word_history(training, logs.proposals), []
    for item in sorted(training, key=lambda x: (history.turn(x.batch_id), x.batch_id)):
        place = item.item_id, item.batch_id
        guess = predicted.get(place)
        differs = item.label != task.today(guess) if guess else None
        is_positive = task.positive and task.positive.value in task.chosen(item.label)
        of = item.strategy or NOT_RECORDED, item.batch_id or LABEL_FILES, is_positive
        novelty = history.novelty(item.text, item.batch_id)
        before = words.bulk.get(item.item_id)
        is_seen = before is not None and item.item_id not in words.unseen
        overruled = item.label != before.label if is_seen else None
        rows.append((item.item_id, *of, differs, novelty, seconds.get(place), overruled))
    names = ["item_id", "strategy", "batch_id", "is_positive", "differs", "novelty", "seconds"]
    names.append("overruled")
    return pd.DataFrame(rows, columns=names).astype({"novelty": float, "seconds": float})


def by_strategy(items: pd.DataFrame) -> list[Yield]:
    """What each strategy brought in over all iterations, the one with most labels first."""
    found = [summed_up(name, group) for name, group in items.groupby("strategy")]
    return sorted(found, key=lambda each: -each.labeled)


def over_time(items: pd.DataFrame) -> list[tuple[int, Yield]]:
    """What each strategy brought in over time, in stretches of at least `THIN` of its labels.

    With each, how many training labels there were at its end. Batches stay whole.
    """
    found, waiting = [], {}
    for (strategy, _), batch in items.groupby(["strategy", "batch_id"], sort=False):
        stretch = pd.concat([*waiting.pop(strategy, ()), batch])
        if len(stretch) < THIN:
            waiting[strategy] = [stretch]
        else:
            found.append((int(stretch.index[-1]) + 1, summed_up(strategy, stretch)))
    return found


def summed_up(strategy: str, items: pd.DataFrame) -> Yield:
    positive = items["is_positive"].dropna()
    differing, overruled = items["differs"].dropna(), items["overruled"].dropna()
    return Yield(
        strategy=strategy,
        labeled=len(items),
        positive=wilson(int(positive.sum()), len(items)) if len(positive) else None,
        differing=wilson(int(differing.sum()), len(differing)) if len(differing) else None,
        overruled=wilson(int(overruled.sum()), len(overruled)) if len(overruled) else None,
        novelty=mean_share(items["novelty"].dropna().tolist()),
        seconds=median(items["seconds"].dropna().tolist()),
    )


def mean_share(shares: Sequence[float]) -> Interval | None:
    """The mean of shares with Student's interval; of equal ones with Wilson's."""
    if not shares:
        return None
    mean, number = float(np.mean(shares)), len(shares)
    spread = float(np.std(shares, ddof=1)) if number > 1 else 0.0
    if not spread:
        return wilson(mean * number, number)
    half = student(number - 1) * spread / math.sqrt(number)
    return Interval(mean, max(0.0, mean - half), min(1.0, mean + half))


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

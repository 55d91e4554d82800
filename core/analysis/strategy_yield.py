"""What each strategy brought in: how many labels, and what can be said of them, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import Interval, Z, student, wilson
from core.pool.text import words_of
from core.workspace.labels import Labeled
from core.workspace.logs import Logs
from core.workspace.snapshot import Snapshot
from core.workspace.task import NOT_RECORDED

THIN = 20
"""Labels below which a share is hardly known: of ten, half of them positive, 24% to 76%."""

LABEL_FILES = "label files"
"""The iteration of labels that no batch has brought."""

FEWEST_FOR_A_MEDIAN = 6
"""Of five values not even the least and the greatest hold the median in 95% of all samples."""


@dataclass(frozen=True)
class Yield:
    """What some training labels come to; `batch_id` is empty for those of all iterations.

    `positive`, `differing` and `novelty` are shares, `seconds` is a median; None where nothing is
    known. `predicted` is how many of the items had a prediction.
    """

    strategy: str
    batch_id: str
    labeled: int
    positive: Interval | None
    predicted: int
    differing: Interval | None
    novelty: Interval | None
    seconds: Interval | None

    @property
    def is_thin(self) -> bool:
        return self.labeled < THIN


def chosen_labels(snapshot: Snapshot) -> pd.DataFrame:
    """Every training label that counts, those of label files first, then batch by batch.

    `differs` is whether it is other than the run of that time had predicted; `novelty` the share of
    the item's distinct words that no training item had when the batch was made; `seconds` what the
    label took. None of them is there where nothing is known.
    """
    training, logs = snapshot.labels.splits["training"], snapshot.logs
    task = snapshot.workspace.task
    predicted = {(p.item_id, p.batch_id): p.predicted for p in logs.proposals}
    seconds = {(e.item_id, e.batch_id): e.seconds for e in logs.events if e.action == "label"}
    novel, order = novelties(training, logs), {"": ""} | made_at(logs)
    rows = []
    for item in sorted(training, key=lambda x: (order.get(x.batch_id, ""), x.batch_id)):
        place = item.item_id, item.batch_id
        guess = predicted.get(place)
        differs = item.label != task.today(guess) if guess else None
        is_positive = task.positive and task.positive.value in task.chosen(item.label)
        of = item.strategy or NOT_RECORDED, item.batch_id or LABEL_FILES, is_positive
        rows.append((item.item_id, *of, differs, novel.get(item.item_id), seconds.get(place)))
    names = ["item_id", "strategy", "batch_id", "is_positive", "differs", "novelty", "seconds"]
    return pd.DataFrame(rows, columns=names).astype({"novelty": float, "seconds": float})


def made_at(logs: Logs) -> dict[str, str]:
    """When each batch was made, the earliest first."""
    found: dict[str, str] = {}
    for proposal in logs.proposals:
        batch, moment = proposal.batch_id, proposal.created_at
        found[batch] = min(found.get(batch, moment), moment)
    return dict(sorted(found.items(), key=lambda pair: pair[::-1]))


def novelties(training: Sequence[Labeled], logs: Logs) -> dict[str, float]:
    """The share of each batch item's distinct words that no training item had until then, by id.

    An item is in the training data from its first label on; one of a label file from the beginning.
    Items of a batch that was made before there was any training data have no share.
    """
    since: dict[str, str] = {}
    for event in logs.events:
        if event.action == "label":
            since.setdefault(event.item_id, event.labeled_at)
    words = {item.item_id: set(words_of(item.text)) for item in training}
    waiting = sorted(training, key=lambda item: since.get(item.item_id, ""), reverse=True)
    by_batch: dict[str, list[str]] = {}
    for item in training:
        by_batch.setdefault(item.batch_id, []).append(item.item_id)
    known: set[str] = set()
    found: dict[str, float] = {}
    for batch_id, made in made_at(logs).items():
        while waiting and since.get(waiting[-1].item_id, "") < made:
            known |= words[waiting.pop().item_id]
        for item_id in by_batch.get(batch_id, []) if known else []:
            if words[item_id]:
                found[item_id] = len(words[item_id] - known) / len(words[item_id])
    return found


def by_strategy(items: pd.DataFrame) -> list[Yield]:
    """What each strategy brought in over all iterations, the one with most labels first."""
    found = [summed_up(name, "", group) for name, group in items.groupby("strategy")]
    return sorted(found, key=lambda each: -each.labeled)


def by_iteration(items: pd.DataFrame) -> list[Yield]:
    """What each strategy brought in in each iteration, in the order of the iterations."""
    groups = items.groupby(["strategy", "batch_id"], sort=False)
    return [summed_up(*place, group) for place, group in groups]


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
            found.append((int(stretch.index[-1]) + 1, summed_up(strategy, "", stretch)))
    return found


def summed_up(strategy: str, batch_id: str, items: pd.DataFrame) -> Yield:
    positive = items["is_positive"].dropna()
    differing = items["differs"].dropna()
    return Yield(
        strategy=strategy,
        batch_id=batch_id,
        labeled=len(items),
        positive=wilson(int(positive.sum()), len(items)) if len(positive) else None,
        predicted=len(differing),
        differing=wilson(int(differing.sum()), len(differing)) if len(differing) else None,
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

"""What each strategy brought in: how many labels, and what can be said of them, with intervals."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

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
class ChosenLabel:
    """One training label, and what its item was when it was chosen.

    `differs` is whether the label is other than what the run of that time had predicted; None where
    there was no run. `novelty` is the share of the item's distinct words that no training item had
    when the batch was made; None where there was none yet. `seconds` is what the label took.
    """

    item_id: str
    strategy: str
    batch_id: str
    is_positive: bool
    differs: bool | None
    novelty: float | None
    seconds: float | None


@dataclass(frozen=True)
class Yield:
    """What some training labels come to; `batch_id` is empty for those of all iterations.

    `positive`, `differing` and `novelty` are shares, `seconds` is a median; None where nothing is
    known. `predicted` is how many of the items had a prediction.
    """

    strategy: str
    batch_id: str
    labeled: int
    positive: Interval
    predicted: int
    differing: Interval | None
    novelty: Interval | None
    seconds: Interval | None

    @property
    def is_thin(self) -> bool:
        """Whether these are so few labels that their shares say little."""
        return self.labeled < THIN


def chosen_labels(snapshot: Snapshot) -> list[ChosenLabel]:
    """Every training label that counts; those of label files first, then batch by batch."""
    training, logs = snapshot.labels.splits["training"], snapshot.logs
    positive = snapshot.workspace.task.positive.value
    predicted = {(p.item_id, p.batch_id): p.predicted for p in logs.proposals}
    seconds = {(e.item_id, e.batch_id): e.seconds for e in logs.events if e.action == "label"}
    novel, order = novelties(training, logs), {"": ""} | made_at(logs)
    return [
        ChosenLabel(
            item_id=item.item_id,
            strategy=item.strategy or NOT_RECORDED,
            batch_id=item.batch_id or LABEL_FILES,
            is_positive=item.label == positive,
            differs=item.label != guess if guess else None,
            novelty=novel.get(item.item_id),
            seconds=seconds.get((item.item_id, item.batch_id)),
        )
        for item in sorted(training, key=lambda item: (order.get(item.batch_id, ""), item.batch_id))
        for guess in [predicted.get((item.item_id, item.batch_id), "")]
    ]


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


def by_strategy(items: Sequence[ChosenLabel]) -> list[Yield]:
    """What each strategy brought in over all iterations, the one with most labels first."""
    found = [
        summed_up(name, "", [item for item in items if item.strategy == name])
        for name in {item.strategy for item in items}
    ]
    return sorted(found, key=lambda each: (-each.labeled, each.strategy))


def by_iteration(items: Iterable[ChosenLabel]) -> list[Yield]:
    """What each strategy brought in in each iteration, in the order of the iterations."""
    groups: dict[tuple[str, str], list[ChosenLabel]] = {}
    for item in items:
        groups.setdefault((item.strategy, item.batch_id), []).append(item)
    return [summed_up(*place, group) for place, group in groups.items()]


def over_time(items: Sequence[ChosenLabel]) -> list[tuple[int, Yield]]:
    """What each strategy brought in over time, in stretches of at least `THIN` of its labels.

    With each stretch, how many training labels of all strategies there were at its end. Batches
    stay whole; what has come since the last stretch waits for more.
    """
    batches: dict[tuple[str, str], list[tuple[int, ChosenLabel]]] = {}
    for until, item in enumerate(items, start=1):
        batches.setdefault((item.strategy, item.batch_id), []).append((until, item))
    found, waiting = [], {}
    for (strategy, _), batch in batches.items():
        stretch = waiting.pop(strategy, []) + batch
        if len(stretch) < THIN:
            waiting[strategy] = stretch
        else:
            cell = summed_up(strategy, "", [item for _, item in stretch])
            found.append((stretch[-1][0], cell))
    return found


def summed_up(strategy: str, batch_id: str, items: Sequence[ChosenLabel]) -> Yield:
    """What these labels come to."""
    differing = [item.differs for item in items if item.differs is not None]
    return Yield(
        strategy=strategy,
        batch_id=batch_id,
        labeled=len(items),
        positive=wilson(sum(item.is_positive for item in items), len(items)),
        predicted=len(differing),
        differing=wilson(sum(differing), len(differing)) if differing else None,
        novelty=mean_share([item.novelty for item in items if item.novelty is not None]),
        seconds=median([item.seconds for item in items if item.seconds is not None]),
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

"""Report of how far the people of a workspace agree, and what its evaluation data is worth.

Figures of agreement go by what chance has chosen and nobody was helped with (`Opinion.is_fair`):
first opinions against second ones, of the items that have both.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

import numpy as np

from core.evaluation.agreement import (
    Agreement,
    Ratings,
    agreement,
    label_agreement,
    macro_agreement,
    unlike_the_others,
)
from core.evaluation.intervals import Interval, wilson
from core.evaluation.metrics import cut, macro_cut
from core.evaluation.run_scores import EvaluationPredictions
from core.evaluation.runs import label_mask
from core.pool.bags import Mask
from core.workspace.labels import Labels
from core.workspace.opinions import Opinion
from core.workspace.snapshot import Snapshot
from core.workspace.task import REPEAT, SECOND_OPINION, Task

THIN = 30
"""Items below which a figure is thin: a share of one half is then known to 17 points at best."""

"""From so many on, what each item probably is can be told from how each person errs."""

WHY_ALPHA_FALLS = (
    "Alpha and AC1 are 1 where all agree, and 0 where people agree as often as by guessing. Where "
    "a label is rare the two differ. Say people give it to 8% of the texts and agree on 97%. By "
    "giving it to 8% at random they would agree on 85%, so alpha is only 0.80: it depends on the "
    "few texts with the label. AC1 expects less of guessing, and is 0.96. Neither is wrong: read "
    "them beside the agreement on the label itself."
)


@dataclass(frozen=True)
class Share:
    """So many of `n`, with an interval; None of nothing."""

    hits: int
    n: int

    @property
    def interval(self) -> Interval | None:
        return wilson(self.hits, self.n) if self.n else None


@dataclass(frozen=True)
class Person:
    """One person's labels, second opinions and repeats among them.

    `positives` on items that chance has chosen, and whether they differ from the others' beyond
    chance; `decided`: how often a label was the one that was decided on; `repeats`: how often the
    person said the same again.
    """

    name: str
    labels: int
    seconds: float | None
    positives: Share
    is_unlike: bool
    decided: Share
    repeats: Share


@dataclass(frozen=True)
class AgreementReport:
    """How far people agree; `labels` has each label's agreement, None where nobody gave it.

    `positive` is the agreement on the positive label, without one the mean over the labels.
    `disputed` counts all items.
    """

    ratings: Ratings
    agreement: Agreement
    labels: Mapping[str, Interval | None]
    positive: Interval | None
    people: tuple[Person, ...]
    repeats: Share
    disputed: int


def agreement_report(snapshot: Snapshot) -> AgreementReport:
    """How far the people agree who labeled the same items of this workspace."""
    task, words = snapshot.workspace.task, snapshot.labels.words
    today = ((x, task.today(x.answer)) for x in words.opinions if x.is_fair)
    fair = [replace(x, answer=now) for x, now in today if now and task.is_offered(now)]
    ratings = read_ratings(fair, task)
    has = np.array([[x in task.chosen(y) for y in ratings.answers] for x in task.values], bool)
    labels = dict(zip(task.values, (label_agreement(ratings, of) for of in has), strict=True))
    positive = labels[task.positive.value] if task.positive else macro_agreement(ratings, has)
    found = agreement(ratings)
    people = _people(snapshot, fair)
    repeats = (sum(x.repeats.hits for x in people), sum(x.repeats.n for x in people))
    disputed = len(words.disputed)
    return AgreementReport(ratings, found, labels, positive, people, Share(*repeats), disputed)


def read_ratings(opinions: Sequence[Opinion], task: Task) -> Ratings:
    """First and second opinions of the items that have both, or several second ones.

    Where a text can have several labels, the answers are those that somebody has given.
    """
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for x in opinions:
        if x.role != REPEAT:
            said[x.item_id][x.annotator] = x.answer
    asked = {x.item_id for x in opinions if x.role == SECOND_OPINION}
    common = {item: by for item, by in said.items() if item in asked and len(by) > 1}
    people = sorted({person for by in common.values() for person in by})
    given = {answer for by in common.values() for answer in by.values()}
    answers = tuple(sorted(given)) if task.several else task.values
    place = {answer: at for at, answer in enumerate(answers)} | {None: -1}
    codes = [[place[by.get(person)] for person in people] for by in common.values()]
    shaped = np.array(codes, np.int64).reshape(len(common), len(people))
    return Ratings(tuple(common), tuple(people), answers, shaped)


def _people(snapshot: Snapshot, fair: Sequence[Opinion]) -> tuple[Person, ...]:
    """Everybody who has labeled, whoever labeled most first."""
    task, words = snapshot.workspace.task, snapshot.labels.words
    decided = {item: task.today(event.label) for item, event in words.adjudicated.items()}
    found = []
    for name in {x.annotator for x in words.opinions}:
        own = {x.item_id: x.answer for x in fair if x.annotator == name and x.role != REPEAT}
        again = {x.item_id: x.answer for x in fair if x.annotator == name and x.role == REPEAT}
        events = [x.event for x in words.opinions if x.annotator == name]
        seconds = [event.seconds for event in events if event.seconds is not None]
        shares = _positives(own.values(), task), False, _same(own, decided), _same(own, again)
        typical = median(seconds) if seconds else None
        found.append(Person(name, len(events), typical, *shares))
    found.sort(key=lambda person: (-person.labels, person.name))
    shares = [person.positives for person in found]
    unlike = unlike_the_others([x.hits for x in shares], [x.n for x in shares])
    return tuple(replace(x, is_unlike=is_so) for x, is_so in zip(found, unlike, strict=True))


def _positives(answers: Iterable[str], task: Task) -> Share:
    """How many of these answers have the positive label; of nothing without such a label."""
    said = [task.positive.value in task.chosen(x) for x in answers] if task.positive else []
    return Share(sum(said), len(said))


def _same(said: Mapping[str, str], other: Mapping[str, str | None]) -> Share:
    """How often both say the same, of the items of which both say anything."""
    both = said.keys() & other.keys()
    return Share(sum(said[item] == other[item] for item in both), len(both))


def evaluation_opinions(labels: Labels, task: Task) -> tuple[int, dict[str, list[str]]]:
    """How many evaluation items two people labeled, and which answers the disputed ones got."""
    items = {item.item_id for item in labels.splits["evaluation"]}
    by_two = sum(len(labels.words.by_item.get(item, ())) > 1 for item in items)
    disputed = items & labels.words.disputed.keys()
    said = {x: {opinion.answer for opinion in labels.words.by_item[x]} for x in disputed}
    return by_two, {x: sorted(filter(task.is_offered, answers)) for x, answers in said.items()}


def decided_otherwise(
    predictions: EvaluationPredictions, answers: Mapping[str, Sequence[str]], task: Task
) -> tuple[float | None, float | None]:
    """The lowest and the highest F-score if each of these items had one of these answers.

    Without a positive label macro F, where items are decided one after another, each once.
    """
    at, predicted, actual = task.positive_index, predictions.predicted, predictions.targets.copy()

    def score() -> float | None:
        found = macro_cut(predicted, actual) if at is None else cut(predicted[:, at], actual[:, at])
        return found.fscore

    def score_with(place: int, row: Mask) -> float:
        actual[place] = row
        return score() or 0.0

    ends = []
    for best in (min, max):
        for place, item in enumerate(predictions.items):
            given = [replace(item, label=answer) for answer in answers.get(item.item_id, ())]
            if given:
                actual[place] = best(label_mask(given, task), key=partial(score_with, place))
        ends.append(score())
    return ends[0], ends[1]

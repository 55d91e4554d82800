"""What a run says of today's evaluation items, and how sure the scores of that are.

It comes from the run's report where that says it all, so that it outlives the model. A report keeps
P(positive): of more than two labels the model has to be asked again for the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation import BINS, bins
from core.labels import Labeled
from core.model import Model
from core.report import Report
from core.runs import columns
from core.scoring import score_texts
from core.statistics import (
    LEVEL,
    REPLICATES,
    SCORES,
    Difference,
    Interval,
    Judged,
    cut_intervals,
    intervals_under,
    resampled,
    scores_of,
)
from core.task import Task

BRIER, CALIBRATION_ERROR = "brier", "calibration_error"

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Items with their true label, and what one run says of them.

    `targets` and `predicted` are columns of labels, `(n_items,)`; `raw` and `calibrated` are
    P(label | text), `(n_items, n_labels)`, NaN in the column of a label that nobody kept.
    """

    items: tuple[Labeled, ...]
    targets: NDArray[np.int64]
    predicted: NDArray[np.int64]
    raw: Probabilities
    calibrated: Probabilities

    def __len__(self) -> int:
        return len(self.items)

    def knows(self, label: int) -> bool:
        """Whether there are probabilities of this column."""
        return not np.isnan(self.raw[:, label]).any()

    def judged(self, label: int) -> Judged:
        """The label against all others, for `core.statistics`."""
        return Judged(self.raw[:, label], self.predicted == label)

    def actual(self, label: int) -> NDArray[np.bool_]:
        """Which items have this label."""
        return self.targets == label

    def only(self, item_ids: Iterable[str]) -> "Answers":
        """Those of these items, in the order of their ids."""
        at = {item.item_id: place for place, item in enumerate(self.items)}
        places = np.array([at[item] for item in sorted(set(item_ids) & at.keys())], np.int64)
        return Answers(
            tuple(self.items[place] for place in places),
            self.targets[places],
            self.predicted[places],
            self.raw[places],
            self.calibrated[places],
        )


def answers_from_report(report: Report, items: list[Labeled], task: Task) -> Answers:
    """What the report says of those of these items that its run was asked about."""
    at = {item: place for place, item in enumerate(report.said.item_ids)}
    asked = [item for item in items if item.item_id in at]
    places = [at[item.item_id] for item in asked]
    column = {value: number for number, value in enumerate(task.values)}
    predicted = np.array([column[report.said.predicted[place]] for place in places], np.int64)
    raw, calibrated = (
        _of_all_labels(np.array(said)[places], task) if places else np.empty((0, len(task.values)))
        for said in (report.said.raw, report.said.calibrated)
    )
    return Answers(tuple(asked), columns(asked, task), predicted, raw, calibrated)


def answers_of_model(model: Model, items: list[Labeled], task: Task) -> Answers:
    """What the model says of these items."""
    raw = score_texts(model, [item.text for item in items])
    calibrated = model.calibration(raw)
    predicted = raw.argmax(axis=1).astype(np.int64)
    return Answers(
        tuple(items), columns(items, task), predicted, raw.astype(float), calibrated.astype(float)
    )


def is_enough(report: Report | None, task: Task) -> bool:
    """Whether the report says of every label what the task needs."""
    if report is None:
        return False
    return len(task.values) == 2 and set(report.said.predicted) <= set(task.values)


def _of_all_labels(positive: Probabilities, task: Task) -> Probabilities:
    """P(label) of every label, as far as P(positive) tells."""
    found = np.full((len(positive), len(task.values)), np.nan)
    if len(task.values) == 2:
        found[:, 1 - task.positive_index] = 1 - positive
    found[:, task.positive_index] = positive
    return found


def worst_misses(answers: Answers, number: int) -> NDArray[np.int64]:
    """Places of wrong predictions, those first whose true label was thought least probable.

    Without the probabilities of all labels there is no such order, and they come as they stand.
    """
    wrong = np.flatnonzero(answers.predicted != answers.targets)
    believed = np.nan_to_num(answers.raw[wrong, answers.targets[wrong]])
    return wrong[np.argsort(believed, kind="stable")][:number]


def score_intervals_of(answers: Answers, label: int) -> dict[str, Interval]:
    """Each score of the label against all others with its interval; without what is not defined.

    `brier` and `calibration_error` of the raw probabilities are among them. The calibration error
    of few items is too high by chance, and so is its interval.
    """
    actual, judged = answers.actual(label), answers.judged(label)
    if not len(answers):
        return {}
    found = cut_intervals(judged.predicted, actual)
    if answers.knows(label):
        counts = resampled(actual, REPLICATES, seed=0, keep_balance=False)
        ranking = intervals_under(counts, judged, actual, ("auc", "average_precision"))
        found |= {name: each for name, each in ranking.items() if each}
        once = np.ones((1, len(actual)), np.int32)
        for name, values in _probability_scores(judged.score, actual, counts).items():
            value = _probability_scores(judged.score, actual, once)[name][0]
            found[name] = _between(float(value), values)
    return found


def score_differences(before: Answers, after: Answers, label: int) -> dict[str, Difference]:
    """How much higher `after` scores than `before` on the items that both were asked about.

    Both are weighed by the same resampled items; what is not defined is left out.
    """
    shared = {item.item_id for item in before.items} & {item.item_id for item in after.items}
    before, after = before.only(shared), after.only(shared)
    actual = after.actual(label)
    if not actual.any():
        return {}
    known = before.knows(label) and after.knows(label)
    counts = resampled(actual, REPLICATES, seed=0, keep_balance=False)
    once = np.ones((1, len(actual)), np.int32)
    first, second = (
        [_all_scores(each.judged(label), actual, weights, known) for weights in (once, counts)]
        for each in (before, after)
    )
    return {
        name: Difference(
            name,
            _between(
                float(second[0][name][0] - first[0][name][0]), second[1][name] - first[1][name]
            ),
        )
        for name in second[0]
    }


def _all_scores(
    judged: Judged, actual: NDArray[np.bool_], counts: NDArray[np.int32], known: bool
) -> dict[str, Probabilities]:
    names = SCORES if known else ("fscore", "precision", "recall")
    found = dict(scores_of(judged, actual, counts, names))
    return found | (_probability_scores(judged.score, actual, counts) if known else {})


def _probability_scores(
    score: Probabilities, actual: NDArray[np.bool_], counts: NDArray[np.int32]
) -> dict[str, Probabilities]:
    """Brier score and calibration error under each row of multiplicities, `(replicates,)`."""
    total = counts.sum(axis=1)
    place = bins(score)
    gaps = [
        np.abs(counts[:, place == each] @ (score - actual)[place == each]) for each in range(BINS)
    ]
    return {
        BRIER: counts @ np.square(score - actual) / total,
        CALIBRATION_ERROR: np.sum(gaps, axis=0) / total,
    }


def _between(value: float, drawn: Probabilities) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))

"""Predictions of today's evaluation items by each run, and their scores with intervals.

Predictions come from the run's report where that has them all, so that they outlive the model. A
report keeps P(positive): of more than two labels, of several for a text and without a positive one
the model has to be asked again for the others.
Also which runs learned from random labels alone, and which from what a model had chosen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import (
    SCORES,
    BinaryPredictions,
    Bootstrap,
    Draws,
    bootstrap,
    cut_intervals,
    scores_of,
)
from core.evaluation.metrics import as_table
from core.evaluation.report import Report
from core.evaluation.runs import label_mask
from core.models.model import Model
from core.models.predict import score_texts
from core.pool.bags import Mask
from core.workspace.labels import Labeled
from core.workspace.snapshot import Snapshot
from core.workspace.task import NOT_RECORDED, Task

CALLS = ("fscore", "precision", "recall")
"""Scores of what is called positive; the others are of probabilities."""
Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class EvaluationPredictions:
    """Items with their true label, and one run's predictions of them.

    All arrays are `(n_items, n_labels)`: `targets` and `predicted` are True where an item has the
    label, or is predicted to have it; `raw` and `calibrated` are P(label | text), NaN in the
    column of a label that nobody kept. Where a label is asked for, None stands for all of them:
    scores are then means over the labels.
    """

    items: tuple[Labeled, ...]
    targets: Mask
    predicted: Mask
    raw: Probabilities
    calibrated: Probabilities

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def wrong(self) -> Mask:
        """Which items are not predicted as they are labeled, `(n_items,)`."""
        return (self.predicted != self.targets).any(axis=1)

    def knows(self, label: int | None) -> bool:
        """Whether there are probabilities of this column, or of all."""
        return not np.isnan(self.binary(label).score).any()

    def binary(self, label: int | None) -> BinaryPredictions:
        """The label against all others, or all labels, for `core.evaluation.intervals`."""
        which = slice(None) if label is None else label
        return BinaryPredictions(self.raw[:, which], self.predicted[:, which])

    def actual(self, label: int | None) -> Mask:
        """Which items have this label; or the table of all labels."""
        return self.targets[:, slice(None) if label is None else label]

    def only(self, item_ids: Iterable[str]) -> "EvaluationPredictions":
        """Those of these items, in the order of their ids."""
        at = {item.item_id: place for place, item in enumerate(self.items)}
        places = np.array([at[item] for item in sorted(set(item_ids) & at.keys())], np.int64)
        arrays = (self.targets, self.predicted, self.raw, self.calibrated)
        taken = (array[places] for array in arrays)
        return EvaluationPredictions(tuple(self.items[place] for place in places), *taken)


def predictions_from_report(
    report: Report, items: list[Labeled], task: Task
) -> EvaluationPredictions:
    """The predictions that the report keeps of these items, without those that it has none of."""
    told = dict(zip(report.said.item_ids, report.said.predicted, strict=True))
    at = {item: place for place, item in enumerate(told) if task.is_offered(told[item])}
    asked = [item for item in items if item.item_id in at]
    places = [at[item.item_id] for item in asked]
    predicted = label_mask([replace(item, label=told[item.item_id]) for item in asked], task)
    raw, calibrated = (
        _of_all_labels(np.array(said)[places], task) if places else np.empty((0, len(task.values)))
        for said in (report.said.raw, report.said.calibrated)
    )
    return EvaluationPredictions(tuple(asked), label_mask(asked, task), predicted, raw, calibrated)


def predictions_of_model(model: Model, items: list[Labeled], task: Task) -> EvaluationPredictions:
    """The model's predictions of these items."""
    raw = score_texts(model, [item.text for item in items])
    predicted = as_table(model.columns.predicted(raw), len(task.values))
    shares = (each.astype(float) for each in (raw, model.calibration(raw)))
    return EvaluationPredictions(tuple(items), label_mask(items, task), predicted, *shares)


def is_enough(report: Report | None, task: Task) -> bool:
    """Whether the report has the probabilities of every label of the task."""
    if report is None or len(task.values) != 2 or task.several or not task.positive:
        return False
    return set(report.said.predicted) <= set(task.values)


def _of_all_labels(positive: Probabilities, task: Task) -> Probabilities:
    """P(label) of every label, as far as P(positive) tells."""
    found = np.full((len(positive), len(task.values)), np.nan)
    if task.positive and not task.several:
        if len(task.values) == 2:
            found[:, 1 - task.positive_index] = 1 - positive
        found[:, task.positive_index] = positive
    return found


def worst_misses(predictions: EvaluationPredictions, number: int) -> NDArray[np.int64]:
    """Places of wrong predictions, the least probable true label first, where that is known."""
    wrong = np.flatnonzero(predictions.wrong)
    raw, targets = predictions.raw[wrong], predictions.targets[wrong]
    # By the label that is most surely wrong; if labels exclude each other, that is the true one.
    believed = np.fmin.reduce(np.where(targets, raw, 1 - raw), axis=1, initial=1)
    return wrong[np.argsort(believed, kind="stable")][:number]


def resample(predictions: EvaluationPredictions, label: int | None, samples: Draws) -> Bootstrap:
    """The defined scores of the label, or of all, under what `resampled` has drawn of the items."""
    actual, binary = predictions.actual(label), predictions.binary(label)
    names = SCORES if predictions.knows(label) else CALLS
    found = bootstrap(lambda drawn: scores_of(binary, actual, drawn, names), samples)
    counted = {} if label is None else cut_intervals(binary.predicted, actual)
    return replace(found, counted=counted)


def shared(
    before: EvaluationPredictions, after: EvaluationPredictions
) -> tuple[EvaluationPredictions, EvaluationPredictions]:
    """Both runs' predictions of the items that both have, in one order."""
    if before.items == after.items:
        return before, after
    ids = {item.item_id for item in before.items} & {item.item_id for item in after.items}
    return before.only(ids), after.only(ids)


RANDOM, ACTIVE = "random labels only", "active learning"


def stages(snapshot: Snapshot) -> dict[str, str]:
    """The stage of each run's training data, random or active learning, by run id.

    It is active learning from the first label on of an item that a model, or another strategy than
    random, has chosen. Rows of label files have no moment: with such a one every run is.
    """
    by_chance = ("", "random", NOT_RECORDED)
    moments = [
        item.labeled_at
        for item in snapshot.labels.splits["training"]
        if item.strategy not in by_chance or item.confidence is not None
    ]
    first = min(moments, default=None)
    return {
        run.run_id: RANDOM if first is None or run.created_at <= first else ACTIVE
        for run in snapshot.logs.runs
    }

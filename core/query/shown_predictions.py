"""What the model of today says of items, and of which it must not say it.

A model knows the labels that it was trained on: asked about such an item it tells little. Of single
items is told instead what models of the same kind said that were trained without the item.

An item that waits for its evaluation or validation label is held out: whoever labels it must not
have seen what the model thinks of it, nor be able to find out by filtering.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.report import OutOfFold
from core.models.model import Model
from core.models.pool_predictions import Predictions
from core.models.predict import confidences, score_texts
from core.query.masks import NOT_SHOWN, ShownPredictions
from core.query.tables import Tables
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot, being_held_out


def predictions_at(
    snapshot: Snapshot, tables: Tables, predictions: Predictions, model: Model
) -> ShownPredictions:
    """The opinions at all places; the pool's are given, those behind it are worked out.

    Raises RunError if the model's encoder cannot be used.
    """
    texts = tables.outside["text"].to_pylist()
    outside = score_texts(model, texts) if texts else predictions.probability[:0]
    confidence = np.concatenate([predictions.confidence, confidences(outside)])
    predicted = np.concatenate([predictions.predicted, outside.argmax(axis=1).astype(np.int8)])
    hidden = tables.places_of(being_held_out(snapshot))
    confidence[hidden], predicted[hidden] = np.nan, NOT_SHOWN
    return ShownPredictions(model.labels, confidence.astype(np.float32, copy=False), predicted)


@dataclass(frozen=True)
class ShownPrediction:
    """A label and its probability, not calibrated, and how the item stood to the training.

    `is_unseen`: the item was training data, and was kept from the model that says this.
    `is_learned`: it was training data, and the model has learned from it.
    """

    predicted: str
    confidence: float
    is_unseen: bool = False
    is_learned: bool = False


@dataclass(frozen=True)
class NewestRun:
    """The newest run, what it says of every item of the pool, and of training items unseen."""

    run: Run
    predictions: Predictions
    unseen: OutOfFold | None


def shown_predictions(
    snapshot: Snapshot, today: NewestRun, item_ids: Sequence[str]
) -> list[ShownPrediction | None]:
    """The opinion on each of these items.

    None for an item that waits for an evaluation or validation label, or is a copy of one, and for
    an item that is neither in the pool nor in the training data of the run.
    """
    unseen, hidden = _unseen(today, item_ids), being_held_out(snapshot)
    learned = {item.item_id for item in snapshot.labels.usable_training()}
    at, values = snapshot.pool_words.pool.positions(item_ids), snapshot.workspace.task.values
    said, predicted = today.predictions.confidence, today.predictions.predicted

    def shown(item: str) -> ShownPrediction | None:
        if item in hidden:
            return None
        if item in unseen or item not in at:
            return unseen.get(item)
        label, sure = values[predicted[at[item]]], float(said[at[item]])
        return ShownPrediction(label, sure, is_learned=item in learned)

    return [shown(item) for item in item_ids]


def _unseen(today: NewestRun, item_ids: Sequence[str]) -> dict[str, ShownPrediction]:
    """The opinions out of fold on those of these items that there are any on."""
    kept = today.unseen
    if kept is None:
        return {}
    wanted, found = set(item_ids), {}
    for place, item in enumerate(kept.item_ids):
        if item in wanted:
            said = [row[place] for row in kept.probability]
            best = max(range(len(said)), key=said.__getitem__)
            found[item] = ShownPrediction(kept.labels[best], said[best], is_unseen=True)
    return found

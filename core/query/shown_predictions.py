"""What the model of today says of single items: of those it learned from, out of fold.

A model knows the labels that it was trained on: asked about such an item it tells little. What
models of the same kind said that were trained without the item is told instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.report import OutOfFold
from core.models.pool_predictions import Predictions
from core.workspace.logs import Run
from core.workspace.snapshot import Loop, being_held_out


@dataclass(frozen=True)
class Opinion:
    """A label and its probability, not calibrated, and how the item stood to the training.

    `is_unseen`: the item was training data, and was kept from the model that says this.
    `is_learned`: it was training data, and the model has learned from it.
    """

    predicted: str
    confidence: float
    is_unseen: bool = False
    is_learned: bool = False


@dataclass(frozen=True)
class Today:
    """The newest run, what it says of every item of the pool, and of training items unseen."""

    run: Run
    predictions: Predictions
    unseen: OutOfFold | None


def opinions_on(loop: Loop, today: Today, item_ids: Sequence[str]) -> list[Opinion | None]:
    """The opinion on each of these items.

    None for an item that waits for an evaluation or validation label, or is a copy of one, and for
    an item that is neither in the pool nor in the training data of the run.
    """
    unseen, hidden = _unseen(today, item_ids), being_held_out(loop)
    learned = {item.item_id for item in loop.labels.usable_training()}
    at, values = loop.pool_words.pool.positions(item_ids), loop.workspace.task.values
    said, predicted = today.predictions.confidence, today.predictions.predicted
    found: list[Opinion | None] = []
    for item in item_ids:
        if item in hidden:
            found.append(None)
        elif item in unseen:
            found.append(unseen[item])
        elif item in at:
            place = at[item]
            label, sure = values[predicted[place]], float(said[place])
            found.append(Opinion(label, sure, is_learned=item in learned))
        else:
            found.append(None)
    return found


def _unseen(today: Today, item_ids: Sequence[str]) -> dict[str, Opinion]:
    """The opinions out of fold on those of these items that there are any on."""
    kept = today.unseen
    if kept is None:
        return {}
    wanted, found = set(item_ids), {}
    for place, item in enumerate(kept.item_ids):
        if item in wanted:
            said = [row[place] for row in kept.probability]
            best = max(range(len(said)), key=said.__getitem__)
            found[item] = Opinion(kept.labels[best], said[best], is_unseen=True)
    return found

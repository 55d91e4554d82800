"""Predictions that a person may see: of the newest model, for filters and for single items.

A model knows the labels that it was trained on: asked about such an item it tells little. Where
there is one, a person is shown its out-of-fold prediction instead. An item that waits for its
evaluation or validation label is held out: whoever labels it must not have seen its prediction, nor
be able to find it out by filtering.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.evaluation.report import OutOfFold
from core.models.model import Model
from core.models.pool_predictions import Predictions
from core.models.predict import score_texts
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot, being_held_out

if TYPE_CHECKING:  # it looks at shown predictions
    from core.query.tables import Tables


@dataclass(frozen=True)
class ShownPredictions:
    """The newest model's prediction of each row, `(n_rows,)`; nan and -1 where hidden.

    `predicted` is the place of what is predicted among `answers`. Those are the labels of one label
    a text; of several, what is predicted somewhere.
    """

    answers: tuple[str, ...]
    confidence: NDArray[np.float32]
    predicted: NDArray[np.int32]


def predictions_at(
    snapshot: Snapshot, tables: "Tables", predictions: Predictions, model: Model
) -> ShownPredictions:
    """The predictions of all rows; the pool's are given, those behind it are worked out.

    Raises RunError if the model's encoder cannot be used.
    """
    texts, columns = tables.outside["text"].to_pylist(), predictions.columns
    outside = score_texts(model, texts) if texts else predictions.probability[:0]
    confidence = np.concatenate([predictions.confidence, columns.confidence(outside)])
    codes, answers = predictions.codes
    place = {answer: at for at, answer in enumerate(answers)}
    behind = [place.setdefault(answer, len(place)) for answer in columns.answers(outside)]
    predicted = np.concatenate([codes, np.array(behind, np.int32)])
    hidden = tables.rows_of(being_held_out(snapshot))
    confidence[hidden], predicted[hidden] = np.nan, -1
    return ShownPredictions(tuple(place), confidence.astype(np.float32, copy=False), predicted)


@dataclass(frozen=True)
class ShownPrediction:
    """A prediction and how sure it is, not calibrated, and how the item stood to the training.

    `is_learned`: it was training data, and the model that predicts this has learned from it.
    """

    predicted: str
    confidence: float
    is_learned: bool = False


@dataclass(frozen=True)
class NewestRun:
    """The newest run, its predictions of the whole pool, and those of training items unseen."""

    run: Run
    predictions: Predictions
    unseen: OutOfFold | None


def shown_predictions(
    snapshot: Snapshot, newest: NewestRun, item_ids: Sequence[str]
) -> list[ShownPrediction | None]:
    """The prediction of each of these items.

    None for an item that waits for an evaluation or validation label, or is a copy of one, and for
    an item that is neither in the pool nor in the training data of the run.
    """
    unseen = newest.unseen.answers if newest.unseen else {}
    hidden = being_held_out(snapshot)
    learned = {item.item_id for item in snapshot.labels.usable_training}
    at, predictions = snapshot.pool_words.pool.positions(item_ids), newest.predictions

    def shown(item: str) -> ShownPrediction | None:
        if item in hidden or (item not in unseen and item not in at):
            return None
        if told := unseen.get(item):
            return ShownPrediction(*told)
        answer, sure = predictions.answer(at[item]), float(predictions.confidence[at[item]])
        return ShownPrediction(answer, sure, is_learned=item in learned)

    return [shown(item) for item in item_ids]

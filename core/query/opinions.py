"""What the model of today says at each place of the tables, and of which items it must not say it.

An item that waits for its evaluation or validation label is held out: whoever labels it must not
have seen what the model thinks of it, nor be able to find out by filtering.
"""

import numpy as np

from core.models.model import Model
from core.models.pool_predictions import Predictions
from core.models.predict import confidences, score_texts
from core.query.masks import NOTHING, Opinions
from core.query.tables import Tables
from core.workspace.snapshot import Loop, being_held_out


def opinions_at(loop: Loop, tables: Tables, predictions: Predictions, model: Model) -> Opinions:
    """The opinions at all places; the pool's are given, those behind it are worked out.

    Raises RunError if the model's encoder cannot be used.
    """
    texts = tables.outside["text"].to_pylist()
    outside = score_texts(model, texts) if texts else predictions.probability[:0]
    confidence = np.concatenate([predictions.confidence, confidences(outside)])
    predicted = np.concatenate([predictions.predicted, outside.argmax(axis=1).astype(np.int8)])
    hidden = tables.places_of(being_held_out(loop))
    confidence[hidden], predicted[hidden] = np.nan, NOTHING
    return Opinions(model.labels, confidence.astype(np.float32, copy=False), predicted)

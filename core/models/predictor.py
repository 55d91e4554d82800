"""Predictor: labels of texts by one model, calibrated; knows neither workspace nor files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import ExportError
from core.features.encoder_cache import PlainEncoder
from core.features.encoder_features import EncodedSpace
from core.models.label_columns import LabelColumns, Probability
from core.models.model import Model
from core.models.predict import score_texts
from core.pool.bags import Mask
from core.pool.text import is_blank
from core.system.engines import THREADS, Engine
from core.workspace.task import Task

MOST_PROBABLE, BEST = "most probable", "best"
USUAL = MOST_PROBABLE
Threshold = str | float
"""From which probability of the positive label on it is predicted: where it is `MOST_PROBABLE`,
from the run's own threshold on (`BEST`, not calibrated), or from this calibrated probability on. Of
several labels for a text each goes by its own threshold, or by that number."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictions of some texts, in their order.

    `probabilities` are calibrated P(label | text), `(n_texts, n_labels)`, a column for each of
    `labels`. `predicted` are labels' values, `(n_texts,)`; of several for a text joined by `|`, `-`
    for none. `confidence` is that of the prediction, `(n_texts,)`. Where `is_missing` there is no
    prediction: None, and NaN.
    """

    labels: tuple[str, ...]
    probabilities: Probability
    predicted: NDArray[np.object_]
    confidence: Probability
    is_missing: Mask


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model of a task, ready for texts: `predictor(["a flood"]).predicted`.

    Raises ExportError for a threshold of a task that has no positive label.
    """

    task: Task
    model: Model
    threshold: Threshold = USUAL

    def __post_init__(self) -> None:
        is_usual = self.threshold in (MOST_PROBABLE, USUAL)
        if not (is_usual or self.task.several or self.task.positive):
            raise ExportError(
                "A threshold is of the positive label, and this task has none. Leave it out."
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """The values of the labels, in the order of the probabilities' columns."""
        return self.model.labels

    def __call__(
        self, texts: Sequence[str], hidden: Mask | None = None, engine: Engine = THREADS
    ) -> Predicted:
        """The predictions of these texts; none of a blank one, or where `hidden` is true."""
        blank = np.array([is_blank(text) for text in texts], bool)
        raw = score_texts(self.model, list(texts), engine=engine)
        return self.of(raw, blank if hidden is None else blank | hidden)

    def of(self, raw: Probability, is_missing: Mask) -> Predicted:
        """The predictions of texts with these probabilities, not calibrated."""
        calibrated = self.model.calibration(raw)
        if self.task.several:
            answers = np.array(self._answers(raw, calibrated), object)
            confidence = self.model.columns.confidence(calibrated)
        else:
            at = self._columns(raw, calibrated)
            answers = np.array(self.labels, object)[at]
            confidence = calibrated[np.arange(len(at)), at]
        answers = np.where(is_missing, None, answers)
        nothing = np.where(is_missing, np.float32(np.nan), np.float32(0))
        shown = calibrated + nothing[:, None], answers, confidence + nothing
        return Predicted(self.labels, *shown, is_missing)

    def _answers(self, raw: Probability, calibrated: Probability) -> list[str]:
        """The labels of each text: from their own thresholds on, or from the one that is asked."""
        if isinstance(self.threshold, str):
            return self.model.columns.answers(raw)
        at_one = (self.threshold,) * len(self.labels)
        return LabelColumns(self.labels, at_one).answers(calibrated)

    def _columns(self, raw: Probability, calibrated: Probability) -> NDArray[np.int64]:
        """The predicted column of each text."""
        likeliest, positive = raw.argmax(axis=1), self.task.positive_index
        if self.threshold == MOST_PROBABLE or positive is None:
            return likeliest
        if self.threshold == BEST:
            is_positive = raw[:, positive] >= self.model.threshold
        else:
            is_positive = calibrated[:, positive] >= self.threshold
        others = raw.copy()
        others[:, positive] = -1
        return np.where(is_positive, positive, others.argmax(axis=1))


def keeping_nothing(model: Model) -> Model:
    """The model with an encoder, if it has one, that keeps no vectors: for texts that come once."""
    source = model.source
    if not isinstance(source, EncodedSpace):
        return model
    encoder = PlainEncoder(source.encoder.encoder)
    return replace(model, source=EncodedSpace(source.space, encoder))

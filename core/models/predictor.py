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
USUAL = BEST
Threshold = str | float
"""From which probability of the positive label on it is predicted: from the run's own threshold on
(`BEST`, not calibrated), where it is `MOST_PROBABLE`, or from this calibrated probability on. Of
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
        if not (isinstance(self.threshold, str) or self.task.several or self.task.positive):
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
        """The predictions of these texts; none of a blank one or `None`, or where `hidden`.

        Raises TypeError for one text that stands in no list.
        """
        if isinstance(texts, str):
            raise TypeError("give a list of texts, not one text")
        texts = ["" if text is None or text != text else text for text in texts]
        blank = np.array([is_blank(text) for text in texts], bool)
        raw = score_texts(self.model, texts, engine=engine)
        return self.of(raw, blank if hidden is None else blank | hidden)

    def of(self, raw: Probability, is_missing: Mask) -> Predicted:
        """The predictions of texts with these probabilities, not calibrated."""
        calibrated = self.model.calibration(raw)
        columns, asked = self._columns, raw if isinstance(self.threshold, str) else calibrated
        answers = np.array(columns.answers(asked), object)
        if self.task.several and isinstance(self.threshold, str):
            confidence = columns.confidence(calibrated)
        elif self.task.several:  # a number may be far from one half: the least sure of what is told
            chosen = columns.predicted(asked)
            confidence = np.where(chosen, calibrated, 1 - calibrated).min(axis=1, initial=1)
        else:
            confidence = np.take_along_axis(calibrated, columns.predicted(asked)[:, None], 1)[:, 0]
        answers = np.where(is_missing, None, answers)
        nothing = np.where(is_missing, np.float32(np.nan), np.float32(0))
        shown = calibrated + nothing[:, None], answers, confidence + nothing
        return Predicted(self.labels, *shown, is_missing)

    @property
    def _columns(self) -> LabelColumns:
        """What is predicted of probabilities: not calibrated ones, but for a number."""
        if isinstance(self.threshold, str):
            columns = self.model.columns
            return columns if self.threshold == BEST else columns.most_probable
        if self.task.several:
            return LabelColumns(self.labels, (self.threshold,) * len(self.labels))
        return LabelColumns(self.labels, cut=(self.task.positive_index, self.threshold))


def keeping_nothing(model: Model) -> Model:
    """The model with an encoder, if it has one, that keeps no vectors: for texts that come once."""
    source = model.source
    if not isinstance(source, EncodedSpace):
        return model
    encoder = PlainEncoder(source.encoder.encoder)
    return replace(model, source=EncodedSpace(source.space, encoder))

"""Columns of a probability table: which labels they mean today, and what is predicted by them.

A model gives probabilities of the labels that it was trained on. The task may have others by now:
an `Alignment` brings the model's own columns into today's, so that predictions go on while labels
are added, renamed, merged or retired.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.models.calibration import NEVER_REACHED
from core.system.parallel import in_blocks
from core.workspace.task import NONE, SEPARATOR, Task

Probability = NDArray[np.float32]


@dataclass(frozen=True)
class LabelColumns:
    """The labels of a probability table's columns, `(n_items, n_labels)`.

    With `thresholds`, one for each label, a text can have several: probabilities are independent,
    and a label is predicted where its own reaches its threshold. With a `cut`, a column and its
    threshold, that label is predicted from there on, else the most probable of the others; without
    either, the most probable one. `unknown` are the labels of which the model has learned nothing.
    """

    labels: tuple[str, ...]
    thresholds: tuple[float, ...] = ()
    unknown: tuple[str, ...] = ()
    cut: tuple[int, float] | None = None

    @property
    def several(self) -> bool:
        return bool(self.thresholds)

    @property
    def most_probable(self) -> "LabelColumns":
        """The same, where of one label a text the most probable one is predicted."""
        return replace(self, cut=None)

    def predicted(self, probability: Probability) -> NDArray[np.integer]:
        """The predicted column of each item, `(n_items,)`; of several labels a table of bools."""
        if self.several:
            return probability >= np.array(self.thresholds, np.float32)
        if self.cut is None:
            return probability.argmax(axis=1)
        column, threshold = self.cut
        others = probability.copy()
        others[:, column] = -1
        return np.where(probability[:, column] >= threshold, column, others.argmax(axis=1))

    def codes(self, probability: Probability) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """(each item's place among the answers, `(n_items,)`; the answers that are predicted)."""
        if not self.several:
            return self.predicted(probability).astype(np.int32), self.labels
        bits = np.packbits(self.predicted(probability), axis=1)  # (n_items, n_bytes)
        kind, buffers = pa.binary(bits.shape[1]), [None, pa.py_buffer(bits)]
        rows = pa.FixedSizeBinaryArray.from_buffers(kind, len(bits), buffers).dictionary_encode()
        answers = []
        for row in rows.dictionary:
            has = np.unpackbits(np.frombuffer(row.as_py(), np.uint8), count=len(self.labels))
            answers.append(SEPARATOR.join(self.labels[at] for at in np.flatnonzero(has)) or NONE)
        return rows.indices.to_numpy().astype(np.int32), tuple(answers)

    def answers(self, probability: Probability) -> list[str]:
        """What is predicted of each item, as an answer."""
        codes, answers = self.codes(probability)
        return [answers[code] for code in codes]

    def confidence(self, probability: Probability) -> Probability:
        """How sure the prediction is, `(n_items,)`: its probability, or see `confidences`."""
        if self.cut is None:
            return confidences(probability, several=self.several)
        return np.take_along_axis(probability, self.predicted(probability)[:, None], 1)[:, 0]


def confidences(
    probability: Probability, *, several: bool = False, of: Callable = np.min
) -> Probability:
    """P(y* | x), y* the most probable label: in [1 / n_labels, 1], `(n_items,)`.

    With several labels for a text, max(p, 1 - p) of the least sure one, or their mean: in [0.5, 1].
    """
    half = probability.dtype.type(0.5)
    if several:  # in blocks: a table of 36 labels is large
        parts = in_blocks(
            lambda start, stop: of(np.abs(probability[start:stop].T - half), axis=0),
            len(probability),
        )
        return np.concatenate([np.empty(0, probability.dtype), *parts]) + half
    confidence = np.zeros(len(probability), probability.dtype)
    for column in probability.T:  # there are few: numpy's own way along the rows takes 40 times
        np.maximum(confidence, column, out=confidence)
    return confidence


@dataclass(frozen=True)
class Alignment:
    """How a model's own labels stand in the columns of today's.

    `own` are the labels that it was trained on; `parts` has for each of today's labels the model's
    columns that mean it now, none for a label that came since.
    """

    own: tuple[str, ...]
    parts: tuple[tuple[int, ...], ...]

    def __call__(self, probability: Probability, *, several: bool) -> Probability:
        """The probabilities in today's columns.

        Merged labels add up; of several for a text the more probable one counts. Where labels of
        one label a text are gone, the others are divided by their sum.
        """
        found = np.zeros((len(probability), len(self.parts)), probability.dtype)
        join = np.maximum if several else np.add
        for column, parts in zip(found.T, self.parts, strict=True):
            for part in parts:
                join(column, probability[:, part], out=column)
        if not several and sum(map(len, self.parts)) < len(self.own):
            sums = found.sum(axis=1, keepdims=True)
            found /= np.where(sums > 0, sums, 1)
        return found

    def columns(self, own: LabelColumns, labels: tuple[str, ...]) -> LabelColumns:
        """Today's columns; a label that was merged has the highest threshold of its parts."""
        thresholds, unknown = [], []
        for label, parts in zip(labels, self.parts, strict=True):
            if all(own.labels[part] in own.unknown for part in parts):
                unknown.append(label)
            if own.several:
                at = (own.thresholds[part] for part in parts)
                thresholds.append(max(at, default=NEVER_REACHED))
        cut = own.cut  # gone with its label, or where it was merged
        if own.cut:
            at = [at for at, parts in enumerate(self.parts) if parts == (own.cut[0],)]
            cut = (at[0], own.cut[1]) if at else None
        return LabelColumns(labels, tuple(thresholds), tuple(unknown), cut)


def alignment(own: tuple[str, ...], task: Task) -> Alignment | None:
    """How labels of a model stand in the task's columns; None where they are the same."""
    today = [task.current.get(value) for value in own]
    parts = (tuple(np.flatnonzero(np.array(today) == label).tolist()) for label in task.values)
    return None if own == task.values else Alignment(own, tuple(parts))

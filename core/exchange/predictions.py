"""Predictions of a run for every row of a table, or every item of the pool, written to one file.

Memory holds one block of rows. Nothing has its name on disk before all of it is written.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import ExportError, TableError
from core.evaluation.runs import find_run, load_run
from core.exchange.exporter import refuse_place
from core.exchange.foreign_table import AT_ONCE, refuse_columns, text_of_row, texts_at
from core.exchange.import_types import first_bad
from core.exchange.table_writers import WRITERS, written_to
from core.exchange.tables.reader import SourceTable
from core.exchange.tables.roles import Columns
from core.models.label_columns import LabelColumns
from core.models.model import Model
from core.models.pool_predictions import pool_probabilities
from core.models.predict import Probability, score_texts
from core.pool.text import is_blank, words_of
from core.system.csv_rows import BadRow
from core.system.parallel import row_blocks
from core.system.progress import Pace, Progress, silent
from core.workspace.logs import shown_id
from core.workspace.snapshot import Snapshot, being_held_out
from core.workspace.task import Task

COMPARED = 2_000  # texts of the pool, evenly from all of it, that others are compared with
NEW_WORDS = 0.1  # so much larger a share of new words than in the pool is told as a warning

MOST_PROBABLE, BEST = "most probable", "best"
Threshold = str | float
"""From which probability of the positive label on it is predicted: where it is `MOST_PROBABLE`,
from the run's own threshold on (`BEST`, not calibrated), or from this calibrated probability on. Of
several labels for a text each goes by its own threshold, or by that number."""

MOST_SHOWN = 20  # labels that are counted where it is told what was predicted
DIGITS = 7  # behind the point of a probability: what 32 bits hold


@dataclass(frozen=True)
class Likeness:
    """How texts compare with the pool: shares of words that the model does not know, in [0, 1],
    and mean confidences."""

    new_words: float
    pool_new_words: float
    confidence: float
    pool_confidence: float

    def sentence(self) -> str:
        """Whether the model can be trusted with such texts, and why."""
        share = f"{self.new_words:.0%} of their words are new to the model"
        if self.new_words <= self.pool_new_words + NEW_WORDS:
            return f"These texts look like the pool: {share} (pool: {self.pool_new_words:.0%})."
        return (
            f"{share[0].upper()}{share[1:]} (pool: {self.pool_new_words:.0%}). Import some of "
            "these texts and label them first."
        )


@dataclass(frozen=True)
class PredictionsMade:
    """What was written: rows, how many have each predicted label, and how many have no text.

    `unknown_labels` are those of which the model knows too few texts.
    """

    run_id: str
    out: Path
    n_items: int
    per_label: Mapping[str, int]
    without_text: int
    drift: Likeness | None
    seconds: float
    unknown_labels: tuple[str, ...] = ()

    def sentences(self, task: Task) -> list[str]:
        names = {label.value: label.name for label in task.filed}
        shown = self.per_label.items()
        if len(names) > MOST_SHOWN:
            shown = Counter(self.per_label).most_common(MOST_SHOWN)
        counts = ", ".join(f"{names[value]} {number:,}" for value, number in shown)
        counts += f" and {len(names) - MOST_SHOWN} more labels" * (len(names) > MOST_SHOWN)
        told = [f"{shown_id(self.run_id)} predicted {self.n_items:,} rows: {counts}."]
        if self.without_text:
            told.append(f"{self.without_text:,} rows have no text, and so no prediction.")
        if self.unknown_labels:
            unknown = ", ".join(names[x] for x in self.unknown_labels)
            told.append(
                f"The model does not know these labels, and never predicts them: {unknown}."
            )
        return [*told, *([self.drift.sentence()] if self.drift else [])]


def predict(
    snapshot: Snapshot,
    out: Path,
    table: SourceTable | None = None,
    columns: Columns | None = None,
    *,
    run_id: str | None = None,
    threshold: Threshold = MOST_PROBABLE,
    progress: Progress = silent,
) -> PredictionsMade:
    """Writes the rows of a table, or the items of the pool, and beside each its prediction.

    Behind the columns stand `predicted`, `confidence` and `p_<value>`; of `columns` the texts count
    alone. The run is the last one, if none is named. Raises TableError if a row cannot be read,
    ExportError if `out` cannot be written, RunError if there is no such run, or its model is gone.
    """
    predictor = _Predictor(snapshot, run_id, threshold)
    if table and columns:
        refuse_columns(table, columns)
        parts = _table_parts(predictor, table, texts_at(table, columns), progress)
    else:
        parts = _pool_parts(predictor, snapshot, progress)
    return predictor.write(snapshot, out, parts)


def _table_parts(
    predictor: "_Predictor", table: SourceTable, at: Sequence[int], progress: Progress
) -> Iterator[pa.Table]:
    pace = Pace(progress, f"predicting {table.name}", None, "rows")
    bad: list[BadRow] = []
    for block in table.blocks(AT_ONCE):
        bad += block.bad
        if bad or not block.rows:
            continue
        cells = zip(*(row for _, row in block.rows), strict=True)
        texts = [text_of_row(row, at) for _, row in block.rows]
        predictor.look_at(texts)
        pace.add(len(texts))
        arrays = [pa.array(column, pa.large_string()) for column in cells]
        given = pa.table(arrays, names=list(table.columns))
        raw = score_texts(predictor.model, texts)
        yield _beside(given, predictor.columns(raw, _blank(texts)))
    if bad:
        raise TableError(
            f"{table.name}: {len(bad):,} rows cannot be read: {first_bad(bad)}. Nothing was "
            "written; fix them first."
        )


def _pool_parts(
    predictor: "_Predictor", snapshot: Snapshot, progress: Progress
) -> Iterator[pa.Table]:
    """`label` is a person's where there is one, else the predicted one; `by` tells which.

    Items that wait for an evaluation or validation label have neither.
    """
    pool = snapshot.pool_words.pool
    progress(f"predicting {len(pool):,} items")
    probability = pool_probabilities(snapshot, predictor.model, progress)
    labels = {item_id: item.label for item_id, item in snapshot.labels.by_id.items()}
    hidden = being_held_out(snapshot)
    for start, stop in row_blocks(len(pool)):
        given = pool.table.slice(start, stop - start)
        ids = given["item_id"].to_pylist()
        without = _blank(given["text"].to_pylist()) | np.array([x in hidden for x in ids], bool)
        found = predictor.columns(probability[start:stop], without)
        said = list(zip(map(labels.get, ids), found["predicted"].to_pylist(), strict=True))
        both = [own or other for own, other in said]
        by = ["person" if own else "model" if other else None for own, other in said]
        found = {"label": pa.array(both, pa.string()), "by": pa.array(by, pa.string())} | found
        yield _beside(given, found)


class _Predictor:
    """Predicts labels by a run's model, and counts what it has predicted."""

    def __init__(self, snapshot: Snapshot, run_id: str | None, threshold: Threshold) -> None:
        self.run = find_run(snapshot, run_id)
        self.model: Model = load_run(snapshot, self.run)
        self._task, self._threshold = snapshot.workspace.task, threshold
        if threshold != MOST_PROBABLE and not (self._task.several or self._task.positive):
            raise ExportError(
                "A threshold is of the positive label, and this task has none. Leave it out."
            )
        self._counts = Counter[str](
            dict.fromkeys([x.value for x in self._task.filed if not x.retired], 0)
        )
        self._without = self._rows = self._words = self._new = 0
        self._sure = 0.0
        self._began = time.perf_counter()

    def columns(self, raw: Probability, without: NDArray[np.bool_]) -> dict[str, pa.Array]:
        """Prediction, its confidence, and each label's probability; null where there is none."""
        calibrated = self.model.calibration(raw)
        if self._task.several:
            answers = np.array(self._answers(raw, calibrated), object)
            confidence = self.model.columns.confidence(calibrated)
        else:
            at = self._predicted(raw, calibrated)
            answers = np.array(self.model.labels, object)[at]
            confidence = calibrated[np.arange(len(at)), at]
        for answer, number in Counter(answers[~without].tolist()).items():
            self._counts.update(dict.fromkeys(self._task.filed_under(answer), number))
        self._without += int(without.sum())
        self._rows += len(answers)
        self._sure += float(confidence[~without].sum())
        numbers = {"confidence": confidence}
        numbers |= {
            f"p_{label}": p for label, p in zip(self.model.labels, calibrated.T, strict=True)
        }
        return {"predicted": pa.array(answers, pa.string(), mask=without)} | {
            name: pa.array(np.round(column.astype(np.float64), DIGITS), mask=without)
            for name, column in numbers.items()
        }

    def look_at(self, texts: Sequence[str]) -> None:
        words, new = _new_words(self.model, texts)
        self._words += words
        self._new += new

    def write(self, snapshot: Snapshot, out: Path, parts: Iterator[pa.Table]) -> PredictionsMade:
        """All parts stand in the file when this returns, or nothing does."""
        form = out.suffix.lower()
        if form not in WRITERS:
            raise ExportError(
                f"{out.name}: predictions are written to files that end in {', '.join(WRITERS)}."
            )
        refuse_place(snapshot, out)
        written_to(out, parts)
        told = self._likeness(snapshot) if self._words else None
        seconds = round(time.perf_counter() - self._began, 3)
        return PredictionsMade(
            self.run.run_id,
            out,
            self._rows,
            dict(self._counts),
            self._without,
            told,
            seconds,
            self.model.unlearned,
        )

    def _answers(self, raw: Probability, calibrated: Probability) -> list[str]:
        """The labels of each text: from their own thresholds on, or from the one that is asked."""
        if isinstance(self._threshold, str):
            return self.model.columns.answers(raw)
        at_one = (self._threshold,) * len(self.model.labels)
        return LabelColumns(self.model.labels, at_one).answers(calibrated)

    def _predicted(self, raw: Probability, calibrated: Probability) -> NDArray[np.int64]:
        likeliest, positive = raw.argmax(axis=1), self._task.positive_index
        if self._threshold == MOST_PROBABLE:
            return likeliest
        if self._threshold == BEST:
            is_positive = raw[:, positive] >= self.model.threshold
        else:
            is_positive = calibrated[:, positive] >= self._threshold
        others = raw.copy()
        others[:, positive] = -1
        return np.where(is_positive, positive, others.argmax(axis=1))

    def _likeness(self, snapshot: Snapshot) -> Likeness:
        pool = snapshot.pool_words.pool
        at = np.linspace(0, len(pool) - 1, min(COMPARED, len(pool))).astype(np.int64)
        texts = pool.texts.take(pa.array(at)).to_pylist()
        words, new = _new_words(self.model, texts)
        probability = self.model.calibration(score_texts(self.model, texts))
        sure = self.model.columns.confidence(probability)
        return Likeness(
            self._new / max(self._words, 1),
            new / max(words, 1),
            self._sure / max(self._rows - self._without, 1),
            float(sure.mean()),
        )


def _new_words(model: Model, texts: Sequence[str]) -> tuple[int, int]:
    """(all words of the texts, those of them that the model does not know)."""
    counts = Counter(word for text in texts for word in words_of(text))
    known = model.known(counts)
    return counts.total(), sum(number for word, number in counts.items() if word not in known)


def _beside(given: pa.Table, found: Mapping[str, pa.Array]) -> pa.Table:
    """The given columns as they are, then the found ones, whose names give way."""
    for name, column in found.items():
        called, number = name, 1
        while called in given.column_names:
            number += 1
            called = f"{name} ({number})"
        given = given.append_column(called, column)
    return given


def _blank(texts: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([is_blank(text) for text in texts], bool)

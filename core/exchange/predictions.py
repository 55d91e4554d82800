"""Predictions of a run for every row of a table, or every item of the pool, written to one file.

Memory holds a few blocks of rows. Nothing has its name on disk before all of it is written.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import ExportError, TableError
from core.evaluation.runs import find_run, load_run
from core.exchange.exporter import refuse_place
from core.exchange.foreign_table import AT_ONCE, refuse_columns, text_of_row, texts_at
from core.exchange.import_types import first_bad
from core.exchange.table_writers import WRITERS, written_to
from core.exchange.tables import files
from core.exchange.tables.reader import SourceTable
from core.exchange.tables.roles import Columns
from core.models.model import Model
from core.models.pool_predictions import pool_probabilities
from core.models.predictor import USUAL, Predicted, Predictor, Threshold, keeping_nothing
from core.pool.hashing import hash_keys, is_among, keys_of
from core.pool.splitting import split_texts
from core.pool.text import is_blank
from core.pool.tokens import Hashes
from core.system.csv_rows import BadRow
from core.system.engines import HERE, THREADS, Engine
from core.system.findings import counted
from core.system.parallel import in_order, row_blocks
from core.system.progress import Pace, Progress, silent
from core.workspace.logs import shown_id
from core.workspace.snapshot import Snapshot, being_held_out
from core.workspace.task import Task

COMPARED = 2_000
"""Texts of the pool, evenly from all of it, whose words are compared with so many of each block."""
NEW_WORDS = 0.1  # so much larger a share of new words than in the pool is told as a warning
LESS_SURE = 0.05  # so much lower a mean confidence than of the pool, likewise

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
        share += f" (pool: {self.pool_new_words:.0%})"
        sure = f"its mean confidence is {self.confidence:.2f} (pool: {self.pool_confidence:.2f})"
        is_known = self.new_words <= self.pool_new_words + NEW_WORDS
        if is_known and self.confidence >= self.pool_confidence - LESS_SURE:
            return f"These texts look like the pool: {share}, and {sure}."
        said = f"{share}, and {sure}" if not is_known else f"{sure}, though only {share}"
        return f"{said[0].upper()}{said[1:]}. Import some of these texts and label them first."


@dataclass
class Tally:
    """What was predicted of some rows; sums, so that those of parts add up."""

    n_items: int = 0
    without_text: int = 0
    held_out: int = 0
    per_label: Counter[str] = field(default_factory=Counter)
    words: int = 0
    new_words: int = 0
    confidence: float = 0.0

    def add(self, other: "Tally") -> None:
        self.per_label.update(other.per_label)  # a sum of counters leaves zeros out
        for name, value in vars(other).items():
            if name != "per_label":
                setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class PredictionsMade:
    """What was written: rows, how many have each predicted label, and how many have none.

    Of these `without_text` are blank, and `held_out` wait for an evaluation or validation label.
    `unknown_labels` are those of which the model knows too few texts. `n_files` were written, of
    several, and `n_finished` had been before.
    """

    run_id: str
    out: Path
    n_items: int
    per_label: Mapping[str, int]
    without_text: int
    held_out: int
    drift: Likeness | None
    seconds: float
    unknown_labels: tuple[str, ...] = ()
    n_files: int = 1
    n_finished: int = 0

    def sentences(self, task: Task) -> list[str]:
        names = {label.value: label.name for label in task.filed}
        shown = self.per_label.items()
        if len(names) > MOST_SHOWN:
            shown = Counter(self.per_label).most_common(MOST_SHOWN)
        counts = ", ".join(f"{names[value]} {number:,}" for value, number in shown)
        counts += f" and {len(names) - MOST_SHOWN} more labels" * (len(names) > MOST_SHOWN)
        told = [f"{shown_id(self.run_id)} predicted {counted(self.n_items, 'row')}: {counts}."]
        if self.without_text:
            told.append(f"{counted(self.without_text, 'row')} without text, and so no prediction.")
        if self.held_out:
            told.append(
                f"{counted(self.held_out, 'row')} without a prediction until the label of a test "
                "or validation item is given."
            )
        if self.n_finished:
            told.append(f"{self.n_finished:,} of {self.n_files:,} files were finished before.")
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
    threshold: Threshold = USUAL,
    is_ours: bool = False,
    engine: Engine = THREADS,
    progress: Progress = silent,
) -> PredictionsMade:
    """Writes the rows of a table, or the items of the pool, and beside each its prediction.

    Behind the columns stand `predicted`, `confidence` and `p_<value>`; of `columns` the texts count
    alone. The run is the last one, if none is named. A place that `is_ours` may lie in the
    workspace. Raises TableError if a row cannot be read,
    ExportError if `out` cannot be written, RunError if there is no such run, or its model is gone.
    """
    work = Work(snapshot, run_id, threshold)
    if out.suffix.lower() not in WRITERS:
        raise ExportError(
            f"{out.name}: predictions are written to files that end in {', '.join(WRITERS)}."
        )
    if not is_ours:
        refuse_place(snapshot, out)
    if table and columns:
        refuse_columns(table, columns)
        pace = Pace(progress, f"predicting {table.name}", None, "rows")
        # The columns of ours are asked for by name: none is within another, no two are alike.
        is_flat = table.kind == "parquet" and [*table.columns] == pq.read_schema(table.plain).names
        is_plain = out.suffix.lower() == ".parquet" and (is_flat or not is_ours)
        given = rows_of(table, columns, is_plain=is_plain)
        predicted = in_order(work.scorer, given)
    else:
        progress(f"predicting {len(snapshot.pool_words.pool):,} items")
        pace = Pace(progress, "writing predictions", len(snapshot.pool_words.pool), "items")
        predicted = _pool_parts(work, snapshot, engine, progress)
    written_to(out, _counted(predicted, work.tally, pace))
    return work.made(snapshot, out)


Rows = tuple[pa.Table, list[str]]  # rows as they came, and their texts


@dataclass(frozen=True, eq=False)
class Scorer:
    """Predicts rows; can be sent to another machine. `hidden` are keys of held-out texts."""

    predictor: Predictor
    hidden: Hashes

    def __call__(self, given: Rows) -> tuple[pa.Table, Tally]:
        """The rows with their predictions beside them, by the calling thread."""
        rows, texts = given
        hidden = np.zeros(len(texts), bool)
        if len(self.hidden):
            hidden = is_among(keys_of(pa.array(texts, pa.large_string())), self.hidden)
        found = self.predictor(texts, hidden, HERE)
        tally = tallied(found, hidden, self.predictor.task)
        some = texts[:: max(1, len(texts) // COMPARED)]
        tally.words, tally.new_words = _new_words(self.predictor.model, some)
        return _beside(rows, _columns(found)), tally


class Work:
    """A run that predicts, what is predicted so far, and since when."""

    def __init__(self, snapshot: Snapshot, run_id: str | None, threshold: Threshold) -> None:
        self._began = time.perf_counter()
        self.run, self.task = find_run(snapshot, run_id), snapshot.workspace.task
        self.model = load_run(snapshot, self.run)
        held_out = snapshot.pool_words.pool.texts_of(sorted(being_held_out(snapshot)))
        keys = np.unique(hash_keys([*held_out.values()]))
        self.scorer = Scorer(Predictor(self.task, keeping_nothing(self.model), threshold), keys)
        labels = [x.value for x in self.task.filed if not x.retired]
        self.tally = Tally(per_label=Counter(dict.fromkeys(labels, 0)))

    def made(
        self, snapshot: Snapshot, out: Path, n_files: int = 1, n_finished: int = 0
    ) -> PredictionsMade:
        tally, drift = self.tally, None
        if tally.words:
            drift = _likeness(snapshot, self.scorer.predictor, tally)
        return PredictionsMade(
            self.run.run_id, out, tally.n_items, dict(tally.per_label), tally.without_text,
            tally.held_out, drift, round(time.perf_counter() - self._began, 3),
            self.model.unlearned, n_files, n_finished,
        )  # fmt: skip


def tallied(found: Predicted, hidden: NDArray[np.bool_], task: Task) -> Tally:
    """The counts of some predictions, of which those that are `hidden` may not be known."""
    there = ~found.is_missing
    tally = Tally(len(there), int((found.is_missing & ~hidden).sum()), int(hidden.sum()))
    for answer, number in Counter(found.predicted[there].tolist()).items():
        tally.per_label.update(dict.fromkeys(task.filed_under(answer), number))
    tally.confidence = float(found.confidence[there].sum(dtype=np.float64))
    return tally


def rows_of(table: SourceTable, columns: Columns, *, is_plain: bool) -> Iterator[Rows]:
    """The table's rows and their texts; raises TableError at the end if some cannot be read.

    A Parquet file's columns keep their types where they go into one, which `is_plain`.
    """
    if is_plain and table.kind == "parquet" and not table.tool:
        named = [table.fields[x] for x in texts_at(table, columns)]
        for batch, cells in files.parquet_batches(table.plain, table.name, named):
            yield batch, [text_of_row(row, range(len(named))) for row in cells]
        return
    bad: list[BadRow] = []
    at = texts_at(table, columns)
    for block in table.blocks(AT_ONCE):
        bad += block.bad
        if bad or not block.rows:
            continue
        cells = zip(*(row for _, row in block.rows), strict=True)
        arrays = [pa.array(column, pa.large_string()) for column in cells]
        texts = [text_of_row(row, at) for _, row in block.rows]
        yield pa.table(arrays, names=list(table.columns)), texts
    if bad:
        raise TableError(
            f"{table.name}: {counted(len(bad), 'row')} cannot be read: {first_bad(bad)}. Nothing "
            "was written; fix that first."
        )


def _counted(
    predicted: Iterable[tuple[pa.Table, Tally]], tally: Tally, pace: Pace
) -> Iterator[pa.Table]:
    for part, counts in predicted:
        tally.add(counts)
        pace.add(counts.n_items)
        yield part


def _pool_parts(
    work: Work, snapshot: Snapshot, engine: Engine, progress: Progress
) -> Iterator[tuple[pa.Table, Tally]]:
    """`label` is a person's where there is one, else the predicted one; `by` tells which.

    Items that wait for an evaluation or validation label have neither.
    """
    pool, predictor = snapshot.pool_words.pool, work.scorer.predictor
    probability = pool_probabilities(snapshot, work.model, progress, engine)
    labels = {item_id: item.label for item_id, item in snapshot.labels.by_id.items()}
    waiting = being_held_out(snapshot)
    for start, stop in row_blocks(len(pool)):
        given = pool.table.slice(start, stop - start)
        blank = np.array([is_blank(text) for text in given["text"].to_pylist()], bool)
        ids = given["item_id"].to_pylist()
        hidden = np.array([x in waiting for x in ids], bool)
        found = predictor.of(probability[start:stop], blank | hidden)
        said = list(zip(map(labels.get, ids), found.predicted, strict=True))
        both = [own or other for own, other in said]
        by = ["person" if own else "model" if other else None for own, other in said]
        more = {"label": pa.array(both, pa.string()), "by": pa.array(by, pa.string())}
        yield _beside(given, more | _columns(found)), tallied(found, hidden, work.task)


def _columns(found: Predicted) -> dict[str, pa.Array]:
    """Prediction, its confidence, and each label's probability; null where there is none."""
    numbers = {"confidence": found.confidence}
    by_label = zip(found.labels, found.probabilities.T, strict=True)
    numbers |= {f"p_{label}": probability for label, probability in by_label}
    return {"predicted": pa.array(found.predicted, pa.string())} | {
        name: pa.array(np.round(column.astype(np.float64), DIGITS), mask=found.is_missing)
        for name, column in numbers.items()
    }


def _likeness(snapshot: Snapshot, predictor: Predictor, tally: Tally) -> Likeness:
    """How the texts that were tallied compare with texts from all over the pool."""
    pool = snapshot.pool_words.pool
    at = np.linspace(0, len(pool) - 1, min(COMPARED, len(pool))).astype(np.int64)
    texts = pool.texts.take(pa.array(at)).to_pylist()
    words, new = _new_words(predictor.model, texts)
    found = predictor(texts)
    sure = found.confidence[~found.is_missing]
    n_predicted = tally.n_items - tally.without_text - tally.held_out
    return Likeness(
        tally.new_words / max(tally.words, 1),
        new / max(words, 1),
        tally.confidence / max(n_predicted, 1),
        float(sure.mean()) if len(sure) else 0.0,
    )


def _new_words(model: Model, texts: Sequence[str]) -> tuple[int, int]:
    """(all words of the texts, those of them that the model does not know)."""
    words, bags = split_texts(texts, model.source.splitting)
    counts, known = np.bincount(bags.ids, minlength=len(words)), model.known(words)
    return len(bags.ids), int(counts[[word not in known for word in words]].sum())


def _beside(given: pa.Table, found: Mapping[str, pa.Array]) -> pa.Table:
    """The given columns as they are, then the found ones, whose names give way."""
    taken = {name.casefold() for name in given.column_names}  # one name to many programs
    for name, column in found.items():
        called, number = name, 1
        while called.casefold() in taken:
            number += 1
            called = f"{name} ({number})"
        given = given.append_column(called, column)
    return given

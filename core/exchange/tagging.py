"""Tagging: predictions of the whole pool, or of a table, as the pages show and keep them.

They stand in `.cache/tagged/`, of each a Parquet file and a summary; the newest few stay.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import ExportError
from core.exchange.predictions import Work
from core.exchange.table_writers import WRITERS
from core.exchange.tables.files import text_of
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading
from core.exchange.tables.roles import Columns
from core.models.predictor import USUAL, Predictor
from core.system.disk_cache import newest
from core.system.durable import (
    DAMAGED,
    first_free,
    refused_as,
    remove,
    remove_abandoned,
    write_whole,
)
from core.system.engines import THREADS
from core.system.progress import Progress, silent
from core.system.typed_json import typed
from core.workspace.logs import now
from core.workspace.snapshot import Snapshot, open_snapshot

MOST_KEPT = 5  # of a workspace
BINS = 20  # of the histogram, over [0, 1]
LOOKED_THROUGH = 200  # random rows among which those with a prediction are shown
NO_CELLS = (
    pa.types.is_nested, pa.types.is_temporal, pa.types.is_decimal, pa.types.is_boolean,
    pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary,
)  # fmt: skip
"""Columns whose values stand as texts in files other than Parquet."""


@dataclass(frozen=True)
class LabelCount:
    """How many texts the model gives a label, and how many have it from a person.

    On the evaluation data the model gave it `calls` times, and was right `hits` times.
    """

    value: str
    predicted: int
    by_people: int
    calls: int
    hits: int


@dataclass(frozen=True)
class Tagged:
    """What was predicted. `source` is a table's name, empty for the pool; `texts` the columns of
    the texts, `answers` the name of that of the predictions. `histogram` counts confidences."""

    name: str
    source: str
    run_id: str
    made_at: str
    n_items: int
    texts: tuple[str, ...]
    answers: str
    sentences: tuple[str, ...]
    labels: tuple[LabelCount, ...]
    histogram: tuple[int, ...]


def tag(
    path: Path,
    run_id: str,
    source: Path | None = None,
    reading: Reading | None = None,
    columns: Columns | None = None,
    *,
    progress: Progress = silent,
) -> str:
    """Predicts the pool of this workspace, or a table, and keeps it; the name of what is kept.

    Raises what `predictions.predict` does.
    """
    progress("reading the workspace")
    snapshot = open_snapshot(path)
    folder = _folder(path)
    remove_abandoned(folder)
    with refused_as(ExportError, ".cache cannot be written", "Free some space, and try again."):
        folder.mkdir(parents=True, exist_ok=True)
    out = first_free(folder / f"{now()[:19].replace(':', '')}.parquet")
    table = open_table(source, reading or Reading()) if source else None
    work = Work(snapshot, run_id, USUAL)
    made = work.write(snapshot, out, table, columns, THREADS, progress)
    names = pq.read_schema(out).names[-2 - len(work.scorer.predictor.labels) :]
    answers, by_people, histogram = _counts(out, names, is_pool=table is None)
    texts = (columns.text, *columns.further_texts) if columns else ("text",)
    told = made.sentences(snapshot.workspace.task)[1:]
    found = Tagged(
        out.stem, source.name if source else "", made.run_id, now(), made.n_items, texts, names[0],
        tuple(told), _labels(snapshot, work.scorer.predictor, answers, by_people), histogram,
    )  # fmt: skip
    write_whole(out.with_suffix(".json"), json.dumps(asdict(found)).encode())
    for older in [*newest(folder, "*.json")][MOST_KEPT:]:
        remove(older)
        remove(older.with_suffix(".parquet"))
    return found.name


def kept(path: Path) -> list[Tagged]:
    """What was tagged in this workspace and is kept, the newest first."""
    found = []
    for file in newest(_folder(path), "*.json"):
        try:
            found.append(typed(Tagged, json.loads(file.read_text(encoding="utf-8"))))
        except DAMAGED:
            continue  # of another version, or somebody clears the cache away
    return found


def as_file(path: Path, tagged: Tagged, ending: str) -> BytesIO:
    """All rows in the format of this ending of `WRITERS`; raises ExportError if they are gone."""
    file = BytesIO()
    with _opened(path, tagged) as rows:
        if ending == ".parquet":
            file.write((_folder(path) / f"{tagged.name}.parquet").read_bytes())
        else:
            schema = _in_cells(rows.schema_arrow.empty_table()).schema
            batches = (pa.Table.from_batches([x]) for x in rows.iter_batches())
            WRITERS[ending](file, schema, map(_in_cells, batches))
    file.seek(0)
    return file


def some_rows(path: Path, tagged: Tagged, number: int, seed: int) -> list[tuple[str, str, float]]:
    """(text, answer, confidence) of random rows that the model has predicted, and no person."""
    with _opened(path, tagged) as rows:
        names = rows.schema_arrow.names
        at = names.index(tagged.answers)
        wanted = [*tagged.texts, tagged.answers, names[at + 1]]
        wanted += [names[at - 1]] * (not tagged.source)
        places = np.random.default_rng(seed).permutation(tagged.n_items)[:LOOKED_THROUGH]
        found, first = {}, 0
        for group in range(rows.num_row_groups):
            size = rows.metadata.row_group(group).num_rows
            here = places[(places >= first) & (places < first + size)]
            if len(here):
                part = rows.read_row_group(group, wanted).select(wanted).take(here - first)
                columns = [column.to_pylist() for column in part.columns]
                found |= dict(zip(here.tolist(), zip(*columns, strict=True), strict=True))
            first += size
    n_texts, shown = len(tagged.texts), []
    for row in (found[place] for place in places.tolist()):
        answer, confidence, *by = row[n_texts:]
        if answer is not None and by in ([], ["model"]):
            text = "\n\n".join(filter(None, map(text_of, row[:n_texts])))
            shown.append((text, answer, confidence))
    return shown[:number]


def _folder(path: Path) -> Path:
    return path / ".cache" / "tagged"


def _opened(path: Path, tagged: Tagged) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(_folder(path) / f"{tagged.name}.parquet")
    except (OSError, pa.ArrowException) as error:
        raise ExportError("These predictions are gone. Make them again.") from error


def _in_cells(table: pa.Table) -> pa.Table:
    """The table with texts in place of what a cell cannot hold: lists, dates, bytes."""
    columns = [
        pa.array(map(text_of, column.to_pylist()), pa.large_string())
        if any(is_kind(column.type) for is_kind in NO_CELLS)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _counts(
    file: Path, names: list[str], *, is_pool: bool
) -> tuple[Counter[str], Counter[str], tuple[int, ...]]:
    """(answers of the model, answers of people, histogram of the model's confidences)."""
    answers, people = Counter[str](), Counter[str]()
    histogram: NDArray[np.int64] = np.zeros(BINS, np.int64)
    with pq.ParquetFile(file) as rows:
        every = rows.schema_arrow.names
        at = every.index(names[0])
        wanted = [*names[:2], *(every[at - 2 : at] if is_pool else [])]
        for batch in rows.iter_batches(columns=wanted):
            told = [batch.column(name).to_pylist() for name in wanted]
            sure = []
            for answer, confidence, *said in zip(*told, strict=True):
                if said and said[1] == "person":
                    people[said[0]] += 1
                elif answer is not None:
                    answers[answer] += 1
                    sure.append(confidence)
            histogram += np.histogram(sure, BINS, (0, 1))[0]
    return answers, people, tuple(histogram.tolist())


def _labels(
    snapshot: Snapshot, predictor: Predictor, answers: Counter[str], people: Counter[str]
) -> tuple[LabelCount, ...]:
    """The counts of each label that is offered; where a text can have several, also of none."""
    task, items = predictor.task, snapshot.labels.splits["evaluation"]
    found = predictor([item.text for item in items]).predicted
    told = [
        (task.filed_under(x), task.filed_under(y.label))
        for x, y in zip(found, items, strict=True)
        if x
    ]
    calls = Counter(value for called, _ in told for value in called)
    hits = Counter(value for called, true in told for value in {*called} & {*true})
    by = [Counter[str](), Counter[str]()]
    for counts, each in zip(by, (answers, people), strict=True):
        for answer, number in each.items():
            counts.update(dict.fromkeys(task.filed_under(answer), number))
    values = [label.value for label in task.filed if not label.retired]
    return tuple(LabelCount(x, by[0][x], by[1][x], calls[x], hits[x]) for x in values)

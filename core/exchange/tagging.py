"""Tagging: predictions of the whole pool, or of a table, as the pages show and keep them.

They stand in `.cache/tagged/`, of each a Parquet file and a summary; the newest few stay.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ExportError
from core.evaluation.runs import find_run, load_run
from core.exchange.predictions import predict
from core.exchange.table_writers import WRITERS
from core.exchange.tables.files import text_of
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading
from core.exchange.tables.roles import Columns
from core.models.predictor import Predictor
from core.system.disk_cache import newest
from core.system.durable import (
    DAMAGED,
    first_free,
    is_unfinished,
    make_folder,
    refused_as,
    remove,
    remove_abandoned,
    write_whole,
)
from core.system.progress import Progress, silent
from core.system.typed_json import typed
from core.workspace.logs import now
from core.workspace.snapshot import Snapshot, open_snapshot

MOST_KEPT = 5  # of a workspace
BINS = 20  # of the histogram, over [0, 1]
NO_CELLS = (
    pa.types.is_nested, pa.types.is_temporal, pa.types.is_decimal, pa.types.is_boolean,
    pa.types.is_binary, pa.types.is_large_binary,
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
    """What was predicted. `source` is a table's name, empty for the pool. `histogram` counts the
    model's confidences, `longest` the characters of a cell. `texts` are columns of the file, as are
    those of the answer, its confidence and, of the pool, who gave it."""

    name: str
    source: str
    run_id: str
    made_at: str
    n_items: int
    texts: tuple[str, ...]
    answer: str
    confidence: str
    by: str
    sentences: tuple[str, ...]
    labels: tuple[LabelCount, ...] = ()
    histogram: tuple[int, ...] = ()
    longest: int = 0


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
    with refused_as(ExportError, ".cache cannot be written", "Free some space, and try again."):
        make_folder(_folder(path))
    out = first_free(_folder(path) / f"{now()[:19].replace(':', '')}.parquet")
    table = open_table(source, reading or Reading()) if source else None
    made = predict(snapshot, out, table, columns, run_id=run_id, is_ours=True, progress=progress)
    predictor = Predictor(snapshot.workspace.task, load_run(snapshot, find_run(snapshot, run_id)))
    names = pq.read_schema(out).names[: -len(predictor.labels)]
    texts = (columns.text, *columns.further_texts) if columns else ("text",)
    answer, by = (names[-2], "") if table else names[-4:-2]
    found = Tagged(
        out.stem, source.name if source else "", made.run_id, now(), made.n_items, texts, answer,
        names[-1], by, tuple(made.sentences(snapshot.workspace.task)[1:]),
    )  # fmt: skip
    counted = asdict(found) | _counts(snapshot, predictor, found)
    write_whole(out.with_suffix(".json"), json.dumps(counted).encode())
    stay = {file.stem for file in [*newest(_folder(path), "*.json")][:MOST_KEPT]}
    for file in _folder(path).glob("*.*"):
        if file.stem not in stay and not is_unfinished(file.name):
            remove(file)
    remove_abandoned(_folder(path))
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
    place, file = _file(path, tagged), BytesIO()
    if ending == ".parquet":
        return BytesIO(place.read_bytes())
    with pq.ParquetFile(place) as rows:
        batches = (pa.Table.from_batches([x]) for x in rows.iter_batches())
        schema = _in_cells(rows.schema_arrow.empty_table()).schema
        WRITERS[ending](file, schema, map(_in_cells, batches))
    file.seek(0)
    return file


def some_rows(path: Path, tagged: Tagged, number: int, seed: int) -> list[tuple[str, str, float]]:
    """(text, answer, confidence) of random rows that the model has predicted, and no person.

    Raises ExportError if they are gone.
    """
    names = ", ".join(map(_quoted, (*tagged.texts, tagged.answer, tagged.confidence)))
    asked = f"SELECT {names} FROM rows WHERE {_is_models(tagged)}"
    sample = f"SELECT * FROM ({asked}) USING SAMPLE reservoir({number} ROWS) REPEATABLE ({seed})"
    return [
        ("\n\n".join(filter(None, map(text_of, texts))), answer, confidence)
        for *texts, answer, confidence in _ask(_file(path, tagged), sample)
    ]


def _folder(path: Path) -> Path:
    return path / ".cache" / "tagged"


def _file(path: Path, tagged: Tagged) -> Path:
    file = _folder(path) / f"{tagged.name}.parquet"
    if not file.is_file():
        raise ExportError("These predictions are gone. Make them again.")
    return file


def _ask(file: Path, question: str) -> list[tuple[Any, ...]]:
    """What this SQL gives of the file, which it calls `rows`."""
    import duckdb  # a quarter of a second

    with duckdb.connect(config={"threads": 1}) as connection:  # so that a sample is repeatable
        connection.read_parquet(str(file)).create_view("rows")
        return connection.execute(question).fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_models(tagged: Tagged) -> str:
    by = f" AND {_quoted(tagged.by)} = 'model'" if tagged.by else ""
    return f"{_quoted(tagged.answer)} IS NOT NULL{by}"


def _in_cells(table: pa.Table) -> pa.Table:
    """The table with texts in place of what a cell cannot hold: lists, dates, bytes."""
    columns = [
        pa.array(map(text_of, column.to_pylist()), pa.large_string())
        if any(is_kind(column.type) for is_kind in NO_CELLS)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _counts(snapshot: Snapshot, predictor: Predictor, tagged: Tagged) -> dict[str, Any]:
    """The counts of each label that is offered, and where a text can have several of none of them;
    how many confidences of the model lie in each part of [0, 1]."""
    task, items = predictor.task, snapshot.labels.splits["evaluation"]
    place, named = _file(snapshot.workspace.path, tagged), _quoted(tagged.answer)
    part = f"least(floor({_quoted(tagged.confidence)} * {BINS}), {BINS - 1})::INT"
    asked = f"SELECT {named}, {_is_models(tagged)}, {part}, count(*) FROM rows GROUP BY ALL"
    (lengths,) = _ask(place, "SELECT max(length(COLUMNS(*)::VARCHAR)) FROM rows")
    by_model, by_people, histogram = Counter[str](), Counter[str](), [0] * BINS
    for said, is_models, bin, number in _ask(place, asked):
        if said is not None:
            counts = by_model if is_models else by_people
            counts.update(dict.fromkeys(task.filed_under(said), number))
            histogram[bin or 0] += number * is_models
    found = predictor([item.text for item in items]).predicted
    pairs = [(x, item.label) for x, item in zip(found, items, strict=True) if x]
    told = [(task.filed_under(x), task.filed_under(y)) for x, y in pairs]
    calls = Counter(value for called, _ in told for value in called)
    hits = Counter(value for called, true in told for value in {*called} & {*true})
    values = [label.value for label in task.filed if not label.retired]
    counted = [LabelCount(x, by_model[x], by_people[x], calls[x], hits[x]) for x in values]
    longest = max(filter(None, lengths), default=0)
    return {"labels": [*map(asdict, counted)], "histogram": histogram, "longest": longest}

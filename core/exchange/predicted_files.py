"""Predictions for many Parquet files: a folder with one file for each, here or on a cluster.

A file has its name when all of it is written, and says by what and of what it was made: what is
finished is not done again, and nothing that was made otherwise is taken for finished.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ExportError, TableError
from core.exchange.exporter import refuse_place
from core.exchange.foreign_table import refuse_columns
from core.exchange.predictions import PredictionsMade, Scorer, Tally, Work, rows_of
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading, readable
from core.exchange.tables.roles import Columns
from core.models.predictor import USUAL, Threshold
from core.system.durable import DAMAGED, new_file, refused_as, remove_abandoned, stands
from core.system.engines import THREADS, Engine
from core.system.progress import Pace, Progress, silent
from core.workspace.snapshot import Snapshot

KEPT = b"sunlight predictions 1"
"""Where a finished file, among its Parquet metadata, says by what and of what it was made."""
FOOT = 2**16  # bytes at the end of a Parquet file, by which it is known: there it says what it has


class Sources(NamedTuple):
    """Parquet files, the folder that they lie in or below, and whether all below it are read."""

    folder: Path
    files: list[Path]
    is_deep: bool


def predict_files(
    snapshot: Snapshot,
    out: Path,
    sources: Sources,
    reading: Reading,
    columns: Columns,
    *,
    run_id: str | None = None,
    threshold: Threshold = USUAL,
    engine: Engine = THREADS,
    progress: Progress = silent,
) -> PredictionsMade:
    """Writes the predictions of Parquet files into the folder `out`, a file for each, as `predict`.

    They are called, and lie, as their sources do in theirs. What an earlier call of just this kind
    has finished is not done again. Raises what `predict` does, also if a file there was made
    otherwise; each file is whole or not there.
    """
    work, folder = Work(snapshot, run_id, threshold), sources.folder
    refuse_place(snapshot, out / ".new" if out.is_dir() else out)
    if sources.is_deep and out.resolve().is_relative_to(folder.resolve()):
        raise ExportError(f"{out} is inside of {folder}, which is read. Choose another place.")
    made_by = {
        "run": work.run.run_id, "model": work.run.params_file, "threshold": threshold,
        "labels": [*work.scorer.predictor.labels], "texts": [columns.text, *columns.further_texts],
    }  # fmt: skip
    parts = [_Part(x, out / x.relative_to(folder), made_by) for x in sources.files]
    found = [_finished(part) for part in parts]
    todo = [part for part, tally in zip(parts, found, strict=True) if tally is None]
    for place in {part.out.parent for part in parts}:
        remove_abandoned(place)  # what a killed process has begun
    pace = Pace(progress, f"predicting {len(todo):,} files", None, "rows")

    def done(tally: Tally) -> None:
        pace.add(tally.n_items)
        work.tally.add(tally)

    engine.map(partial(_write_part, work.scorer, reading, columns), todo, done)
    for tally in filter(None, found):
        work.tally.add(tally)
    return work.made(snapshot, out, len(parts), len(parts) - len(todo))


def parquet_files(source: Path) -> Sources:
    """The Parquet files in a folder and those below it, or of a glob such as `a/*.parquet`, sorted.

    Names that begin with `.` or `_` are left out. Raises TableError if there is none.
    """
    if source.is_dir():
        folder, pattern = source, "**/*.[pP][aA][rR][qQ][uU][eE][tT]"
    else:
        at = next((n for n, x in enumerate(source.parts) if re.search(r"[*?\[]", x)), None)
        if at is None:
            raise TableError(f"{source} is not there. Give the path of a table or of a folder.")
        folder, pattern = Path(*source.parts[:at]), "/".join(source.parts[at:])
    found = [
        path for path in sorted(folder.glob(pattern))
        if path.is_file() and not any(x[0] in "._" for x in path.relative_to(folder).parts)
    ]  # fmt: skip
    if not found or any(path.suffix.lower() != ".parquet" for path in found):
        raise TableError(
            f"{source} holds {'files that are not Parquet' if found else 'no Parquet file'}. Give "
            "a folder of files that end in .parquet, or a glob of them in quotes."
        )
    return Sources(folder, found, "**" in pattern)


@dataclass(frozen=True)
class _Part:
    """One of many Parquet files, where its predictions go, and by what they are made."""

    source: Path
    out: Path
    made_by: Mapping[str, object]

    def sign(self) -> dict[str, object]:
        """By what the predictions are made, and of what: the file's size and its end."""
        with readable(self.source), self.source.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - FOOT))
            end = blake2b(file.read(), digest_size=16).hexdigest()
        return {**self.made_by, "bytes": size, "end": end}


def _write_part(scorer: Scorer, reading: Reading, columns: Columns, part: _Part) -> Tally:
    """Writes the predictions of one file, where the engine says so; what was predicted."""
    table, tally, sign = open_table(part.source, reading), Tally(), part.sign()
    refuse_columns(table, columns)
    todo = "Free some space, or choose another place."
    with (
        refused_as(ExportError, f"{part.out} cannot be written", todo),
        new_file(part.out) as file,
    ):
        writer = None
        try:
            for rows, counts in map(scorer, rows_of(table, columns, is_plain=True)):
                writer = writer or pq.ParquetWriter(file, rows.schema, compression="zstd")
                writer.write_table(rows)
                tally.add(counts)
            if writer is None:
                raise TableError(f"{table.name} has no rows. Take it out of the folder.")
            writer.add_key_value_metadata({KEPT: json.dumps([sign, vars(tally)])})
        finally:
            if writer:
                writer.close()
    return tally


def _finished(part: _Part) -> Tally | None:
    """What was predicted of a file before; None if it was not. Raises ExportError if otherwise."""
    if not stands(part.out):
        return None
    try:
        sign, tally = json.loads(pq.read_metadata(part.out).metadata[KEPT])
        if sign == part.sign():
            return Tally(**tally | {"per_label": Counter(tally["per_label"])})
        why = f"was made by {sign['run']} of what {part.source.name} held, at another time"
    except (*DAMAGED, pa.ArrowException):
        why = "holds no finished predictions"
    raise ExportError(
        f"{part.out} is there already, and {why}: run, threshold, labels, columns of the texts or "
        "the source differ. Nothing was written; move it away, or choose another folder."
    )

"""What the filters leave, taken away as a file: the same items, to the letter."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from core.evaluation.runs import load_run
from core.exchange.table_writers import guarded, write_items
from core.models.model import Model
from core.models.pool_predictions import predictions_of
from core.query.filters import Filters
from core.query.shown_predictions import ShownPredictions, predictions_at
from core.query.tables import Tables
from core.system import parallel
from core.workspace.snapshot import Snapshot, open_snapshot
from tests.conftest import MakeWorkspace
from tests.conftest import write_csv as write_rows

COLUMNS = ["split", "label", "strategy", "batch_id", "annotator", "labeled_at"]
SAID = ["confidence", "predicted"]


def csv_of(sheet: pa.Table, rows: NDArray[np.int64]) -> pd.DataFrame:
    file = io.BytesIO()
    write_items(sheet, rows, file, ".csv")
    file.seek(0)
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def parquet_of(sheet: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    file = io.BytesIO()
    write_items(sheet, rows, file, ".parquet")
    return pq.read_table(io.BytesIO(file.getvalue()))


def opinions(snapshot: Snapshot, tables: Tables) -> ShownPredictions:
    """What the last run says at each place."""
    run = snapshot.logs.runs[-1]
    model: Model = load_run(snapshot, run)
    return predictions_at(snapshot, tables, predictions_of(snapshot, run, model), model)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(splits=("training",)),
        Filters(words="flood"),
        Filters(splits=("unlabeled",), lengths=("short",)),
        Filters(words="nosuchword"),
    ],
)
def test_a_file_holds_what_the_tables_say(demo_folder: Path, filters: Filters, monkeypatch):
    monkeypatch.setattr(parallel, "ROWS_AT_ONCE", 500)
    snapshot = open_snapshot(demo_folder)
    tables = Tables(snapshot)
    said = opinions(snapshot, tables)
    places = tables.rows(filters, said)
    at = np.random.default_rng(1).permutation(places.first(len(places)))
    expected = tables.items(at)
    of_csv, of_parquet = (make(tables.sheet(said), at) for make in (csv_of, parquet_of))
    names = ["item_id", "text", *snapshot.pool_words.pool.columns, *COLUMNS, *SAID]
    assert of_csv.columns.tolist() == of_parquet.column_names == names
    told = [said.answers[column] for column in said.predicted[at]]
    for name in ("item_id", "text", *COLUMNS):
        assert of_csv[name].tolist() == expected[name].tolist()
        assert [x or "" for x in of_parquet[name].to_pylist()] == expected[name].tolist()
    for rows in (of_csv["predicted"].tolist(), of_parquet["predicted"].to_pylist()):
        assert rows == told
    assert (of_parquet["confidence"].to_numpy() == said.confidence[at]).all()
    assert (of_csv["confidence"].to_numpy(np.float32) == said.confidence[at]).all()


def test_the_pools_own_columns_come_along(make_workspace: MakeWorkspace):
    workspace = make_workspace()
    rows = [
        ("item_id", "text", "label", "year", "place", "n_words"),
        ("a", "one", "x", "1999", "Rome", "many"),
        ("b", "two", "", "=1", "", ""),
    ]
    write_rows(workspace.path / "unlabeled_data" / "pool.csv", rows)
    tables = Tables(open_snapshot(workspace.path))
    left = tables.rows(Filters()).first(2)
    found = csv_of(tables.sheet(None), left)
    own = ["pool_label", "year", "place", "n_words"]
    assert found.columns.tolist() == ["item_id", "text", *own, *COLUMNS, *SAID]
    assert found["pool_label"].tolist() == ["x", ""]
    assert found["year"].tolist() == ["1999", "'=1"]
    assert parquet_of(tables.sheet(None), left)["year"].to_pylist() == ["1999", "=1"]
    assert parquet_of(tables.sheet(None), left)["confidence"].null_count == 2


texts = some.text(some.characters(codec="utf-8", exclude_characters="\x00"))


@given(some.lists(some.tuples(texts, some.one_of(some.none(), texts)), max_size=12))
def test_any_text_survives(rows: list[tuple[str, str | None]]):
    sheet = pa.table(
        {
            "item_id": pa.array([str(at) for at in range(len(rows))], pa.string()),
            "text": pa.array([text for text, _ in rows], pa.large_string()),
            "column": pa.array([value for _, value in rows], pa.large_string()),
            "predicted": pa.array([None for _ in rows], pa.string()),
        }
    )
    everything = np.arange(len(rows))
    assert parquet_of(sheet, everything)["text"].to_pylist() == [text for text, _ in rows]
    file = io.BytesIO()
    write_items(sheet, everything, file, ".csv")
    told = list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))
    assert told[0] == ["item_id", "text", "column", "predicted"]
    expected = [[guarded(text), guarded(value or "")] for text, value in rows]
    assert [row[1:3] for row in told[1:]] == expected


def test_a_sheet_has_no_minus_zero():
    def sheet(numbers: list[float]) -> bytes:
        file = io.BytesIO()
        write_items(pa.table({"x": numbers}), np.arange(2), file, ".xlsx")
        return file.getvalue()

    assert sheet([-0.0, -0.5]) == sheet([0.0, -0.5]) != sheet([0.0, 0.5])

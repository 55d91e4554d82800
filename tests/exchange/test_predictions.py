"""Predictions leave as a file: the rows as they came, and beside each what the model says of it."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from core.errors import ExportError, TableError
from core.evaluation.report import Report
from core.evaluation.runs import keep, load_run, read_report, train
from core.exchange import predictions
from core.exchange.predictions import PredictionsMade, predict
from core.exchange.tables.opening import open_table
from core.exchange.tables.roles import Columns
from core.models.predictor import BEST
from core.workspace.logs import append_records
from core.workspace.snapshot import Snapshot, being_held_out, read_snapshot
from tests.conftest import write_csv
from tests.worlds import new_proposal


@pytest.fixture
def snapshot(active: Snapshot) -> Snapshot:
    """With a run."""
    keep(active, train(active))
    return read_snapshot(active.workspace)


@pytest.fixture
def table(snapshot: Snapshot, tmp_path: Path) -> Path:
    """The evaluation items, with columns of their own, one of which is called as one of ours."""
    items = snapshot.labels.splits["evaluation"]
    rows = [("nr", "predicted", "message"), *((at, "=1+1", x.text) for at, x in enumerate(items))]
    return write_csv(tmp_path / "messages.csv", rows)


def report_of(snapshot: Snapshot) -> Report:
    report = read_report(snapshot, snapshot.logs.runs[-1])
    assert report
    return report


def made(snapshot: Snapshot, table: Path, out: Path, **options: object) -> PredictionsMade:
    return predict(snapshot, out, open_table(table), Columns("message"), **options)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_predictions_are_those_of_the_runs_own_report(
    snapshot: Snapshot, table: Path, tmp_path: Path
):
    done = made(snapshot, table, tmp_path / "out.csv")
    said, rows = report_of(snapshot).said, rows_of(tmp_path / "out.csv")
    assert [row["predicted (2)"] for row in rows] == list(said.predicted)
    told = [float(row["p_1"]) for row in rows]
    assert told == pytest.approx(said.calibrated, abs=1e-6)
    for row in rows:
        assert float(row["p_1"]) + float(row["p_0"]) == pytest.approx(1, abs=1e-6)
        assert row["confidence"] == row[f"p_{row['predicted (2)']}"]
    assert done.n_items == len(rows)
    assert done.per_label == {x: said.predicted.count(x) for x in ("1", "0")}


def test_every_format_holds_the_same_rows_as_they_came(
    snapshot: Snapshot, table: Path, tmp_path: Path
):
    columns = ["nr", "predicted", "message", "predicted (2)", "confidence", "p_1", "p_0"]
    for ending in ("csv", "jsonl", "parquet", "xlsx"):
        made(snapshot, table, tmp_path / f"out.{ending}")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    objects = [json.loads(line) for line in lines]
    assert list(objects[0]) == columns
    assert {row["predicted"] for row in objects} == {"=1+1"}
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == objects
    head, *rows = (
        CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
    )
    assert head == columns
    assert [dict(zip(head, row, strict=True)) for row in rows] == objects
    guarded = rows_of(tmp_path / "out.csv")
    assert {row["predicted"] for row in guarded} == {"'=1+1"}  # no spreadsheet runs it
    assert [float(row["p_1"]) for row in guarded] == [row["p_1"] for row in objects]


def test_a_large_table_is_predicted_block_by_block(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    texts = [f"flood {at} in town {at % 7}, and a cup for the team" for at in range(3000)]
    path = write_csv(tmp_path / "many.csv", [("message",), *((text,) for text in texts)])
    made(snapshot, path, tmp_path / "whole.csv")
    monkeypatch.setattr(predictions, "AT_ONCE", 2**12)
    made(snapshot, path, tmp_path / "parts.csv")
    whole, parts = rows_of(tmp_path / "whole.csv"), rows_of(tmp_path / "parts.csv")
    assert [row["message"] for row in parts] == texts
    assert [row["predicted"] for row in parts] == [row["predicted"] for row in whole]
    found = [[float(row["p_1"]) for row in rows] for rows in (parts, whole)]
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_a_bad_row_is_told_and_nothing_is_written(snapshot: Snapshot, tmp_path: Path):
    path = tmp_path / "bad.csv"
    path.write_text("nr,message\n" + "1,a flood\n" * 5000 + "2,a,flood\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"bad\.csv: 1 row cannot be read: line 5002 has 3 cells"):
        made(snapshot, path, tmp_path / "out.csv")
    assert sorted(each.name for each in tmp_path.glob("*out*")) == []


def test_a_row_without_a_text_has_no_prediction(snapshot: Snapshot, tmp_path: Path):
    path = write_csv(tmp_path / "gaps.csv", [("nr", "message"), (1, "a flood"), (2, " ")])
    done = made(snapshot, path, tmp_path / "out.csv")
    full, empty = rows_of(tmp_path / "out.csv")
    assert full["predicted"] in ("0", "1")
    assert [empty[name] for name in ("message", "predicted", "confidence", "p_1")] == [
        " ",
        "",
        "",
        "",
    ]
    assert (done.n_items, done.without_text, sum(done.per_label.values())) == (2, 1, 1)
    assert "1 row without text" in " ".join(done.sentences(snapshot.workspace.task))


def test_a_text_of_several_columns_is_predicted_as_one(snapshot: Snapshot, tmp_path: Path):
    rows = [("subject", "body"), ("a flood", "two towns"), ("", "a cup")]
    path = write_csv(tmp_path / "mails.csv", rows)
    both = Columns("subject", further_texts=("body",))
    predict(snapshot, tmp_path / "both.csv", open_table(path), both)
    joined = write_csv(
        tmp_path / "joined.csv", [("message",), ("a flood\n\ntwo towns",), ("a cup",)]
    )
    made(snapshot, joined, tmp_path / "one.csv")
    told = [[row["p_1"] for row in rows_of(tmp_path / f"{name}.csv")] for name in ("both", "one")]
    assert told[0] == told[1]


def test_the_threshold_decides_who_is_positive(snapshot: Snapshot, table: Path, tmp_path: Path):
    made(snapshot, table, tmp_path / "best.csv", threshold=BEST)
    made(snapshot, table, tmp_path / "high.csv", threshold=0.9)
    said, threshold = report_of(snapshot).said, report_of(snapshot).threshold
    best = [row["predicted (2)"] for row in rows_of(tmp_path / "best.csv")]
    assert best == ["1" if raw >= threshold else "0" for raw in said.raw]
    for row in rows_of(tmp_path / "high.csv"):
        assert (row["predicted (2)"] == "1") == (float(row["p_1"]) >= 0.9)


def test_the_pools_file_has_peoples_labels_and_hides_what_is_held_out(
    snapshot: Snapshot, tmp_path: Path
):
    waits = next(iter({*snapshot.pool_words.pool.ids.to_pylist()} - snapshot.labels.ids()))
    held_out = new_proposal("batch-0099", "ann", "evaluation", waits, "random")
    append_records(snapshot.workspace.batches, [held_out])
    snapshot = read_snapshot(snapshot.workspace)
    done = predict(snapshot, tmp_path / "pool.csv")
    hidden, given = being_held_out(snapshot), snapshot.labels.by_id
    assert waits in hidden
    rows = {row["item_id"]: row for row in rows_of(tmp_path / "pool.csv")}
    assert list(rows) == snapshot.pool_words.pool.ids.to_pylist()
    assert hidden.isdisjoint({x for x, row in rows.items() if row["predicted"]})
    for item_id, row in rows.items():
        if item_id in given:
            assert (row["label"], row["by"]) == (given[item_id].label, "person")
        elif item_id in hidden:
            assert (row["label"], row["by"]) == ("", "")
        else:
            assert (row["label"], row["by"]) == (row["predicted"], "model")
    assert done.drift is None
    assert done.n_items == len(rows)


def test_texts_unlike_the_pool_are_told(snapshot: Snapshot, table: Path, tmp_path: Path):
    done = made(snapshot, table, tmp_path / "alike.csv")
    assert done.drift
    assert done.drift.sentence().startswith("These texts look like the pool: ")
    other = write_csv(tmp_path / "other.csv", [("message",), ("quid est veritas",), ("ecce homo",)])
    done = made(snapshot, other, tmp_path / "unlike.csv")
    assert done.drift
    assert done.drift.new_words == 1
    assert done.drift.sentence().startswith("100% of their words are new to the model (pool: ")
    model = load_run(snapshot, snapshot.logs.runs[-1])
    assert model.known(["quid"]) == set()
    assert np.isfinite([done.drift.confidence, done.drift.pool_confidence]).all()


def test_a_place_where_nothing_can_be_written_is_refused(
    snapshot: Snapshot, table: Path, tmp_path: Path
):
    with pytest.raises(ExportError, match=r"predictions are written to files that end in \.csv"):
        made(snapshot, table, tmp_path / "out.doc")
    with pytest.raises(ExportError, match="is there already"):
        made(snapshot, table, table)
    inside = snapshot.workspace.path / "unlabeled_data" / "out.csv"
    with pytest.raises(ExportError, match="inside of the workspace"):
        made(snapshot, table, inside)

"""What the pages predict, keep, count and give away."""

import csv
import json
from collections import Counter
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from core.errors import ExportError, TableError
from core.evaluation.intervals import right_among, wilson
from core.evaluation.runs import keep, train
from core.exchange import tagging
from core.exchange.tables.reader import Reading
from core.exchange.tables.roles import Columns
from core.models.predictor import Predictor
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from tests.exchange.test_model_export import several_labels


@pytest.fixture
def snapshot(active: Snapshot) -> Snapshot:
    """With a run."""
    keep(active, train(active))
    return read_snapshot(active.workspace)


def tagged_of(snapshot: Snapshot, *of: object) -> tagging.Tagged:
    path = snapshot.workspace.path
    name = tagging.tag(path, snapshot.logs.runs[-1].run_id, *of)
    (found,) = [each for each in tagging.kept(path) if each.name == name]
    return found


def table_of(tmp_path: Path) -> Path:
    """A table with columns that no cell can hold, and one that is called as one of ours."""
    texts = [f"a flood in town {at}" if at % 2 else "a <b>cup</b> for it" for at in range(60)]
    table = {
        "predicted": ["=1+1"] * 60,
        "message": [*texts[:-1], " "],
        "day": [date(2026, 1, 1)] * 60,
        "tags": [["a", "b"]] * 60,
    }
    pq.write_table(pa.table(table), tmp_path / "news.parquet")
    return tmp_path / "news.parquet"


def test_the_pool_is_counted_by_who_said_it(snapshot: Snapshot):
    found = tagged_of(snapshot)
    path, labels = snapshot.workspace.path, snapshot.labels.by_id
    rows = pq.read_table(path / ".cache" / "tagged" / f"{found.name}.parquet").to_pylist()
    model = Counter(row["predicted"] for row in rows if row["by"] == "model")
    people = Counter(labels[x["item_id"]].label for x in rows if x["item_id"] in labels)
    assert {x.value: x.predicted for x in found.labels} == {x: model[x] for x in ("1", "0")}
    assert {x.value: x.by_people for x in found.labels} == {x: people[x] for x in ("1", "0")}
    sure = [row["confidence"] for row in rows if row["by"] == "model"]
    assert list(found.histogram) == np.histogram(sure, tagging.BINS, (0, 1))[0].tolist()
    assert (found.source, found.n_items) == ("", len(rows))


def test_how_many_are_right_is_counted_on_the_evaluation_data(snapshot: Snapshot):
    found = tagged_of(snapshot)
    model = train(snapshot).model
    items = snapshot.labels.splits["evaluation"]
    said = Predictor(snapshot.workspace.task, model)([item.text for item in items]).predicted
    for label in found.labels:
        called = [item.label for x, item in zip(said, items, strict=True) if x == label.value]
        assert (label.calls, label.hits) == (len(called), called.count(label.value))
    assert sum(label.calls for label in found.labels) == len(items)


def test_several_labels_are_counted_each_and_none_of_them(tmp_path: Path):
    snapshot = several_labels(tmp_path)
    found = tagged_of(snapshot)
    task = snapshot.workspace.task
    assert [x.value for x in found.labels] == [*task.values, "-"]
    rows = pq.read_table(snapshot.workspace.path / ".cache/tagged" / f"{found.name}.parquet")
    told = [x for x, by in zip(*(rows[n].to_pylist() for n in ("predicted", "by")), strict=True)
            if by == "model"]  # fmt: skip
    counts = Counter(value for answer in told for value in answer.split("|"))
    assert {x.value: x.predicted for x in found.labels} == {
        x: counts[x] for x in (*task.values, "-")
    }
    assert all(0 <= x.hits <= x.calls for x in found.labels)


def test_a_table_comes_back_in_every_format(snapshot: Snapshot, tmp_path: Path):
    path = snapshot.workspace.path
    found = tagged_of(snapshot, table_of(tmp_path), Reading(), Columns("message"))
    assert (found.source, found.answer, found.texts) == (
        "news.parquet", "predicted (2)", ("message",),
    )  # fmt: skip
    assert sum(x.predicted for x in found.labels) == 59
    assert "1 row without text" in " ".join(found.sentences)
    assert any("mean confidence" in told for told in found.sentences)
    whole = pq.read_table(BytesIO(tagging.as_file(path, found, ".parquet").read()))
    assert whole.column_names[:4] == ["predicted", "message", "day", "tags"]
    assert whole["tags"][0].as_py() == ["a", "b"]
    rows = [*csv.DictReader(StringIO(tagging.as_file(path, found, ".csv").read().decode()))]
    assert [rows[0][x] for x in ("predicted", "day", "tags")] == [
        "'=1+1", "2026-01-01", '["a", "b"]',
    ]  # fmt: skip
    lines = tagging.as_file(path, found, ".jsonl").read().decode().splitlines()
    objects = [json.loads(line) for line in lines]
    sheet = CalamineWorkbook.from_filelike(tagging.as_file(path, found, ".xlsx"))
    head, *cells = sheet.get_sheet_by_index(0).to_python()
    assert head == list(rows[0]) == list(objects[0]) == whole.column_names
    assert len(cells) == len(objects) == len(rows) == len(whole) == 60
    for row, told in zip(rows, objects, strict=True):
        assert (row["message"], row["predicted (2)"]) == (
            told["message"], told["predicted (2)"] or "",
        )  # fmt: skip


def test_columns_are_told_apart_whatever_the_table_calls_them(snapshot: Snapshot, tmp_path: Path):
    rows = [
        {"Text": "no", "text": f"a flood in town {at}", "in": {"it": f"a cup {at}"},
         "Predicted": 0, "CONFIDENCE": 7}
        for at in range(9)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    asked = Columns("text (2)", further_texts=("in.it",))
    found = tagged_of(snapshot, tmp_path / "in.parquet", Reading(), asked)
    assert (found.answer, found.confidence) == ("predicted (2)", "confidence (2)")
    texts = [f"{row['text']}\n\n{row['in']['it']}" for row in rows]
    said = Predictor(snapshot.workspace.task, train(snapshot).model)(texts)
    assert {x.value: x.predicted for x in found.labels} == {
        x: [*said.predicted].count(x) for x in ("1", "0")
    }
    assert list(found.histogram) == np.histogram(said.confidence, tagging.BINS, (0, 1))[0].tolist()
    shown = tagging.some_rows(snapshot.workspace.path, found, 9, 0)
    assert sorted(text for text, _, _ in shown) == texts


def test_some_rows_are_random_and_have_a_prediction_of_the_model(
    snapshot: Snapshot, tmp_path: Path
):
    path, pool = snapshot.workspace.path, tagged_of(snapshot)
    table = tagged_of(snapshot, table_of(tmp_path), Reading(), Columns("message"))
    by_id = {item.text for item in snapshot.labels.items}
    for seed in range(5):
        shown = tagging.some_rows(path, pool, 10, seed)
        assert shown
        assert by_id.isdisjoint({text for text, _, _ in shown})
        assert all(answer in ("1", "0") and 0 <= sure <= 1 for _, answer, sure in shown)
        assert shown == tagging.some_rows(path, pool, 10, seed)
        assert " " not in {text for text, _, _ in tagging.some_rows(path, table, 60, seed)}
    assert tagging.some_rows(path, table, 10, 0) != tagging.some_rows(path, table, 10, 1)


def test_the_newest_few_are_kept_and_damaged_ones_left_out(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tagging, "MOST_KEPT", 2)
    path = snapshot.workspace.path
    folder = path / ".cache" / "tagged"
    folder.mkdir(parents=True)
    (folder / "killed.parquet").write_text("a job that was killed before its summary")
    (folder / ".now.parquet.1234abcd.unfinished").write_text("another job is at work")
    names = [tagged_of(snapshot).name for _ in range(3)]
    (folder / ".now.parquet.1234abcd.unfinished").unlink()
    assert len({*names}) == 3
    assert [x.name for x in tagging.kept(path)] == names[:0:-1]
    assert sorted(x.name for x in folder.iterdir()) == sorted(
        f"{name}.{ending}" for name in names[1:] for ending in ("json", "parquet")
    )
    (newest, older) = tagging.kept(path)
    (folder / f"{older.name}.json").write_text("{}")
    (folder / f"{newest.name}.parquet").unlink()
    assert tagging.kept(path) == [newest]
    for ask in (lambda: tagging.as_file(path, newest, ".csv"),
                lambda: tagging.some_rows(path, newest, 10, 0)):  # fmt: skip
        with pytest.raises(ExportError, match="gone"):
            ask()


def test_the_longest_cell_of_any_column_is_known(snapshot: Snapshot, tmp_path: Path):
    (tmp_path / "in.csv").write_text(f"message,note,nr\na flood,{'x' * 40_000},1\nb,,2\n")
    found = tagged_of(snapshot, tmp_path / "in.csv", Reading(), Columns("message"))
    assert found.longest == 40_000


def test_a_table_that_cannot_be_read_leaves_nothing(snapshot: Snapshot, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text("nr,message\n1,a flood\n2,a,flood\n")
    with pytest.raises(TableError, match="line 3 has 3 cells"):
        tagged_of(snapshot, bad, Reading(), Columns("message"))
    assert tagging.kept(snapshot.workspace.path) == []
    assert [*(snapshot.workspace.path / ".cache" / "tagged").iterdir()] == []
    again = open_snapshot(snapshot.workspace.path)
    assert again.stamps == snapshot.stamps


def test_the_right_ones_are_counted_with_an_interval():
    assert right_among(0, 5, 10) is None
    assert right_among(10, 0, 0) is None
    found = right_among(1_500, 82, 100)
    assert found.value == pytest.approx(1_230)
    assert 0 <= found.low < found.value < found.high <= 1_500
    # Of a whole world of predictions it is Wilson's interval of the precision itself.
    many = right_among(10**9, 82, 100)
    share = wilson(82, 100)
    assert (many.low / 10**9, many.high / 10**9) == pytest.approx((share.low, share.high), 1e-6)
    # Few predictions vary by themselves, however well the precision is known.
    few = right_among(10, 800_000, 1_000_000)
    assert few.high - few.low > 3
    assert right_among(10, 7, 7).high == 10
    assert right_among(10, 0, 7).low == 0


@pytest.mark.parametrize(("share", "number"), [(0.8, 1_500), (0.8, 30), (0.5, 200), (0.95, 60)])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(share: float, number: int):
    draw, held = np.random.default_rng(1), []
    for hits, true in zip(
        draw.binomial(100, share, 2_000), draw.binomial(number, share, 2_000), strict=True
    ):
        found = right_among(number, int(hits), 100)
        held.append(found.low <= true <= found.high)
    assert 0.92 <= np.mean(held) <= 0.985

"""Many Parquet files are predicted one by one, on threads or a cluster, and never twice."""

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ExportError, TableError
from core.evaluation.runs import keep, train
from core.exchange.predicted_files import KEPT, parquet_files, predict_files
from core.exchange.predictions import PredictionsMade, predict
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading
from core.exchange.tables.roles import Columns
from core.models.predictor import MOST_PROBABLE
from core.system.engines import THREADS, Engine
from core.workspace.logs import append_records
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.system.test_engines import Killing, cluster  # noqa: F401
from tests.test_command_line import answer, run
from tests.worlds import new_proposal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def snapshot(active: Snapshot) -> Snapshot:
    """With a run."""
    keep(active, train(active))
    return read_snapshot(active.workspace)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five files, one in a folder of its own, one without rows, with columns of many types."""
    folder = tmp_path / "in"
    (folder / "year=2021").mkdir(parents=True)
    for at in range(5):
        texts = [f"flood {n} in town {at}, and a cup for the team" for n in range(40 * (at < 4))]
        table = pa.table(
            {
                "nr": pa.array(range(len(texts)), pa.int32()),
                "message": pa.array(texts, pa.string()).dictionary_encode(),
                "day": pa.array([date(2021, 1, 1 + at)] * len(texts), pa.date32()),
                "tags": pa.array([["a", "b"]] * len(texts), pa.list_(pa.string())),
            }
        )
        place = folder / "year=2021" if at == 3 else folder
        pq.write_table(table, place / f"part-{at}.parquet")
    (folder / "_SUCCESS").write_text("")
    (folder / ".hidden.parquet").write_text("no table")
    return folder


def made(snapshot: Snapshot, folder: Path, out: Path, **options: object) -> PredictionsMade:
    wish = parquet_files(folder), Reading(), Columns("message")
    return predict_files(snapshot, out, *wish, **options)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "core", *map(str, arguments)]


def contents(out: Path) -> dict[str, bytes]:
    return {str(x.relative_to(out)): x.read_bytes() for x in sorted(out.rglob("*.parquet"))}


def test_each_file_has_its_own_with_all_columns_as_they_were(
    snapshot: Snapshot, folder: Path, tmp_path: Path
):
    done = made(snapshot, folder, tmp_path / "out")
    assert (done.n_items, done.n_files, done.n_finished) == (160, 5, 0)
    assert sum(done.per_label.values()) == 160
    written = contents(tmp_path / "out")
    assert [*written] == [f"part-{at}.parquet" for at in (0, 1, 2, 4)] + [
        "year=2021/part-3.parquet"
    ]
    for name in written:
        given, found = (pq.read_table(place / name) for place in (folder, tmp_path / "out"))
        assert found.schema.names[:4] == given.schema.names
        assert found.select(given.schema.names).cast(given.schema).equals(given)
        assert found.schema.field("nr").type == pa.int32()
        assert found.schema.names[4:] == ["predicted", "confidence", "p_1", "p_0"]
    assert not [*(tmp_path / "out").rglob("*.unfinished")]
    for name in ("part-0.parquet", "year=2021/part-3.parquet"):
        one = tmp_path / "one.parquet"
        predict(snapshot, one, open_table(folder / name), Columns("message"))
        assert pq.read_table(one).equals(pq.read_table(tmp_path / "out" / name))
        one.unlink()


def test_endings_in_capitals_are_read_and_what_a_killed_process_left_goes(
    snapshot: Snapshot, folder: Path, tmp_path: Path
):
    out = tmp_path / "out"
    (folder / "part-2.parquet").rename(folder / "part-2.PARQUET")
    assert made(snapshot, folder, out).n_files == 5
    begun = out / ".part-2.PARQUET.12345678.unfinished"
    begun.touch()
    os.utime(begun, (0, 0))
    assert made(snapshot, folder, out).n_finished == 5
    assert not begun.exists()


def test_what_is_finished_is_not_done_again(snapshot: Snapshot, folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    first = made(snapshot, folder, out)
    before = {x: x.stat().st_mtime_ns for x in out.rglob("*.parquet")}
    whole = contents(out)
    (out / "part-1.parquet").unlink()
    again = made(snapshot, folder, out)
    assert again.n_finished == 4
    assert (again.n_items, again.per_label) == (first.n_items, first.per_label)
    assert again.drift == first.drift
    assert contents(out) == whole
    changed = [x.name for x, at in before.items() if x.stat().st_mtime_ns != at]
    assert changed == ["part-1.parquet"]


def test_what_was_made_otherwise_is_not_taken_for_finished(
    snapshot: Snapshot, folder: Path, tmp_path: Path
):
    out = tmp_path / "out"
    made(snapshot, folder, out)
    whole = contents(out)
    with pytest.raises(ExportError, match=r"part-0\.parquet is there already, and was made by run"):
        made(snapshot, folder, out, threshold=MOST_PROBABLE)
    keep(snapshot, train(snapshot, seed=5))
    newer = read_snapshot(snapshot.workspace)
    with pytest.raises(ExportError, match=r"was made by run-0001"):
        made(newer, folder, out)
    assert made(newer, folder, out, run_id="run-0001").n_finished == 5
    pq.write_table(pa.table({"message": ["another flood"]}), folder / "part-2.parquet")
    with pytest.raises(ExportError, match=r"part-2\.parquet is there already"):
        made(newer, folder, out, run_id="run-0001")
    for spoiled in (b"", b"PAR1 and no more", whole["part-0.parquet"][:-3]):
        (out / "part-0.parquet").write_bytes(spoiled)
        with pytest.raises(ExportError, match="holds no finished predictions"):
            made(snapshot, folder, out)
    plain = pq.read_table(folder / "part-0.parquet")
    pq.write_table(plain.replace_schema_metadata({KEPT: b"[{}, {}]"}), out / "part-0.parquet")
    with pytest.raises(ExportError, match="holds no finished predictions"):
        made(snapshot, folder, out)
    assert contents(out)["part-1.parquet"] == whole["part-1.parquet"]


def test_a_file_that_cannot_be_read_leaves_no_half(
    snapshot: Snapshot, folder: Path, tmp_path: Path
):
    good = (folder / "part-1.parquet").read_bytes()
    (folder / "part-1.parquet").write_bytes(good[:-20] + b"\0" * 20)
    with pytest.raises(TableError, match=r"part-1\.parquet cannot be read as Parquet"):
        made(snapshot, folder, tmp_path / "out")
    assert "part-1.parquet" not in contents(tmp_path / "out")
    pq.write_table(pa.table({"text": ["a flood"]}), folder / "part-1.parquet")
    with pytest.raises(TableError, match=r"part-1\.parquet has no column `message`"):
        made(snapshot, folder, tmp_path / "out")
    (folder / "part-1.parquet").write_bytes(good)
    assert made(snapshot, folder, tmp_path / "out").n_items == 160
    assert not [*(tmp_path / "out").rglob("*.unfinished")]


def test_places_that_are_read_themselves_are_refused(
    snapshot: Snapshot, folder: Path, tmp_path: Path
):
    with pytest.raises(ExportError, match="which is read"):
        made(snapshot, folder, folder / "out")
    done = made(snapshot, folder / "part-[01].parquet", folder / "out")
    assert (done.n_files, done.n_items) == (2, 80)
    pool = snapshot.workspace.path / "unlabeled_data"
    for inside in (pool, pool / "new"):
        with pytest.raises(ExportError, match="inside of the workspace"):
            made(snapshot, folder, inside)
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="is there already"):
        made(snapshot, folder, tmp_path / "file")
    empty = tmp_path / "empty"
    empty.mkdir()
    for source, why in (
        (empty, "holds no Parquet file"),
        (folder / "_*", "holds no Parquet file"),
        (tmp_path / "nowhere", "is not there"),
    ):
        with pytest.raises(TableError, match=why):
            parquet_files(source)
    (empty / "a.csv").write_text("text\n")
    with pytest.raises(TableError, match="files that are not Parquet"):
        parquet_files(empty / "*")


def test_texts_that_wait_for_a_held_out_label_have_no_prediction(
    snapshot: Snapshot, tmp_path: Path
):
    pool = snapshot.pool_words.pool
    waits = next(iter({*pool.ids.to_pylist()} - snapshot.labels.ids()))
    held_out = new_proposal("batch-0099", "ann", "evaluation", waits, "random")
    append_records(snapshot.workspace.batches, [held_out])
    snapshot = read_snapshot(snapshot.workspace)
    (text,) = pool.texts_of([waits]).values()
    source = tmp_path / "in"
    source.mkdir()
    texts = ["a flood", f"  {text.upper()} ", " "]
    pq.write_table(pa.table({"message": texts}), source / "a.parquet")
    done = made(snapshot, source, tmp_path / "out")
    assert (done.held_out, done.without_text, sum(done.per_label.values())) == (1, 1, 1)
    told = pq.read_table(tmp_path / "out" / "a.parquet").to_pylist()
    assert [row["predicted"] is None for row in told] == [False, True, True]
    assert [row["p_1"] is None for row in told] == [False, True, True]
    assert "1 row without a prediction until the label" in " ".join(
        done.sentences(snapshot.workspace.task)
    )


def test_the_command_line_predicts_a_folder(snapshot: Snapshot, folder: Path, tmp_path: Path):
    wish = ("--data", snapshot.workspace.path, "--text", "message", "--out", tmp_path / "out")
    told = answer("predict", folder, *wish)
    assert (told["n_items"], told["n_files"], told["n_finished"]) == (160, 5, 0)
    assert answer("predict", folder, *wish)["n_finished"] == 5
    one = ("predict", folder / "part-0.parquet", *wish, "--engine", "ray")
    assert run(*one).exit_code == 2
    assert run("predict", folder, *wish, "--engine", "steam").exit_code == 2
    assert run("predict", folder, *wish, "--address", "a:1").exit_code == 2
    assert run("predict", tmp_path / "gone", *wish).exit_code == 1


def test_a_command_that_is_killed_goes_on_where_it_was(
    snapshot: Snapshot, folder: Path, tmp_path: Path
):
    texts = [f"flood {n} in a town, and a cup" for n in range(60_000)]
    pq.write_table(pa.table({"message": texts}), folder / "part-4.parquet")
    made(snapshot, folder, tmp_path / "whole")
    out = tmp_path / "out"
    arguments = ["predict", folder, "--data", snapshot.workspace.path, "--text", "message"]
    process = subprocess.Popen(
        command(*arguments, "--out", out),
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    while not [*out.glob("*.parquet")] and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert made(snapshot, folder, out).n_items == 160 + 60_000
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.thorough
def test_a_cluster_writes_the_same_files_though_a_worker_is_killed(
    cluster: Engine,  # noqa: F811
    snapshot: Snapshot,
    folder: Path,
    tmp_path: Path,
):
    here, there, killed = (tmp_path / name for name in ("here", "there", "killed"))
    made(snapshot, folder, here, engine=THREADS)
    made(snapshot, folder, there, engine=cluster)
    killing = Killing(cluster, tmp_path / "workers.txt")
    done = made(snapshot, folder, killed, engine=killing)
    first, second = killing.told.read_text().split()
    assert first != second
    assert done.n_items == 160
    assert contents(here) == contents(there) == contents(killed)


@pytest.mark.thorough
def test_the_command_line_asks_a_cluster_for_a_folder_and_the_pool(
    cluster: Engine,  # noqa: F811
    snapshot: Snapshot,
    folder: Path,
    tmp_path: Path,
):
    address = cluster.ray.get_runtime_context().gcs_address
    data = ("--data", snapshot.workspace.path)
    asked = ("--engine", "ray", "--address", address)
    for name, wish in (("out", (folder, "--text", "message")), ("pool.csv", ("--pool",))):
        told = []
        for at, engine in enumerate(((), asked)):
            out = tmp_path / f"{at}{name}"
            done = subprocess.run(
                command("predict", *wish, *data, "--out", out, *engine),
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            told.append(contents(out) if out.is_dir() else out.read_bytes())
        assert told[0] == told[1]

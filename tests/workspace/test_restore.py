import re
import zipfile
from pathlib import Path

import pytest

from core.doctor import examine
from core.errors import BackupError, WorkspaceError
from core.evaluation.runs import evaluate_items, load_run
from core.system.progress import in_words
from core.workspace.backup import MANIFEST, back_up, contents, examine_backups, restore
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import new_event, read_logs
from core.workspace.snapshot import open_snapshot, read_snapshot


def hold(path: Path, name: str, data: bytes) -> Path:
    """A backup of one file, as somebody else could make it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return path


def files(folder: Path) -> dict[str, bytes]:
    paths = [p for p in folder.rglob("*") if p.is_file() and ".cache" not in p.parts]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def test_a_restored_workspace_is_what_it_was(demo: Path, tmp_path: Path):
    before = open_snapshot(demo)
    backup = back_up(before.workspace)
    was = {name: data for name, data in files(demo).items() if not name.startswith("backups/")}
    batch_id = before.logs.proposals[-1].batch_id
    item = before.logs.proposals[-1].item_id
    Inbox(before.workspace).receive([new_event(batch_id, "bob", "undo", item)])
    (demo / "training_data" / "related.csv").unlink()
    restored = restore(backup, tmp_path / "again")
    assert files(restored.path) == was
    snapshot = open_snapshot(restored.path)
    assert (snapshot.stage, snapshot.labels.splits) == (before.stage, before.labels.splits)
    assert (snapshot.logs.events, snapshot.logs.runs) == (before.logs.events, before.logs.runs)
    items = snapshot.labels.splits["evaluation"]
    model = load_run(snapshot, snapshot.logs.runs[-1])
    scores = evaluate_items(model, items, snapshot.workspace.task)
    assert scores.at_half.fscore == before.logs.runs[-1].fscore
    assert not (tmp_path / "again" / "backups").exists()


def test_models_of_later_runs_are_not_brought_along(demo: Path, tmp_path: Path):
    workspace = open_workspace(demo)
    runs = read_logs(*workspace.logs).runs
    log = (demo / "runs.csv").read_bytes().splitlines(keepends=True)
    (demo / "runs.csv").write_bytes(b"".join(log[:-1]))
    backup = back_up(workspace)
    (demo / "runs.csv").write_bytes(b"".join(log))
    restored = restore(backup, tmp_path / "again")
    there = {path.name for path in restored.models.glob("*.params")}
    assert there == {Path(run.params_file).name for run in runs[:-1]}
    assert not [f for f in examine(restored.path) if f.kind.title == "file without run"]


def test_a_log_that_nobody_can_read_comes_back_as_it_was(demo: Path, tmp_path: Path):
    (demo / "runs.csv").write_text("no,such,header\n")
    restored = restore(back_up(open_workspace(demo)), tmp_path / "again")
    assert (restored.path / "runs.csv").read_text() == "no,such,header\n"
    assert sorted(f.name for f in restored.models.iterdir()) == sorted(
        f.name for f in (demo / "models").iterdir()
    )


def test_the_doctor_misses_no_backup_in_a_workspace_that_was_just_restored(
    demo: Path, tmp_path: Path
):
    log = demo / "annotations.csv"
    log.write_text(re.sub(r",20\d\d-\d\d-\d\dT", ",2020-01-01T", log.read_text()))
    restored = restore(back_up(open_workspace(demo)), tmp_path / "again")
    assert not [*examine_backups(restored, read_logs(*restored.logs).events)]


def test_a_folder_that_holds_something_is_refused(demo: Path, tmp_path: Path):
    backup = back_up(open_workspace(demo))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    for into in (tmp_path / "full", demo):
        with pytest.raises(WorkspaceError, match="not empty"):
            restore(backup, into)
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert restore(backup, tmp_path / "empty").pool_files()


def test_a_damaged_backup_is_refused_and_leaves_nothing(demo: Path, tmp_path: Path):
    backup = back_up(open_workspace(demo))
    data = bytearray(backup.read_bytes())
    data[44] ^= 1  # of what is packed of task.toml
    backup.write_bytes(data)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BackupError, match="damaged"):
        restore(backup, tmp_path / "again")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.attack
@pytest.mark.parametrize(
    "name",
    [
        "../outside.csv",
        "/tmp/outside.csv",
        "training_data/../../outside.csv",
        "training_data/.hidden.csv",
        "training_data/a.py",
        "unlabeled_data/pool.csv",
        "models/x.params",
        ".cache/token.key",
        "task.toml\n",
        "training_data\\a.csv",
        "",
    ],
)
def test_a_backup_writes_nothing_but_what_a_backup_has(name: str, demo: Path, tmp_path: Path):
    (demo / "backups").mkdir(exist_ok=True)
    path = hold(demo / "backups" / "20260101T000000Z.zip", name, b"x,y,1\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BackupError):
        restore(path, tmp_path / "again")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_cannot_fetch_a_file_from_elsewhere(demo: Path, tmp_path: Path):
    secret = demo / "secret.params"
    secret.write_text("secret")
    log = (demo / "runs.csv").read_text().splitlines()
    row = log[-1].split(",")
    (demo / "runs.csv").write_text("\n".join([*log, ",".join([*row[:-1], "../secret.params"]), ""]))
    restored = restore(back_up(open_workspace(demo)), tmp_path / "again")
    assert b"secret" not in files(restored.path).values()


def test_a_backup_that_lies_elsewhere_brings_the_labels_back(demo: Path, tmp_path: Path):
    made = back_up(open_workspace(demo))
    away = tmp_path / "disk" / made.name
    away.parent.mkdir()
    made.rename(away)
    told: list[str] = []
    snapshot = read_snapshot(restore(away, tmp_path / "again", in_words(told.append)))
    assert "put its files into unlabeled_data/" in told[-1]
    assert len(snapshot.pool_words.pool) == 0
    before = read_snapshot(open_workspace(demo)).labels.splits
    assert {split: len(items) for split, items in snapshot.labels.splits.items()} == {
        split: len(items) for split, items in before.items()
    }


def test_a_repeated_name_is_refused(demo: Path, tmp_path: Path):
    (demo / "backups").mkdir(exist_ok=True)
    path = demo / "backups" / "20260101T000000Z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("task.toml", b"")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("task.toml", b"")
    with pytest.raises(BackupError, match="holds `task"):
        restore(path, tmp_path / "again")
    assert zipfile.is_zipfile(path)


def test_a_backup_of_an_earlier_version_is_restored(tmp_path: Path):
    earlier = Path(__file__).parents[1] / "workspaces" / "0.6.0"
    (backup,) = (earlier / "backups").glob("*.zip")
    restored = restore(backup, tmp_path / "again")
    for name, content in contents(backup):
        assert (restored.path / name).read_bytes() == content
    assert read_snapshot(restored).labels.items
    assert not (restored.path / MANIFEST).exists()

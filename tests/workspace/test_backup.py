import io
import os
import resource
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BackupError
from core.sampling.next_batch import propose
from core.system.findings import Finding
from core.workspace.backup import (
    DAYS,
    MANIFEST,
    NEWEST,
    back_up,
    back_up_of_the_day,
    backup_files,
    contents,
    examine_backups,
    kept,
)
from core.workspace.events import Inbox
from core.workspace.labels import Labeled, append_labels, read_label_rows
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import new_event, read_logs
from core.workspace.snapshot import read_snapshot
from tests.conftest import SMALL_TASK, MakeWorkspace, headlines

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """Two labels in files, a batch, no event yet."""
    items = headlines(60)
    labels = {("evaluation", "0"): [(*items[0][:2], "0"), (*items[1][:2], "0")]}
    workspace = make_workspace([item[:2] for item in items], labels)
    propose(read_snapshot(workspace), "ann")
    return workspace


def label_one(workspace: Workspace) -> None:
    """Labels an item of the open batch and saves."""
    snapshot = read_snapshot(workspace)
    batch_id, proposals = next(iter(snapshot.open_batches.items()))
    label = new_event(batch_id, "ann", "label", proposals[0].item_id, label="1")
    Inbox(workspace).receive([label, new_event(batch_id, "ann", "save")])


def label_row_count(workspace: Workspace) -> int:
    return len(read_label_rows(workspace, []))


def examined(workspace: Workspace) -> list[Finding]:
    return [*examine_backups(workspace, read_logs(*workspace.logs).events)]


def rows_of(backup: Path) -> dict[str, int]:
    """How many lines each file of it has."""
    return {name: content.count(b"\n") for name, content in contents(backup)}


def label_rows_of(backup: Path) -> int:
    return sum(rows for name, rows in rows_of(backup).items() if "_data/" in name)


def test_a_backup_holds_every_file_as_it_stands(demo: Path):
    workspace = open_workspace(demo)
    backup = back_up(workspace, moment=NOON)
    assert backup == demo / "backups" / "20260131T120000Z.zip"
    files = [*workspace.logs, *(file for _, _, file in workspace.label_files())]
    there = {file.name: file.path.read_bytes() for file in files if file.path.exists()}
    others = [demo / "task.toml", *workspace.definitions.iterdir()]
    there |= {path.relative_to(demo).as_posix(): path.read_bytes() for path in others}
    assert dict(contents(backup)) == there


def test_any_zip_program_can_read_it(workspace: Workspace):
    with zipfile.ZipFile(back_up(workspace)) as archive:
        assert archive.testzip() is None
        assert archive.read("batches.csv") == workspace.batches.path.read_bytes()
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o644}


def test_the_days_first_save_is_preceded_by_a_backup(workspace: Workspace):
    before = label_row_count(workspace)
    label_one(workspace)
    (path,) = backup_files(workspace.path)
    assert label_rows_of(path) == before
    assert rows_of(path)["annotations.csv"] == 3  # its header, a label, the save
    label_one(workspace)
    assert backup_files(workspace.path) == [path]
    assert label_row_count(workspace) == before + 2


def test_labels_that_are_brought_in_are_preceded_by_one_too(workspace: Workspace):
    before = label_row_count(workspace)
    append_labels(workspace, [Labeled("new", "from elsewhere", "1", "training")])
    (path,) = backup_files(workspace.path)
    assert label_rows_of(path) == before
    assert label_row_count(workspace) == before + 1


def test_a_save_of_nothing_makes_no_backup(workspace: Workspace):
    batch_id = next(iter(read_snapshot(workspace).open_batches))
    Inbox(workspace).receive([new_event(batch_id, "ann", "save")])
    assert not backup_files(workspace.path)


def test_a_new_day_gets_its_own_backup_whatever_the_clock_did(workspace: Workspace):
    days = [NOON, NOON + timedelta(hours=12), NOON - timedelta(days=400), NOON]
    made = [back_up_of_the_day(workspace, day) for day in days]
    assert [backup.name if backup else None for backup in made] == [
        "20260131T120000Z.zip",
        "20260201T000000Z.zip",
        "20241227T120000Z.zip",
        None,
    ]


def test_backups_of_one_second_have_names_of_their_own(workspace: Workspace):
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda _: back_up(workspace, moment=NOON), range(6))]
    numbers = ["", "-2", "-3", "-4", "-5", "-6"]
    assert {backup.name for backup in made} == {f"20260131T120000Z{n}.zip" for n in numbers}
    assert all(map(rows_of, made))
    assert [path.name for path in backup_files(workspace.path)][:2] == [
        "20260131T120000Z-6.zip",
        "20260131T120000Z-5.zip",
    ]


def test_what_a_crash_has_left_is_not_taken_for_a_backup(workspace: Workspace):
    folder = workspace.path / "backups"
    folder.mkdir()
    (folder / ".20260131T120000Z.zip.0123abcd.unfinished").write_bytes(b"half")
    assert back_up(workspace, moment=NOON).name == "20260131T120000Z.zip"
    assert len(backup_files(workspace.path)) == 1
    assert examined(workspace) == []


def test_labels_are_saved_when_no_backup_can_be_made_and_the_doctor_says_so(workspace: Workspace):
    (workspace.path / "backups").write_text("no folder")
    before = label_row_count(workspace)
    label_one(workspace)
    assert label_row_count(workspace) == before + 1
    with pytest.raises(BackupError, match="Free some space"):
        back_up(workspace)
    assert [finding.kind.title for finding in examined(workspace)] == ["no backup"]
    (workspace.path / "backups").unlink()
    (finding,) = examined(workspace)
    assert "Labels were saved today" in finding.message
    back_up(workspace)
    assert not examined(workspace)


def test_a_disk_without_room_leaves_no_half_backup_and_the_labels_are_saved(
    workspace: Workspace,
):
    folder = workspace.path / "backups"
    before = label_row_count(workspace)
    (workspace.path / "task.toml").write_text(f"# {os.urandom(50_000).hex()}\n{SMALL_TASK}")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    try:
        with pytest.raises(BackupError, match="File too large"):
            back_up(workspace)
        label_one(workspace)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [*folder.iterdir()]
    assert label_row_count(workspace) == before + 1


def test_a_file_that_cannot_be_read_is_told(workspace: Workspace):
    (workspace.path / "evaluation_data" / "related.csv").mkdir()
    with pytest.raises(BackupError, match="Is a directory"):
        back_up(workspace)
    assert not backup_files(workspace.path)


def test_the_doctor_names_a_damaged_backup(workspace: Workspace):
    backup = back_up(workspace, moment=NOON)
    data = bytearray(backup.read_bytes())
    data[44] ^= 1  # of what is packed of task.toml
    backup.write_bytes(data)
    (finding,) = examined(workspace)
    assert (finding.kind.title, finding.file) == ("damaged backup", f"backups/{backup.name}")
    assert "Use another one" in finding.message


def test_the_doctor_is_content_with_label_files_that_nobody_saved_into(workspace: Workspace):
    assert not examined(workspace)


def kept_names(names: Iterable[str]) -> set[str]:
    return {path.name for path in kept(map(Path, names))}


def test_the_newest_stay_then_one_a_day_then_one_a_month():
    moments = [datetime(2024, 1, 1, 9, tzinfo=UTC) + timedelta(days=day) for day in range(400)]
    names = [f"{moment + timedelta(hours=h):%Y%m%dT%H%M%SZ}.zip" for moment in moments
             for h in (0, 3)]  # fmt: skip
    stay = sorted(kept_names(names))
    days = {name[:8] for name in stay}
    newest = names[-NEWEST:]
    assert set(newest) <= set(stay)
    assert {f"{moment:%Y%m%d}" for moment in moments[-DAYS:]} <= days
    assert {f"{moment:%Y%m}" for moment in moments} == {name[:6] for name in stay}
    # 10 newest are 5 days with both; 25 further days; 12 further months (one is within the days).
    assert len(stay) == NEWEST + (DAYS - NEWEST // 2) + 12
    assert all("T12" in name for name in stay if name not in newest)


stamps = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(
    lambda moment: f"{moment:%Y%m%dT%H%M%SZ}.zip"
)


@given(st.lists(stamps, min_size=1, max_size=80, unique=True))
def test_thinning_keeps_the_newest_and_every_month_and_thins_no_further(names: list[str]):
    stay = kept_names(names)
    assert max(names) in stay
    assert {name[:6] for name in stay} == {name[:6] for name in names}
    assert kept_names(stay) == stay


def test_thinning_removes_old_backups_of_ours_and_nothing_else(workspace: Workspace):
    folder = workspace.path / "backups"
    folder.mkdir()
    ours = [f"20250101T{hour:02d}0000Z.zip" for hour in range(20)]
    theirs = ["notes.txt", "20250101T000000Z.zip.bak", "old.zip", "20250101T000000.zip"]
    for name in [*ours, *theirs]:
        (folder / name).write_bytes(b"x")
    (folder / "20250101T000059Z.zip").mkdir()
    (folder / "20250101T000058Z.zip").symlink_to("notes.txt")
    made = back_up(workspace, moment=datetime(2024, 6, 1, tzinfo=UTC))
    left = {entry.name for entry in folder.iterdir()}
    folder_and_link = {"20250101T000059Z.zip", "20250101T000058Z.zip"}
    assert left == {*ours[-NEWEST:], *theirs, *folder_and_link, made.name}


def test_the_backup_just_made_stays_though_the_clock_went_back(workspace: Workspace):
    for hour in range(NEWEST + 1):
        back_up(workspace, moment=NOON + timedelta(hours=hour / 2))
    made = back_up(workspace, moment=NOON - timedelta(hours=3))
    assert made in backup_files(workspace.path)


def test_a_file_is_read_while_nobody_writes_into_it(workspace: Workspace):
    label_one(workspace)
    before = workspace.annotations.path.read_bytes()
    with ThreadPoolExecutor(1) as pool:
        with workspace.annotations.locked() as handle:
            os.write(handle, b"half a ")
            made = pool.submit(back_up, workspace)
            assert not wait([made], timeout=0.2).done
            os.write(handle, b"row\n")
        backup = made.result()
    assert dict(contents(backup))["annotations.csv"] == before + b"half a row\n"


def test_a_row_is_never_without_what_it_points_to(workspace: Workspace):
    """Label files are read first, then the events, then the batches that they name."""
    label_one(workspace)
    names = [*rows_of(back_up(workspace))]
    assert names.index("annotations.csv") < names.index("batches.csv")
    assert max(at for at, name in enumerate(names) if "_data/" in name) < names.index(
        "annotations.csv"
    )
    assert names.index("annotations.csv") < max(
        at for at, n in enumerate(names) if "definitions" in n
    )


PACKED = {
    "task.toml": b'title = "x"\n',
    "training_data/related.csv": b"a,one,1\nb,two,1\n" * 400,
    "annotations.csv": b"event_id,batch_id\ne1,b1\n",
    "batches.csv": b"",
}


def packed(files: Mapping[str, bytes] = PACKED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def test_a_bit_that_has_changed_is_noticed_or_changes_nothing(tmp_path: Path):
    """One by one each bit: among them are lengths that would swallow the files behind them."""
    path, missed = tmp_path / "backup.zip", []
    for at, bit in product(range(len(packed())), range(8)):
        whole = bytearray(packed())
        whole[at] ^= 1 << bit
        path.write_bytes(whole)
        with suppress(BackupError):
            if dict(contents(path)) != PACKED:
                missed.append((at, bit))
    assert not missed


@given(length=st.integers(0, len(packed()) - 1))
def test_a_backup_that_was_cut_short_is_refused(length: int, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "backup.zip"
    path.write_bytes(packed()[:length])
    with pytest.raises(BackupError, match="damaged"):
        dict(contents(path))


def test_a_backup_of_an_earlier_version_has_a_manifest_that_nobody_misses(tmp_path: Path):
    path = tmp_path / "backup.zip"
    path.write_bytes(packed({**PACKED, MANIFEST: b'{"format": "sunlight backup 1"}'}))
    assert dict(contents(path)) == PACKED


def test_a_backup_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(BackupError, match="No such file"):
        dict(contents(tmp_path / "none.zip"))


def test_what_reads_back_as_something_else_is_no_backup(workspace: Workspace, monkeypatch):
    """The disk gives back another byte than it was given."""

    def on_a_bad_disk(backup: Path) -> Iterator[tuple[str, bytes]]:
        data = bytearray(backup.read_bytes())
        data[44] ^= 1  # of what is packed of task.toml
        backup.write_bytes(data)
        return contents(backup)

    monkeypatch.setattr("core.workspace.backup.contents", on_a_bad_disk)
    with pytest.raises(BackupError, match=r"reads back differently.*Check the disk"):
        back_up(workspace)
    assert not backup_files(workspace.path)

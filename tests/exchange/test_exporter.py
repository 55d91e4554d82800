"""An export appears whole or not at all, and never over something."""

import errno
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import ExportError
from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import export, export_files, zipped
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines

FOLDERS = [form for form, layout in LAYOUTS.items() if not layout.file]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("form", LAYOUTS)
def test_it_writes_every_file_and_the_card_and_nothing_else(active: Snapshot, out: Path, form: str):
    written = export(active, out / "labels", form)
    expected = list(export_files(active, form))
    assert sorted(written) == sorted(path for path in out.rglob("*") if path.is_file())
    assert written[0].read_bytes() == expected[0][1]
    assert b"# Small" in written[-1].read_bytes()


def test_a_file_has_its_card_beside_it(active: Snapshot, out: Path):
    export(active, out / "labels.csv", "csv")
    assert sorted(path.name for path in out.iterdir()) == ["labels.csv", "labels.csv.md"]


def test_the_hub_reads_the_card_below_the_head(active: Snapshot, out: Path):
    export(active, out / "hub", "huggingface")
    text = (out / "hub" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\npretty_name: ")
    assert "\n---\n# Small\n" in text


def test_only_the_splits_that_were_asked_for_come_along(active: Snapshot, out: Path):
    export(active, out / "hub", "huggingface", ["evaluation"])
    names = [path.name for path in (out / "hub" / "data").iterdir()]
    assert names == ["test-00000-of-00001.parquet"]


@pytest.mark.parametrize("form", ["csv", "huggingface"])
@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_it_never_writes_over_something(active: Snapshot, out: Path, form: str, kind: str):
    there = out / "labels"
    if kind == "file":
        there.write_text("mine")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to(out / "nowhere")
    with pytest.raises(ExportError, match="is there already"):
        export(active, there, form)
    assert [path.name for path in out.iterdir()] == ["labels"]


def test_it_never_writes_over_another_card(active: Snapshot, out: Path):
    (out / "labels.csv.md").write_text("mine")
    with pytest.raises(ExportError, match=r"labels\.csv\.md is there already"):
        export(active, out / "labels.csv", "csv")
    assert (out / "labels.csv.md").read_text() == "mine"
    assert not (out / "labels.csv").exists()


def test_it_never_writes_into_the_workspace(active: Snapshot):
    with pytest.raises(ExportError, match="inside of the workspace"):
        export(active, active.workspace.path / "unlabeled_data" / "labels.csv", "csv")


def test_it_makes_no_folders_that_nobody_asked_for(active: Snapshot, out: Path):
    with pytest.raises(ExportError, match="There is no folder"):
        export(active, out / "typo" / "labels.csv", "csv")
    assert not list(out.iterdir())


@pytest.mark.parametrize(("form", "splits"), [("word", ["training"]), ("csv", ["exam"])])
def test_it_knows_its_formats_and_splits(active: Snapshot, out: Path, form: str, splits: list[str]):
    with pytest.raises(ExportError, match="There is no"):
        export(active, out / "labels", form, splits)


@pytest.mark.parametrize("splits", [["validation"], []])
def test_without_a_label_nothing_is_written(active: Snapshot, out: Path, splits: list[str]):
    with pytest.raises(ExportError, match="has a label yet"):
        export(active, out / "labels.csv", "csv", splits)
    assert not list(out.iterdir())


@pytest.mark.parametrize("form", ["csv", *FOLDERS])
@pytest.mark.parametrize("failing", range(3))
def test_a_full_disk_leaves_nothing(
    active: Snapshot, out: Path, form: str, failing: int, monkeypatch: pytest.MonkeyPatch
):
    sync, calls = os.fsync, iter(range(100))

    def full(handle: int) -> None:
        if next(calls) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match="No space left on device"):
        export(active, out / "labels", form)
    names = [path.name for path in out.iterdir()]
    # The third call of a single file's is of the folder: the card has its name by then.
    assert names == (["labels.md"] if form == "csv" and failing == 2 else [])


def test_a_disk_without_hard_links_is_written_too(active: Snapshot, out: Path, monkeypatch):
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    export(active, out / "labels.csv", "csv")
    assert sorted(path.name for path in out.iterdir()) == ["labels.csv", "labels.csv.md"]


def test_an_archive_holds_the_files_in_one_folder(active: Snapshot):
    files = list(export_files(active, "huggingface"))
    archive = zipfile.ZipFile(BytesIO(zipped(files, "mine")))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {
        f"mine/{name}": content for name, content in files
    }


def test_what_it_reads_it_leaves_as_it_was(make_workspace: MakeWorkspace, out: Path):
    items = headlines(12)
    workspace = make_workspace([item[:2] for item in items], {("training", "1"): [items[5]]})
    before = {path: path.read_bytes() for path in workspace.path.rglob("*.csv")}
    for form in LAYOUTS:
        export(read_snapshot(workspace, write_cache=False), out / form, form)
    assert before == {path: path.read_bytes() for path in workspace.path.rglob("*.csv")}


@pytest.mark.parametrize("form", ["csv", "huggingface"])
@pytest.mark.parametrize("has_links", [True, False])
def test_what_appears_meanwhile_is_not_written_over(
    active: Snapshot, out: Path, form: str, has_links: bool, monkeypatch: pytest.MonkeyPatch
):
    sync, there = os.fsync, out / "labels"

    def late(handle: int) -> None:
        sync(handle)
        if not there.exists():
            there.write_text("theirs")

    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", late)
    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(ExportError, match="labels"):
        export(active, there, form)
    assert there.read_text() == "theirs"
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_what_no_sheet_can_hold_is_refused(active: Snapshot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.exchange.table_writers.MOST_SHEET_ROWS", 10)
    with pytest.raises(ExportError, match="Export as CSV"):
        list(export_files(active, "excel"))

import errno
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from core.errors import WorkspaceError
from core.system.disk_cache import load_cached
from core.system.durable import ABANDONED


def build(folder: Path) -> None:
    (folder / "content").write_text("built")


def load(folder: Path) -> str:
    return (folder / "content").read_text()


def cached(root: Path, key: object = 1, build=build, **options) -> str:
    return load_cached(root, "thing", key, build, load, **({"write": True} | options))


def never(folder: Path) -> None:
    raise AssertionError("built again")


def test_an_entry_is_built_once(tmp_path: Path):
    assert cached(tmp_path) == "built"
    assert cached(tmp_path, build=never) == "built"


def test_another_key_builds_anew_and_drops_the_old_entry(tmp_path: Path):
    cached(tmp_path, 1)
    cached(tmp_path, 2)
    assert len(list(tmp_path.glob("thing-*"))) == 1


@pytest.mark.parametrize("damage", ["changed", "removed", "no manifest", "odd manifest"])
def test_a_damaged_entry_is_rebuilt(tmp_path: Path, damage: str):
    cached(tmp_path)
    (entry,) = tmp_path.glob("thing-*")
    match damage:
        case "changed":
            (entry / "content").write_text("other")
        case "removed":
            (entry / "content").unlink()
        case "no manifest":
            (entry / "manifest.json").unlink()
        case "odd manifest":
            (entry / "manifest.json").write_text("[1, 2]")
    assert cached(tmp_path) == "built"


def test_a_build_that_dies_leaves_nothing_that_is_trusted(tmp_path: Path):
    def die(folder: Path) -> None:
        build(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached(tmp_path, build=die)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path):
    left = [tmp_path / name for name in (".thing-1.0123abcd.unfinished", "building-1-a_b12345")]
    for folder in left:
        folder.mkdir()
    cached(tmp_path, 1)
    assert all(folder.exists() for folder in left)  # they may still be at work
    for folder in left:
        os.utime(folder, (0, folder.stat().st_mtime - ABANDONED - 1))
    cached(tmp_path, 2)
    assert not any(folder.exists() for folder in left)


def test_a_full_disk_is_got_around(tmp_path: Path):
    def full(folder: Path) -> None:
        if tmp_path in folder.parents:
            raise OSError(errno.ENOSPC, "No space left on device")
        build(folder)

    assert cached(tmp_path, build=full) == "built"
    assert list(tmp_path.iterdir()) == []


def test_an_entry_that_was_found_whole_is_looked_through_again_only_if_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cached(tmp_path)
    (entry,) = tmp_path.glob("thing-*")
    for file in entry.iterdir():
        os.utime(file, (1, 1))
    looked = []
    checksum = zlib.crc32
    monkeypatch.setattr(zlib, "crc32", lambda *data: looked.append(data) or checksum(*data))
    for _ in range(3):
        assert cached(tmp_path, build=never) == "built"
    assert len(looked) == 1
    (entry / "content").write_text("other")
    assert cached(tmp_path) == "built"


def test_an_entry_that_was_made_just_now_is_not_believed_by_its_stamps(tmp_path: Path):
    cached(tmp_path)
    (entry,) = tmp_path.glob("thing-*")
    before = (entry / "content").stat()
    cached(tmp_path)
    (entry / "content").write_text("tliub")
    os.utime(entry / "content", ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert cached(tmp_path) == "built"


BUILD_SLOWLY = """
import sys, time
from pathlib import Path
from core.system.disk_cache import load_cached

def build(folder):
    (folder / "content").write_text("half")
    print("building", flush=True)
    time.sleep(60)

load_cached(Path(sys.argv[1]), "thing", 1, build, lambda folder: None, write=True)
"""


def test_what_is_built_when_the_process_is_killed_is_never_trusted(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD_SLOWLY, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "building\n"
        process.kill()
    assert [path.read_text() for path in tmp_path.glob("*/*/content")] == ["half"]
    assert cached(tmp_path) == "built"


def test_no_room_anywhere_is_told(tmp_path: Path):
    def full(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(WorkspaceError, match="No space left"):
        cached(tmp_path, build=full)


def test_without_leave_nothing_is_written(tmp_path: Path):
    assert cached(tmp_path / "cache", write=False) == "built"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("manifest", ['["content"]', "[]", '"x"', "7", "[" * 5000])
def test_an_entry_with_a_manifest_of_another_kind_is_built_anew(tmp_path: Path, manifest: str):
    def build(folder: Path) -> None:
        (folder / "content").write_text("right")

    def read(folder: Path) -> str:
        return (folder / "content").read_text()

    load_cached(tmp_path, "thing", 1, build, read, write=True)
    (entry,) = tmp_path.glob("thing-*")
    (entry / "content").write_text("wrong")
    (entry / "manifest.json").write_text(manifest)
    assert load_cached(tmp_path, "thing", 1, build, read, write=True) == "right"

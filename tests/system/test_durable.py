import errno
import fcntl
import os
import re
from pathlib import Path

import pytest

from core.errors import LogError, RunError
from core.features.model_files import write_model_file
from core.system import durable, locks
from core.system.durable import new_file, new_folder, write_new


def names_synced(monkeypatch) -> list[str]:
    """The names of the files and folders that are fsynced from now on."""
    synced: list[str] = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    return synced


def test_a_file_without_content_has_its_name_on_disk_before_anybody_writes(
    tmp_path: Path, monkeypatch
):
    path = tmp_path / "training_data" / "related.csv"
    path.parent.mkdir()
    path.touch()  # by a program that was killed before it synced the folders
    synced = names_synced(monkeypatch)
    with durable.open_locked(path, "related.csv", tmp_path) as file:
        assert synced == ["training_data", tmp_path.name]
        durable.append(file, b"1,a\n")
    with durable.open_locked(path, "related.csv", tmp_path):
        assert synced[2:] == ["related.csv"]


def test_a_file_that_was_replaced_while_its_lock_was_waited_for_is_opened_again(
    tmp_path: Path, monkeypatch
):
    path, real, locked = tmp_path / "log.csv", fcntl.flock, []
    path.write_bytes(b"old\n")

    def replace_once(handle: int, operation: int) -> None:
        if not locked:
            (tmp_path / "new").write_bytes(b"new\n")
            (tmp_path / "new").rename(path)
        locked.append(handle)
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", replace_once)
    with durable.open_locked(path, "log.csv", tmp_path) as file:
        durable.append(file, b"mine\n")
    assert path.read_bytes() == b"new\nmine\n"
    assert len(locked) == 2


def test_a_disk_that_takes_no_bytes_is_an_error_and_no_endless_loop(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(os, "write", lambda handle, data: 0)
    with (
        durable.open_locked(tmp_path / "log.csv", "log.csv", tmp_path) as file,
        pytest.raises(OSError, match="disk is full"),
    ):
        durable.append(file, b"1\n")


def test_a_new_file_is_whole_or_not_there(tmp_path: Path, monkeypatch):
    path = tmp_path / "models" / "a.params"
    synced = names_synced(monkeypatch)
    durable.write_whole(path, b"first")
    assert re.fullmatch(r"\.a\.params\.[0-9a-f]{8}\.unfinished", synced.pop(1))
    assert synced == [tmp_path.name, "models"]
    for call in ("write", "fsync", "rename"):
        with monkeypatch.context() as full:
            full.setattr(os, call, raise_full)
            with pytest.raises(OSError, match="No space"):
                durable.write_whole(path, b"second")
        assert [found.name for found in path.parent.iterdir()] == ["a.params"]
        assert path.read_bytes() == b"first"


def raise_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_cut_off_stays_where_it_is_until_its_copy_is_on_disk(tmp_path: Path, monkeypatch):
    path = tmp_path / "log.csv"
    path.write_bytes(b"1,a\n2,hal")
    with durable.open_locked(path, "log.csv", tmp_path) as file:
        with monkeypatch.context() as full:
            full.setattr(os, "write", raise_full)
            with pytest.raises(OSError, match="No space"):
                durable.cut_off(file, 4, tmp_path / "torn" / "copy")
        assert path.read_bytes() == b"1,a\n2,hal"
        assert [*(tmp_path / "torn").iterdir()] == []
        assert durable.cut_off(file, 4, tmp_path / "torn" / "copy").read_bytes() == b"2,hal"
    assert path.read_bytes() == b"1,a\n"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_disk_without_locks_is_refused_with_the_reason(tmp_path: Path, monkeypatch, code: int):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    assert locks.why_no_lock(tmp_path, "here") == ""
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert os.strerror(code) in locks.why_no_lock(tmp_path, "here")
    with (
        pytest.raises(LogError, match="move the workspace to a disk with file locks"),
        durable.open_locked(tmp_path / "log.csv", "log.csv", tmp_path),
    ):
        pass


def test_a_lock_that_another_holds_shows_that_there_are_locks(tmp_path: Path):
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        locks.lock(handle, "here")
        assert locks.why_no_lock(tmp_path, "here") == ""
    finally:
        os.close(handle)


def test_a_file_is_whole_and_alone(tmp_path: Path):
    file = tmp_path / "models" / "a.params"
    for content in (b"first", b"second"):
        write_model_file(file, content)
        assert file.read_bytes() == content
    assert [found.name for found in file.parent.iterdir()] == ["a.params"]


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "a.params").mkdir()
    with pytest.raises(RunError, match=r"models/a\.params cannot be written"):
        write_model_file(tmp_path / "a.params", b"x")
    assert [found.name for found in tmp_path.iterdir()] == ["a.params"]


def write_twice(path: Path) -> None:
    with new_folder(path) as folder:
        write_new(folder / "file", [b"one"])
        write_new(folder / "file", [b"two"])


def test_a_folder_is_whole_or_not_there(tmp_path: Path):
    with new_folder(tmp_path / "a" / "new") as folder:
        write_new(folder / "in" / "file", [b"one", b"two"])
        assert not (tmp_path / "a" / "new").exists()
    assert (tmp_path / "a" / "new" / "in" / "file").read_bytes() == b"onetwo"
    with pytest.raises(FileExistsError):
        write_twice(tmp_path / "a" / "other")
    with pytest.raises(OSError, match="not empty"), new_folder(tmp_path / "a" / "new"):
        pass
    assert [found.name for found in (tmp_path / "a").iterdir()] == ["new"]


def test_a_stream_is_whole_or_not_there(tmp_path: Path, monkeypatch):
    path = tmp_path / "a.zip"
    with new_file(path) as file:
        assert durable.is_unfinished(Path(file.name).name)
        file.write(b"first")
        assert not path.exists()
    assert (file.name, path.read_bytes()) == (str(path), b"first")
    for call in ("write", "fsync"):
        with monkeypatch.context() as full:
            full.setattr(os, call, raise_full)
            with pytest.raises(OSError, match="No space"), new_file(path, "replace") as file:
                file.write(b"second")
    with pytest.raises(KeyError), new_file(path, "replace") as file:
        raise KeyError
    assert [found.name for found in tmp_path.iterdir()] == ["a.zip"]
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize("has_links", [True, False])
def test_a_new_file_replaces_another_only_if_it_is_told_to(
    tmp_path: Path, monkeypatch, has_links: bool
):
    if not has_links:
        monkeypatch.setattr(os, "link", raise_full)
    path = tmp_path / "a.csv"
    path.symlink_to("nowhere")
    with pytest.raises(FileExistsError), new_file(path) as file:
        file.write(b"refused")
    for content in (b"two", b"three"):
        with new_file(path, "number") as file:
            file.write(content)
    assert file.name == str(tmp_path / "a-3.csv")
    with new_file(path, "replace") as file:
        file.write(b"one")
    contents = {found.name: found.read_bytes() for found in tmp_path.iterdir()}
    assert contents == {"a.csv": b"one", "a-2.csv": b"two", "a-3.csv": b"three"}


def test_a_time_at_the_end_of_a_name_is_no_ending(tmp_path: Path):
    for name, second in (("a.b.csv", "a.b-2.csv"), ("log.csv.17", "log.csv.17-2"), ("a", "a-2")):
        (tmp_path / name).touch()
        assert durable.first_free(tmp_path / name) == tmp_path / second

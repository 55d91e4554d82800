import errno
import fcntl
import os
from pathlib import Path

import pytest

from core.errors import LogError
from core.system import durable


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
        pytest.raises(OSError, match="takes no more"),
    ):
        durable.append(file, b"1\n")


def test_a_new_file_is_whole_or_not_there(tmp_path: Path, monkeypatch):
    path = tmp_path / "models" / "a.params"
    synced = names_synced(monkeypatch)
    durable.write_whole(path, b"first")
    assert synced == [tmp_path.name, "a.params.unfinished", "models"]
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

    assert durable.why_no_lock(tmp_path, "here") == ""
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert os.strerror(code) in durable.why_no_lock(tmp_path, "here")
    with (
        pytest.raises(LogError, match="move the workspace to a disk with file locks"),
        durable.open_locked(tmp_path / "log.csv", "log.csv", tmp_path),
    ):
        pass


def test_a_lock_that_another_holds_shows_that_there_are_locks(tmp_path: Path):
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        durable.lock(handle, "here")
        assert durable.why_no_lock(tmp_path, "here") == ""
    finally:
        os.close(handle)

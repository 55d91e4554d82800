"""The one file layer: what must outlive a crash or a power cut is written here, and nowhere else.

Every step is one call of the operating system (`os.write`, `os.fsync`, …), none is buffered: that
is what `tests/faults.py` breaks, one call at a time. Raises OSError, which callers turn into words.

Files and folders that appear under their name when they are whole and on disk, or not at all.
"""

import errno
import fcntl
import os
import pickle
import secrets
import shutil
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from core.errors import RunError, UnwritableError

APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC


class LeftBehindError(OSError):
    """A write failed, and what it had written could not be taken back: some of it stands there."""


def lock(file: int, name: str) -> None:
    """Holds the file's lock until it is closed; raises UnwritableError on a disk without locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise UnwritableError(_no_lock(name, error)) from error


def why_no_lock(folder: Path, name: str) -> str:
    """Why nothing can be locked on the folder's disk, for a person; empty if it can be.

    Waits for nobody: a lock that another holds shows that there are locks.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        finally:
            os.close(handle)
    except BlockingIOError:
        return ""
    except OSError as error:
        return _no_lock(name, error)
    return ""


def _no_lock(name: str, error: OSError) -> str:
    return (
        f"{name} cannot be locked: {error.strerror}. Two programs could then write over each "
        "other; move the workspace to a disk with file locks."
    )


def sync(file: int, name: str) -> None:
    """What stands in the file is on disk; raises UnwritableError if it cannot be brought there."""
    try:
        os.fsync(file)
    except OSError as error:
        raise UnwritableError(
            f"{name} cannot be brought to disk: {error.strerror}. Look after the disk, and try "
            "again."
        ) from error


def sync_folder(folder: Path) -> None:
    """A new file's name is on disk too, not only its content."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """The folder exists when this returns, and its name and those above it are on disk."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        os.mkdir(folder)  # noqa: PTH102  every step goes through `os`
    sync_folder(folder.parent)


@contextmanager
def open_locked(path: Path, name: str, root: Path) -> Iterator[int]:
    """The file opened for appending, locked against every other process and thread.

    A file without content may be new: its name, and its folders' up to `root`, are made durable
    before anybody writes to it. Raises UnwritableError on a disk without locks.
    """
    make_folder(path.parent)
    file = _lock_what_stands_there(path, name)
    try:
        if not os.fstat(file).st_size:
            _sync_names(path, root)
        yield file
    finally:
        os.close(file)


def _lock_what_stands_there(path: Path, name: str) -> int:
    """The locked file of this name: never one that was replaced while its lock was waited for."""
    while True:
        file = os.open(path, APPEND, 0o644)
        try:
            lock(file, name)
            if _is_at(file, path):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _sync_names(path: Path, root: Path) -> None:
    folder = path.parent
    sync_folder(folder)
    while folder != root and root in folder.parents:
        folder = folder.parent
        sync_folder(folder)


def append(file: int, data: bytes) -> None:
    """All bytes stand at the end, on disk, or the file is as long as it was and OSError.

    Raises LeftBehindError if it could not be cut back. Bytes that could not be synced are taken
    back too: the disk may still show them after a power cut, whole or torn, as it may show any
    write that nobody was told of.
    """
    size = os.fstat(file).st_size
    try:
        _write(file, data)
        os.fsync(file)
    except OSError as error:
        _take_back(file, size, error)
        raise


def _take_back(file: int, size: int, error: OSError) -> None:
    try:
        os.ftruncate(file, size)
    except OSError:
        raise LeftBehindError(error.errno, error.strerror) from error
    with suppress(OSError):
        os.fsync(file)


def _write(file: int, data: bytes | memoryview) -> None:
    """All bytes, in as many writes as the disk wants; a disk that takes none raises OSError."""
    rest = memoryview(data)
    while rest:
        written = os.write(file, rest)
        if not written:
            raise OSError(errno.EIO, "The disk takes no more bytes")
        rest = rest[written:]


def cut_off(file: int, size: int, kept: Path) -> Path:
    """Cuts the file to `size`; what stood behind is on disk elsewhere first. The copy's path.

    The copy is called `kept`, or `kept` and a number if there is such a file. A crash in between
    leaves the bytes twice at worst, never nowhere.
    """
    end = os.fstat(file).st_size
    make_folder(kept.parent)
    copy, path = _open_new(kept)
    try:
        _write(copy, _read(file, size, end))
        os.fsync(copy)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108  the bytes still stand where they stood
        raise
    finally:
        os.close(copy)
    os.ftruncate(file, size)
    os.fsync(file)
    return path


def _open_new(wanted: Path) -> tuple[int, Path]:
    """A file that did not exist: a clock that stands still or jumps back gives names twice."""
    for number in count(1):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            return os.open(path, NEW | os.O_EXCL, 0o644), path
        except FileExistsError:
            continue
    raise AssertionError("counting ends nowhere")


def _read(file: int, start: int, end: int) -> bytes:
    parts = []
    while start < end and (part := os.pread(file, end - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """The content stands in the file, on disk, when this returns; else nothing new under its name.

    It is written beside the file first. Two writers of one name want a lock between them.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    make_folder(path.parent)
    try:
        file = os.open(unfinished, NEW | os.O_TRUNC, 0o644)
        try:
            _write(file, content)
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(unfinished, path)  # noqa: PTH104
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            os.unlink(unfinished)  # noqa: PTH108
        raise


DAMAGED = (
    RuntimeError,
    LookupError,
    TypeError,
    ArithmeticError,
    AssertionError,
    ImportError,
    MemoryError,
    ValueError,
    AttributeError,
    EOFError,
    OSError,
    pickle.UnpicklingError,
    struct.error,
    zipfile.BadZipFile,
)
"""What reading a model's file can raise that was cut short, changed, or written by someone else."""


def write_model_file(path: Path, content: bytes | memoryview) -> None:
    """The content stands in the file below `models/`, fsynced, when this returns.

    Raises RunError if it cannot be written.
    """
    try:
        write_whole(path, content)
    except OSError as error:
        raise RunError(
            f"models/{path.name} cannot be written: {error.strerror}. Free some space or make the "
            "folder writable, and train again."
        ) from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which gets this name, with all that is in it on disk, at the block's end.

    If the block is left by an error nothing is left of it. Raises OSError, also if something stands
    there already. The files in it are the caller's to sync.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".unfinished-{secrets.token_hex(8)}"
    unfinished.mkdir()
    try:
        yield unfinished
        keep_folder(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def keep_folder(unfinished: Path, path: Path) -> None:
    """The folder under its name, and its folders' names on disk; raises OSError."""
    for folder in (*(entry for entry in unfinished.rglob("*") if entry.is_dir()), unfinished):
        sync_folder(folder)
    unfinished.rename(path)
    sync_folder(path.parent)


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """A new file, in a new folder if need be, synced; raises OSError, also if there is one."""
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())

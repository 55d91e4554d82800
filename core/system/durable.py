"""The one file layer: what must outlive a crash or a power cut is written here, and nowhere else.

Whole files and folders are written aside and then given their name; rows are appended under a lock.
Every step is one call of `os`, which `tests/faults.py` breaks, one at a time. Raises OSError.
"""

import errno
import os
import pickle
import re
import secrets
import shutil
import struct
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO
from itertools import count
from pathlib import Path
from typing import Literal

from core.errors import SunlightError, UnwritableError
from core.system.locks import READ, lock

APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
PIECE = 2**20  # bytes of a stream that are written at a time
ABANDONED = 3_600  # seconds after which what is unfinished belongs to a process that died
_UNFINISHED = re.compile(r".+\.unfinished|\.?unfinished-.+|building-\d+-\w{8}|\.demo-\w{8}")
"""Names of what is being written; all but the first were used up to version 0.6.0."""
IfTaken = Literal["replace", "refuse", "number"]
"""What becomes of a file that has a new one's name: the new one replaces it, is refused by
FileExistsError, or gets the first free one of the numbered names."""

DAMAGED = (
    RuntimeError, LookupError, TypeError, ArithmeticError, AssertionError, ImportError, MemoryError,
    ValueError, AttributeError, EOFError, OSError, pickle.UnpicklingError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What reading a file can raise that was cut short, changed, or written by someone else."""


@contextmanager
def refused_as(kind: type[SunlightError], what: str, todo: str, file: str = "") -> Iterator[None]:
    """Turns an OSError into an error for a person: what cannot be done, why, and what to do."""
    try:
        yield
    except OSError as error:
        raise kind(f"{what}: {error.strerror or error}. {todo}", file) from error


class LeftBehindError(OSError):
    """A write failed, and what it had written could not be taken back: some of it stands there."""


def sync(file: int, name: str) -> None:
    """What stands in the file is on disk; raises UnwritableError if it cannot be brought there."""
    todo = "Check the disk, and try again."
    with refused_as(UnwritableError, f"{name} cannot be written to disk", todo):
        os.fsync(file)


def sync_path(path: Path) -> None:
    """A file's content is on disk, or of a folder the names in it."""
    handle = os.open(path, READ)
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
    sync_path(folder.parent)


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
            sync_path(path.parent)
            for folder in path.parent.parents:
                if folder.is_relative_to(root):
                    sync_path(folder)
        yield file
    finally:
        os.close(file)


def _lock_what_stands_there(path: Path, name: str) -> int:
    """The locked file of this name: never one that was replaced while its lock was waited for."""
    while True:
        file = os.open(path, APPEND, 0o644)
        try:
            lock(file, name)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file), os.stat(path)):  # noqa: PTH116
                    return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def append(file: int, data: bytes) -> None:
    """All bytes stand at the end, on disk, or the file is as long as it was and OSError.

    Bytes that could not be synced are taken back too. Raises LeftBehindError if they could not.
    """
    size = os.fstat(file).st_size
    try:
        _write(file, data)
        os.fsync(file)
    except OSError as error:
        try:
            os.ftruncate(file, size)
        except OSError:
            raise LeftBehindError(error.errno, error.strerror) from error
        with suppress(OSError):
            os.fsync(file)
        raise


def _write(file: int, data: bytes | memoryview) -> None:
    """All bytes, in as many writes as the disk wants; a disk that takes none raises OSError."""
    rest = memoryview(data)
    while rest:
        written = os.write(file, rest)
        if not written:
            raise OSError(errno.EIO, "The disk is full")
        rest = rest[written:]


def cut_off(file: int, size: int, kept: Path) -> Path:
    """Cuts the file to `size`; what stood behind is on disk elsewhere first. The copy's path.

    The copy is called `kept`, and a number: a clock that stands still or jumps back gives names
    twice. A crash in between leaves the bytes twice at worst.
    """
    with new_file(kept, "number") as copy:
        copy.write(read(file, size, status(file).st_size))
    os.ftruncate(file, size)
    os.fsync(file)
    return Path(copy.name)


def status(file: int) -> os.stat_result:
    return os.fstat(file)


def read(file: int, start: int, end: int) -> bytes:
    """The bytes of an open file from `start` to `end`, fewer if it ends before."""
    parts = []
    while start < end and (part := os.pread(file, end - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def is_writable(path: Path) -> bool:
    """Whether this process may write the file, or into the folder."""
    return os.access(path, os.W_OK)


def stands(path: Path) -> bool:
    """Whether something has this name, be it a link that leads nowhere."""
    return os.path.lexists(path)


def free_names(path: Path) -> Iterator[Path]:
    """This path, then `name-2.csv`, `name-3.csv`, …: to be tried until one is free."""
    ending = path.suffix if path.suffix[1:].isalpha() else ""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.name.removesuffix(ending)}-{number}{ending}")


def first_free(path: Path) -> Path:
    """The first of the path's `free_names` that nothing has yet; wants a lock while it is used."""
    return next(free for free in free_names(path) if not stands(free))


class _Stream(FileIO):
    """An open file as a stream, of which every write is one call; `name` is where it stands."""

    def __init__(self, file: int, path: Path) -> None:
        super().__init__(file, "wb", closefd=False)
        self.name = str(path)

    def write(self, data: bytes | memoryview) -> int:
        _write(self.fileno(), data)
        return len(data)


@contextmanager
def _stream_to(path: Path, mode: int = 0o666) -> Iterator[BufferedWriter]:
    """A new file to fill, whose content is on disk at the block's end."""
    file = os.open(path, NEW, mode)
    try:
        with BufferedWriter(_Stream(file, path), PIECE) as stream:
            yield stream
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def new_file(
    path: Path, if_taken: IfTaken = "refuse", mode: int = 0o666
) -> Iterator[BufferedWriter]:
    """A file to fill, which gets this name, with all of it on disk, at the block's end.

    If the block is left by an error nothing is left of it. The stream's `name` is where its bytes
    stand: aside within the block, under the name that the file got behind it. Raises OSError.
    """
    make_folder(path.parent)
    unfinished = _unfinished(path)
    try:
        with _stream_to(unfinished, mode) as stream:
            yield stream
        stream.raw.name = str(_give_name(unfinished, path, if_taken))
        sync_path(path.parent)
    finally:
        with suppress(OSError):
            os.unlink(unfinished)  # noqa: PTH108  every step goes through `os`


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """The content stands in the file, on disk, in place of what stood there; or nothing new."""
    with new_file(path, "replace") as file:
        file.write(content)


def _unfinished(path: Path) -> Path:
    """Where a file or folder is written that will be called `path`: no name of a workspace."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")


def _give_name(unfinished: Path, path: Path, if_taken: IfTaken) -> Path:
    if if_taken == "replace":
        os.rename(unfinished, path)  # noqa: PTH104
        return path
    for name in free_names(path) if if_taken == "number" else (path,):
        try:
            os.link(unfinished, name)
        except OSError:
            if stands(name):
                continue
            os.rename(unfinished, name)  # noqa: PTH104  a disk without hard links
        return name
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which gets this name, with all that is in it on disk, at the block's end.

    If the block is left by an error nothing is left of it. Raises OSError, also if something stands
    there already. The files in it are the caller's to sync.
    """
    make_folder(path.parent)
    around = _unfinished(path)
    folder = around / path.name
    try:
        folder.mkdir(parents=True)
        yield folder
        keep(folder, path)
    finally:
        remove(around)


def keep(unfinished: Path, path: Path) -> None:
    """Gives a file or folder its name, with its folders' names on disk; raises OSError."""
    for folder in (*(entry for entry in unfinished.rglob("*") if entry.is_dir()), unfinished):
        sync_path(folder)
    os.rename(unfinished, path)  # noqa: PTH104
    sync_path(path.parent)


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """A new file, in a new folder if need be, synced; raises OSError, also if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _stream_to(path) as file:
        file.writelines(pieces)


def copy_file(file: Path, copy: Path) -> None:
    """A new file with the content, the times and the rights of another, synced; raises OSError."""
    with file.open("rb") as original:
        write_new(copy, iter(lambda: original.read(PIECE), b""))
    shutil.copystat(file, copy)


def remove(path: Path) -> None:
    """Nothing has this name any more, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def is_unfinished(name: str) -> bool:
    """Whether a file or folder of this name is one that is being written, or never was finished."""
    return bool(_UNFINISHED.fullmatch(name))


def abandoned(folder: Path) -> list[Path]:
    """The files and folders in a folder that nobody has finished for an hour, sorted."""
    latest, found = time.time() - ABANDONED, []
    with suppress(OSError):  # no such folder, or not for us to read
        for path in sorted(folder.iterdir()):
            if is_unfinished(path.name) and not path.is_symlink() and _changed_at(path) < latest:
                found.append(path)
    return found


def remove_abandoned(folder: Path) -> None:
    """Clears away what killed processes left unfinished in a folder that can be made again."""
    for path in abandoned(folder):
        remove(path)


def _changed_at(path: Path) -> float:
    """When the file, or anything in the folder, was written last; now, if it has gone meanwhile."""
    try:
        return max(each.stat().st_mtime for each in (path, *path.rglob("*")))
    except FileNotFoundError:
        return time.time()

"""Files and folders that appear under their name when they are whole and on disk, or not at all."""

import os
import pickle
import secrets
import shutil
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import RunError
from core.system import durable

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
        durable.write_whole(path, content)
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
        durable.sync_folder(folder)
    unfinished.rename(path)
    durable.sync_folder(path.parent)


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """A new file, in a new folder if need be, synced; raises OSError, also if there is one."""
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())

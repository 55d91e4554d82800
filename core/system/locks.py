"""Locks of files and folders, held against every other process and thread."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import UnwritableError

READ = os.O_RDONLY | os.O_CLOEXEC


def lock(file: int, name: str, *, wait: bool = True) -> None:
    """Holds the file's lock until it is closed; raises UnwritableError if it cannot be had."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UnwritableError(f"{name} is in use. Try again in a moment.") from error
    except OSError as error:
        raise UnwritableError(
            f"{name} cannot be locked: {error.strerror}. Two programs could then write over each "
            "other; move the workspace to a disk with file locks."
        ) from error


@contextmanager
def locked_folder(folder: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Nobody else holds the folder's lock meanwhile; raises UnwritableError if it cannot be had."""
    try:
        handle = os.open(folder, READ)
    except OSError as error:
        raise UnwritableError(
            f"{name} cannot be locked: {error.strerror}. Make its folder readable."
        ) from error
    try:
        lock(handle, name, wait=wait)
        yield
    finally:
        os.close(handle)


def why_no_lock(folder: Path, name: str) -> str:
    """Why nothing can be locked on the folder's disk, for a person; empty if it can be."""
    try:
        with locked_folder(folder, name, wait=False):
            return ""
    except UnwritableError as error:
        return "" if isinstance(error.__cause__, BlockingIOError) else str(error)

"""Files that appear under their name when they are whole and on disk, or not at all."""

import os
import pickle
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

from core.csvfile import sync_folder
from core.errors import RunError

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
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise RunError(
            f"models/{path.name} cannot be written: {error.strerror}. Free some space or make the "
            "folder writable, and train again."
        ) from error

"""Files that appear under their name when they are whole and on disk, or not at all."""

import pickle
import zipfile
from pathlib import Path

from core import disk
from core.errors import RunError

DAMAGED = (
    RuntimeError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    OSError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)
"""What reading a model's file can raise that was cut short, changed, or written by someone else."""


def write_model_file(path: Path, content: bytes | memoryview) -> None:
    """The content stands in the file below `models/`, fsynced, when this returns.

    Raises RunError if it cannot be written.
    """
    try:
        disk.write_whole(path, content)
    except OSError as error:
        raise RunError(
            f"models/{path.name} cannot be written: {error.strerror}. Free some space or make the "
            "folder writable, and train again."
        ) from error

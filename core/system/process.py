"""What the operating system gives this process: variables, processors, temporary folders."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def environment(variable: str) -> str:
    """What the environment variable says; empty if there is none."""
    return os.environ.get(variable, "")


def processors() -> int:
    """How many processors this machine has, 1 if nobody knows."""
    return os.cpu_count() or 1


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder that goes, with all that is in it, at the block's end."""
    with tempfile.TemporaryDirectory(prefix="sunlight-") as folder:
        yield Path(folder)


def folder_of(owner: object) -> Path:
    """An empty folder that goes, with all that is in it, when its owner does."""
    folder = Path(tempfile.mkdtemp(prefix="sunlight-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder

"""Stamps of files: names, sizes and times, which change when a file does."""

from contextlib import suppress
from pathlib import Path

from core.errors import WorkspaceError
from core.system.durable import refused_as

Stamps = tuple[tuple[str, int, int], ...]
"""(name, size, modification time in ns) of files: it changes when one of them does."""


def file_stamps(root: Path, files: list[Path]) -> Stamps:
    """Those of the files below `root` that exist; raises WorkspaceError for unreadable ones."""
    stamps, todo = [], "Make the file and its folder readable."
    for file in files:
        name = file.relative_to(root).as_posix()
        # Whoever reads a file that is not there tells what stands in its way.
        missing = suppress(FileNotFoundError, NotADirectoryError)
        with refused_as(WorkspaceError, name, todo), missing:
            status = file.stat()
            stamps.append((name, status.st_size, status.st_mtime_ns))
    return tuple(stamps)

"""Stamps of files: names, sizes and times, which change when a file does."""

from pathlib import Path

from core.errors import WorkspaceError

Stamps = tuple[tuple[str, int, int], ...]
"""(name, size, modification time in ns) of files: it changes when one of them does."""


def file_stamps(root: Path, files: list[Path]) -> Stamps:
    """Those of the files that exist; names are below `root`.

    Raises WorkspaceError if one cannot even be looked at.
    """
    stamps = []
    for file in files:
        try:
            status = file.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue  # whoever reads the file tells what stands in its way
        except OSError as error:
            name = file.relative_to(root).as_posix()
            raise WorkspaceError(
                f"{name}: {error.strerror}. Make the file and its folder readable."
            ) from error
        stamps.append((file.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns))
    return tuple(stamps)

"""Entries of `.cache`: built once, checked at every opening, rebuilt rather than trusted."""

import json
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from core.errors import WorkspaceError
from core.system.durable import new_folder, refused_as, remove, remove_abandoned
from core.system.process import processors, temporary_folder

Loaded = TypeVar("Loaded")

Stamps = tuple[tuple[str, int, int], ...]  # (name, size, modification time in ns) of files

MANIFEST = "manifest.json"

SETTLED = 100_000_000  # nanoseconds after which a file that changes again surely has another time
ENTRIES = 100  # entries that are remembered to be whole: of a few workspaces


def load_cached(
    root: Path,
    kind: str,
    key: object,
    build: Callable[[Path], None],
    load: Callable[[Path], Loaded],
    *,
    write: bool,
) -> Loaded:
    """What `load` gives for the entry of this kind and key, built if it is missing or damaged.

    `build` fills an empty folder. Older entries of the kind go. With `write` false, or where
    nothing can be written, a missing entry is built elsewhere, loaded and dropped (files that are
    mapped into memory outlive their names). Raises WorkspaceError if there is no room anywhere.
    """
    entry = root / f"{kind}-{blake2b(repr(key).encode(), digest_size=8).hexdigest()}"
    try:
        is_intact = _is_intact(entry)
        if write and not is_intact:
            _build_entry(entry, build)
            is_intact = _is_intact(entry)
            if is_intact:
                _drop_others(entry, kind)
        if is_intact:
            return load(entry)
    except OSError:
        pass  # read-only, full, or just replaced by another process: it is built elsewhere
    what = f"The {kind} cannot be prepared in the folder of temporary files"
    with refused_as(WorkspaceError, what, "Free some space there."), temporary_folder() as folder:
        build(folder)
        return load(folder)


def load_earlier(root: Path, kind: str, load: Callable[[Path], Loaded]) -> Loaded | None:
    """What `load` gives for the newest whole entry of this kind, whatever its key; or None.

    To be called while an entry is built. An entry is passed over if `load` raises ValueError.
    """
    for entry in newest(root, f"{kind}-*"):
        if _is_intact(entry):
            with suppress(ValueError, OSError):  # another process may have replaced it
                return load(entry)
    return None


def newest(folder: Path, pattern: str) -> Iterator[Path]:
    """The files and folders of this pattern, the newest first."""
    with suppress(OSError):  # somebody clears the cache away
        found = folder.glob(pattern)
        yield from sorted(found, key=lambda each: each.stat().st_mtime_ns, reverse=True)


def _build_entry(entry: Path, build: Callable[[Path], None]) -> None:
    """Builds the entry anew. Where another process is first its entry stays: it is as good."""
    remove(entry)
    with suppress(OSError), new_folder(entry) as folder:
        build(folder)
        checksums = {file.name: _checksum(file) for file in sorted(folder.iterdir())}
        (folder / MANIFEST).write_text(json.dumps(checksums), encoding="utf-8")


def _is_intact(entry: Path) -> bool:
    """Whether every file of the entry is what was built, looked through if one has changed."""
    try:
        found = [(file.name, file.stat()) for file in entry.iterdir()]
        stamps = tuple(sorted((n, of.st_ino, of.st_size, of.st_mtime_ns) for n, of in found))
        is_settled = time.time_ns() - max(changed for *_, changed in stamps) > SETTLED
        return (_is_whole if is_settled else _is_whole.__wrapped__)(entry, stamps)
    except (OSError, ValueError, TypeError, RecursionError):
        return False


@lru_cache(ENTRIES)
def _is_whole(entry: Path, stamps: tuple[tuple[str, int, int, int], ...]) -> bool:
    """Whether the files of these stamps are those that the entry's manifest names."""
    checksums = dict(json.loads((entry / MANIFEST).read_text(encoding="utf-8")))
    if {MANIFEST, *checksums} != {name for name, *_ in stamps}:
        return False
    with ThreadPoolExecutor(processors()) as threads:
        found = [*threads.map(_checksum, [entry / name for name in checksums])]
    return found == [*checksums.values()]


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(2**22):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _drop_others(entry: Path, kind: str) -> None:
    """Removes older entries of the kind, and what a killed process left unfinished."""
    for other in entry.parent.glob(f"{kind}-*"):
        if other != entry:
            remove(other)
    for folder in (entry.parent, *filter(Path.is_dir, entry.parent.iterdir())):
        remove_abandoned(folder)


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

"""Entries of `.cache`: built once, checked at every opening, rebuilt rather than trusted."""

import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from core.errors import WorkspaceError

Loaded = TypeVar("Loaded")

MANIFEST = "manifest.json"

SETTLED = 100_000_000
"""Nanoseconds after which a file that changes again surely has another time."""

_WHOLE: dict[Path, tuple[tuple[int, int, int], ...]] = {}
"""The stamps of the files of each entry that this process has looked through."""


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

    `build` fills an empty folder. The entry appears under its name in one step, and older entries
    of the kind go. With `write` false, or where nothing can be written, `root` stays as it is: a
    missing entry is built elsewhere, loaded and dropped (files that are mapped into memory outlive
    their names). Raises WorkspaceError if there is no room for it anywhere.
    """
    entry = root / f"{kind}-{blake2b(repr(key).encode(), digest_size=8).hexdigest()}"
    try:
        is_intact = _is_intact(entry)
        if write and not is_intact:
            root.mkdir(exist_ok=True)
            _build_entry(entry, build)
            _drop_others(entry, kind)
            is_intact = _is_intact(entry)
        if is_intact:
            return load(entry)
    except OSError:
        pass  # read-only, full, or just replaced by another process: it is built elsewhere
    try:
        with tempfile.TemporaryDirectory(prefix="sunlight-") as folder:
            build(Path(folder))
            return load(Path(folder))
    except OSError as error:
        raise WorkspaceError(
            f"The {kind} cannot be prepared in {tempfile.gettempdir()}: {error.strerror}. Free "
            "some space there."
        ) from error


def load_earlier(root: Path, kind: str, load: Callable[[Path], Loaded]) -> Loaded | None:
    """What `load` gives for the newest whole entry of this kind, whatever its key; None: no such.

    To be called while an entry is built, for what can be taken over from another. An entry is
    passed over if `load` raises ValueError, as it does for one of an older version.
    """
    try:
        for entry in sorted(root.glob(f"{kind}-*"), key=_modified, reverse=True):
            if _is_intact(entry):
                with suppress(ValueError):
                    return load(entry)
    except OSError:
        pass  # another process has just replaced it
    return None


def _modified(path: Path) -> int:
    return path.stat().st_mtime_ns


ABANDONED = 3600
"""Seconds after which a folder that is still being built belongs to a process that died."""


def _build_entry(entry: Path, build: Callable[[Path], None]) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"building-{os.getpid()}-", dir=entry.parent))
    try:
        build(folder)
        checksums = {file.name: _checksum(file) for file in sorted(folder.iterdir())}
        (folder / MANIFEST).write_text(json.dumps(checksums), encoding="utf-8")
        # Another process may have been first: its entry is as good, and may be in use.
        if not _is_intact(entry):
            shutil.rmtree(entry, ignore_errors=True)
            folder.rename(entry)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_intact(entry: Path) -> bool:
    """Whether every file of the entry is byte for byte what was built.

    What this process has found whole is looked through again only if a file has changed since.
    """
    try:
        checksums = dict(json.loads((entry / MANIFEST).read_text(encoding="utf-8")))
        if {MANIFEST, *checksums} != {file.name for file in entry.iterdir()}:
            return False
        files = [entry / name for name in checksums]
        stamps = tuple(_stamp(file) for file in (entry / MANIFEST, *files))
        if _WHOLE.get(entry) == stamps:
            return True
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            found = [*threads.map(_checksum, files)]
    except (OSError, ValueError, TypeError, RecursionError):
        return False
    is_intact = found == [*checksums.values()]
    if is_intact and time.time_ns() - max(changed for *_, changed in stamps) > SETTLED:
        _WHOLE[entry] = stamps
    return is_intact


def _stamp(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


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
            shutil.rmtree(other, ignore_errors=True)
    for folder in entry.parent.glob("building-*"):
        if time.time() - folder.stat().st_mtime > ABANDONED:
            shutil.rmtree(folder, ignore_errors=True)

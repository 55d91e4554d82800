"""One backup as a file: several files in a zip file, with a manifest of what they were.

The manifest has each file's size and SHA-256: a reader knows whether it got back what was read.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import BackupError
from core.system.durable import DAMAGED, PIECE
from core.system.typed_json import typed

MANIFEST = "manifest.json"
FORMAT = "sunlight backup 1"

MAX_MANIFEST = 2**20  # bytes; a task of 200 labels has some 700 files
LEVEL = 3  # of deflate: 1.2 s for 200,000 labels. The default, 6, makes 7% less of them in 2.2 s.


@dataclass(frozen=True)
class Part:
    """One file of a backup as it was read. `rows` are its lines without the header."""

    name: str
    bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class Backup:
    """What a backup's manifest says. `made_at` is in UTC."""

    path: Path
    made_at: str
    reason: str
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return self.path.name

    def counts(self) -> dict[str, int]:
        """Rows of the label files together, and of each log."""
        labels = sum(part.rows for part in self.parts if "_data/" in part.name)
        logs = {"events": "annotations.csv", "proposals": "batches.csv", "runs": "runs.csv"}
        rows = {part.name: part.rows for part in self.parts}
        return {"labels": labels} | {what: rows.get(name, 0) for what, name in logs.items()}


def pack(
    file: BinaryIO, contents: Iterable[tuple[str, bytes, bool]], manifest: Mapping[str, str]
) -> tuple[Part, ...]:
    """Writes the backup; what its files were. `contents` are (name, content, has a header).

    `manifest` is what it says beyond that. Raises OSError.
    """
    parts = []
    with zipfile.ZipFile(file, "w") as archive:
        for name, data, has_header in contents:
            digest = hashlib.sha256(data).hexdigest()
            rows = data.count(b"\n") - bool(data and has_header)
            parts.append(Part(name, len(data), digest, rows))
            _add(archive, name, data)
        said = {"format": FORMAT, **manifest, "parts": [asdict(part) for part in parts]}
        _add(archive, MANIFEST, json.dumps(said, ensure_ascii=False, indent=1).encode())
    return tuple(parts)


def read_backup(path: Path) -> Backup:
    """What this backup's manifest says; raises BackupError if it is no backup, or a damaged one."""
    with _opened(path) as archive:
        if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST:
            raise ValueError("its manifest is too long")
        said = json.loads(archive.read(MANIFEST))
        if said["format"] != FORMAT:
            raise ValueError(f"its format is not `{FORMAT}`")
        parts = typed(tuple[Part, ...], said["parts"])
        if any(min(part.bytes, part.rows) < 0 for part in parts):
            raise ValueError("its manifest is no manifest")
        return Backup(path, str(said["made_at"]), str(said["reason"]), parts)


def verify(backup: Backup) -> None:
    """Reads the whole backup; raises BackupError if a byte is not as it was when it was made."""
    with _opened(backup.path) as archive:
        names = [info.filename for info in archive.infolist()]
        if sorted(names) != sorted([MANIFEST, *(part.name for part in backup.parts)]):
            raise ValueError("it does not hold the files that its manifest names")
        for part in backup.parts:
            for _ in _pieces(archive, part):
                pass


def content(backup: Backup, part: Part) -> Iterator[bytes]:
    """This file of the backup, piece by piece; raises BackupError if it is damaged."""
    with _opened(backup.path) as archive:
        yield from _pieces(archive, part)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    # Without a time of its own: zip files know none before 1980, and a clock can say anything.
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    archive.writestr(info, data, zipfile.ZIP_DEFLATED, LEVEL)


def _pieces(archive: zipfile.ZipFile, part: Part) -> Iterator[bytes]:
    """The file's content; raises ValueError if it is not what the manifest says."""
    if archive.getinfo(part.name).file_size != part.bytes:
        raise ValueError(f"{part.name} has not the size that it had")
    digest = hashlib.sha256()
    with archive.open(part.name) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            yield piece
    if digest.hexdigest() != part.sha256:
        raise ValueError(f"{part.name} is not what it was")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The backup's zip file; what is amiss with it becomes a BackupError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        reason = error.strerror or error
        raise BackupError(f"{path}: {reason}. Give the path of a readable backup.") from error
    except DAMAGED as error:
        raise BackupError(
            f"{path.name} is not a backup of Sunlight, or damaged: {error}. Use another one, "
            "and move this one away."
        ) from error

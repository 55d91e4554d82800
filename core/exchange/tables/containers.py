"""Packed files: a table in .gz, or in a .zip archive, unpacked within bounds."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import TableError

PACKED = (".gz", ".zip")

MOST_UNPACKED = 4 * 2**30
"""Bytes that a packed file may unpack to. A million headlines are a fiftieth of that."""

AT_ONCE = 2**20


def member(path: Path, asked: str, endings: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """(the file to unpack, all files of the archive that could be): the one that is asked for, else
    the first whose name has one of these endings. Raises TableError if there is none.
    """
    if path.suffix.lower() == ".gz":
        return path.stem, ()
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise TableError(f"{path.name} is not a readable zip archive: {error}.") from error
    tables = tuple(
        name
        for name in names
        if name.lower().endswith(tuple(endings))
        and not Path(name).name.startswith(".")
        and not name.startswith("__MACOSX/")
    )
    if (asked and asked not in tables) or not tables:
        known = ", ".join(f"`{name}`" for name in tables or names[:20]) or "nothing"
        what = f"file `{asked}`" if asked else "table"
        raise TableError(f"{path.name} holds no {what}. It holds {known}.")
    return asked or tables[0], tables


def unpack(path: Path, name: str, folder: Path) -> Path:
    """The file of this name, unpacked into the folder; raises TableError for one too large."""
    target = folder / f"table{Path(name).suffix.lower()}"
    total = 0
    try:
        with _opened(path, name) as source, target.open("wb") as file:
            while data := source.read(AT_ONCE):
                total += len(data)
                if total > MOST_UNPACKED:
                    raise TableError(
                        f"{path.name} would unpack to more than {MOST_UNPACKED / 2**30:.0f} GB. "
                        "Import it in parts."
                    )
                file.write(data)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError) as error:
        raise TableError(
            f"{path.name} cannot be unpacked: {error}. Unpack it, and import the file in it."
        ) from error
    return target


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            yield file
    else:
        with zipfile.ZipFile(path) as archive, archive.open(name) as file:
            yield file

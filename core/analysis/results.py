"""Results of studies, kept in `.cache` under names made of all that they depend on."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from core.errors import LoopError
from core.system.disk_cache import newest
from core.system.durable import DAMAGED, refused_as, remove, write_whole
from core.system.typed_json import typed

Result = TypeVar("Result")


def name_of(*parts: object) -> str:
    """A name for these parts together, such as labels, a task and a version; bytes as they are."""
    content = blake2b(digest_size=8)
    for part in parts:
        is_raw = isinstance(part, bytes)
        content.update(part if is_raw else repr(part).encode("utf-8", "surrogatepass"))
    return content.hexdigest()


def keep_newest(file: Path, result: object, most: int) -> None:
    """The result, a dataclass, stands in the file as JSON, and of its folder so many stay.

    Raises LoopError if it cannot be written.
    """
    name = file.as_posix().rpartition("/.cache/")[2]
    todo = "Free some space or make the folder writable."
    with refused_as(LoopError, f".cache/{name} cannot be written", todo):
        write_whole(file, json.dumps(asdict(result)).encode())
    for older in [*newest(file.parent, "*")][most:]:
        remove(older)


def read_newest(folder: Path, kind: type[Result]) -> Iterator[Result]:
    """The results of this type that the folder keeps, the newest first."""
    found = (read_result(file, kind) for file in newest(folder, "*.json"))
    yield from filter(None, found)


def read_result(file: Path, kind: type[Result]) -> Result | None:
    """The result of this type whose JSON stands in the file; None: it is not there, or damaged."""
    try:
        return typed(kind, json.loads(file.read_text(encoding="utf-8")))
    except DAMAGED:
        return None  # it is computed again

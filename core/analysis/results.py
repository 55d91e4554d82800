"""Results of studies, kept in `.cache` under names made of all that they depend on."""

import json
from contextlib import AbstractContextManager
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from core.errors import LoopError
from core.system.durable import DAMAGED, refused_as, write_whole
from core.system.typed_json import typed

Result = TypeVar("Result")


def name_of(*parts: object) -> str:
    """A name for these parts together, such as labels, a task and a version; bytes as they are."""
    content = blake2b(digest_size=8)
    for part in parts:
        is_raw = isinstance(part, bytes)
        content.update(part if is_raw else repr(part).encode("utf-8", "surrogatepass"))
    return content.hexdigest()


def keep_result(file: Path, content: bytes | memoryview) -> None:
    """The content stands in the file; raises LoopError if it cannot be written."""
    with kept_in(file):
        write_whole(file, content)


def kept_in(path: Path) -> AbstractContextManager[None]:
    """An OSError within becomes a LoopError that names this path of `.cache`."""
    name = path.as_posix().rpartition("/.cache/")[2]
    todo = "Free some space or make the folder writable."
    return refused_as(LoopError, f".cache/{name} cannot be written", todo)


def read_result(file: Path, kind: type[Result]) -> Result | None:
    """The result of this type whose JSON stands in the file; None: it is not there, or damaged."""
    try:
        return typed(kind, json.loads(file.read_text(encoding="utf-8")))
    except DAMAGED:
        return None  # it is computed again

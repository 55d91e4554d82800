"""Encodings of text files: recognized, and rewritten as UTF-8."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from charset_normalizer import from_bytes

from core.errors import TableError
from core.system.process import temporary_folder

AT_ONCE = 2**22
"""Bytes that are looked at at a time."""

SAMPLE_BYTES = 2**18
"""By which an encoding is recognized that no mark tells."""

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file may begin with; the longer ones first, for one begins like another."""


def recognize(path: Path) -> str:
    """The name of the file's encoding: by its mark, else UTF-8 if it is that, else the likeliest.

    Raises TableError for what is no text.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    with suppress(UnicodeError):
        for _ in _decoded(path, "utf-8"):
            pass
        return "utf-8"
    best = from_bytes(sample).best()
    if best is None:
        raise TableError(
            f"{path.name} is no text in any known encoding. Save it as UTF-8, or name its encoding."
        )
    return best.encoding


@contextmanager
def as_utf8(path: Path, encoding: str) -> Iterator[Path]:
    """The file as UTF-8: itself, or a copy that goes with the context.

    Raises TableError, with the line, for bytes that are none of this encoding, or if there is no
    such encoding. Of a file that claims to be UTF-8 each line is judged by who reads it.
    """
    if codecs_name(encoding, path.name) in ("utf-8", "utf-8-sig", "ascii"):
        yield path
        return
    with temporary_folder() as folder:
        copy = folder / "text"
        with copy.open("wb") as target:
            line = 1
            try:
                for text in _decoded(path, encoding):
                    line += text.count("\n")
                    target.write(text.encode())
            except UnicodeError as error:
                raise TableError(
                    f"{path.name} line {line} or later is not {encoding}. Save the file as UTF-8, "
                    "or name its encoding."
                ) from error
        yield copy


def codecs_name(encoding: str, file: str) -> str:
    """Python's own name of this encoding of texts; raises TableError if there is none."""
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        raise TableError(
            f"{file}: there is no encoding `{encoding[:40]}`. Use utf-8, utf-16, cp1252, …"
        ) from error
    return found.name


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    """The file's text by parts; raises UnicodeError where it is none of this encoding."""
    with path.open("rb") as file:
        yield from codecs.iterdecode(iter(partial(file.read, AT_ONCE), b""), encoding)

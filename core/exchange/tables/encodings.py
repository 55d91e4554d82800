"""Encodings of text files: recognized, and rewritten as UTF-8.

What is not UTF-8 is read in every code page: the one counts whose reading looks most like a text.
"""

import codecs
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.errors import TableError
from core.exchange.tables.languages import (
    BAD,
    LOOK_ALIKE,
    Language,
    chance,
    evidence_of_ascii,
    languages,
    likelihood_of,
)

AT_ONCE = 2**22  # bytes that are looked at at a time
SAMPLE_BYTES = 2**18  # of the file's beginning, by which its kind is told
SAMPLE_LINES = 400  # that are not plain ASCII, by which a code page is recognized
REACH = 150  # bytes of such a line that are looked at before and after what is not ASCII
TIMES_SHOWN = 3  # how often each byte above ASCII is in these lines, if the file has it

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file may begin with; the longer ones first, for one begins like another."""

ESCAPES = {b"\x1b$B": "iso2022_jp_ext", b"\x1b$@": "iso2022_jp_ext", b"\x1b$)C": "iso2022_kr"}
"""By which encodings of seven bits change between their sets of characters."""

WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")

CODE_PAGES = Path(__file__).with_name("code_pages.toml")  # by script, with how usual each is

ANYWHERE = "en"  # the language whose lines are met in files of all others
WRITES = 0.7  # share of a language's letters that a page for it has at least
ABOUT_AS_GOOD = 6.0  # difference of two readings' logarithms, below which both are told

ALTERNATIVES, SAMPLE_WIDTH = 4, 80
"""Other readings that are named at most, and characters of the line that shows each."""

UNREADABLE = 0.01  # share of control characters above which a file is no text
STRAYED = 0.1  # share of them below which UTF-8 remains UTF-8, though some are zeros


@dataclass(frozen=True)
class Encoding:
    """What a file's encoding is: its likeliest name, and others under which it reads as well.

    `samples` shows a line in which they differ: as `name` reads it, then each of the others.
    """

    name: str
    alternatives: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


class _Page(NamedTuple):
    name: str
    usual: float  # a logarithm
    spoken: tuple[Language, ...]


def recognize(path: Path) -> Encoding:
    """The file's encoding: by its mark, else UTF-8 if nearly all of it is, else the likeliest page.

    Raises TableError for what is no text.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    for mark, name in MARKS:
        if head.startswith(mark):
            return Encoding(name)
    seven_bits = [name for escape, name in ESCAPES.items() if escape in head]
    if name := _wide(head) or next(iter(seven_bits), ""):
        return Encoding(name)
    with suppress(UnicodeError):
        for _ in _decoded(path, "utf-8"):
            pass
        return Encoding("utf-8")
    if len(_controls(head)) > UNREADABLE * len(head):
        raise TableError(
            f"{path.name} is not text in any known encoding. Save it as UTF-8, or name one."
        )
    lines = _sample(path)
    bad, good = _bad_and_good(b"\n".join(lines))  # texts in code pages are not UTF-8 by chance
    return Encoding("utf-8") if good >= 4 * bad else _likeliest(lines)


def as_utf8(path: Path, encoding: str, folder: Path) -> Path:
    """The file as UTF-8: itself, or a copy in this folder.

    Raises TableError for bytes, with their line, that are none of this encoding.
    """
    if codecs_name(encoding, path.name) in ("utf-8", "utf-8-sig", "ascii"):
        return path
    copy, line = folder / f"text{path.suffix}", 1
    with copy.open("wb") as target:
        try:
            for text in _decoded(path, encoding):
                line += text.count("\n")
                target.write(text.encode())
        except UnicodeError as error:
            raise TableError(
                f"{path.name} line {line} or later is not {encoding}. Save the file as UTF-8, or "
                "name its encoding."
            ) from error
    return copy


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


def _wide(head: bytes) -> str:
    """The encoding of two or four bytes a character that this is in, told by its ASCII; or none."""
    if b"\0" not in head:
        return ""
    bad, good = _bad_and_good(head)
    if bad <= good and len(_controls(head)) <= STRAYED * len(head):
        return ""
    share, name = max((_ascii_share(head, name), name) for name in WIDE)
    return name if share else ""


def _ascii_share(head: bytes, encoding: str) -> float:
    """How much of the text is ASCII; 0 if it is no text in this encoding."""
    try:
        found = Counter(codecs.getincrementaldecoder(encoding)().decode(head))
    except UnicodeError:
        return 0.0
    if not found or "\0" in found:
        return 0.0
    plain = sum(number for sign, number in found.items() if " " <= sign <= "~" or sign in "\t\n\r")
    bad = sum(number for sign, number in found.items() if chance(sign) == BAD and sign > "~")
    return plain / found.total() if bad <= UNREADABLE * found.total() else 0.0


def _controls(head: bytes) -> bytes:
    return re.sub(rb"[^\x00-\x08\x0e-\x19\x1c-\x1f\x7f]+", b"", head)


def _sample(path: Path) -> list[bytes]:
    """Lines of the whole file that are not ASCII, with every byte above it that the file has."""
    n_blocks = -(-path.stat().st_size // AT_ONCE)
    lines: list[bytes] = []
    shown = np.zeros(256, int)
    with path.open("rb") as file:
        for block in iter(partial(file.read, AT_ONCE), b""):
            values = np.frombuffer(block, np.uint8)
            places = np.flatnonzero(values >= 128)
            step = max(1, len(places) * n_blocks // SAMPLE_LINES)
            times = np.bincount(values[places], minlength=256)
            rare = np.flatnonzero((shown < TIMES_SHOWN) & (times > 0)).tolist()
            shown += times
            end = 0
            for place in sorted({*places[::step].tolist(), *map(block.index, rare)}):
                if place >= end:
                    start, end = _line(block, place)
                    lines.append(block[start:end])
    return lines


def _line(block: bytes, place: int) -> tuple[int, int]:
    """(start, end) of the line at this place, or of a part of it that breaks no character."""
    # In no encoding that is met here is a byte below 0x30 a part of a longer character.
    first = max(0, place - REACH)
    before, after = block[first:place], block[place : place + REACH]
    line_end = max(before.rfind(b"\n"), before.rfind(b"\r"))
    if line_end < 0 and first > 0:
        whole = re.search(rb"[\0-/]", before)
        line_end = whole.start() if whole else -1
    length = len(re.split(rb"[\r\n]", after, maxsplit=1)[0])
    if length == REACH:
        whole = re.match(rb"(?s).*[\0-/]", after)
        length = whole.end() if whole else length
    return first + line_end + 1, place + length


def _bad_and_good(data: bytes) -> tuple[int, int]:
    """(bytes that are no UTF-8, its characters that are not ASCII)."""
    found = data.decode("utf-8", "replace")
    bad = found.count("\ufffd")
    return bad, len(found) - len(found.encode("ascii", "ignore")) - bad


def _likeliest(lines: Sequence[bytes]) -> Encoding:
    """The code page whose reading is the likeliest, with those that are about as good."""
    alike: dict[tuple[str, ...], list[_Page]] = {}
    # Words of other scripts have letters side by side.
    is_latin = not re.search(rb"[\x80-\xff]{2}", b"\n".join(lines))
    for page in _pages():
        if is_latin and not any(x.script == "LATIN" and x.name != ANYWHERE for x in page.spoken):
            continue
        texts = (line.decode(page.name, "replace").translate(LOOK_ALIKE) for line in lines)
        alike.setdefault(tuple(texts), []).append(page)
    evidence = evidence_of_ascii(lines)
    scores: dict[str, float] = {}
    for texts, pages in alike.items():
        usual = max(pages, key=lambda page: page.usual)
        spoken = {language for page in pages for language in page.spoken}
        scores[usual.name] = usual.usual + likelihood_of(texts, [*spoken], evidence)
    name, *others = sorted(scores, key=lambda page: -scores[page])
    alternatives = [page for page in others if scores[name] - scores[page] < ABOUT_AS_GOOD]
    names = (name, *alternatives[:ALTERNATIVES])
    return Encoding(name, names[1:], _sample_of(lines, names) if alternatives else ())


def _sample_of(lines: Sequence[bytes], names: Sequence[str]) -> tuple[str, ...]:
    """For each of the names the line in which the readings differ most, as it reads it."""
    readings = ([line.decode(name, "replace") for name in names] for line in lines)
    line = max(readings, key=lambda each: len(set(each)))
    differing = (at for at, signs in enumerate(zip(*line, strict=False)) if len(set(signs)) > 1)
    start = max(0, next(differing, 0) - SAMPLE_WIDTH // 2)
    return tuple(reading[start : start + SAMPLE_WIDTH].strip() for reading in line)


@cache
def _pages() -> tuple[_Page, ...]:
    return tuple(
        _Page(page, usual, spoken)
        for script, pages in tomllib.loads(CODE_PAGES.read_text("utf-8")).items()
        for page, usual in pages.items()
        if (spoken := tuple(each for each in languages() if _is_written(each, script, page)))
    )


def _is_written(language: Language, script: str, page: str) -> bool:
    """Whether the language is met in this page of that script."""
    letters = language.letters + language.letters.upper()
    written = letters.encode(page, "ignore").decode(page)
    return language.name == ANYWHERE or (
        language.script == script and len(written) >= WRITES * len(letters)
    )

"""Append-only CSV files: whole rows in, whole rows out. Every row is either read or reported.

Python's `csv` decides what a row is; this module adds what a crash, an editor or a stranger can do
to a file: torn last lines, stray quotes, broken UTF-8.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from core.errors import LogError, SunlightError
from core.system.durable import refused_as
from core.system.findings import SHOWN, shortened

MAX_FIELD = 64 * 2**20  # bytes: it stops a file of quotes from eating the memory
MAX_JOINED_LINES = 1_000  # that one field may span before its opening quote is a stray one
WINDOW = 16 * 2**20  # bytes of a large file that are read at a time
BOM = b"\xef\xbb\xbf"
csv.field_size_limit(MAX_FIELD)


class Quotes(NamedTuple):
    """The quotes of a file: their character, empty if none means anything, and their ways.

    Behind an `escape` a quote is a character. Where cells are `spaced` one may stand behind spaces.
    """

    mark: str = '"'
    escape: str = ""
    spaced: bool = False


USUAL_QUOTES = Quotes()


class Row(NamedTuple):
    """One row of a CSV file. `whole` is false for a last line that has no line end."""

    line: int
    fields: list[str]
    whole: bool = True


@dataclass(frozen=True)
class BadRow:
    """A line that is no row, with the reason as the end of a sentence, and how it begins."""

    line: int
    reason: str
    content: str = ""


@dataclass(frozen=True)
class Rows:
    """The rows of a file, those that could not be read, and how many bytes end in a line end."""

    rows: list[Row]
    bad: list[BadRow]
    whole_bytes: int


def read_rows(path: Path, name: str, start: int = 0) -> Rows:
    """All rows of the file from byte `start` on, as `read_bytes` finds it; no blank lines."""
    return parse_rows(read_bytes(path, name, start))


def read_bytes(path: Path, name: str, start: int = 0, size: int = -1) -> bytes:
    """The file from byte `start` on, `size` bytes or all; nothing without one. Raises LogError."""
    with readable(name), suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(start)
        return file.read(size)
    return b""


def readable(name: str, kind: type[SunlightError] = LogError) -> AbstractContextManager[None]:
    """Turns what the disk refuses of a file into an error of this kind."""
    return refused_as(kind, name, "Make the file readable.", name)


def parse_rows(
    data: bytes, before: int = 0, *, delimiter: str = ",", quotes: Quotes = USUAL_QUOTES
) -> Rows:
    """The rows in these bytes, of a file in which `before` lines stand before them."""
    *lines, tail = (data if before else data.removeprefix(BOM)).split(b"\n")
    reader = _Reader(before, delimiter, quotes)
    reader.take(lines, len(lines))
    reader.keep([tail], whole=False)
    return Rows(reader.rows, reader.bad, len(data) - len(tail))


def read_row_blocks(
    path: Path, delimiter: str = ",", window: int = WINDOW, *, quotes: Quotes = USUAL_QUOTES
) -> Iterator[tuple[list[Row], list[BadRow]]]:
    """The (rows, bad rows) of `read_rows`, a part after the other: a file of any size fits.

    A last line that has no line end is read as if it had one. Raises OSError if it cannot be read.
    """
    lines: list[bytes] = []
    reader = _Reader(0, delimiter, quotes)
    with path.open("rb") as file:
        rest = file.read(len(BOM)).removeprefix(BOM)
        while data := file.read(window):
            *whole, rest = (rest + data).split(b"\n")
            lines += whole
            # No record goes on for longer: those that begin before cannot need what is to come.
            lines = lines[reader.take(lines, len(lines) - MAX_JOINED_LINES) :]
            yield reader.given()
    *whole, rest = rest.split(b"\n")  # of a file of a few bytes
    lines += [*whole, rest] if rest else whole
    reader.take(lines, len(lines))
    yield reader.given()


class _Reader:
    def __init__(self, before: int, delimiter: str, quotes: Quotes = USUAL_QUOTES) -> None:
        self._before, self._delimiter, self._quotes = before, delimiter, quotes
        self.rows: list[Row] = []
        self.bad: list[BadRow] = []

    def given(self) -> tuple[list[Row], list[BadRow]]:
        found, self.rows, self.bad = (self.rows, self.bad), [], []
        return found

    def take(self, lines: list[bytes], stop: int) -> int:
        """Reads the records that begin before line `stop`; how many lines they take."""
        number, mark = 0, self._quotes.mark.encode()
        for at in [at for at in range(stop) if mark in lines[at]] if mark else ():
            if at < number:
                continue  # within a record that has begun before
            self._take_plain(lines[number:at])
            fields = self._fields(lines[at])
            if isinstance(fields, list):  # as most are, in one line
                self._before, number = self._before + 1, at + 1
                self.rows.append(Row(self._before, fields))
                continue
            number = at + record_length(lines, at, self._delimiter, self._quotes)
            self.keep(lines[at:number])
        if number < stop:
            self._take_plain(lines[number:stop])
        return max(number, stop, 0)

    def _take_plain(self, lines: list[bytes]) -> None:
        """Reads lines without a quote, each a record: at once, if all are valid UTF-8."""
        try:
            texts = b"\n".join(lines).decode().split("\n") if lines else []
        except UnicodeDecodeError:
            for line in lines:
                self.keep([line])
            return
        self.rows += [
            Row(number, self._split(text.removesuffix("\r")))
            for number, text in enumerate(texts, start=self._before + 1)
            if text.strip("\r")
        ]
        self._before += len(lines)

    def _fields(self, data: bytes) -> list[str] | str:
        """The fields of a record, or why it is none."""
        try:
            text = data.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            return "is not valid UTF-8"
        if self._quotes.mark and self._quotes.mark in text:
            wrong = "has a quote that is not closed, or text after a closed one"
            return split_record(text, self._delimiter, self._quotes) or wrong
        return self._split(text)

    def _split(self, text: str) -> list[str]:
        fields = text.split(self._delimiter)
        return [field.lstrip(" ") for field in fields] if self._quotes.spaced else fields

    def keep(self, lines: list[bytes], *, whole: bool = True) -> None:
        """Reads the lines as one record; a blank line is none."""
        line, self._before = self._before + 1, self._before + len(lines)
        data = b"\n".join(lines)
        fields = self._fields(data)
        if isinstance(fields, str):
            self.bad.append(BadRow(line, fields, shortened(data)))
        elif data.strip(b"\r"):
            self.rows.append(Row(line, fields, whole))


def record_length(
    lines: list[bytes], first: int, delimiter: str = ",", quotes: Quotes = USUAL_QUOTES
) -> int:
    """How many lines the record at `first` spans: 1 if its quotes close there, or never do."""
    open_quote = ""
    for number in range(first, min(first + MAX_JOINED_LINES, len(lines))):
        # Only a line with a quote in it can close the record.
        if open_quote and quotes.mark.encode() not in lines[number]:
            continue
        text = open_quote + lines[number].decode(errors="replace")
        try:
            is_one = len(_parsed(text, delimiter, quotes)) == 1
        except csv.Error as error:
            if str(error) != "unexpected end of data":
                return 1  # whatever follows
            # Within quotes what stood before does not matter: no line is read twice for a record.
            open_quote = quotes.mark
        else:
            return number + 1 - first if is_one else 1
    return 1


def _parsed(text: str, delimiter: str, quotes: Quotes) -> list[list[str]]:
    # A list of one string: `csv` must see the line ends inside of quotes as they are.
    reader = csv.reader(
        [text],
        delimiter=delimiter,
        quotechar=quotes.mark,
        escapechar=quotes.escape or None,
        skipinitialspace=quotes.spaced,
        strict=True,
    )
    return list(reader)


def split_record(
    text: str, delimiter: str = ",", quotes: Quotes = USUAL_QUOTES
) -> list[str] | None:
    """The fields of one record, or None if its quotes are not balanced."""
    try:
        records = _parsed(text, delimiter, quotes)
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def format_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """These rows as CSV with `\\n` line ends; `parse_rows` gives them back unchanged."""
    lines: list[str] = []
    target = SimpleNamespace(write=lines.append)
    # With its own line end `csv` also quotes a field that holds a lone carriage return.
    usual = csv.writer(target, lineterminator="\r\n")
    marked = csv.writer(target, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        # At the start of a file an unquoted one would be taken for the mark of an encoding.
        (marked if row and row[0].startswith("\ufeff") else usual).writerow(row)
    return "".join(f"{line[:-2]}\n" for line in lines).encode()


def row_shown(fields: Sequence[str]) -> str:
    """How the row of these fields begins in a file."""
    return shortened(format_rows([[field[: SHOWN + 1] for field in fields[: SHOWN + 1]]]))


def is_number(text: str) -> bool:
    """Whether this is a number as the files hold it."""
    try:
        float(text)
    except ValueError:
        return False
    return True

"""Append-only CSV files: whole rows in, whole rows out, whatever happens in between.

Python's `csv` decides what a row is; this module adds what a crash, an editor or a stranger can
do to a file: torn last lines, stray quotes, broken UTF-8. Every row is either read or reported.
"""

import csv
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from core import disk
from core.errors import LogError, UnwritableError
from core.findings import SHOWN, shortened

MAX_FIELD = 64 * 2**20
"""Bytes in one field. Far above any headline; it stops a file of quotes from eating the memory."""

MAX_JOINED_LINES = 1_000
"""Lines that one quoted field may span before its opening quote is taken for a stray one."""

WINDOW = 16 * 2**20
"""Bytes of a large file that are read at a time."""

BOM = b"\xef\xbb\xbf"

csv.field_size_limit(MAX_FIELD)


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
    """All rows of the file from byte `start` on; none if there is no such file.

    Blank lines are passed over. Raises LogError, which calls the file `name`, if it cannot be read.
    """
    return parse_rows(read_bytes(path, name, start))


def read_bytes(path: Path, name: str, start: int = 0) -> bytes:
    """The file from byte `start` on; nothing if there is no such file.

    Raises LogError, which calls the file `name`, if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise LogError(f"{name}: {error.strerror}. Make the file readable.") from error


def parse_rows(data: bytes, before: int = 0) -> Rows:
    """The rows in these bytes; quoted fields may hold line ends, a bad line swallows no other.

    `before` is the number of the file's lines that stand before these.
    """
    lines = (data if before else data.removeprefix(BOM)).split(b"\n")
    tail = lines.pop()
    rows: list[Row] = []
    bad: list[BadRow] = []
    _take_records(lines, len(lines), before, rows, bad)
    _take_tail(tail, before + len(lines), rows, bad)
    return Rows(rows, bad, len(data) - len(tail))


def read_row_blocks(
    path: Path, delimiter: str = ",", window: int = WINDOW
) -> Iterator[tuple[list[Row], list[BadRow]]]:
    """The (rows, bad rows) of `read_rows`, a part after the other: a file of any size fits.

    Raises OSError if it cannot be read.
    """
    lines: list[bytes] = []
    number = 0
    with path.open("rb") as file:
        rest = file.read(len(BOM)).removeprefix(BOM)
        while data := file.read(window):
            *whole, rest = (rest + data).split(b"\n")
            lines += whole
            rows, bad = [], []
            # No record goes on for longer: those that begin before cannot need what is to come.
            stop = len(lines) - MAX_JOINED_LINES
            taken = _take_records(lines, stop, number, rows, bad, delimiter)
            lines, number = lines[taken:], number + taken
            yield rows, bad
    lines += rest.split(b"\n")[:-1]  # of a file of a few bytes
    rows, bad = [], []
    _take_records(lines, len(lines), number, rows, bad, delimiter)
    _take_tail(rest.rpartition(b"\n")[2], number + len(lines), rows, bad, delimiter)
    yield rows, bad


def _take_records(
    lines: list[bytes],
    stop: int,
    before: int,
    rows: list[Row],
    bad: list[BadRow],
    delimiter: str = ",",
) -> int:
    """Reads the records that begin before line `stop`; how many lines they take.

    `before` is the number of lines that stand before these.
    """
    number = 0
    for at in [at for at in range(stop) if b'"' in lines[at]]:
        if at < number:
            continue  # within a record that has begun before
        _take_plain(lines[number:at], before + number, rows, bad, delimiter)
        number = at + _quoted_length(lines, at, delimiter)
        _keep(before + at, lines[at:number], rows, bad, whole=True, delimiter=delimiter)
    if number < stop:
        _take_plain(lines[number:stop], before + number, rows, bad, delimiter)
    return max(number, stop, 0)


def _take_plain(
    lines: list[bytes], before: int, rows: list[Row], bad: list[BadRow], delimiter: str
) -> None:
    """Reads lines without a quote, each of which is a record: at once, if all are valid UTF-8."""
    try:
        texts = b"\n".join(lines).decode().split("\n")
    except UnicodeDecodeError:
        for at, line in enumerate(lines):
            if line.strip(b"\r"):
                _keep(before + at, [line], rows, bad, whole=True, delimiter=delimiter)
        return
    rows += [
        Row(number, text.removesuffix("\r").split(delimiter))
        for number, text in enumerate(texts, start=before + 1)
        if text.strip("\r")
    ]


def _take_tail(
    tail: bytes, before: int, rows: list[Row], bad: list[BadRow], delimiter: str = ","
) -> None:
    """Reads what stands behind the last line end."""
    if tail.strip(b"\r"):
        _keep(before, [tail], rows, bad, whole=False, delimiter=delimiter)


def _quoted_length(lines: list[bytes], first: int, delimiter: str = ",") -> int:
    """How many lines the record at `first` spans: 1 if its quotes close there, or never do."""
    open_quote = ""
    for number in range(first, min(first + MAX_JOINED_LINES, len(lines))):
        # Only a line with a quote in it can close the record.
        if open_quote and b'"' not in lines[number]:
            continue
        state = _quotes(open_quote + lines[number].decode(errors="replace"), delimiter)
        if state == "closed":
            return number + 1 - first
        if state == "wrong":
            return 1  # whatever follows
        # Within quotes it does not matter what stood before: no line is read twice for one record.
        open_quote = '"'
    return 1


def _quotes(text: str, delimiter: str) -> Literal["closed", "open", "wrong"]:
    """Whether the quotes of a record that begins like this are closed, or more may close them."""
    try:
        records = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "open" if str(error) == "unexpected end of data" else "wrong"
    return "closed" if len(records) == 1 else "wrong"


def _keep(
    number: int,
    lines: list[bytes],
    rows: list[Row],
    bad: list[BadRow],
    *,
    whole: bool,
    delimiter: str,
) -> None:
    try:
        text = b"\n".join(lines).removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        bad.append(BadRow(number + 1, "is not valid UTF-8", shortened(b"\n".join(lines))))
        return
    fields = _split(text, delimiter) if '"' in text else text.split(delimiter)
    if fields is None:
        reason = "has a quote that is not closed, or text after a closed one"
        bad.append(BadRow(number + 1, reason, shortened(text)))
    else:
        rows.append(Row(number + 1, fields, whole))


def _split(text: str, delimiter: str = ",") -> list[str] | None:
    """The fields of one record, or None if its quotes are not balanced."""
    try:
        # A list of one string: `csv` must see the line ends inside of quotes as they are.
        records = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def format_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """These rows as CSV with `\\n` line ends; `parse_rows` gives them back unchanged."""
    lines = []
    for row in rows:
        buffer = io.StringIO()
        # At the start of a file an unquoted one would be taken for the mark of an encoding.
        is_marked = bool(row) and row[0].startswith("\ufeff")
        quoting = csv.QUOTE_ALL if is_marked else csv.QUOTE_MINIMAL
        # With its own line end `csv` also quotes a field that holds a lone carriage return.
        csv.writer(buffer, lineterminator="\r\n", quoting=quoting).writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n") + "\n")
    return "".join(lines).encode()


def row_shown(fields: Sequence[str]) -> str:
    """How the row of these fields begins in a file."""
    return shortened(format_rows([[field[: SHOWN + 1] for field in fields[: SHOWN + 1]]]))


def never_whole(fields: list[str]) -> bool:
    """For files that only programs write: a last line without a line end was cut short."""
    return False


@dataclass(frozen=True)
class CsvFile:
    """One append-only CSV file.

    A new file begins with `header`. A last line without a line end is a torn one unless
    `is_whole` says of its fields that nothing can be missing; a torn one goes to the folder `torn`.
    """

    path: Path
    torn: Path
    header: tuple[str, ...] = ()
    is_whole: Callable[[list[str]], bool] = never_whole

    @property
    def name(self) -> str:
        """`training_data/related.csv`, or `runs.csv` for a file beside the folder `torn`."""
        return self.path.relative_to(self.torn.parent).as_posix()

    def read(self, start: int = 0) -> Rows:
        """All rows of the file from byte `start` on; raises LogError if it cannot be read."""
        return read_rows(self.path, self.name, start)

    def read_bytes(self) -> bytes:
        """The whole file as it stands; raises LogError if it cannot be read."""
        return read_bytes(self.path, self.name)

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """The rows stand at the end of the file, fsynced, when this returns: all or none.

        Raises LogError if the file cannot be written; then none of `rows` is in it.
        """
        if rows:
            with self.locked() as file:
                self.append_to(file, rows)

    @contextmanager
    def locked(self) -> Iterator[int]:
        """The file opened for appending, locked against every other process and thread."""
        with ExitStack() as stack:
            try:
                opened = disk.open_locked(self.path, self.name, self.torn.parent)
                file = stack.enter_context(opened)
            except OSError as error:
                raise self._unwritable(error) from error
            yield file

    def append_to(self, file: int, rows: Sequence[Sequence[str]]) -> None:
        """`append` for a caller that holds the lock."""
        try:
            self._mend(file)
            size = os.fstat(file).st_size
            data = format_rows([self.header, *rows] if self.header and not size else rows)
            if size and os.pread(file, 1, size - 1) != b"\n":
                data = b"\n" + data
            disk.append(file, data)
        except OSError as error:
            raise self._unwritable(error) from error

    def mend(self) -> Path | None:
        """Moves a torn last line out of the file; gives its copy in `torn`, or None."""
        if not self.torn_line():
            return None
        with self.locked() as file:
            return self.mend_open(file)

    def mend_open(self, file: int) -> Path | None:
        """`mend` for a caller that holds the lock."""
        try:
            return self._mend(file)
        except OSError as error:
            raise self._unwritable(error) from error

    def torn_line(self) -> bytes:
        """The last line if a crash cut it short, else nothing."""
        try:
            with self.path.open("rb") as file:
                return self._torn_line(file.fileno())
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise LogError(f"{self.name}: {error.strerror}. Make the file readable.") from error

    def _torn_line(self, file: int) -> bytes:
        """What stands behind the last whole row: a part of one, which may span several lines."""
        tail = _last_line(file, os.fstat(file).st_size)
        rows = parse_rows(tail).rows
        if rows and self.is_whole(rows[0].fields):
            return b""
        end = os.fstat(file).st_size - len(tail)
        record = _open_record(self._lines_behind_rows(file, end), tail)
        if len(record) <= len(tail) or not _begins_record(file, end + len(tail) - len(record)):
            return tail
        fields = _split(record.decode(errors="replace"))
        return b"" if fields is not None and self.is_whole(fields) else record

    def _lines_behind_rows(self, file: int, end: int) -> list[bytes]:
        """The last lines before `end` that are no rows: only they can be the rest of a torn one.

        A stray quote that somebody typed is no torn row, since whole rows follow it.
        """
        lines: list[bytes] = []
        while end and len(lines) < MAX_JOINED_LINES:
            line = _last_line(file, end - 1) + b"\n"
            if self._is_row(line):
                break
            lines.insert(0, line)
            end -= len(line)
        return lines

    def _is_row(self, line: bytes) -> bool:
        fields = _split(line.decode(errors="replace").removesuffix("\n").removesuffix("\r"))
        if fields is None:
            return False
        return len(fields) == len(self.header) if self.header else len(fields) > 1

    def _mend(self, file: int) -> Path | None:
        """Copies the torn line before it leaves the file: a crash here doubles it at worst."""
        line = self._torn_line(file)
        if not line:
            return None
        kept = self.torn / f"{self.name.replace('/', '.')}.{time.time_ns()}"
        return disk.cut_off(file, os.fstat(file).st_size - len(line), kept)

    def _unwritable(self, error: OSError) -> UnwritableError:
        saved = "Nothing was saved there"
        if isinstance(error, disk.LeftBehindError):
            saved = "Some of it may stand there, all of it does not"
        return UnwritableError(
            f"{self.name} cannot be written: {error.strerror}. {saved}; free some space or make "
            "the file writable, and try again."
        )


def _open_record(lines: list[bytes], tail: bytes) -> bytes:
    """The record that begins in one of these lines and is not over where the file ends."""
    bare = [line.removesuffix(b"\n") for line in lines]
    at = 0
    while at < len(lines):
        record = b"".join(lines[at:]) + tail
        taken = _quoted_length(bare, at)
        is_over = taken > 1 or _split(bare[at].decode(errors="replace")) is not None
        if not is_over and (_is_open(record) or (tail and _quoted_length([*bare, tail], at) > 1)):
            return record
        at += taken
    return b""


def _is_open(record: bytes) -> bool:
    """Whether the record lacks nothing but the end of its last field's quotes, and what follows."""
    text = record.decode(errors="replace")
    return '"' in text and _split(text) is None and _split(text + '"') is not None


def _begins_record(file: int, start: int) -> bool:
    """Whether byte `start` is no part of an earlier record, as the rows of the whole file show."""
    data = b"".join(_parts(file))
    before = parse_rows(data[:start])
    line = data.count(b"\n", 0, start)
    return before.bad == [bad for bad in parse_rows(data).bad if bad.line <= line]


def _parts(file: int) -> Iterator[bytes]:
    """The bytes of an open file, a part after the other."""
    at = 0
    while part := os.pread(file, WINDOW, at):
        yield part
        at += len(part)


def _last_line(file: int, end: int) -> bytes:
    """The bytes after the last line end before byte `end`."""
    parts: list[bytes] = []
    while end and b"\n" not in (parts[-1] if parts else b""):
        start = max(0, end - 65_536)
        parts.append(os.pread(file, end - start, start))
        end = start
    return b"".join(reversed(parts)).rpartition(b"\n")[2]

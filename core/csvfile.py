"""Append-only CSV files: whole rows in, whole rows out, whatever happens in between.

Python's `csv` decides what a row is; this module adds what a crash, an editor or a stranger can
do to a file: torn last lines, stray quotes, broken UTF-8. Every row is either read or reported.
"""

import csv
import fcntl
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import LogError

MAX_FIELD = 64 * 2**20
"""Bytes in one field. Far above any headline; it stops a file of quotes from eating the memory."""

MAX_JOINED_LINES = 1_000
"""Lines that one quoted field may span before its opening quote is taken for a stray one."""

WINDOW = 16 * 2**20
"""Bytes of a large file that are read at a time."""

BOM = b"\xef\xbb\xbf"

csv.field_size_limit(MAX_FIELD)


@dataclass(frozen=True)
class Row:
    """One row of a CSV file. `whole` is false for a last line that has no line end."""

    line: int
    fields: list[str]
    whole: bool = True


@dataclass(frozen=True)
class BadRow:
    """A line that is no row, with the reason as the end of a sentence."""

    line: int
    reason: str


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


def read_row_blocks(path: Path) -> Iterator[tuple[list[Row], list[BadRow]]]:
    """The (rows, bad rows) of `read_rows`, a part after the other: a file of any size fits.

    Raises OSError if it cannot be read.
    """
    lines: list[bytes] = []
    number = 0
    with path.open("rb") as file:
        rest = file.read(len(BOM)).removeprefix(BOM)
        while data := file.read(WINDOW):
            *whole, rest = (rest + data).split(b"\n")
            lines += whole
            rows, bad = [], []
            # No record goes on for longer: those that begin before cannot need what is to come.
            taken = _take_records(lines, len(lines) - MAX_JOINED_LINES, number, rows, bad)
            lines, number = lines[taken:], number + taken
            yield rows, bad
    lines += rest.split(b"\n")[:-1]  # of a file of a few bytes
    rows, bad = [], []
    _take_records(lines, len(lines), number, rows, bad)
    _take_tail(rest.rpartition(b"\n")[2], number + len(lines), rows, bad)
    yield rows, bad


def _take_records(
    lines: list[bytes], stop: int, before: int, rows: list[Row], bad: list[BadRow]
) -> int:
    """Reads the records that begin before line `stop`; how many lines they take.

    `before` is the number of lines that stand before these.
    """
    number = 0
    while number < stop:
        taken = _quoted_length(lines, number) if b'"' in lines[number] else 1
        if lines[number].strip(b"\r"):
            _keep(before + number, lines[number : number + taken], rows, bad, whole=True)
        number += taken
    return number


def _take_tail(tail: bytes, before: int, rows: list[Row], bad: list[BadRow]) -> None:
    """Reads what stands behind the last line end."""
    if tail.strip(b"\r"):
        _keep(before, [tail], rows, bad, whole=False)


def _quoted_length(lines: list[bytes], first: int) -> int:
    """How many lines the record at `first` spans: 1 if its quotes close there, or never do."""
    open_quote = ""
    for number in range(first, min(first + MAX_JOINED_LINES, len(lines))):
        # Only a line with a quote in it can close the record.
        if open_quote and b'"' not in lines[number]:
            continue
        state = _quotes(open_quote + lines[number].decode(errors="replace"))
        if state == "closed":
            return number + 1 - first
        if state == "wrong":
            return 1  # whatever follows
        # Within quotes it does not matter what stood before: no line is read twice for one record.
        open_quote = '"'
    return 1


def _quotes(text: str) -> Literal["closed", "open", "wrong"]:
    """Whether the quotes of a record that begins like this are closed, or more may close them."""
    try:
        return "closed" if len(list(csv.reader([text], strict=True))) == 1 else "wrong"
    except csv.Error as error:
        return "open" if str(error) == "unexpected end of data" else "wrong"


def _keep(number: int, lines: list[bytes], rows: list[Row], bad: list[BadRow], whole: bool) -> None:
    try:
        text = b"\n".join(lines).removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        bad.append(BadRow(number + 1, "is not valid UTF-8"))
        return
    fields = _split(text) if '"' in text else text.split(",")
    if fields is None:
        bad.append(BadRow(number + 1, "has a quote that is not closed, or text after a closed one"))
    else:
        rows.append(Row(number + 1, fields, whole))


def _split(text: str) -> list[str] | None:
    """The fields of one record, or None if its quotes are not balanced."""
    try:
        # A list of one string: `csv` must see the line ends inside of quotes as they are.
        records = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def format_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """These rows as CSV with `\\n` line ends; `parse_rows` gives them back unchanged."""
    lines = []
    for row in rows:
        buffer = io.StringIO()
        # With its own line end `csv` also quotes a field that holds a lone carriage return.
        csv.writer(buffer, lineterminator="\r\n").writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n") + "\n")
    return "".join(lines).encode()


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
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            created = not self.path.exists()
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            file = os.open(self.path, flags, 0o644)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            lock(file, self.name)
            if created:
                sync_folder(self.path.parent)
            yield file
        finally:
            os.close(file)

    def append_to(self, file: int, rows: Sequence[Sequence[str]]) -> None:
        """`append` for a caller that holds the lock."""
        try:
            self._mend(file)
            size = os.fstat(file).st_size
            data = format_rows([self.header, *rows] if self.header and not size else rows)
            if size and os.pread(file, 1, size - 1) != b"\n":
                data = b"\n" + data
            _write_all(file, data, size)
        except OSError as error:
            raise self._unwritable(error) from error

    def mend(self) -> Path | None:
        """Moves a torn last line out of the file; gives its copy in `torn`, or None."""
        if not self.torn_line():
            return None
        with self.locked() as file:
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
        tail = _last_line(file)
        rows = parse_rows(tail).rows
        return b"" if rows and self.is_whole(rows[0].fields) else tail

    def _mend(self, file: int) -> Path | None:
        """Copies the torn line before it leaves the file: a crash here doubles it at worst."""
        line = self._torn_line(file)
        if not line:
            return None
        size = os.fstat(file).st_size
        self.torn.mkdir(exist_ok=True)
        kept = self.torn / f"{self.name.replace('/', '.')}.{time.time_ns()}"
        with kept.open("xb") as copy:
            copy.write(line)
            copy.flush()
            os.fsync(copy.fileno())
        sync_folder(self.torn)
        os.ftruncate(file, size - len(line))
        os.fsync(file)
        return kept

    def _unwritable(self, error: OSError) -> LogError:
        return LogError(
            f"{self.name} cannot be written: {error.strerror}. Nothing was saved there; free some "
            "space or make the file writable, and try again."
        )


def lock(file: int, name: str) -> None:
    """Holds the file's lock until it is closed; raises LogError on a disk without locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise LogError(
            f"{name} cannot be locked: {error.strerror}. Two programs could then write over each "
            "other; move the workspace to a disk with file locks."
        ) from error


def sync_folder(folder: Path) -> None:
    """A new file's name is on disk too, not only its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_line(file: int) -> bytes:
    """The bytes after the file's last line end."""
    end = os.fstat(file).st_size
    parts: list[bytes] = []
    while end and b"\n" not in (parts[-1] if parts else b""):
        start = max(0, end - 65_536)
        parts.append(os.pread(file, end - start, start))
        end = start
    return b"".join(reversed(parts)).rpartition(b"\n")[2]


def _write_all(file: int, data: bytes, size: int) -> None:
    """All bytes at the end and on disk, or the file as long as it was and OSError."""
    try:
        written = 0
        while written < len(data):
            written += os.write(file, data[written:])
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise

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

from core.errors import LogError
from core.findings import SHOWN, shortened

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


def read_row_blocks(path: Path, delimiter: str = ",") -> Iterator[tuple[list[Row], list[BadRow]]]:
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
    while number < stop:
        taken = _quoted_length(lines, number, delimiter) if b'"' in lines[number] else 1
        if lines[number].strip(b"\r"):
            record = lines[number : number + taken]
            _keep(before + number, record, rows, bad, whole=True, delimiter=delimiter)
        number += taken
    return number


def _take_tail(
    tail: bytes, before: int, rows: list[Row], bad: list[BadRow], delimiter: str = ","
) -> None:
    """Reads what stands behind the last line end."""
    if tail.strip(b"\r"):
        _keep(before, [tail], rows, bad, whole=False, delimiter=delimiter)


def _quoted_length(lines: list[bytes], first: int, delimiter: str) -> int:
    """How many lines the record at `first` spans: 1 if its quotes close there, or never do."""
    last = min(first + MAX_JOINED_LINES, len(lines))
    for end in range(first + 1, last + 1):
        # Only a line with a quote in it can close the record.
        if end > first + 1 and b'"' not in lines[end - 1]:
            continue
        record = b"\n".join(lines[first:end]).decode(errors="replace")
        if _split(record, delimiter) is not None:
            return end - first
    return 1


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


def _split(text: str, delimiter: str) -> list[str] | None:
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
        # With its own line end `csv` also quotes a field that holds a lone carriage return.
        csv.writer(buffer, lineterminator="\r\n").writerow(row)
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
    tail = b""
    while end and b"\n" not in tail:
        start = max(0, end - 65_536)
        tail = os.pread(file, end - start, start) + tail
        end = start
    return tail.rpartition(b"\n")[2]


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

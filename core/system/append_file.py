"""Files that only grow: rows that were read once are not read again.

What was read is believed only while the file still begins with the very bytes that it was read
from: an edited file is read anew. Every label makes pages read logs and label files again.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.errors import LogError, UnwritableError
from core.system import durable
from core.system.csv_rows import (
    MAX_JOINED_LINES,
    WINDOW,
    Rows,
    format_rows,
    parse_rows,
    read_bytes,
    read_rows,
    record_length,
    split_record,
)
from core.system.findings import Finding

FILES = 100
"""Files that are remembered: of a few workspaces."""
Record = TypeVar("Record")
Made = tuple[list[Record], list[Finding]]
Make = Callable[[Rows, bool], Made[Record]]
"""What rows come to, as records and findings; the flag says whether they begin with the header."""


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
                opened = durable.open_locked(self.path, self.name, self.torn.parent)
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
            durable.append(file, data)
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
            message = f"{self.name}: {error.strerror}. Make the file readable."
            raise LogError(message, self.name) from error

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
        fields = split_record(record.decode(errors="replace"))
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
        fields = split_record(line.decode(errors="replace").removesuffix("\n").removesuffix("\r"))
        if fields is None:
            return False
        return len(fields) == len(self.header) if self.header else len(fields) > 1

    def _mend(self, file: int) -> Path | None:
        """Copies the torn line before it leaves the file: a crash here doubles it at worst."""
        line = self._torn_line(file)
        if not line:
            return None
        kept = self.torn / f"{self.name.replace('/', '.')}.{time.time_ns()}"
        return durable.cut_off(file, os.fstat(file).st_size - len(line), kept)

    def _unwritable(self, error: OSError) -> UnwritableError:
        saved = "Nothing was saved there"
        if isinstance(error, durable.LeftBehindError):
            saved = "Some of it may stand there, all of it does not"
        return UnwritableError(
            f"{self.name} cannot be written: {error.strerror}. {saved}; free some space or make "
            "the file writable, and try again."
        )


@dataclass(frozen=True)
class _Known:
    """The bytes of a file, whose every row is sound, and what the rows came to."""

    data: bytes
    lines: int
    has_rows: bool
    records: tuple[object, ...]


_lock = threading.Lock()
_known: OrderedDict[Hashable, _Known] = OrderedDict()


def read_records(file: CsvFile, key: Hashable, make: Make[Record]) -> Made[Record]:
    """What `make` makes of all rows of the file; `key` names everything else that it goes by.

    Raises LogError if the file cannot be read.
    """
    data = file.read_bytes()
    place = (file.path, key)
    with _lock:
        known = _known.get(place)
    if known is None or not data.startswith(known.data):
        known = _Known(b"", 0, False, ())
    rows = parse_rows(data[len(known.data) :], known.lines)
    records, findings = make(rows, not known.has_rows)
    every = [*known.records, *records]
    # A row that is bad or torn may be whole when more of the file is there.
    if data.endswith(b"\n") and not rows.bad and not findings:
        lines = known.lines + data.count(b"\n", len(known.data))
        has_rows = known.has_rows or bool(rows.rows)
        _remember(place, _Known(data, lines, has_rows, tuple(every)))
    return every, findings


def _remember(place: Hashable, known: _Known) -> None:
    with _lock:
        _known[place] = known
        _known.move_to_end(place)
        while len(_known) > FILES:
            _known.popitem(last=False)


def _open_record(lines: list[bytes], tail: bytes) -> bytes:
    """The record that begins in one of these lines and is not over where the file ends."""
    bare = [line.removesuffix(b"\n") for line in lines]
    at = 0
    while at < len(lines):
        record = b"".join(lines[at:]) + tail
        taken = record_length(bare, at)
        is_over = taken > 1 or split_record(bare[at].decode(errors="replace")) is not None
        if not is_over and (_is_open(record) or (tail and record_length([*bare, tail], at) > 1)):
            return record
        at += taken
    return b""


def _is_open(record: bytes) -> bool:
    """Whether the record lacks nothing but the end of its last field's quotes, and what follows."""
    text = record.decode(errors="replace")
    return '"' in text and split_record(text) is None and split_record(text + '"') is not None


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

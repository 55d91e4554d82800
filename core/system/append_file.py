"""Files that only grow: rows that were read once are not read again.

What was read is believed only while the file still begins with the bytes that it was read from.
"""

import time
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from core.errors import UnwritableError
from core.system import durable
from core.system.csv_rows import (
    MAX_JOINED_LINES,
    Rows,
    format_rows,
    parse_rows,
    read_bytes,
    read_rows,
    readable,
    record_length,
    split_record,
)
from core.system.findings import Finding

Record = TypeVar("Record")
IsWhole = Callable[[list[str]], bool]  # whether nothing of a last row is missing
Made = tuple[list[Record], list[Finding]]
Make = Callable[[Rows, bool], Made[Record]]
"""What rows come to, as records and findings; the flag says whether they begin with the header."""


@dataclass(frozen=True)
class Known:
    """The bytes of a file, whose every row is sound, and what the rows came to."""

    data: bytes
    lines: int
    has_rows: bool
    records: tuple[object, ...]


@dataclass(frozen=True)
class CsvFile:
    """One append-only CSV file.

    A new file begins with `header`; an older one, and rows in it, may lack the last columns, as
    many as were `added`. A last line without a line end was cut short, and goes to the folder
    `torn`, unless `is_whole` says of its fields that nothing can be missing.
    `known` is what `read_records` has read before; whoever makes the file anew may hand it on.
    """

    path: Path
    torn: Path
    header: tuple[str, ...] = ()
    is_whole: IsWhole = lambda _: False
    known: dict[Hashable, Known] = field(default_factory=dict, compare=False, repr=False)
    added: int = 0

    @property
    def widths(self) -> range:
        """How many fields a row has; empty where there is no header."""
        return range(len(self.header) - self.added, len(self.header) + bool(self.header))

    @property
    def name(self) -> str:
        """`training_data/related.csv`, or `runs.csv` for a file beside the folder `torn`."""
        return self.path.relative_to(self.torn.parent).as_posix()

    def read(self, start: int = 0) -> Rows:
        """All rows of the file from byte `start` on; raises LogError if it cannot be read."""
        return read_rows(self.path, self.name, start)

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """All rows stand at the file's end, fsynced, when this returns; or LogError and none."""
        if rows:
            with self.locked() as file:
                self.append_to(file, rows)

    @contextmanager
    def locked(self) -> Iterator[int]:
        """The file opened for appending, locked against every other process and thread."""
        with ExitStack() as stack:
            with self._writing():
                opened = durable.open_locked(self.path, self.name, self.torn.parent)
                file = stack.enter_context(opened)
            yield file

    def append_to(self, file: int, rows: Sequence[Sequence[str]]) -> None:
        """`append` for a caller that holds the lock."""
        self.mend_open(file)
        with self._writing():
            size = durable.status(file).st_size
            data = format_rows([self.header, *rows] if self.header and not size else rows)
            if size and durable.read(file, size - 1, size) != b"\n":
                data = b"\n" + data
            durable.append(file, data)

    def mend(self) -> Path | None:
        """Moves a torn last line out of the file; gives its copy in `torn`, or None."""
        if not self.torn_line():
            return None
        with self.locked() as file:
            return self.mend_open(file)

    def mend_open(self, file: int) -> Path | None:
        """`mend` for a caller that holds the lock: a crash here doubles the line at worst."""
        with self._writing():
            line = torn_record(file, self.widths, self.is_whole)
            if not line:
                return None
            kept = self.torn / f"{self.name.replace('/', '.')}.{time.time_ns()}"
            return durable.cut_off(file, durable.status(file).st_size - len(line), kept)

    def torn_line(self) -> bytes:
        """The last line if a crash cut it short, else nothing."""
        with readable(self.name), suppress(FileNotFoundError), self.path.open("rb") as file:
            return torn_record(file.fileno(), self.widths, self.is_whole)
        return b""

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns an OSError into words that say what stands in the file now."""
        try:
            yield
        except OSError as error:
            saved = "Nothing was saved there"
            if isinstance(error, durable.LeftBehindError):
                saved = "Some of it may stand there, all of it does not"
            raise UnwritableError(
                f"{self.name} cannot be written: {error.strerror}. {saved}; free some space or "
                "make the file writable, and try again."
            ) from error


def read_records(file: CsvFile, key: Hashable, make: Make[Record]) -> Made[Record]:
    """What `make` makes of the file's rows; `key` names what else it goes by. Raises LogError."""
    data = read_bytes(file.path, file.name)
    known = file.known.get((file.path, key))
    if known is None or not data.startswith(known.data):
        known = Known(b"", 0, False, ())
    rows = parse_rows(data[len(known.data) :], known.lines)
    records, findings = make(rows, not known.has_rows)
    every = [*known.records, *records]
    # A row that is bad or torn may be whole when more of the file is there.
    if data.endswith(b"\n") and not rows.bad and not findings:
        lines = known.lines + data.count(b"\n", len(known.data))
        has_rows = known.has_rows or bool(rows.rows)
        file.known[file.path, key] = Known(data, lines, has_rows, tuple(every))
    return every, findings


def torn_record(file: int, widths: Collection[int], is_whole: IsWhole) -> bytes:
    """What stands behind the open file's last whole row, of so many fields, or of any above one.

    A file is read from its end, until a line that is a whole row. What is torn is marked here; `⏎`
    is a line end, `▮` where the file ends:

        1,a⏎                   1,a⏎                    1,a⏎
        2,ha▮                  2,"several⏎             2,"several⏎
        ~~~~                   lin▮                    lines",x▮
        cut within a line      quotes still open       a field is lacking behind closed quotes

    and here nothing is torn:

        1,b,"it is whole"▮     1,7" disk⏎              1,"a field⏎
                               2,b⏎▮                   with, "⏎ … "⏎▮
        no line end, but       a stray quote that      the last lines look like an open record, but
        `is_whole` takes it    somebody typed, since   belong to one that began earlier, as the rows
                               whole rows follow       of the whole file show
    """
    size = durable.status(file).st_size
    tail = _last_line(file, size)
    rows = parse_rows(tail).rows
    if rows and is_whole(rows[0].fields):
        return b""
    record = _open_record(_lines_behind_rows(file, size - len(tail), widths), tail)
    if len(record) <= len(tail) or not _begins_record(file, size - len(record)):
        return tail
    fields = split_record(record.decode(errors="replace"))
    return b"" if fields is not None and is_whole(fields) else record


def _last_line(file: int, end: int) -> bytes:
    """The bytes after the last line end before byte `end`."""
    parts: list[bytes] = []
    while end and b"\n" not in (parts[-1] if parts else b""):
        start = max(0, end - 65_536)
        parts.append(durable.read(file, start, end))
        end = start
    return b"".join(reversed(parts)).rpartition(b"\n")[2]


def _lines_behind_rows(file: int, end: int, widths: Collection[int]) -> list[bytes]:
    """The last lines before `end` that are no rows: only they can be the rest of a torn one."""
    lines: list[bytes] = []
    while end and len(lines) < MAX_JOINED_LINES:
        line = _last_line(file, end - 1) + b"\n"
        text = line.decode(errors="replace").removesuffix("\n").removesuffix("\r")
        fields = split_record(text) or []
        if len(fields) in widths if widths else len(fields) > 1:
            break
        lines.insert(0, line)
        end -= len(line)
    return lines


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
    data = durable.read(file, 0, durable.status(file).st_size)
    before = parse_rows(data[:start])
    line = data.count(b"\n", 0, start)
    return before.bad == [bad for bad in parse_rows(data).bad if bad.line <= line]

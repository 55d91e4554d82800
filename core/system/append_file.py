"""Files that only grow: rows that were read once are not read again.

What was read is believed only while the file still begins with the bytes that it was read from.
"""

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from core.errors import UnwritableError
from core.system import durable
from core.system.csv_rows import Rows, format_rows, parse_rows, read_bytes, read_rows, readable
from core.system.findings import Finding
from core.system.torn_record import IsWhole, torn_record

Record = TypeVar("Record")
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

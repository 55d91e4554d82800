"""Builder of the pool's columns from its CSV files, reading only what is new.

Pieces that were read before are copied, if their bytes still have the same hash. A file is read to
the end of its last whole line: somebody may be writing it.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from core.pool.csv_files import NotPlainError, PoolFile, careful_blocks, plain_blocks
from core.pool.hashing import keys_of, made_id
from core.pool.header import ID, TEXT
from core.system.csv_rows import MAX_JOINED_LINES
from core.system.findings import Finding, Kind, shortened
from core.system.mapped_arrays import GrowingColumn
from core.system.parallel import ROWS_AT_ONCE
from core.system.progress import Pace, Progress

if TYPE_CHECKING:
    from core.pool.items import Pool

AT_ONCE = 2**22  # bytes that are copied or hashed at a time
LITTLE = 2**20  # bytes of a last piece that is read again with what came since: pieces stay few


@dataclass(frozen=True)
class Piece:
    """What was read of a file at one time: `size` bytes from `start` on, and the rows in them.

    They are whole lines. `is_settled` is true if nothing that follows can change how they are read.
    """

    file: str
    delimiter: str
    columns: tuple[str, ...]
    start: int
    size: int
    lines: int
    digest: str
    rows: int
    is_settled: bool
    findings: tuple[Finding, ...]


def column_name(at: int) -> str:
    """The name of a column's files; its own name might be none for a file."""
    return f"column{at}"


class PoolBuilder:
    """Writes a pool's columns into a folder, and notes where each piece of them comes from."""

    def __init__(self, folder: Path, files: Sequence[PoolFile], progress: Progress) -> None:
        self._folder, self._pace = folder, Pace(progress, "reading", None, "items")
        self.names = list(dict.fromkeys([ID, TEXT, *(n for file in files for n in file.columns)]))
        self._columns = [GrowingColumn(folder, column_name(at)) for at in range(len(self.names))]
        self.pieces: list[Piece] = []
        self.waiting: list[Finding] = []

    @property
    def _rows(self) -> int:
        return len(self._columns[0])

    def read(self, file: PoolFile, size: int, before: "Pool | None") -> None:
        """The first `size` bytes of a file; what was read before of them is copied."""
        stop = size if file.unread else _end_of_lines(file.path, size)
        kept, row = _kept_pieces(file, stop, before.pieces) if before else ([], 0)
        for piece in kept:
            table = before.table.slice(row, piece.rows)
            for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
                self._append(batch)
            self.pieces.append(piece)
            row += piece.rows
        start = sum(piece.size for piece in kept)
        if start < stop or not kept:
            self._read_from(file, start, stop, sum(piece.lines for piece in kept))
        if stop < size:
            self._tell_of_waiting(file, stop, size)

    def close(self) -> None:
        for column in self._columns:
            column.close()

    def _read_from(self, file: PoolFile, start: int, stop: int, lines: int) -> None:
        """The bytes of a file from `start` up to `stop` as a new piece; `lines` stand before it."""
        first, marks = self._rows, self._marks()
        is_part = start > 0 or file.path.stat().st_size > stop
        part = self._folder / "part.csv" if is_part else None
        digest, number = _look_through(file.path, file.delimiter, start, stop, part)
        findings = self._read_rows(file, part or file.path, start, lines)
        if part:
            part.unlink()
        elif file.path.stat().st_size > stop:  # rows that came meanwhile may be among them
            self._cut(marks)
            self._read_from(file, start, stop, lines)
            return
        settled = lines + number - MAX_JOINED_LINES  # behind it an open quote may be closed yet
        piece = Piece(
            file=file.name,
            delimiter=file.delimiter,
            columns=file.columns,
            start=start,
            size=stop - start,
            lines=number,
            digest=digest,
            rows=self._rows - first,
            is_settled=not file.unread and all(found.line <= settled for found in findings),
            findings=(*(file.findings if not start else ()), *findings),
        )
        self.pieces.append(piece)

    def _read_rows(self, file: PoolFile, path: Path, start: int, lines: int) -> list[Finding]:
        """The rows in `path`, which holds the file from `start` on; what is wrong with others."""
        if file.unread:
            return []
        marks, skip = self._marks(), 0 if start else file.header_lines
        try:
            for batch in plain_blocks(path, file.columns, skip, file.delimiter):
                self._append(batch)
            return []
        except NotPlainError:
            self._cut(marks)
        findings: list[Finding] = []
        for batch, found in careful_blocks(path, file, is_start=not start, lines_before=lines):
            self._append(batch)
            findings += found
        return findings

    def _marks(self) -> list[tuple[int, int]]:
        return [(len(column), column.size) for column in self._columns]

    def _cut(self, marks: list[tuple[int, int]]) -> None:
        for column, mark in zip(self._columns, marks, strict=True):
            column.cut(*mark)

    def _tell_of_waiting(self, file: PoolFile, start: int, stop: int) -> None:
        """A last line without its line end is no row yet, unless nothing stands in it."""
        line = b"".join(_bytes_of(file.path, start, min(stop, start + AT_ONCE)))
        if line.strip():
            what = (
                "the last line waits for its line end: whoever writes the file may be in the "
                "middle of it. If it is complete, add a line end."
            )
            number = 1 + sum(piece.lines for piece in self.pieces if piece.file == file.name)
            shown = shortened(line)
            self.waiting.append(Finding.at(Kind.WAITING_LINE, file.name, what, number, row=shown))

    def _append(self, batch: pa.RecordBatch) -> None:
        found = dict(zip(batch.schema.names, batch.columns, strict=True))
        if ID not in found:
            ids = map(made_id, keys_of(found[TEXT]).tolist())
            found[ID] = pa.array(ids, pa.large_string())
        blank = pa.array([""] * len(batch), pa.large_string())
        for name, column in zip(self.names, self._columns, strict=True):
            column.append(found.get(name, blank))
        self._pace.add(len(batch))


def still_there(root: Path, pieces: Sequence[Piece]) -> bool:
    """Whether the files below `root` still hold these pieces; they may have grown."""
    try:
        return all(_holds(root / piece.file, piece) for piece in pieces)
    except OSError:
        return False


def _kept_pieces(file: PoolFile, stop: int, before: Sequence[Piece]) -> tuple[list[Piece], int]:
    """(the pieces that the file still begins with, the row where they began before)."""
    kept: list[Piece] = []
    for piece in before:
        if piece.file != file.name:
            continue
        end = piece.start + piece.size
        is_read_so = (piece.delimiter, piece.columns) == (file.delimiter, file.columns)
        can_stay = is_read_so and (end == stop or (end < stop and piece.is_settled))
        if not can_stay or not _holds(file.path, piece):
            break
        kept.append(piece)
    if kept and kept[-1].start + kept[-1].size < stop and kept[-1].size < LITTLE:
        kept.pop()
    others = takewhile(lambda piece: piece.file != file.name, before)
    return kept, sum(piece.rows for piece in others)


def _holds(path: Path, piece: Piece) -> bool:
    end = piece.start + piece.size
    digest, _ = _look_through(path, piece.delimiter, piece.start, end)
    return digest == piece.digest and path.stat().st_size >= end


def _look_through(
    path: Path, delimiter: str, start: int, stop: int, copy: Path | None = None
) -> tuple[str, int]:
    """(a hash of these bytes of a file, and of what divides them; the number of their lines)."""
    digest, lines = blake2b(delimiter.encode(), digest_size=16), 0
    with copy.open("wb") if copy else nullcontext() as target:
        for data in _bytes_of(path, start, stop):
            digest.update(data)
            lines += data.count(b"\n")
            if target:
                target.write(data)
    return digest.hexdigest(), lines


def _end_of_lines(path: Path, size: int) -> int:
    """Where the last whole line ends among the first `size` bytes of a file."""
    while size:
        start = max(size - AT_ONCE, 0)
        at = b"".join(_bytes_of(path, start, size)).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        size = start
    return 0


def _bytes_of(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (data := file.read(min(AT_ONCE, stop - start))):
            yield data
            start += len(data)

"""Builder of the pool's columns from its CSV files, reading only what is new.

Pieces that were read before are copied: of a file that only grew at its end, all but the end.
Whether a piece is what it was, its bytes decide, by their hash.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from core.pool.csv_files import ID, TEXT, NotPlainError, PoolFile, careful_blocks, plain_blocks
from core.system.findings import Finding
from core.system.mapped_arrays import GrowingColumn
from core.system.parallel import ROWS_AT_ONCE
from core.system.progress import Pace, Progress

AT_ONCE = 2**22
"""Bytes that are copied or hashed at a time."""


@dataclass(frozen=True)
class Piece:
    """What was read of a file at one time: `size` bytes from `start` on, and the rows in them.

    `is_plain` is true if nothing that follows can change how these bytes are read.
    """

    file: str
    columns: tuple[str, ...]
    start: int
    size: int
    digest: str
    rows: int
    is_plain: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Earlier:
    """What was read before: all rows, and the pieces that they come from, in order."""

    table: pa.Table
    pieces: tuple[Piece, ...]


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

    @property
    def _rows(self) -> int:
        return len(self._columns[0])

    def read(self, file: PoolFile, size: int, before: Earlier | None) -> None:
        """A file of so many bytes; what was read before of it is copied."""
        kept, row = _kept_pieces(file, size, before) if before else ([], 0)
        for piece in kept:
            self._copy(before.table.slice(row, piece.rows))
            self.pieces.append(piece)
            row += piece.rows
        start = sum(piece.size for piece in kept)
        if start < size or not kept:
            self._read_from(file, start, size)

    def close(self) -> None:
        """The columns' files are complete."""
        for column in self._columns:
            column.close()

    def _read_from(self, file: PoolFile, start: int, size: int) -> None:
        """The bytes of a file from `start` up to `size` as a new piece."""
        path = file.path
        if start:
            path = self._folder / "rest.csv"
            _copy_bytes(file.path, start, size, path)
        first = self._rows
        findings = self._read_rows(file, path, start)
        is_plain = findings is None and _ends_in_line_end(path)
        if start:
            path.unlink()
        piece = Piece(
            file=file.name,
            columns=file.columns,
            start=start,
            size=size - start,
            digest=_digest(file.path, start, size),
            rows=self._rows - first,
            is_plain=is_plain,
            findings=tuple(findings or ()),
        )
        self.pieces.append(piece)

    def _read_rows(self, file: PoolFile, path: Path, start: int) -> list[Finding] | None:
        """The rows in `path`, which holds the file from `start` on; None if all are plain."""
        marks = [(len(column), column.size) for column in self._columns]
        try:
            for batch in plain_blocks(path, file.columns, int(file.has_header and not start)):
                self._append(batch)
        except NotPlainError:
            for column, mark in zip(self._columns, marks, strict=True):
                column.cut(*mark)
        else:
            return None
        findings: list[Finding] = []
        for batch, found in careful_blocks(
            path, file, is_start=not start, lines_before=_count_lines(file.path, start)
        ):
            self._append(batch)
            findings += found
        return findings

    def _copy(self, table: pa.Table) -> None:
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            self._append(batch)

    def _append(self, batch: pa.RecordBatch) -> None:
        blank = pa.array([""] * len(batch), pa.large_string())
        for name, column in zip(self.names, self._columns, strict=True):
            column.append(batch[name] if name in batch.schema.names else blank)
        self._pace.add(len(batch))


def _kept_pieces(file: PoolFile, size: int, before: Earlier) -> tuple[list[Piece], int]:
    """(the pieces that the file still begins with, the row of `before` where they begin)."""
    kept = []
    for piece in before.pieces:
        if piece.file != file.name:
            continue
        end = piece.start + piece.size
        can_stay = piece.columns == file.columns and (piece.is_plain or end == size)
        if not can_stay or end > size or _digest(file.path, piece.start, end) != piece.digest:
            break
        kept.append(piece)
    others = takewhile(lambda piece: piece.file != file.name, before.pieces)
    return kept, sum(piece.rows for piece in others)


def _digest(path: Path, start: int, stop: int) -> str:
    """A hash of these bytes of a file."""
    digest = blake2b(digest_size=16)
    for data in _bytes_of(path, start, stop):
        digest.update(data)
    return digest.hexdigest()


def _copy_bytes(path: Path, start: int, stop: int, target: Path) -> None:
    with target.open("wb") as file:
        for data in _bytes_of(path, start, stop):
            file.write(data)


def _count_lines(path: Path, stop: int) -> int:
    """How many lines end before byte `stop`."""
    return sum(data.count(b"\n") for data in _bytes_of(path, 0, stop))


def _bytes_of(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (data := file.read(min(AT_ONCE, stop - start))):
            yield data
            start += len(data)


def _ends_in_line_end(path: Path) -> bool:
    size = path.stat().st_size
    return not size or [*_bytes_of(path, size - 1, size)] == [b"\n"]

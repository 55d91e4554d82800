"""The pool: every item of `unlabeled_data/`, as columns that are mapped into memory.

They are read once, in blocks, and kept in `.cache`. Where files were added, or have grown at their
ends, only what is new is read.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from core.arrays import open_arrays, save_arrays
from core.cache import load_cached, load_earlier
from core.columns import GrowingColumn, open_column
from core.errors import PoolError
from core.findings import Finding
from core.fingerprints import hash_texts
from core.parallel import in_blocks, row_blocks
from core.pool_files import (
    ID,
    TEXT,
    NotPlainError,
    PoolFile,
    careful_blocks,
    open_pool_file,
    plain_blocks,
)
from core.progress import Pace, Progress, silent
from core.workspace import POOL_FOLDER, Workspace, file_stamps

POOL_VERSION = 2
"""Part of the cache's key: a change of what is stored rebuilds it."""

ATTEMPTS = 5
"""How often a pool is read anew whose files change meanwhile."""

AT_ONCE = 2**22
"""Bytes that are copied or hashed at a time."""

Places = NDArray[np.int64]


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
class Pool:
    """All items in the order of the files; `table` has `item_id`, `text` and the files' columns.

    `id_order` sorts the items by their ids' hashes, those of one id in the pool's order.
    """

    table: pa.Table
    pieces: tuple[Piece, ...]
    id_hashes: NDArray[np.int64]
    id_order: Places

    def __len__(self) -> int:
        return self.table.num_rows

    @cached_property
    def key(self) -> str:
        """Names the pool's content: the same key, the same items in the same order."""
        content = [(piece.digest, piece.columns) for piece in self.pieces]
        return blake2b(repr((POOL_VERSION, content)).encode(), digest_size=16).hexdigest()

    @property
    def findings(self) -> list[Finding]:
        """A finding for each row that could not be read."""
        return [finding for piece in self.pieces for finding in piece.findings]

    @property
    def columns(self) -> list[str]:
        """The pool's own columns beyond id and text."""
        return [name for name in self.table.column_names if name not in (ID, TEXT)]

    @cached_property
    def ids(self) -> pa.Array:
        return self.table[ID].chunk(0)

    @cached_property
    def texts(self) -> pa.Array:
        return self.table[TEXT].chunk(0)

    def positions(self, item_ids: Iterable[str]) -> dict[str, int]:
        """Where these items stand in the pool: the first row of each id that is there."""
        wanted = list(dict.fromkeys(item_ids))
        places = self.rows_of(wanted)
        ids = self.ids.take(pa.array(places)).to_pylist()
        first = dict(zip(reversed(ids), reversed(places.tolist()), strict=True))
        # An id that is not there may have the hash of one that is.
        return {item: first[item] for item in wanted if item in first}

    def rows_of(self, item_ids: Sequence[str]) -> Places:
        """Every row of these items, those of one id in the pool's order."""
        wanted = hash_texts(item_ids).view(np.int64)
        found = found_at(self.id_hashes, self.id_order, wanted)
        return np.concatenate([np.empty(0, np.int64), *found])

    def texts_of(self, item_ids: Iterable[str]) -> dict[str, str]:
        """The texts of those of these items that are in the pool."""
        at = self.positions(item_ids)
        texts = self.texts.take(pa.array(list(at.values()), pa.int64())).to_pylist()
        return dict(zip(at, texts, strict=True))


def found_at(hashes: NDArray[np.int64], order: Places, wanted: NDArray[np.int64]) -> list[Places]:
    """The places of each wanted hash, in ascending order; `order` sorts `hashes`."""
    first = np.searchsorted(hashes, wanted, "left", sorter=order)
    last = np.searchsorted(hashes, wanted, "right", sorter=order)
    return [order[start:stop] for start, stop in zip(first, last, strict=True)]


def sorted_places(hashes: NDArray[np.int64]) -> Places:
    """What sorts the hashes; equal ones stay in their order."""
    return torch.sort(torch.from_numpy(np.array(hashes)), stable=True).indices.numpy()


def firsts(hashes: NDArray[np.integer], order: Places) -> NDArray[np.bool_]:
    """Which items are the first of those with the same hash."""
    ordered = hashes[order]
    is_start = np.ones(len(order), bool)
    is_start[1:] = ordered[1:] != ordered[:-1]
    first = np.zeros(len(order), bool)
    first[order[is_start]] = True
    return first


def read_pool(
    workspace: Workspace, *, write_cache: bool = True, progress: Progress = silent
) -> Pool:
    """The workspace's pool, from the cache where its files did not change.

    An empty or missing pool is a pool of no items; raises PoolError for a file that is no CSV, and
    where files keep changing while they are read.
    """

    def build(folder: Path) -> None:
        before = load_earlier(workspace.cache, "pool", _load)
        files = [open_pool_file(workspace.path / name) for name, _, _ in stamps]
        with closing(_Builder(folder, files, progress)) as builder:
            for file, (_, size, _) in zip(files, stamps, strict=True):
                builder.read(file, size, before)
        if file_stamps(workspace.path, [file.path for file in files]) != stamps:
            raise _FileChangedError
        builder.save()

    for _ in range(ATTEMPTS):
        stamps = file_stamps(workspace.path, workspace.pool_files())
        key = (POOL_VERSION, stamps)
        with suppress(_FileChangedError):
            return load_cached(workspace.cache, "pool", key, build, _load, write=write_cache)
    raise PoolError(
        f"The files of {POOL_FOLDER}/ keep changing while they are read. Try again when whatever "
        "writes them is done."
    )


def require_items(pool: Pool) -> None:
    """Raises PoolError if there is nothing to label."""
    if not len(pool):
        raise PoolError(
            f"The pool is empty: {POOL_FOLDER}/ holds no CSV file with items. Put a file there "
            "whose rows are item_id,text (a header is optional)."
        )


class _FileChangedError(Exception):
    """A file changed while it was read: what was read may be half old, half new."""


class _Builder:
    """Writes a pool's entry of the cache: its columns, and where each piece of them comes from."""

    def __init__(self, folder: Path, files: Sequence[PoolFile], progress: Progress) -> None:
        self._folder, self._pace = folder, Pace(progress, "reading", None, "items")
        self._names = list(dict.fromkeys([ID, TEXT, *(n for file in files for n in file.columns)]))
        self._columns = [GrowingColumn(folder, _column(at)) for at in range(len(self._names))]
        self._pieces: list[Piece] = []

    @property
    def _rows(self) -> int:
        return len(self._columns[0])

    def read(self, file: PoolFile, size: int, before: Pool | None) -> None:
        """A file of so many bytes; what was read before of it is copied."""
        kept, row = _kept_pieces(file, size, before) if before else ([], 0)
        for piece in kept:
            self._copy(before.table.slice(row, piece.rows))
            self._pieces.append(piece)
            row += piece.rows
        start = sum(piece.size for piece in kept)
        if start < size or not kept:
            self._read_from(file, start, size)

    def close(self) -> None:
        """The columns' files are complete."""
        for column in self._columns:
            column.close()

    def save(self) -> None:
        """What else belongs to the entry, when its columns are complete."""
        pieces = [asdict(piece) for piece in self._pieces]
        stored = {"version": POOL_VERSION, "columns": self._names, "pieces": pieces}
        (self._folder / "pieces.json").write_text(json.dumps(stored), encoding="utf-8")
        ids = open_column(self._folder, _column(0))
        hashes = [*in_blocks(lambda start, stop: hash_texts(ids[start:stop]), len(ids))]
        id_hashes = np.concatenate([np.empty(0, np.uint64), *hashes]).view(np.int64)
        save_arrays(self._folder, id_hashes=id_hashes, id_order=sorted_places(id_hashes))

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
        self._pieces.append(piece)

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
        for start, stop in row_blocks(len(table)):
            for batch in table.slice(start, stop - start).to_batches():
                self._append(batch)

    def _append(self, batch: pa.RecordBatch) -> None:
        blank = pa.array([""] * len(batch), pa.large_string())
        for name, column in zip(self._names, self._columns, strict=True):
            column.append(batch[name] if name in batch.schema.names else blank)
        self._pace.add(len(batch))


def _load(folder: Path) -> Pool:
    """The pool in this folder; ValueError for one of another version."""
    stored = json.loads((folder / "pieces.json").read_text(encoding="utf-8"))
    if stored["version"] != POOL_VERSION:
        raise ValueError(f"{folder.name} is of another version")
    columns = {name: open_column(folder, _column(at)) for at, name in enumerate(stored["columns"])}
    return Pool(
        pa.table(columns),
        tuple(_piece(piece) for piece in stored["pieces"]),
        *open_arrays(folder, "id_hashes", "id_order"),
    )


def _piece(stored: dict[str, Any]) -> Piece:
    findings = tuple(Finding(**finding) for finding in stored["findings"])
    return Piece(**stored | {"columns": tuple(stored["columns"]), "findings": findings})


def _column(at: int) -> str:
    return f"column{at}"


def _kept_pieces(file: PoolFile, size: int, before: Pool) -> tuple[list[Piece], int]:
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

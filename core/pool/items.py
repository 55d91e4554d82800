"""The pool: every item of `unlabeled_data/`, as columns that are mapped into memory."""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import PoolError
from core.pool.bags import Indices
from core.pool.builder import Piece, PoolBuilder, column_name, still_there
from core.pool.csv_files import open_pool_file
from core.pool.folder import POOL_FOLDER, pool_files
from core.pool.hashing import found_at, hash_texts
from core.pool.header import ID, TEXT
from core.system.disk_cache import Stamps, file_stamps, load_cached, load_earlier
from core.system.findings import Finding
from core.system.mapped_arrays import open_arrays, open_column, save_arrays
from core.system.parallel import in_blocks
from core.system.progress import Progress, silent

POOL_VERSION = 5  # part of the cache's key: a change of what is stored rebuilds it
ATTEMPTS = 5  # how often a pool is read anew whose files change meanwhile


@dataclass(frozen=True)
class Pool:
    """All items in the order of the files; `table` has `item_id`, `text` and the files' columns.

    `id_order` sorts the items by their ids' hashes, those of one id in the pool's order. `stamps`
    are those of the files that it was read from: as far as they had grown by then. `waiting` tells
    of last lines that were not whole.
    """

    table: pa.Table
    pieces: tuple[Piece, ...]
    waiting: tuple[Finding, ...]
    id_hashes: NDArray[np.int64]
    id_order: Indices
    stamps: Stamps = ()

    def __len__(self) -> int:
        return self.table.num_rows

    @cached_property
    def key(self) -> str:
        """Names the pool's content: the same key, the same items in the same order."""
        content = [(piece.digest, piece.columns) for piece in self.pieces]
        return blake2b(repr((POOL_VERSION, content)).encode(), digest_size=16).hexdigest()

    @property
    def findings(self) -> list[Finding]:
        """What was found when the files were read: rows that could not be, and doubts."""
        return [*(finding for piece in self.pieces for finding in piece.findings), *self.waiting]

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

    def rows_of(self, item_ids: Sequence[str]) -> Indices:
        """Every row of these items, those of one id in the pool's order."""
        wanted = hash_texts(item_ids).view(np.int64)
        found = found_at(self.id_hashes, self.id_order, wanted)
        return np.concatenate([np.empty(0, np.int64), *found])

    def texts_of(self, item_ids: Iterable[str]) -> dict[str, str]:
        """The texts of those of these items that are in the pool."""
        at = self.positions(item_ids)
        texts = self.texts.take(pa.array(list(at.values()), pa.int64())).to_pylist()
        return dict(zip(at, texts, strict=True))


def read_pool(
    root: Path, cache: Path, *, write_cache: bool = True, progress: Progress = silent
) -> Pool:
    """The pool of the workspace folder `root`, from `cache` where its files did not change.

    What comes meanwhile is for the next reading. Raises PoolError for a file that is no CSV, and
    where files keep changing while they are read.
    """

    def build(folder: Path) -> None:
        before = load_earlier(cache, "pool", _load)
        files = [open_pool_file(root / name) for name, _, _ in stamps]
        with closing(PoolBuilder(folder, files, progress)) as builder:
            for file, (_, size, _) in zip(files, stamps, strict=True):
                builder.read(file, size, before)
        if file_stamps(root, [file.path for file in files]) != stamps:
            again = [open_pool_file(file.path).columns for file in files]
            if again != [file.columns for file in files] or not still_there(root, builder.pieces):
                raise _FileChangedError
        _save(folder, builder)

    for _ in range(ATTEMPTS):
        stamps = file_stamps(root, pool_files(root))
        key = (POOL_VERSION, stamps)
        with suppress(_FileChangedError):
            pool = load_cached(cache, "pool", key, build, _load, write=write_cache)
            return replace(pool, stamps=stamps)
    raise PoolError(
        f"The files of {POOL_FOLDER}/ keep changing while they are read. Try again when whatever "
        "writes them is done.",
        POOL_FOLDER,
    )


def only_grew(root: Path, pool: Pool) -> bool:
    """Whether the files that this pool was read from have at most grown since."""
    return pool.stamps == file_stamps(root, pool_files(root)) or still_there(root, pool.pieces)


def require_items(pool: Pool) -> None:
    """Raises PoolError if there is nothing to label."""
    if not len(pool):
        told = " ".join(finding.message for finding in pool.findings[:1])
        raise PoolError(
            "The pool is empty: there is nothing to label yet. Import a file, on the Data page or "
            f"with `python -m core import`. {told}".rstrip()
        )


class _FileChangedError(Exception):
    """A file changed while it was read: what was read may be half old, half new."""


def _save(folder: Path, builder: PoolBuilder) -> None:
    stored = {
        "version": POOL_VERSION,
        "columns": builder.names,
        "pieces": [vars(piece) | {"findings": _told(piece.findings)} for piece in builder.pieces],
        "waiting": _told(builder.waiting),
    }
    (folder / "pieces.json").write_text(json.dumps(stored), encoding="utf-8")
    ids = open_column(folder, column_name(0))
    hashes = [*in_blocks(lambda start, stop: hash_texts(ids[start:stop]), len(ids))]
    id_hashes = np.concatenate([np.empty(0, np.uint64), *hashes]).view(np.int64)
    save_arrays(folder, id_hashes=id_hashes, id_order=np.argsort(id_hashes, kind="stable"))


def _load(folder: Path) -> Pool:
    """The pool in this folder; ValueError for one of another version."""
    stored = json.loads((folder / "pieces.json").read_text(encoding="utf-8"))
    if stored["version"] != POOL_VERSION:
        raise ValueError(f"{folder.name} is of another version")
    columns = {n: open_column(folder, column_name(at)) for at, n in enumerate(stored["columns"])}
    return Pool(
        pa.table(columns),
        tuple(_piece(piece) for piece in stored["pieces"]),
        tuple(map(Finding.from_dict, stored["waiting"])),
        *open_arrays(folder, "id_hashes", "id_order"),
    )


def _told(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding.as_dict() for finding in findings]


def _piece(stored: dict[str, Any]) -> Piece:
    findings = tuple(map(Finding.from_dict, stored["findings"]))
    return Piece(**stored | {"columns": tuple(stored["columns"]), "findings": findings})

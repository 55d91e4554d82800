"""The pool: every item of `unlabeled_data/`, as one table that is mapped into memory.

DuckDB reads a file fast; whenever it stumbles, or something looks odd, the careful reader goes
over that file row by row, so that each bad row is reported with its line.
"""

import glob
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from core.cache import load_cached
from core.csvfile import read_rows
from core.errors import PoolError
from core.findings import Finding
from core.workspace import POOL_FOLDER, Workspace, file_stamps

POOL_VERSION = 1
"""Part of the cache's key: a change of what is stored rebuilds it."""

ID, TEXT = "item_id", "text"

CSV_OPTIONS = """header = false, auto_detect = false, null_padding = true,
    delim = ',', quote = '"', escape = '"'"""


@dataclass(frozen=True)
class Pool:
    """All items in the order of the files; `table` has `item_id`, `text` and the files' columns."""

    table: pa.Table
    findings: list[Finding]
    key: object

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def columns(self) -> list[str]:
        """The pool's own columns beyond id and text."""
        return [name for name in self.table.column_names if name not in (ID, TEXT)]

    @cached_property
    def ids(self) -> pa.Array:
        return _as_array(self.table[ID])

    @cached_property
    def texts(self) -> pa.Array:
        return _as_array(self.table[TEXT])

    def positions(self, item_ids: Iterable[str]) -> dict[str, int]:
        """Where these items stand in the pool: the first row of each id that is there."""
        wanted = list(dict.fromkeys(item_ids))
        # A table of the wanted ids is made, and the pool's looked up in it: the other way round it
        # takes six times as long.
        is_wanted = pc.is_in(self.ids, value_set=pa.array(wanted, pa.string()))
        rows = pc.indices_nonzero(is_wanted)
        found: dict[str, int] = {}
        for item, at in zip(self.ids.take(rows).to_pylist(), rows.to_pylist(), strict=True):
            found.setdefault(item, at)
        return {item: found[item] for item in wanted if item in found}

    def texts_of(self, item_ids: Iterable[str]) -> dict[str, str]:
        """The texts of those of these items that are in the pool."""
        at = self.positions(item_ids)
        return dict(
            zip(
                at,
                self.texts.take(pa.array(list(at.values()), pa.int64())).to_pylist(),
                strict=True,
            )
        )


def read_pool(workspace: Workspace, *, write_cache: bool = True) -> Pool:
    """The workspace's pool, from the cache where its files did not change.

    An empty or missing pool is a pool of no items; raises PoolError for a file that is no CSV.
    """
    files = workspace.pool_files()
    key = (POOL_VERSION, file_stamps(workspace.path, files))

    def build(folder: Path) -> None:
        table, findings = _read_files(files)
        with (
            pa.OSFile(str(folder / "items.arrow"), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
        stored = json.dumps([finding.as_dict() for finding in findings])
        (folder / "findings.json").write_text(stored, encoding="utf-8")

    def load(folder: Path) -> Pool:
        with pa.memory_map(str(folder / "items.arrow")) as source:
            table = pa.ipc.open_file(source).read_all()
        stored = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        return Pool(table, [Finding(**finding) for finding in stored], key)

    return load_cached(workspace.cache, "pool", key, build, load, write=write_cache)


def require_items(pool: Pool) -> None:
    """Raises PoolError if there is nothing to label."""
    if not len(pool):
        raise PoolError(
            f"The pool is empty: {POOL_FOLDER}/ holds no CSV file with items. Put a file there "
            "whose rows are item_id,text (a header is optional)."
        )


def _read_files(files: list[Path]) -> tuple[pa.Table, list[Finding]]:
    tables, findings = [], []
    for file in files:
        columns, has_header = _columns(file)
        table = _read_fast(file, columns, has_header)
        if table is None:
            table, bad = _read_carefully(file, columns, has_header)
            findings += bad
        tables.append(table)
    empty = pa.table({ID: pa.array([], pa.string()), TEXT: pa.array([], pa.string())})
    table = pa.concat_tables([empty, *tables], promote_options="default")
    filled = [pc.fill_null(table[name], "") for name in table.column_names]
    # One chunk: an index into the pool is then an index into every column's array.
    return pa.table(filled, names=table.column_names).combine_chunks(), findings


def _columns(file: Path) -> tuple[list[str], bool]:
    """(the file's columns, whether its first row names them)."""
    try:
        with file.open("rb") as source:
            first = source.readline(2**20)
    except OSError as error:
        raise PoolError(f"{_name(file)}: {error.strerror}. Make the file readable.") from error
    text = first.decode("utf-8-sig", errors="replace").strip("\r\n")
    names = [name.strip().strip('"').strip() for name in text.split(",")]
    if names[:2] != [ID, TEXT]:
        return [ID, TEXT], False
    if len(set(names)) != len(names) or "" in names:
        raise PoolError(
            f"{_name(file)} line 1: the header has an empty or repeated column. Name each once."
        )
    return names, True


def _read_fast(file: Path, columns: list[str], has_header: bool) -> pa.Table | None:
    """The file's rows by DuckDB, or None if a row is anything but plain."""
    if _differ_only_by_case(columns) or _has_lone_return(file) or glob.has_magic(str(file)):
        return None  # DuckDB would take `*`, `?` and `[` in the path for a pattern of several files
    declared = "{" + ", ".join(f"'{_quoted(name)}': 'VARCHAR'" for name in columns) + "}"
    query = f"FROM read_csv(?, columns = {declared}, {CSV_OPTIONS}, skip = {int(has_header)})"
    with duckdb.connect(config={"threads": 2}) as connection:
        try:
            table = connection.sql(query, params=[str(file)]).to_arrow_table()
        except duckdb.Error:
            return None
    if any(table[name].null_count for name in (ID, TEXT)):
        return None
    if pc.any(pc.equal(pc.utf8_trim_whitespace(table[ID]), "")).as_py():
        return None
    return table.cast(pa.schema([(name, pa.string()) for name in columns]))


def _read_carefully(
    file: Path, columns: list[str], has_header: bool
) -> tuple[pa.Table, list[Finding]]:
    content = read_rows(file, _name(file))
    findings = [_malformed(file, bad.line, f"the row {bad.reason}") for bad in content.bad]
    rows = []
    for row in content.rows[int(has_header) :]:
        reason = _refusal(row.fields, len(columns), has_header)
        if reason:
            findings.append(_malformed(file, row.line, reason))
        else:
            rows.append((row.fields + [""] * len(columns))[: len(columns)])
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = [pa.array(column, pa.string()) for column in values]
    return pa.table(arrays, names=columns), findings


def _refusal(fields: list[str], width: int, has_header: bool) -> str | None:
    """Why these fields are no item; None if they are one. Further fields need a header."""
    if len(fields) < 2:
        return "the row has no text"
    if not fields[0].strip():
        return "the item_id is empty"
    if has_header and len(fields) > width:
        return f"the row has {len(fields)} fields, the header {width}"
    return None


def _malformed(file: Path, line: int, reason: str) -> Finding:
    message = f"{_name(file)} line {line}: {reason}. It is left out; mend the line."
    return Finding("error", "malformed row", _name(file), line, None, message)


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _differ_only_by_case(columns: list[str]) -> bool:
    """DuckDB folds the case of names, and would refuse such columns."""
    return len({name.casefold() for name in columns}) != len(columns)


def _has_lone_return(file: Path) -> bool:
    """DuckDB takes a carriage return alone for a line end, Python's `csv` does not."""
    if not file.stat().st_size:
        return False
    with file.open("rb") as source, mmap(source.fileno(), 0, access=ACCESS_READ) as data:
        return re.search(rb"\r(?!\n)", data) is not None


def _quoted(name: str) -> str:
    return name.replace("'", "''")


def _as_array(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)  # as it is mapped: combining copies even a single chunk
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined

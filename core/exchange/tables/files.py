"""Readers of JSON lines, JSON arrays, Parquet and Excel files, within bounds of memory.

A small file can claim to hold more than any machine has: what it would unpack to is counted first.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from core.errors import TableError
from core.pool.header import ROLES, TEXT, plain_name
from core.system.csv_rows import BOM, MAX_FIELD, BadRow
from core.system.durable import DAMAGED

ROWS_AT_ONCE = 16_384  # rows that are read at a time
MOST_AT_ONCE = 2**30  # bytes of one JSON array, or of the texts in one block of a Parquet file
MOST_UNPACKED = 4 * 2**30  # bytes that a packed file may unpack to: 50 million headlines
MOST_ROWS = 50_000_000  # of a Parquet file: a row like the one before costs it next to nothing
MOST_COLUMNS = 1_000
MOST_LEVELS = 20  # of objects in objects whose fields become columns
LINES = (".jsonl", ".ndjson")  # endings of files with one object a line, even if there is one line

RowsOf = Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]]


class Cells(NamedTuple):
    """Some rows, each as (number of its line, cells), and those that are none."""

    rows: list[tuple[int, list[str]]]
    bad: list[BadRow]


class Record(NamedTuple):
    """An object of a file, by line or place in an array, or why it is none; or a blank line."""

    line: int
    fields: dict[str, Any] | None
    reason: str = ""


def flat(record: Mapping[str, Any], levels: int = MOST_LEVELS) -> Mapping[str, Any]:
    """The record without objects in it, to a depth: `{"a": {"b": 1}}` as `{"a.b": 1}`."""
    if dict not in map(type, record.values()):
        return record
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and levels:
            found |= {f"{name}.{key}": x for key, x in flat(value, levels - 1).items()}
        else:
            found[name] = value
    return found


def json_records(path: Path, name: str) -> Iterator[Record]:
    """The objects of a UTF-8 file, which the messages call `name`.

    It holds one object a line, one array of them, or one object around them; a text in place of an
    object is a `text`. Raises TableError.
    """
    whole = _whole(path, name)
    if whole is None:
        yield from (_object(line, data) for line, data in enumerate(_lines(path), start=1))
    else:
        yield from (_record(at, found) for at, found in enumerate(whole, start=1))


def is_json_lines(path: Path) -> bool:
    """Whether the first lines of a text are JSON objects, whatever the file is called."""
    with path.open("rb") as file:
        lines = [line for line in file.read(2**18).splitlines()[:5] if line.strip()]
    whole = lines[: max(1, len(lines) - 1)]
    return bool(lines) and all(x.lstrip()[:1] == b"{" and _object(1, x).fields for x in whole)


def parquet_records(path: Path, name: str) -> Iterator[Record]:
    """The rows of a Parquet file, counted from 1; raises TableError."""
    with _parquet(path, name) as file:
        batches = file.iter_batches(batch_size=ROWS_AT_ONCE)
        named = _class_names(file)
        rows = (row for batch in batches for row in _bounded(batch, name).to_pylist())
        yield from (Record(at, _with_names(row, named)) for at, row in enumerate(rows, start=1))


def parquet_batches(
    path: Path, name: str, named: Sequence[str]
) -> Iterator[tuple[pa.Table, list[list[str]]]]:
    """The rows of a Parquet file as they are, and their cells of the `named` columns as texts.

    A file without rows gives none, once. Raises TableError.
    """
    with _parquet(path, name) as file:
        schema = pq.read_schema(path)
        tops = [x for x in schema.names if any(y == x or y.startswith(f"{x}.") for y in named)]
        batches = file.iter_batches(batch_size=ROWS_AT_ONCE)
        empty = [] if file.metadata.num_rows else [pa.RecordBatch.from_pylist([], schema)]
        for batch in chain(batches, empty):
            rows = _bounded(batch, name).select(tops).to_pylist()
            cells = [[text_of(flat(row).get(x)) for x in named] for row in rows]
            yield pa.Table.from_batches([batch]).cast(schema), cells


def record_columns(records: Iterable[Record], name: str) -> tuple[list[str], set[str]]:
    """(every field that a record has, those that hold lists); raises TableError for none."""
    names: dict[str, None] = {}
    lists: set[str] = set()
    for _, fields, _ in records:
        row = flat(fields) if fields else {}
        lists |= {key for key, value in row.items() if isinstance(value, list)}
        if not row.keys() <= names.keys():
            names.update(dict.fromkeys(row))
            if len(names) > MOST_COLUMNS:
                raise too_many_columns(name)
    if not names:
        raise TableError(
            f"{name} holds no JSON object. Write one object per line, or one array of objects."
        )
    return list(names), lists


def record_cells(
    records: Iterable[Record], columns: Sequence[str], rows: RowsOf = lambda fields: [flat(fields)]
) -> Iterator[Cells]:
    """The rows of these records, an empty text where one lacks a column."""
    yield from _blocks(
        (line, None if row is None else _cells(row, columns), reason)
        for line, fields, reason in records
        for row in ([None] if fields is None else rows(fields))
    )


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    cells = [row.get(name, "") for name in columns]
    is_plain = set(map(type, cells)) <= {str}  # as in most files; a check of each takes longer
    return cells if is_plain else [text_of(cell) for cell in cells]


def parquet_columns(path: Path, name: str) -> tuple[list[str], set[str]]:
    """(the columns of a Parquet file, those that hold lists); raises TableError."""
    with _parquet(path, name) as file:
        table = file.schema_arrow.empty_table()
        while any(pa.types.is_struct(each.type) for each in table.schema):
            table = table.flatten()
        schema = table.schema
        if twice := [x for x, number in Counter(schema.names).items() if number > 1]:
            raise TableError(f"{name} has two columns `{twice[0]}`. Give one another name.")
        return schema.names, {each.name for each in schema if pa.types.is_nested(each.type)}


def excel_rows(path: Path, name: str, sheet: str, first_line: int = 1) -> Iterator[Cells]:
    """The rows of a sheet, from this line on, that are not empty; raises TableError."""
    with workbook(path, name) as book:
        found = book.get_sheet_by_name(sheet)
        first = (found.start or (0, 0))[0] + 1
        rows = enumerate(([*map(text_of, row)] for row in found.iter_rows()), start=first)
        yield from _blocks(
            (line, cells, "") for line, cells in rows if line >= first_line and any(cells)
        )


def text_of(value: Any) -> str:  # noqa: ANN401 (any value of a table)
    """The value as a cell of a CSV file: whole numbers without a point, nothing for nothing."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        with suppress(UnicodeDecodeError):
            return value.decode()
        return ""  # a picture, a number: no text
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _lines(path: Path) -> Iterator[bytes]:
    """The file's lines; of one that is longer than any cell may be, the beginning alone."""
    with path.open("rb") as file:
        while line := file.readline(MAX_FIELD):
            yield line
            while line and not line.endswith(b"\n") and len(line) == MAX_FIELD:
                line = file.readline(MAX_FIELD)


def _object(line: int, data: bytes) -> Record:
    if not data.strip():
        return Record(line, None)
    try:
        return _record(line, json.loads(data.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        return Record(line, None, "is not valid JSON in UTF-8")


def _record(line: int, found: object) -> Record:
    """What stands in a line, or at a place in an array, as a record."""
    if isinstance(found, str):
        return Record(line, {"text": found})
    is_object = isinstance(found, dict)
    return Record(line, found) if is_object else Record(line, None, "is not a JSON object")


def _whole(path: Path, name: str) -> list[Any] | None:
    """What a file of one array, or of one object around the records, holds; None for lines."""
    with path.open("rb") as file:
        begin = file.read(2**16).removeprefix(BOM).lstrip()
    first, _, more = begin.partition(b"\n")
    is_array = begin.startswith(b"[")
    if not is_array:
        # Lines of objects, and most files are these, are known by the first one.
        has_object = _object(1, first).fields is not None
        is_lines = path.suffix.lower() in LINES or (has_object and more.strip())
        if is_lines or not begin.startswith(b"{"):
            return None
    if path.stat().st_size > MOST_AT_ONCE:
        raise TableError(
            f"{name} is one JSON text of over 1 GB. Write one object per line instead."
        )
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        if not is_array:
            return None
        raise TableError(
            f"{name} begins like a JSON array, but is not valid: {_first_line(error)}. Fix it, or "
            "write one object per line."
        ) from error
    return found if is_array else _within(found)


def _within(around: dict[str, Any]) -> list[Any]:
    """The records in one object: a list of it, or columns as pandas writes them; else itself."""
    match around:
        case {"columns": [*names], "data": [*rows]} if all(isinstance(x, list) for x in rows):
            return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    if records := _records_in(around):
        if not all(isinstance(x, dict) and isinstance(x.get("row"), dict) for x in records):
            return records
        match around:
            case {"features": [*features]} if all(isinstance(x, dict) for x in features):
                named = {str(x.get("name")): class_names(x.get("type")) for x in features}
                return [_with_names(each["row"], named) for each in records]
        return [each["row"] for each in records]
    values = list(around.values())
    if len(values) > 1 and all(isinstance(x, dict) for x in values):
        if not all(key.isdigit() for x in values for key in x):
            return values
        return [{name: x.get(at) for name, x in around.items()} for at in values[0]]
    if len(values) > 1 and all(isinstance(x, list) and len(x) == len(values[0]) for x in values):
        return [dict(zip(around, row, strict=True)) for row in zip(*values, strict=True)]
    return [around]


def _with_names(row: dict[str, Any], named: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    """The row with the names of classes in place of their numbers, as `datasets` counts them."""
    for column in named.keys() & row.keys():
        value, names = row[column], named[column]
        if names and isinstance(value, list):
            row[column] = [names.get(x) if isinstance(x, int) else x for x in value]
        elif names and isinstance(value, int):
            row[column] = names.get(value)  # beyond them, and -1, is what has no label
    return row


def _records_in(around: dict[str, Any], levels: int = MOST_LEVELS) -> list[Any]:
    """The longest list of objects in an object, or in its only one; none in a text's record."""
    names = [plain_name(key) for key, x in around.items() if isinstance(x, str)]
    if any(ROLES.get(name) == TEXT for name in names):
        return []
    lists = [x for x in around.values() if isinstance(x, list) and x and isinstance(x[0], dict)]
    objects = [x for x in around.values() if isinstance(x, dict)]
    if lists or len(objects) != 1 or not levels:
        return max(lists, key=len, default=[])
    return _records_in(objects[0], levels - 1)


@contextmanager
def _parquet(path: Path, name: str) -> Iterator[pq.ParquetFile]:
    """Raises TableError for a file that is none, or holds too much."""
    try:
        schema = pq.read_schema(path)
        texts = [x.name for x in schema if x.type in (pa.string(), pa.large_string())]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            if file.metadata.num_columns > MOST_COLUMNS:
                raise too_many_columns(name)
            if file.metadata.num_rows > MOST_ROWS:
                raise TableError(
                    f"{name} says that it has {file.metadata.num_rows:,} rows. Import at most "
                    f"{MOST_ROWS:,} at once."
                )
            yield file
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
        raise TableError(
            f"{name} cannot be read as Parquet: {_first_line(error)}. Write it again."
        ) from error


def _class_names(file: pq.ParquetFile) -> dict[str, dict[int, str]]:
    """The names of the classes of each column that holds their numbers, or lists of them."""
    told = (file.schema_arrow.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(told)["info"]["features"] if told else {}
        return {column: class_names(feature) for column, feature in features.items()}
    except (ValueError, TypeError, AttributeError, KeyError):
        return {}  # what another program says of its columns is worth having, no more


def _bounded(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """The batch; raises TableError if its texts are far more than the file is."""
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            if (pc.sum(lengths).as_py() or 0) > MOST_AT_ONCE:
                raise TableError(
                    f"{name}: {len(batch):,} of its rows hold over 1 GB of text. Split the file, "
                    "or leave that column out."
                )
    return batch


def class_names(feature: object) -> dict[int, str]:
    """The names that a feature of `datasets` gives: `ClassLabel`, or a sequence of them."""
    match feature:
        case {"_type": "ClassLabel", "names": [*names]}:
            return dict(enumerate(map(str, names)))
        case {"feature": inner} | [inner]:
            return class_names(inner)
    return {}


def _blocks(rows: Iterable[tuple[int, list[str] | None, str]]) -> Iterator[Cells]:
    """Blocks of what is given as (line, its cells or None, why it is bad or an empty text)."""
    found = Cells([], [])
    for line, cells, said in rows:
        if reason := said or (_unwritable(cells) if cells else ""):
            found.bad.append(BadRow(line, reason))
        elif cells is not None:
            found.rows.append((line, cells))
        if len(found.rows) + len(found.bad) >= ROWS_AT_ONCE:
            yield found
            found = Cells([], [])
    yield found


def _unwritable(cells: list[str]) -> str:
    """Why a row cannot be written as UTF-8; empty if it can be."""
    every = "".join(cells)
    if len(every) > MAX_FIELD and any(len(cell) > MAX_FIELD for cell in cells):
        return f"has a cell of more than {MAX_FIELD:,} characters"
    try:
        every.encode()
    except UnicodeEncodeError:
        return "has half a character, which cannot be saved"
    return ""


@contextmanager
def workbook(path: Path, name: str) -> Iterator[CalamineWorkbook]:
    """Raises TableError for a file that is none, or unpacks to too much."""
    try:
        _refuse_bomb(path, name)
        with closing(CalamineWorkbook.from_path(str(path))) as book:
            yield book
    except (CalamineError, *DAMAGED) as error:
        raise TableError(
            f"{name} cannot be read as a spreadsheet: {_first_line(error)}. Save it again, or "
            "as CSV."
        ) from error


def _refuse_bomb(path: Path, name: str) -> None:
    """Raises TableError if the parts of the file, perhaps a zip archive, unpack to too much."""
    if not zipfile.is_zipfile(path):
        return
    total = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as part:  # what an archive says of itself need not be true
                while data := part.read(2**20):
                    total += len(data)
                    if total > MOST_UNPACKED:
                        raise TableError(f"{name} would unpack to more than 4 GB. Save it as CSV.")


def too_many_columns(name: str) -> TableError:
    return TableError(f"{name} has more than {MOST_COLUMNS:,} columns. Leave most of them out.")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")

"""Readers of JSON lines, JSON arrays, Parquet and Excel files, within bounds of memory.

A small file can claim to hold more than any machine has: what it would unpack to is counted first.
"""

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from core.errors import TableError
from core.exchange.encodings import as_utf8
from core.system.csv_rows import MAX_FIELD, BadRow

ROWS_AT_ONCE = 16_384
"""Rows that are read at a time."""

MOST_UNPACKED = 4 * 2**30
"""Bytes that the parts of an Excel file, or a block of Parquet, may unpack to. A million headlines
are a tenth of that."""

MOST_AT_ONCE = 2**30
"""Bytes of one JSON array, or of the texts in one block of a Parquet file."""

MOST_ROWS = 50_000_000
"""Of a Parquet file: a row that repeats the one before costs it next to nothing."""

MOST_COLUMNS = 1_000

NO_OBJECT = "is not a JSON object"


class Cells(NamedTuple):
    """Some rows, each as (number of its line, cells), and those that are none."""

    rows: list[tuple[int, list[str]]]
    bad: list[BadRow]


def json_columns(path: Path, encoding: str) -> list[str]:
    """Every field that any object has, in the order of first use; raises TableError."""
    names: dict[str, None] = {}
    for _, found, _ in _objects(path, encoding):
        if found and not found.keys() <= names.keys():
            names.update(dict.fromkeys(found))
            if len(names) > MOST_COLUMNS:
                raise too_many_columns(path)
    if not names:
        raise TableError(
            f"{path.name} holds no JSON object. Write one object a line, or one array of objects."
        )
    return list(names)


def json_rows(path: Path, encoding: str, columns: Sequence[str]) -> Iterator[Cells]:
    """The objects of a file that holds one a line, or one array of them; raises TableError."""
    yield from _blocks(
        (line, None if found is None else [text_of(found.get(name)) for name in columns], reason)
        for line, found, reason in _objects(path, encoding)
    )


def parquet_rows(path: Path, *, only_head: bool = False) -> Iterator[Cells]:
    """The rows of a Parquet file, counted from 1; alone its columns' names as row 0 if asked.

    Raises TableError.
    """
    try:
        schema = pq.read_schema(path)
        texts = [x.name for x in schema if x.type in (pa.string(), pa.large_string())]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            if file.metadata.num_columns > MOST_COLUMNS:
                raise too_many_columns(path)
            if file.metadata.num_rows > MOST_ROWS:
                raise TableError(
                    f"{path.name} says that it has {file.metadata.num_rows:,} rows. Bring at most "
                    f"{MOST_ROWS:,} at once."
                )
            if only_head:
                yield Cells([(0, list(schema.names))], [])
                return
            yield from _parquet_blocks(path, file)
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
        raise TableError(
            f"{path.name} cannot be read as Parquet: {_first_line(error)}. Write it again."
        ) from error


def excel_sheets(path: Path) -> list[str]:
    """The names of the file's sheets; raises TableError."""
    with _workbook(path) as book:
        return list(book.sheet_names)


def excel_rows(path: Path, sheet: str) -> Iterator[Cells]:
    """The rows of a sheet that are not empty; raises TableError."""
    with _workbook(path) as book:
        found = book.get_sheet_by_name(sheet)
        first = (found.start or (0, 0))[0] + 1
        rows = enumerate(([*map(text_of, row)] for row in found.iter_rows()), start=first)
        yield from _blocks((line, cells if any(cells) else None, "") for line, cells in rows)


def text_of(value: Any) -> str:  # noqa: ANN401 (any value of a table)
    """The value as a cell of a CSV file: whole numbers without a point, nothing for nothing."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """(line or place in the array, its object, why there is none); a blank line has neither."""
    with as_utf8(path, encoding) as plain:
        if _is_array(plain):
            for at, found in enumerate(_array(plain, path.name), start=1):
                is_object = isinstance(found, dict)
                yield at, found if is_object else None, "" if is_object else NO_OBJECT
            return
        for line, data in enumerate(_lines(plain), start=1):
            yield line, *_object(data.removeprefix(b"\xef\xbb\xbf") if line == 1 else data)


def _lines(path: Path) -> Iterator[bytes]:
    """The file's lines; of one that is longer than any cell may be, the beginning alone."""
    with path.open("rb") as file:
        while line := file.readline(MAX_FIELD):
            yield line
            while line and not line.endswith(b"\n") and len(line) == MAX_FIELD:
                line = file.readline(MAX_FIELD)


def _object(data: bytes) -> tuple[dict[str, Any] | None, str]:
    """(the object in a line, why there is none); both are empty for a blank line."""
    if not data.strip():
        return None, ""
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError):
        return None, "is not valid JSON in UTF-8"
    if not isinstance(found, dict):
        return None, NO_OBJECT
    return found, ""


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2**16).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _array(path: Path, name: str) -> list[Any]:
    if path.stat().st_size > MOST_AT_ONCE:
        raise TableError(f"{name} is one JSON array of over 1 GB. Write one object a line instead.")
    try:
        return json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise TableError(
            f"{name} begins like a JSON array, but is not valid: {_first_line(error)}. Mend it, or "
            "write one object a line."
        ) from error


def _parquet_blocks(path: Path, file: pq.ParquetFile) -> Iterator[Cells]:
    batches = file.iter_batches(batch_size=ROWS_AT_ONCE)
    columns = ([_texts(column, path) for column in batch.columns] for batch in batches)
    rows = (list(cells) for each in columns for cells in zip(*each, strict=True))
    yield from _blocks((line, cells, "") for line, cells in enumerate(rows, start=1))


def _texts(column: pa.Array, path: Path) -> list[str]:
    """The column's cells; raises TableError if they are far more than the file is."""
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary).take(column.indices)
        if (pc.sum(lengths).as_py() or 0) > MOST_AT_ONCE:
            raise TableError(
                f"{path.name}: {len(column):,} of its rows hold over 1 GB of text. Split the file, "
                "or leave that column out."
            )
        return column.cast(pa.large_string()).fill_null("").to_pylist()
    return [text_of(value) for value in column.to_pylist()]


def _blocks(rows: Iterable[tuple[int, list[str] | None, str]]) -> Iterator[Cells]:
    """Blocks of what is given as (line, its cells or None, why it is bad or an empty text)."""
    found = Cells([], [])
    for line, cells, said in rows:
        reason = said or (_unwritable(cells) if cells is not None else "")
        if reason:
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
        return "has half a character, which no file can hold"
    return ""


@contextmanager
def _workbook(path: Path) -> Iterator[CalamineWorkbook]:
    """The opened workbook; raises TableError for a file that is none, or unpacks to too much."""
    try:
        _refuse_bomb(path)
        with closing(CalamineWorkbook.from_path(str(path))) as book:
            yield book
    except (
        CalamineError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError,
        OverflowError, OSError,
    ) as error:  # fmt: skip
        raise TableError(
            f"{path.name} cannot be read as a spreadsheet: {_first_line(error)}. Save it again, or "
            "as CSV."
        ) from error


def _refuse_bomb(path: Path) -> None:
    """Raises TableError if the parts of the file, which may be a zip archive, unpack to too much.

    They are unpacked to be counted: what an archive says of itself need not be true.
    """
    if not zipfile.is_zipfile(path):
        return
    total = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as part:
                while data := part.read(2**20):
                    total += len(data)
                    if total > MOST_UNPACKED:
                        raise TableError(
                            f"{path.name} would unpack to more than 4 GB. Save it as CSV."
                        )


def too_many_columns(path: Path) -> TableError:
    """What is said of such a table."""
    return TableError(
        f"{path.name} has more than {MOST_COLUMNS:,} columns. Leave most of them out."
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")

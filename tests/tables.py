"""Tables as other programs write them, to bring in."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = ("csv", "tsv", "jsonl", "json", "parquet", "xlsx")


def write_table(
    folder: Path, kind: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> Path:
    """A file `table.<kind>` with these columns and rows of texts."""
    path = folder / f"table.{kind}"
    if kind in ("csv", "tsv"):
        path.write_bytes(delimited([columns, *rows], "," if kind == "csv" else "\t").encode())
    elif kind in ("jsonl", "json"):
        objects = [dict(zip(columns, row, strict=True)) for row in rows]
        lines = "".join(json.dumps(each) + "\n" for each in objects)
        path.write_text(lines if kind == "jsonl" else json.dumps(objects), encoding="utf-8")
    elif kind == "parquet":
        cells = [[row[at] for row in rows] for at in range(len(columns))]
        arrays = [pa.array(column, pa.string()) for column in cells]
        pq.write_table(pa.table(arrays, names=list(columns)), path)
    else:
        write_sheet(path, [columns, *rows])
    return path


def delimited(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """The rows as a spreadsheet program exports them."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def write_sheet(path: Path, rows: Sequence[Sequence[str]], sheet: str = "Sheet1") -> None:
    """A workbook of one sheet, every cell a text."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for at, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            cell = book.active.cell(at, column, text)
            cell.data_type = "s"
    book.save(path)
    book.close()

"""What bringing a table in takes, for each kind of file.

    python -m tests.benchmarks.importing [DIR] [--items 1000000]

The texts are those of the workspace DIR's pool, or made up (`tests.benchmarks.generated`). Each
table goes into a workspace of its own that is empty but for its task; every tenth row has a label,
every twentieth an annotator too. Seconds are from the opened file to the last byte on disk; beside
them stands how many passes of Python's `csv` over the same rows they are.
"""

import argparse
import csv
import json
import resource
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from core.exchange.importer import ImportResult, import_data
from core.exchange.tables.opening import open_table
from core.exchange.tables.roles import Columns, guess
from core.pool.folder import POOL_FOLDER
from core.system.csv_rows import format_rows
from core.workspace.layout import open_workspace
from tests.benchmarks.generated import generated_texts
from tests.benchmarks.table import machine, print_table, timed
from tests.worlds import pool_of

COLUMNS = ("id", "text", "label", "annotator", "topic")

Rows = Sequence[Sequence[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path, nargs="?")
    parser.add_argument("--items", type=int, default=1_000_000)
    arguments = parser.parse_args()
    rows = made_rows(arguments.workspace, arguments.items)
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        print(f"{len(rows):,} rows, {machine()}\n")
        measure(Path(folder), rows)


def made_rows(workspace: Path | None, items: int) -> Rows:
    """The rows of the table that is brought in."""
    if workspace:
        texts = pool_of(open_workspace(workspace), write_cache=False).texts.to_pylist()
    else:
        texts = generated_texts(items)
    return [
        (
            f"r{at}",
            text,
            ("" if at % 10 else str(at // 10 % 2)),
            ("" if at % 20 else "ada"),
            f"topic {at % 7}",
        )
        for at, text in enumerate(islice(texts, items))
    ]


def measure(folder: Path, rows: Rows) -> None:
    """A line for each kind of file."""
    found, one_pass = [], 0.0
    for kind, write in WRITERS.items():
        path = folder / f"table.{kind}"
        write(path, rows)
        if kind == "csv":
            one_pass = timed(lambda: csv_pass(path), 3)[0]  # noqa: B023 (called at once)
        target = folder / kind
        seconds, intake = timed(lambda: brought(target, path), 1)  # noqa: B023
        counts = (f"{intake.items:,}", f"{intake.labels:,}", f"{intake.copies:,}")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        times = f"{seconds / one_pass:.1f}"
        found.append((kind, *counts, f"{seconds:.2f}", times, f"{most:,.0f}"))
        path.unlink()
    head = ("kind", "items", "labels", "copies", "s", "passes of csv", "MB at most until here")
    print_table(head, found)


def brought(target: Path, path: Path) -> ImportResult:
    """The table in a new workspace."""
    table = open_table(path)
    columns = Columns(**guess(table.columns, table.head(5)))
    (target / POOL_FOLDER).mkdir(parents=True)
    return import_data(open_workspace(target), table, columns)


def csv_pass(path: Path) -> int:
    """The yardstick: the rows that Python's `csv` counts."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file))


def write_delimited(path: Path, rows: Rows) -> None:
    path.write_bytes(format_rows([COLUMNS, *rows]))


def write_lines(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows)


def write_parquet(path: Path, rows: Rows) -> None:
    columns = [pa.array(cells) for cells in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=list(COLUMNS)), path)


def write_excel(path: Path, rows: Rows) -> None:
    """As many of the rows as a sheet holds."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [COLUMNS, *rows[: 2**20 - 1]]:
        sheet.append(list(row))
    book.save(path)
    book.close()


WRITERS: dict[str, Callable[[Path, Rows], None]] = {
    "csv": write_delimited,
    "jsonl": write_lines,
    "parquet": write_parquet,
    "xlsx": write_excel,
}

if __name__ == "__main__":
    main()

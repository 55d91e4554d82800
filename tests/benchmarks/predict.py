"""What predicting a table takes: seconds, rows a second, and memory, for tables of several sizes.

    python -m tests.benchmarks.predict [DIR] [--rows 1000000 10000000] [--kind csv] [--files 1]

DIR is a workspace with a run; without one a workspace of 100,000 made-up texts is made and trained.
The rows' texts are made up (`tests.benchmarks.generated`), or those of DIR's pool again and again.
Each table is predicted by `python -m core predict` in a process of its own, whose memory is told
as its largest resident set; that of the smallest table is what model and pool take by themselves.
On a busy machine believe the CPU seconds.
With several `--files` the rows stand in as many Parquet files of a folder.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain, islice, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from core.evaluation.runs import keep, train
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.benchmarks.generated import generated_texts, write_labels, write_pool
from tests.benchmarks.table import machine, print_table
from tests.worlds import pool_of

POOL, BLOCK, SMALL = 100_000, 100_000, 10_000

CHILD = """
import json, resource, sys
from core.__main__ import app
try:
    app(sys.argv[1:])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"megabytes": used.ru_maxrss / 2**10, "cpu": used.ru_utime + used.ru_stime}
    print(json.dumps(told), file=sys.stderr)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--kind", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--files", type=int, default=1)
    arguments = parser.parse_args()
    print(machine(), "\n")
    with TemporaryDirectory(prefix="sunlight-benchmark-") as place:
        folder = arguments.workspace or made_workspace(Path(place) / "workspace")
        table = []
        for number in (SMALL, *arguments.rows):
            texts = texts_of(arguments.workspace, number)
            source = Path(place) / f"rows-{number}"
            write_rows(source, texts, number, arguments.kind, arguments.files)
            table.append(measured(folder, source, arguments.kind, arguments.files))
        print_table(
            ("rows", "seconds", "rows a second", "CPU seconds", "largest MB", "MB of the input"),
            table,
        )


def made_workspace(folder: Path) -> Path:
    """A workspace of made-up texts, with a run."""
    write_pool(folder / "unlabeled_data" / "pool.csv", POOL)
    write_labels(folder)
    snapshot = read_snapshot(open_workspace(folder))
    keep(snapshot, train(snapshot))
    return folder


def texts_of(workspace: Path | None, number: int) -> Iterator[str]:
    if workspace is None:
        return generated_texts(number, seed=1)
    texts = pool_of(open_workspace(workspace), write_cache=False).texts.to_pylist()
    return islice(chain.from_iterable(repeat(texts)), number)


def write_rows(source: Path, texts: Iterator[str], number: int, kind: str, files: int) -> None:
    """The texts with an id and a number beside each, block by block, in files of one folder."""
    source.mkdir()
    size = -(-number // files)
    for at in range(files):
        rows = islice(texts, min(size, number - at * size))
        first, schema, writer = at * size, None, None
        path = source / f"part-{at:03}.{kind}"
        while block := [*islice(rows, BLOCK)]:
            ids = pa.array(range(first, first + len(block)))
            part = pa.table({"nr": ids, "text": block, "day": pa.array([at] * len(block))})
            first += len(block)
            if writer is None:
                schema = part.schema
                make = pq.ParquetWriter if kind == "parquet" else pyarrow.csv.CSVWriter
                writer = make(path, schema)
            writer.write_table(part)
        if writer:
            writer.close()


def measured(folder: Path, source: Path, kind: str, files: int) -> tuple[str, ...]:
    """A row of the table about one prediction; what it wrote goes again."""
    size = sum(path.stat().st_size for path in source.iterdir()) / 2**20
    asked, out = source, source.with_name(f"{source.name}.out")
    if files == 1:
        asked, out = source / f"part-000.{kind}", out.with_suffix(f".{kind}")
    arguments = ["predict", asked, "--data", folder, "--out", out, "--text", "text", "--json"]
    told = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, arguments)], capture_output=True, text=True
    )
    if told.returncode:
        raise SystemExit(told.stderr)
    answer, memory = json.loads(told.stdout), json.loads(told.stderr.splitlines()[-1])
    rows, seconds = answer["n_items"], answer["seconds"]
    numbers = f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}"
    used = f"{memory['cpu']:.1f}", f"{memory['megabytes']:,.0f}"
    return (*numbers, *used, f"{size:,.0f}")


if __name__ == "__main__":
    main()

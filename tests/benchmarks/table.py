"""What the benchmarks share: a plain table, the machine's size, a clock, a copied workspace."""

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

Result = TypeVar("Result")


def machine() -> str:
    """The machine in a few words: a figure without it says nothing."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table with columns of even width."""
    cells = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print("\n".join(lines))


def timed(step: Callable[[], Result], repeats: int = 5) -> tuple[float, Result]:
    """(median seconds, last result) of several calls."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = step()
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[len(seconds) // 2], result


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A writable copy of a workspace, without its cache, that is gone afterwards."""
    with TemporaryDirectory(prefix="sunlight-benchmark-") as parent:
        target = Path(parent) / folder.name
        ignore = shutil.ignore_patterns(".cache")
        shutil.copytree(folder, target, ignore=ignore, copy_function=shutil.copyfile)
        for path in (target, *target.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield target

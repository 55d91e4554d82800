"""What the default features cost: seconds and memory of learning from a large pool, and again.

    python -m tests.benchmarks.features --items 1000000

The pool is made up (`tests.benchmarks.generated`), labels are the sample's: 1,500 to train on and
1,200 to evaluate. Then the pool grows by a hundredth. Each of the two goes in a process of its own,
so that its peak of memory is its own.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from core.loop import read_loop
from core.pool_scoring import pool_probabilities
from core.pool_space import pool_rows, pool_space
from core.runs import train
from core.workspace import open_workspace
from tests.benchmarks.chapter import csv_pass
from tests.benchmarks.generated import write_labels, write_pool
from tests.benchmarks.table import machine, print_table, timed

Result = TypeVar("Result")

GROWTH = 0.01


def measure(folder: Path) -> tuple[dict[str, float], float]:
    """Seconds of each stage, and the peak of memory in GiB."""
    seconds: dict[str, float] = {}

    def stage(name: str, step: Callable[[], Result]) -> Result:
        began = time.perf_counter()
        result = step()
        seconds[name] = time.perf_counter() - began
        return result

    loop = stage("read the pool", lambda: read_loop(open_workspace(folder)))
    space = stage("learn words and meanings", lambda: pool_space(loop))
    stage("place every text", lambda: pool_rows(loop, space))
    stage("train on 1,500 labels, first", lambda: train(loop))
    seconds["train on 1,500 labels, again"], trained = timed(lambda: train(loop), 3)
    stage("score every text, first", lambda: pool_probabilities(loop, trained.model))
    again, _ = timed(lambda: pool_probabilities(loop, trained.model), 3)
    seconds["score every text, again"] = again
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measured(folder: Path) -> tuple[dict[str, float], float]:
    """`measure` in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(measure, (folder,))


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory of the default features.")
    parser.add_argument("--items", type=int, default=1_000_000)
    items = parser.parse_args().items
    with TemporaryDirectory(prefix="sunlight-benchmark-") as parent:
        folder = Path(parent) / "pool"
        write_pool(folder / "unlabeled_data" / "pool.csv", items)
        write_labels(folder)
        yardstick = csv_pass(folder)
        cold, cold_peak = measured(folder)
        write_pool(folder / "unlabeled_data" / "more.csv", round(items * GROWTH), seed=1)
        grown, grown_peak = measured(folder)
    print(f"{items:,} items; {machine()}")
    print(f"yardstick: one pass of Python's csv over the pool, {yardstick:.2f} s\n")
    rows = [
        [name, f"{cold[name]:.2f}", f"{cold[name] / yardstick:.1f}", f"{grown[name]:.2f}"]
        for name in cold
    ]
    rows.append(["peak of memory, GiB", f"{cold_peak:.2f}", "", f"{grown_peak:.2f}"])
    print_table(["stage", "cold, s", "of the yardstick", "after 1% more texts, s"], rows)


if __name__ == "__main__":
    main()

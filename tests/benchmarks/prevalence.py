"""Whether the prevalence's intervals hold the truth, over many simulated loops.

    python -m tests.benchmarks.prevalence --labeled CSV_OF_ITEM_ID_TEXT_LABEL

Each seed is another evaluation sample, another beginning, another course of active learning.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.analysis.simulation import (
    LabeledPool,
    Plan,
    by_mix,
    read_labeled,
    steps,
    write_labeled,
)
from core.evaluation.prevalence import Prevalence, prevalence_of
from core.workspace.task import MODELS
from core.workspace.task_toml import default_task
from tests.benchmarks.table import machine, print_table

CHAPTER = {"random": 10, "low confidence": 80, "outlier": 10}


def measure(table: LabeledPool, plan: Plan, model: str, seed: int) -> Prevalence:
    *_, last = steps(table, by_mix(CHAPTER, plan.batch), model, seed, plan)
    return prevalence_of(last.snapshot, "1")


def row(table: LabeledPool, plan: Plan, model: str, seeds: int) -> list[str]:
    """One table row: how far off, how wide, and how often the truth was inside."""
    items = table.snapshot.candidates
    ids = table.snapshot.pool_words.pool.ids.to_pylist()
    positive = table.snapshot.workspace.task.positive.value
    truth = float(np.mean([table.oracle[ids[at]] == positive for at in np.flatnonzero(items)]))
    found = [measure(table, plan, model, seed) for seed in range(seeds)]
    shares = [prevalence.share for prevalence in found]
    inside = np.mean([share.low <= truth <= share.high for share in shares])
    width = np.mean([share.high - share.low for share in shares]) / 2
    return [
        f"{plan.evaluation * items.sum():,.0f} + {plan.initial}",
        f"{plan.initial + plan.iterations * plan.batch:,}",
        f"{truth:.2%}",
        f"{np.mean([share.value for share in shares]):.2%} ± {width:.2%}",
        f"{inside:.0%}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the prevalence's intervals.")
    parser.add_argument("--labeled", type=Path, required=True, help="CSV of item_id,text,label")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--model", choices=MODELS, default=MODELS[0])
    given = parser.parse_args()
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        write_labeled(given.labeled, Path(folder), default_task())
        table = read_labeled(Path(folder), default_task())
        number = int(table.snapshot.candidates.sum())
        plans = (Plan(100, 50, 8, 150 / number), Plan(400, 100, 6, 1200 / number))
        rows = [row(table, plan, given.model, given.seeds) for plan in plans]
    print(f"{number:,} items, {given.model}, the chapter's mix, {given.seeds} seeds; {machine()}\n")
    print_table(["random items", "training labels", "truth", "estimate", "inside"], rows)


if __name__ == "__main__":
    main()

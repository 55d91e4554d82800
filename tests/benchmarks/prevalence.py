"""Whether the prevalence's intervals hold the truth, over many simulated loops.

    python -m tests.benchmarks.prevalence --labeled CSV_OF_ITEM_ID_TEXT_LABEL

Each seed is another evaluation sample, another beginning, another course of active learning.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.analysis.estimate import prevalence_of
from core.analysis.simulation import (
    LabeledPool,
    Plan,
    Step,
    by_mix,
    read_labeled,
    steps,
    write_labeled,
)
from core.evaluation.prevalence import Prevalence
from core.workspace.task import MODELS
from core.workspace.task_toml import default_task
from tests.benchmarks.table import machine, print_table

CHAPTER = {"random": 10, "low confidence": 80, "outlier": 10}


def naive(step: Step) -> float:
    """Positives by the sum of the run's own probabilities, and the labels there are."""
    column, splits = step.snapshot.workspace.task.positive_index, step.snapshot.labels.splits
    positive = step.snapshot.workspace.task.positive.value
    found = sum(item.label == positive for items in splits.values() for item in items)
    return found + float(step.probability[step.snapshot.candidates, column].sum())


def measure(table: LabeledPool, plan: Plan, model: str, seed: int) -> tuple[Prevalence, float]:
    *_, last = steps(table, by_mix(CHAPTER, plan.batch), model, seed, plan)
    return prevalence_of(last.snapshot), naive(last)


def row(table: LabeledPool, plan: Plan, model: str, seeds: int) -> list[str]:
    """One table row: how far off, how wide, and how often the truth was inside."""
    items = table.snapshot.candidates
    ids = table.snapshot.pool_words.pool.ids.to_pylist()
    positive = table.snapshot.workspace.task.positive.value
    truth = float(np.mean([table.oracle[ids[at]] == positive for at in np.flatnonzero(items)]))
    found = [measure(table, plan, model, seed) for seed in range(seeds)]
    shares = [prevalence.share for prevalence, _ in found]
    samples = [prevalence.sample for prevalence, _ in found]
    cells = [
        f"{plan.evaluation * items.sum():,.0f} + {plan.initial}",
        f"{plan.initial + plan.iterations * plan.batch:,}",
        f"{truth:.2%}",
        f"{np.mean([sums for _, sums in found]) / items.sum():.2%}",
    ]
    for kind in (samples, shares):
        inside = np.mean([share.low <= truth <= share.high for share in kind])
        width = np.mean([share.high - share.low for share in kind]) / 2
        mean = np.mean([share.value for share in kind])
        cells.append(f"{mean:.2%} ± {width:.2%}, {inside:.0%}")
    return [*cells, f"{np.mean([prevalence.trust for prevalence, _ in found]):.2f}"]


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
    head = ["random items", "training labels", "truth", "sum of probabilities"]
    head += ["random items alone, inside", "corrected, inside", "trust"]
    print_table(head, rows)


if __name__ == "__main__":
    main()

"""What stopping when told to would have cost, in simulated loops that go on regardless.

    python -m tests.benchmarks.stopping --labeled CSV_OF_ITEM_ID_TEXT_LABEL

At how many labels predictions were first said to be stable, the scores and found positives there,
and what going on to the end would have brought.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.analysis.curve_comparison import mean_of
from core.analysis.simulation import (
    LabeledPool,
    Plan,
    Step,
    by_mix,
    read_labeled,
    steps,
    write_labeled,
)
from core.evaluation.report import Report
from core.evaluation.stopping import WINDOW, Estimate, estimate
from core.workspace.task import MODELS
from core.workspace.task_toml import default_task
from tests.benchmarks.table import machine, print_table

MIXES = {
    "the chapter's 10/80/10": {"random": 10, "low confidence": 80, "outlier": 10},
    "10/90 most likely positive": {"random": 10, "most likely positive": 90},
}


@dataclass(frozen=True)
class Stop:
    """The loop at one moment: labels, scores, and the share of all positives that is found."""

    labels: int
    fscore: float
    average_precision: float
    found: float


def stop_at(step: Step, oracle: Mapping[str, str]) -> Stop:
    splits, positive = step.snapshot.labels.splits, step.snapshot.workspace.task.positive.value
    # Of those that could be found: without the evaluation items and copies.
    there = sum(label == positive for label in oracle.values())
    held_out = sum(item.label == positive for item in splits["evaluation"])
    found = sum(item.label == positive for item in splits["training"])
    run = step.trained.run if step.trained else None
    scores = (run.fscore or 0.0, run.average_precision or 0.0) if run else (0.0, 0.0)
    return Stop(len(splits["training"]), *scores, found / (there - held_out))


def course(
    table: LabeledPool, mix: Mapping[str, int], plan: Plan, model: str, seed: int
) -> Iterator[tuple[Stop, Estimate]]:
    """The outlook at each step of one loop."""
    reports: list[Report] = []
    for step in steps(table, by_mix(mix, plan.batch), model, seed, plan):
        if step.trained:
            reports.append(step.trained.report)
            yield stop_at(step, table.oracle), estimate(step.snapshot, reports[-1 - WINDOW :])


def first_stop(course: list[tuple[Stop, Estimate]]) -> Stop | None:
    """Where it was first said that predictions are stable."""
    return next((stop for stop, outlook in course if outlook.stable.says_stop), None)


def row(mix: str, stops: list[Stop | None], ends: list[Stop]) -> list[object]:
    """Means where it said stop, beside the end of the same loops."""
    pairs = [(stop, end) for stop, end in zip(stops, ends, strict=True) if stop]
    labels = mean_of(stop.labels for stop, _ in pairs).value
    cells = [
        f"{mean_of(getattr(stop, what) for stop, _ in pairs)} of "
        f"{mean_of(getattr(end, what) for _, end in pairs)}"
        for what in ("fscore", "average_precision", "found")
    ]
    return [
        mix,
        f"{len(pairs)} of {len(stops)}",
        f"{labels:,.0f}" if labels else "",
        *(cells if pairs else [""] * 3),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="What stopping would have cost.")
    parser.add_argument("--labeled", type=Path, required=True, help="CSV of item_id,text,label")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=14)
    parser.add_argument("--model", choices=MODELS, default=MODELS[0])
    given = parser.parse_args()
    plan = Plan(iterations=given.iterations, evaluation=0.18)
    rows = []
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        write_labeled(given.labeled, Path(folder), default_task())
        table = read_labeled(Path(folder), default_task())
        for mix, parts in MIXES.items():
            courses = [
                list(course(table, parts, plan, given.model, seed)) for seed in range(given.seeds)
            ]
            ends = [steps_of_one[-1][0] for steps_of_one in courses]
            rows.append(row(mix, [first_stop(each) for each in courses], ends))
    labels = f"up to {ends[0].labels:,} training labels"
    print(f"{given.model}, {given.seeds} seeds, {labels}; {machine()}\n")
    head = ["mix", "said stop", "at labels", "F of the end's", "AP of the end's"]
    print_table([*head, "share of positives found, of the end's"], rows)


if __name__ == "__main__":
    main()

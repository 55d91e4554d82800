"""Every model on the same labels: scores with their spread, seconds, memory.

    python -m tests.benchmarks.learner PATH_TO_A_COPY_OF_THE_BOOK'S_DATA [--encoder NAME_OR_FOLDER]
    python -m tests.benchmarks.learner --labeled CSV_OF_ITEM_ID_TEXT_LABEL [--labeled ANOTHER]

The second puts the models, and scikit-learn's logistic regression, on the same random labels of
data sets of one's own, with several seeds (`labeled_sets` says how). What follows is the first.

A model that is drawn by a seed is trained with several: the mean stands before ±, their deviation
behind it. Intervals of 95%, of the first seed's scores and of their differences to the chapter's
model, are bootstrapped on the evaluation items. Each model runs in a process of its own, so that
its peak of memory is its own.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.evaluation.intervals import BinaryPredictions, Interval
from core.evaluation.report import AT_THRESHOLD, KeptPredictions, Report
from core.evaluation.runs import train
from core.features.encoder import encoder_place
from core.features.sources import feature_source
from core.models.pool_predictions import pool_probabilities
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import BUNDLED, MODELS
from tests.benchmarks.labeled_sets import LEARNERS, add_options, compare_learners
from tests.benchmarks.table import copied, machine, print_table, timed
from tests.worlds import paired_difference

WITH_ENCODER, WITHOUT = "linear + encoder", "linear, no encoder"

WANTED = {
    "linear": {AT_THRESHOLD: 0.63, "auc": 0.93, "average_precision": 0.69},
}
"""What is to be reached on the book's data."""

SHOWN = {
    "fscore": "F at 0.5",
    AT_THRESHOLD: "F at threshold",
    "auc": "AUC",
    "average_precision": "average precision",
}
COMPARED = ("fscore", "auc", "average_precision")


@dataclass(frozen=True)
class Measured:
    """One model's figures: the report of each seed, seconds, and GiB."""

    reports: tuple[Report, ...]
    build: float
    train: float
    score: float
    memory: float

    def values(self, name: str) -> list[float]:
        """The score of each seed."""
        return [report.figures["evaluation"].intervals[name].value for report in self.reports]


def main() -> None:
    parser = argparse.ArgumentParser(description="Every model on the same labels.")
    parser.add_argument("data", type=Path, nargs="?", help="a workspace with labels of both kinds")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--encoder", help="a folder or a name on the hub: adds a row")
    add_options(parser)
    given = parser.parse_args()
    if given.labeled:
        compare_learners(given, LEARNERS, chooses=False)
    if given.data:
        compare_models(given)
    if not given.labeled and not given.data:
        parser.error("give a workspace, or data sets with --labeled")


def compare_models(given: argparse.Namespace) -> None:
    """The models on the workspace's own labels."""
    asked = {name: (name, given.seeds) for name in MODELS} | {WITHOUT: (MODELS[0], 1, "")}
    if given.encoder:
        asked[WITH_ENCODER] = (MODELS[0], given.seeds, encoder_place(given.encoder, Path.cwd()))
    found: dict[str, Measured] = {}
    for title, arguments in asked.items():
        with copied(given.data) as folder, multiprocessing.get_context("spawn").Pool(1) as process:
            found[title] = process.apply(measure, (folder, *arguments))
    snapshot = read_snapshot(open_workspace(given.data), write_cache=False)
    truth = {item.item_id: item.label for item in snapshot.labels.splits["evaluation"]}
    trained = len(snapshot.labels.usable_training)
    print(f"{trained:,} training items, {len(truth):,} evaluation items; {machine()}\n")
    print_scores(found)
    print("\nOver the chapter's model, on the same items\n")
    print_differences(found, truth, snapshot.workspace.task.positive.value)
    print_wanted(found)


def measure(folder: Path, name: str, seeds: int, encoder: str = BUNDLED) -> Measured:
    """One model's figures, in this process."""
    workspace = open_workspace(folder)
    task = replace(workspace.task, encoder=encoder)
    snapshot = read_snapshot(replace(workspace, task=task))
    began = time.perf_counter()
    prepare(snapshot, name)
    build = time.perf_counter() - began
    seconds, trained = timed(lambda: train(snapshot, name=name), 3)
    score, _ = timed(lambda: pool_probabilities(snapshot, trained.model))
    numbers = range(1 if name == "linear" else seeds)
    reports = tuple(train(snapshot, name=name, seed=seed).report for seed in numbers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Measured(reports, build, seconds, score, peak)


def prepare(snapshot: Snapshot, name: str) -> None:
    """Builds what the model sees of the pool, as its first training and scoring would."""
    source = feature_source(snapshot, name)
    if name != "book":
        source.pool_rows(snapshot, lambda step, *_: print(f"{step} …", file=sys.stderr))


def print_scores(found: Mapping[str, Measured]) -> None:
    """Scores, seconds and memory, one row a model."""
    rows = [
        [
            title,
            *(cell(row, name) for name in SHOWN),
            *(f"{figure:.2f}" for figure in (row.build, row.train, row.score, row.memory)),
        ]
        for title, row in found.items()
    ]
    times = ["features, s", "train, s", "score pool, s", "peak, GiB"]
    print_table(["model", *SHOWN.values(), *times], rows)


def cell(row: Measured, name: str) -> str:
    """`0.612 ± 0.010 [0.560, 0.660]`."""
    values = row.values(name)
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    interval = row.reports[0].figures["evaluation"].intervals[name]
    return f"{np.mean(values):.3f}{spread} {ends(interval)}"


def ends(interval: Interval) -> str:
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def print_differences(found: Mapping[str, Measured], truth: Mapping[str, str], label: str) -> None:
    """How much higher each model scores than the chapter's, seed by seed the first."""
    items = sorted(truth)
    actual = np.array([truth[item] == label for item in items])
    said = {title: binary_of(row.reports[0].said, items, label) for title, row in found.items()}
    rows = []
    for title in [title for title in found if title != "book"]:
        differences = [
            paired_difference(said["book"], said[title], actual, name) for name in COMPARED
        ]
        cells = [f"{x.value:+.3f} {ends(x)}" for x in differences if x]
        rows.append([title, *cells])
    print_table(["model", *(SHOWN[name] for name in COMPARED)], rows)


def binary_of(said: KeptPredictions, item_ids: Sequence[str], positive: str) -> BinaryPredictions:
    """The predictions of these items, the positive label against all others."""
    at = {item: place for place, item in enumerate(said.item_ids)}
    places = [at[item] for item in item_ids]
    predicted = np.array(said.predicted)[places] == positive
    return BinaryPredictions(np.array(said.raw)[places], predicted)


def print_wanted(found: Mapping[str, Measured]) -> None:
    """What was to be reached, and whether it was."""
    for title, wanted in WANTED.items():
        if title in found:
            told = [
                f"{SHOWN[name]} {least}: {'reached' if has >= least else 'missed'} ({has:.3f})"
                for name, least in wanted.items()
                for has in [float(np.mean(found[title].values(name)))]
            ]
            print(f"\n`{title}` on the book's data: {'; '.join(told)}")


if __name__ == "__main__":
    main()

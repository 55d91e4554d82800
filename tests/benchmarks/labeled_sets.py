"""Labeled data sets that a developer names by path, and what learners reach on them.

Of each seed every learner has the same test items (30% of all), and the same first training items.
Differences are therefore paired over seeds; their intervals of 95% are Student's. They tell how far
another draw from the same file would give another answer, not what another file would.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from scipy.stats import t as student

from core.analysis.curve_comparison import Mean, mean_of
from core.analysis.simulation import (
    LabeledPool,
    Plan,
    by_mix,
    read_labeled,
    steps,
    write_labeled,
)
from core.evaluation.intervals import LEVEL
from core.evaluation.report import Figures
from core.models.pool_predictions import Predictions
from core.sampling.mix import Chosen
from core.system.process import processors
from core.workspace.snapshot import Snapshot
from core.workspace.task import BUNDLED, MODELS, NONE, SEPARATOR, Task
from core.workspace.task_file import FIRST_BATCH, completed, labels_of_words
from core.workspace.task_toml import default_task
from tests.benchmarks import plain_learner
from tests.benchmarks.table import machine, print_table

RANDOM = {"random": 1}
CHAPTER = {"random": 10, "low confidence": 80, "outlier": 10}

LABELS = (200, 500, 1_000)
HELD_OUT = 0.3
FIRST, BATCH = 100, 100  # training items at first and in a batch, where learners choose

POSITIVE = {
    "average_precision": "average precision",
    "auc": "AUC",
    "at_threshold": "F at its threshold",
    "at_half": "F at 0.5",
}
ALL_ALIKE = {
    "average_precision": "macro average precision",
    "auc": "macro AUC",
    "macro_fscore": "macro F",
    "accuracy": "accuracy",
}
"""Scores of tasks with a positive label, and of those without one; of several labels the accuracy
is the share of texts of which all labels are right."""

Scores = Mapping[str, float | None]


@dataclass(frozen=True)
class Learner:
    """A model and how it works; without one it is scikit-learn's, as `plain_learner` says.

    `first` is the size of its batches until there are 300 training labels, 0: that of the others.
    """

    name: str
    model: str = MODELS[0]
    encoder: str = BUNDLED
    first: int = 0


DEFAULT = Learner("linear")
PLAIN = Learner(plain_learner.NAME, model="")
LEARNERS = (
    DEFAULT,
    Learner("linear, no encoder", encoder=""),
    Learner("book", model="book", encoder=""),
    PLAIN,
)
SMALL_FIRST = Learner(f"linear, batches of {FIRST_BATCH} at first", first=FIRST_BATCH)


@dataclass(frozen=True)
class Job:
    """One learner on one data set with one seed: at these numbers of labels, random or chosen."""

    labeled: Path
    task: Task
    learner: Learner
    seed: int
    labels: tuple[int, ...]
    chooses: bool


@dataclass(frozen=True)
class Result:
    """A learner's scores on the test items of a seed, with so many training labels."""

    learner: str
    seed: int
    labels: int
    scores: Scores


def task_of(labeled: Path) -> Task:
    """The task of a CSV of `item_id,text,label`: the chapter's of `1` and `0`, else its own labels.

    A `|` in a label, or a label `-`, says that a text can have several. Of two labels that exclude
    each other the rarer one is positive, unless a name says so.
    """
    with labeled.open(encoding="utf-8", newline="") as file:
        answers = [row["label"] for row in csv.DictReader(file)]
    if set(answers) == {"1", "0"}:
        return default_task()
    several = any(SEPARATOR in answer or answer == NONE for answer in answers)
    joined = (answer.split(SEPARATOR) if several else [answer] for answer in answers)
    counts = Counter(value for values in joined for value in values if value != NONE)
    labels = completed(labels_of_words(dict(sorted(counts.items())), several=several))
    return replace(default_task(), labels=labels, several=several)


def score_names(task: Task) -> dict[str, str]:
    return POSITIVE if task.positive else ALL_ALIKE


def learners_for(task: Task, learners: Iterable[Learner]) -> list[Learner]:
    """Those that can learn the task: the chapter's model has one label a text."""
    return [learner for learner in learners if not (task.several and learner.model == "book")]


def results(
    labeled: Path,
    learners: Iterable[Learner],
    seeds: Iterable[int],
    labels: Sequence[int],
    *,
    chooses: bool,
    workers: int | None = None,
) -> list[Result]:
    """What each learner reaches with each seed; several processes have one torch thread each."""
    task, seeds = task_of(labeled), list(seeds)
    jobs = [
        Job(labeled, task, learner, seed, tuple(sorted(labels)), chooses)
        for learner in learners_for(task, learners)
        for seed in seeds
    ]
    number = min(workers or processors(), len(jobs))
    if number == 1:
        return [result for job in jobs for result in course(job)]
    start = get_context("spawn"), torch.set_num_threads, (1,)
    with ProcessPoolExecutor(number, *start) as processes:
        return [result for found in processes.map(course, jobs) for result in found]


def course(job: Job) -> list[Result]:
    """The learner's results, in this process."""
    learner = job.learner
    sizes = {"batch_size": BATCH, "first_batch_size": learner.first}
    task = replace(job.task, encoder=learner.encoder, **sizes)
    plan = Plan(FIRST, learner.first or BATCH, max(job.labels), HELD_OUT)
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        write_labeled(job.labeled, Path(folder), task)
        table = read_labeled(Path(folder), task)
        if not learner.model:
            found = plain_learner.scores(table, job.seed, plan, job.labels, chooses=job.chooses)
        elif job.chooses:
            found = chosen(table, learner.model, job.seed, plan, job.labels)
        else:
            found = drawn(table, learner.model, job.seed, plan, job.labels)
        return [Result(learner.name, job.seed, labels, scores) for labels, scores in found]


def drawn(
    table: LabeledPool, model: str, seed: int, plan: Plan, labels: Sequence[int]
) -> Iterator[tuple[int, Scores]]:
    """(labels, scores) of so many random items, where there are as many."""
    for number in labels:
        once = replace(plan, initial=number, iterations=0)
        (step,) = steps(table, by_mix(RANDOM, 1), model, seed, once)
        if step.trained and len(step.snapshot.labels.splits["training"]) == number:
            yield number, scores_of(step.trained.report.figures["evaluation"])


def chosen(
    table: LabeledPool, model: str, seed: int, plan: Plan, labels: Sequence[int]
) -> Iterator[tuple[int, Scores]]:
    """(labels, scores) on the way of a loop with the chapter's mix, in batches as asked."""

    def choose(snapshot: Snapshot, scores: Predictions, generator: np.random.Generator) -> Chosen:
        return by_mix(CHAPTER, snapshot.batch_size)(snapshot, scores, generator)

    for step in steps(table, choose, model, seed, plan):
        number = len(step.snapshot.labels.splits["training"])
        if number in labels and step.trained:
            yield number, scores_of(step.trained.report.figures["evaluation"])
        if number >= max(labels):
            return


def scores_of(figures: Figures) -> Scores:
    """The figures under the names of `POSITIVE` and `ALL_ALIKE`."""
    return {
        "average_precision": figures.average_precision,
        "auc": figures.auc,
        "at_threshold": figures.at_threshold.fscore,
        "at_half": figures.at_half.fscore,
        "macro_fscore": figures.macro_fscore,
        "accuracy": figures.accuracy,
    }


def told(mean: Mean, sign: str = "") -> str:
    """`0.634 [0.602, 0.666]`: a mean over seeds with Student's interval, if there is one."""
    if mean.error is None:
        return "" if mean.value is None else f"{mean.value:{sign}.3f}"
    half = student.ppf((1 + LEVEL) / 2, mean.number - 1) * mean.error
    low, high = mean.value - half, mean.value + half
    return f"{mean.value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def paired(one: Mapping[int, float], other: Mapping[int, float]) -> Mean:
    """How much higher `one` is than `other`, both by seed, over the seeds that both have."""
    return mean_of(one[seed] - other[seed] for seed in one if seed in other)


def print_results(found: Iterable[Result], names: Mapping[str, str]) -> None:
    """Each learner's scores, and how far the first learner is ahead of the others."""
    by: dict[tuple[int, str], dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for result in found:
        for name, value in result.scores.items():
            if name in names and value is not None:
                by[result.labels, result.learner][name][result.seed] = value
    rows, ahead = [], []
    first = next(iter(by), (0, ""))[1]
    for (labels, learner), scores in sorted(by.items(), key=lambda each: each[0][0]):
        cells = [told(mean_of(scores[name].values())) for name in names]
        rows.append([f"{labels:,}", learner, *cells])
        if learner != first:
            least = [told(paired(by[labels, first][x], scores[x]), "+") for x in names]
            ahead.append([f"{labels:,}", learner, *least])
    print_table(["labels", "learner", *names.values()], rows)
    print(f"\nHow far `{first}` is ahead, paired over seeds\n")
    print_table(["labels", "of", *names.values()], ahead)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is asked of data sets on the command line, beside the number of seeds."""
    help_labeled = "CSV of item_id,text,label; may be given again"
    parser.add_argument("--labeled", type=Path, action="append", default=[], help=help_labeled)
    parser.add_argument("--labels", type=int, nargs="+", default=[*LABELS], metavar="N")
    parser.add_argument("--workers", type=int, help="processes; default: one for each core")


def compare_learners(
    given: argparse.Namespace, learners: Sequence[Learner], *, chooses: bool
) -> None:
    """Prints the tables of each data set."""
    how = "labels that each chooses for itself" if chooses else "the same random labels"
    for labeled in given.labeled:
        seeds, names = range(given.seeds), score_names(task_of(labeled))
        found = results(
            labeled, learners, seeds, given.labels, chooses=chooses, workers=given.workers
        )
        print(f"\n{labeled.name}: {how}; {given.seeds} seeds, 95% intervals; {machine()}\n")
        print_results(found, names)

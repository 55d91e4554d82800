"""Learning curves of the strategies, each with a tenth of random items, beside random alone.

    python -m tests.benchmarks.learning --labeled CSV_OF_ITEM_ID_TEXT_LABEL [--labeled ANOTHER]
    python -m tests.benchmarks.learning --workspace DIR
    python -m tests.benchmarks.learning --learners --labeled CSV [--labeled ANOTHER]

The second takes every label of a workspace, and lets the rest of its pool teach the features. The
third compares models, scikit-learn's and small first batches instead, each of which chooses its own
items: by the chapter's mix, scikit-learn's by the margin (`labeled_sets` says how).
With `--searches FILE`, a `searches.toml`, it measures the start for rare labels instead: positives
are taken out until 1% and 0.2% are left, and random labels and the chapter's mix go without and
with what the searches find, in batches of `--batch`, at most `--iterations` of them.
With `pip install -r requirements-benchmarks.txt` also query strategies of scikit-activeml and
small-text, on the same vectors, in the same loop and for the same model. They take minutes a curve.
"""

import argparse
import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from core.analysis.curve_comparison import SCORES, Compared, compare, mean_of
from core.analysis.learning_curves import (
    Curve,
    Point,
    Study,
    lay_background,
    learn,
    point_of,
)
from core.analysis.simulation import Plan, read_labeled, steps, write_labeled
from core.pool.text import text_key
from core.sampling.catalog import refusal
from core.system.csv_rows import format_rows
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import MODELS, Task
from tests.benchmarks.labeled_sets import (
    CHAPTER,
    LEARNERS,
    RANDOM,
    SMALL_FIRST,
    add_options,
    compare_learners,
    task_of,
    told,
)
from tests.benchmarks.libraries import choosers
from tests.benchmarks.table import machine, print_table

ALONE = (
    "low confidence", "margin", "ratio", "entropy", "outlier", "novel words",
    "underrepresented words", "stratified length", "most likely positive",
)  # fmt: skip
MIXES = {
    "random": RANDOM,
    "10/80/10, the chapter's": CHAPTER,
    "low confidence alone": {"low confidence": 1},
    **{f"10/90 {name}": {"random": 10, name: 90} for name in ALONE},
}


def labels_of(snapshot: Snapshot) -> bytes:
    """The labeled items as the table that a study takes: of several copies of a text the first."""
    rows: dict[str, tuple[str, str, str]] = {}
    for item in snapshot.labels.items:
        rows.setdefault(text_key(item.text), (item.item_id, item.text, item.label))
    return format_rows([("item_id", "text", "label"), *rows.values()])


def library_points(study: Study, number: int) -> list[Point]:
    """The points of the libraries' strategies, one seed after another, in this process."""
    points = []
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        write_labeled(study.labeled, Path(folder), study.task)
        lay_background(study, Path(folder))
        table = read_labeled(Path(folder), study.task)
        for name, choose in choosers(number).items():
            for seed in study.seeds:
                for model in study.models:
                    curve = Curve(seed, name, model)
                    found = steps(table, choose, model, seed, study.plan)
                    points += [point_of(curve, step) for step in found]
                    print(f"{name}, seed {seed}", flush=True)
    return points


SHARES = (0.01, 0.002)
WITH = " with searches"


def thinned(labeled: bytes, share: float, positive: str, seed: int = 1) -> bytes:
    """The table with as many of its positives, drawn at random, as are this share of all items."""
    head, *rows = csv.reader(io.StringIO(labeled.decode()))
    found = [row for row in rows if row[2] == positive]
    others = [row for row in rows if row[2] != positive]
    kept = random.Random(seed).sample(found, round(share * len(others) / (1 - share)))
    return format_rows([head, *sorted([*others, *kept])])


def print_starts(study: Study, positive: str, batch: int, workers: int | None) -> None:
    """Labels until ten positives, or until half of those there are, and until F > .3."""
    mixes = {"random": RANDOM, "10/80/10, the chapter's": CHAPTER}
    started = {name + WITH: mix for name, mix in mixes.items()}
    labeled, folder = study.labeled.read_bytes(), study.labeled.parent
    for share in SHARES:
        table = folder / f"thinned-{share}.csv"
        table.write_bytes(thinned(labeled, share, positive))
        n_items = len(table.read_bytes().splitlines()) - 1
        wanted = min(10, round(share * n_items * (1 - study.plan.evaluation) / 2))
        to_the_end = int(n_items * (1 - study.plan.evaluation)) // batch
        iterations = min(to_the_end, study.plan.iterations)
        plan = replace(study.plan, initial=batch, batch=batch, iterations=iterations)
        rare = replace(study, labeled=table, plan=plan, mixes=mixes | started, started=started)
        points = learn(rare, folder / f"starts-{share}.csv", workers=workers)
        rows = []
        for name in rare.mixes:
            curves = [[p for p in points if (p.mix, p.seed) == (name, at)] for at in study.seeds]
            found = zip(*(labels_until(curve, wanted, 0.3) for curve in curves), strict=True)
            rows.append([name, *(cell for each in found for cell in middle(each))])
        print(f"\n{share:.1%} of {n_items:,} items are positive; median over seeds\n")
        head = [f"labels until {wanted} positives", "of seeds", "labels until F > .3", "of seeds"]
        print_table(["mix", *head], rows)


def labels_until(points: Sequence[Point], positives: int, fscore: float) -> tuple[int | None, ...]:
    """The training labels of a curve when it had so many positives, and so high a score, at first.

    None where it never came that far, or there is no positive label.
    """
    found = (p.labels for p in points if round((p.positive_share or 0) * p.labels) >= positives)
    scored = (point.labels for point in points if (point.fscore or 0) > fscore)
    return next(found, None), next(scored, None)


def middle(labels: Sequence[int | None]) -> tuple[str, str]:
    """(the median, where a curve that never came so far is longest; how many did)."""
    at = median(float("inf") if each is None else each for each in labels)
    reached = sum(each is not None for each in labels)
    return "never" if at == float("inf") else f"{at:,.0f}", f"{reached} of {len(labels)}"


def print_curves(points: Sequence[Point], compared: Sequence[Compared], score: str) -> None:
    """One row for each mix: its score at each number of labels, area, difference to random."""
    counts = sorted({point.labels for point in points})
    shown = counts[:: max(1, len(counts) // 5)]
    rows = []
    for row in compared:
        if row.score == score:
            cells = [
                mean_of(
                    getattr(point, score)
                    for point in points
                    if (point.mix, point.model, point.labels) == (row.mix, row.model, labels)
                )
                for labels in shown
            ]
            needed = f"{row.labels_needed:,.0f}" if row.labels_needed else ""
            reached = f"{needed} ({row.reached} of {row.seeds})"
            shares = told(row.area), told(row.difference, "+")
            rows.append([row.mix, row.model, *map(told, cells), *shares, reached])
    print(f"\n{score}\n")
    head = [*(f"{labels:,} labels" for labels in shown), "area", "over random", "random's end at"]
    print_table(["mix", "model", *head], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Learning curves of the strategies.")
    parser.add_argument("--workspace", type=Path, help="a workspace with labels")
    parser.add_argument("--out", type=Path, help="keep the curves of one data set in this CSV")
    parser.add_argument("--model", choices=MODELS, action="append", help="default: the first")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=9)
    parser.add_argument("--searches", type=Path, help="a searches.toml: the start for rare labels")
    parser.add_argument("--batch", type=int, default=20, help="labels in a batch, with --searches")
    parser.add_argument("--learners", action="store_true", help="learners in place of strategies")
    add_options(parser)
    given = parser.parse_args()
    if not given.labeled and not given.workspace:
        parser.error("give data sets with --labeled, or a --workspace")
    if given.out and len(given.labeled) + bool(given.workspace) > 1:
        parser.error("--out holds the curves of one data set")
    if given.learners:
        compare_learners(given, (*LEARNERS, SMALL_FIRST), chooses=True)
        return
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        for number, study in enumerate(studies(given, Path(folder))):
            print(f"\n{study.labeled.name}")
            if given.searches:
                print_starts(study, study.task.positive.value, given.batch, given.workers)
            else:
                out = given.out or Path(folder) / f"curves-{number}.csv"
                print_strategies(study, out, given.workers)


def studies(given: argparse.Namespace, folder: Path) -> Iterator[Study]:
    """A study of the strategies on each data set that was named; their files lie in the folder."""
    plan, models = replace(Plan(), iterations=given.iterations), given.model or MODELS[:1]
    for number, labeled in enumerate(given.labeled):
        task, table = task_of(labeled), folder / f"{number}" / labeled.name
        table.parent.mkdir()
        table.write_bytes(labeled.read_bytes())
        study = Study(table, task, plan, mixes_of(task), models, range(given.seeds))
        yield replace(study, searches=given.searches)
    if given.workspace:
        snapshot = read_snapshot(open_workspace(given.workspace), write_cache=False)
        task, table = snapshot.workspace.task, folder / "labeled.csv"
        table.write_bytes(labels_of(snapshot))
        study = Study(table, task, plan, mixes_of(task), models, range(given.seeds))
        yield replace(study, background=snapshot, searches=given.searches)


def mixes_of(task: Task) -> dict[str, dict[str, int]]:
    """The mixes that the task's labels allow."""
    return {
        name: mix for name, mix in MIXES.items() if not any(refusal(each, task) for each in mix)
    }


def print_strategies(study: Study, out: Path, workers: int | None) -> None:
    """The curves of each mix, and of the libraries' strategies, score by score."""
    points = learn(study, out, workers=workers, progress=in_words(print))
    points += library_points(study, study.plan.batch)
    print(f"\n{len(study.seeds)} seeds, 95% intervals; {machine()}")
    for score in SCORES:
        print_curves(points, compare(points, "random"), score)


if __name__ == "__main__":
    main()

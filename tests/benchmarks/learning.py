"""Learning curves of the strategies, each with a tenth of random items, beside random alone.

    python -m tests.benchmarks.learning --labeled CSV_OF_ITEM_ID_TEXT_LABEL
    python -m tests.benchmarks.learning --workspace DIR

The second takes every label of a workspace, and lets the rest of its pool teach the features.
With `pip install -r requirements-benchmarks.txt` also query strategies of scikit-activeml and
small-text, on the same vectors, in the same loop and for the same model. They take minutes a curve.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from core.analysis.curve_comparison import Compared, compare, mean_of
from core.analysis.learning_curves import Curve, Point, Study, lay_background, learn, point_of
from core.analysis.simulation import Plan, read_labeled, steps, write_labeled
from core.pool.text import text_key
from core.system.csv_rows import format_rows
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import MODELS
from core.workspace.task_toml import default_task
from tests.benchmarks.libraries import choosers
from tests.benchmarks.table import machine, print_table

RANDOM = {"random": 1}
CHAPTER = {"random": 10, "low confidence": 80, "outlier": 10}
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


def print_curves(points: Sequence[Point], compared: Sequence[Compared], score: str) -> None:
    """One row for each mix: mean ± standard error at each number of labels, area, difference."""
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
            rows.append([row.mix, row.model, *cells, row.area, row.difference, reached])
    print(f"\n{score}\n")
    head = [*(f"{labels:,} labels" for labels in shown), "area", "over random", "random's end at"]
    print_table(["mix", "model", *head], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Learning curves of the strategies.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--labeled", type=Path, help="CSV of item_id,text,label, 1 or 0")
    source.add_argument("--workspace", type=Path, help="a workspace with labels")
    parser.add_argument("--out", type=Path, help="keep the curves in this CSV, and go on from it")
    parser.add_argument("--model", choices=MODELS, action="append", help="default: the first")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=9)
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    plan = replace(Plan(), iterations=given.iterations)
    models, seeds = given.model or MODELS[:1], range(given.seeds)
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        study = Study(given.labeled, default_task(), plan, MIXES, models, seeds)
        if given.workspace:
            snapshot = read_snapshot(open_workspace(given.workspace), write_cache=False)
            labeled = Path(folder) / "labeled.csv"
            labeled.write_bytes(labels_of(snapshot))
            study = replace(
                study, labeled=labeled, task=snapshot.workspace.task, background=snapshot
            )
        out = given.out or Path(folder) / "curves.csv"
        points = learn(study, out, workers=given.workers, progress=in_words(print))
        points += library_points(study, plan.batch)
    print(f"\n{given.seeds} seeds, mean ± standard error; {machine()}")
    for score in ("fscore", "auc", "average_precision"):
        print_curves(points, compare(points, "random"), score)


if __name__ == "__main__":
    main()

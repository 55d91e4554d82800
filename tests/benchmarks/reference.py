"""The `book` model beside the chapter's own program, on the book's data.

    python -m tests.benchmarks.reference PATH_TO_A_COPY_OF_THE_BOOK'S_DATA

The chapter's program was run ten times on the 718 training items whose text is not in the
evaluation data, and evaluated on the 1,200 evaluation items.
"""

import argparse
from pathlib import Path

import numpy as np

from core.evaluation.runs import train
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.benchmarks.table import machine, print_table

SEEDS = 10
CHAPTER = {"fscore": (0.458, 0.026), "auc": (0.791, 0.009)}


def main() -> None:
    parser = argparse.ArgumentParser(description="The book model beside the chapter's program.")
    parser.add_argument("data", type=Path, help="the book's data: a folder of its four folders")
    snapshot = read_snapshot(open_workspace(parser.parse_args().data), write_cache=False)
    runs = [train(snapshot, name="book", seed=seed).run for seed in range(SEEDS)]
    print(
        f"{runs[0].n_training:,} training items, {runs[0].n_evaluation:,} evaluation items, "
        f"{SEEDS} seeds, mean ± standard deviation; {machine()}\n"
    )
    rows = []
    for name, (mean, deviation) in CHAPTER.items():
        ours = np.array([getattr(run, name) for run in runs])
        inside = abs(ours.mean() - mean) <= deviation
        rows.append(
            [
                name,
                f"{mean:.3f} ± {deviation:.3f}",
                f"{ours.mean():.3f} ± {ours.std(ddof=1):.3f}",
                "within" if inside else "OUTSIDE",
            ]
        )
    ap = np.array([run.average_precision for run in runs])
    rows.append(["average precision", "", f"{ap.mean():.3f} ± {ap.std(ddof=1):.3f}", ""])
    print_table(["score", "the chapter's program", "`book` here", "mean within the band"], rows)


if __name__ == "__main__":
    main()

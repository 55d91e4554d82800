"""Every model on the same labels: scores with their spread, seconds, memory.

    python -m tests.benchmarks.learner PATH_TO_A_COPY_OF_THE_BOOK'S_DATA [--encoder NAME_OR_FOLDER]

The intervals are of 2,000 bootstrap samples of the evaluation items, positive and other ones drawn
apart; a model that is drawn by a seed is trained with several, and its spread over them stands
behind ±. Each model runs in a process of its own, so that its peak of memory is its own.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from core.encoder import encoder_place
from core.evaluation import auc, average_precision, cut
from core.features import book_vocabulary
from core.loop import Loop, read_loop
from core.pool_scoring import pool_probabilities
from core.pool_space import pool_rows
from core.runs import columns, feature_source, train
from core.scoring import score_texts
from core.task import MODELS
from core.workspace import open_workspace
from tests.benchmarks.table import copied, machine, print_table, timed

SAMPLES = 2_000
BARS = {"fscore": 0.61, "auc": 0.905, "average_precision": 0.63}
"""What `linear` has to reach on the book's data."""

ENCODER_BARS = {"fscore": 0.63, "auc": 0.93, "average_precision": 0.68}
"""The same with a static encoder beside the pool."""

WITH_ENCODER = "linear + encoder"

Score = Callable[[np.ndarray, np.ndarray], float | None]


def scores_of(threshold: float) -> dict[str, Score]:
    """The scores of the positive label's probability against the truth."""
    return {
        "F at 0.5": lambda score, actual: cut(score >= 0.5, actual).fscore,
        "F at threshold": lambda score, actual: cut(score >= threshold, actual).fscore,
        "AUC": auc,
        "average precision": average_precision,
    }


def interval(score: np.ndarray, actual: np.ndarray, measure: Score) -> tuple[float, float]:
    """The middle 95% over bootstrap samples that keep the number of positive items."""
    draw = np.random.default_rng(0)
    positive, other = np.flatnonzero(actual), np.flatnonzero(~actual)
    found = []
    for _ in range(SAMPLES):
        items = np.concatenate([draw.choice(part, len(part)) for part in (positive, other)])
        found.append(measure(score[items], actual[items]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def prepare(loop: Loop, name: str) -> None:
    """Builds what the model sees of the pool, as its first training and scoring would."""
    if name == "book":
        texts = [item.text for item in loop.labels.usable_training()]
        book_vocabulary(loop.pool_words, ~(loop.held_out | loop.in_training), texts)
    else:
        pool_rows(loop, feature_source(loop, name), tell)


def tell(step: str) -> None:
    print(f"{step} …", file=sys.stderr)


def measure_model(folder: Path, name: str, seeds: int, encoder: str = "") -> dict[str, object]:
    """One model's row, in this process."""
    workspace = open_workspace(folder)
    task = replace(workspace.task, encoder=encoder)
    loop = read_loop(replace(workspace, task=task))
    began = time.perf_counter()
    prepare(loop, name)
    build = time.perf_counter() - began
    seconds, trained = timed(lambda: train(loop, name=name), 3)
    score_seconds, _ = timed(lambda: pool_probabilities(loop, trained.model))
    task, items = loop.workspace.task, loop.labels.splits["evaluation"]
    texts, actual = [i.text for i in items], columns(items, task) == task.positive_index
    cells: dict[str, list[float]] = {}
    for seed in range(1 if name == "linear" else seeds):
        model = train(loop, name=name, seed=seed).model
        score = score_texts(model, texts)[:, task.positive_index]
        for title, measure in scores_of(model.threshold).items():
            cells.setdefault(title, []).append(measure(score, actual))
        if not seed:
            measures = scores_of(model.threshold).items()
            bounds = {title: interval(score, actual, measure) for title, measure in measures}
    return {
        "build": build,
        "train": seconds,
        "score": score_seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "cells": cells,
        "bounds": bounds,
        "report": asdict(trained.report),
        "run": asdict(trained.run),
    }


def cell(values: list[float], bounds: tuple[float, float]) -> str:
    """`0.612 ± 0.010 [0.560, 0.660]`: mean over seeds, its deviation, the bootstrap interval."""
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread} [{bounds[0]:.3f}, {bounds[1]:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description="Every model on the same labels.")
    parser.add_argument("data", type=Path, help="a workspace with training and evaluation labels")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--encoder", help="a folder or a name on the hub: adds a row")
    given = parser.parse_args()
    rows, found = [], {}
    asked = {name: (name, given.seeds) for name in MODELS}
    if given.encoder:
        asked[WITH_ENCODER] = (MODELS[0], given.seeds, encoder_place(given.encoder, Path.cwd()))
    for title, arguments in asked.items():
        with copied(given.data) as folder, multiprocessing.get_context("spawn").Pool(1) as process:
            found[title] = process.apply(measure_model, (folder, *arguments))
    for name, row in found.items():
        scores = [cell(values, row["bounds"][title]) for title, values in row["cells"].items()]
        times = [f"{row[key]:.2f}" for key in ("build", "train", "score", "memory")]
        rows.append([name, *scores, *times])
    run = found[MODELS[0]]["run"]
    print(
        f"{run['n_training']:,} training items, {run['n_evaluation']:,} evaluation items, "
        f"{given.seeds} seeds; {machine()}\n"
    )
    titles = [*found[MODELS[0]]["cells"], "features, s", "train, s", "score pool, s", "peak, GiB"]
    print_table(["model", *titles], rows)
    print("\nCalibration on the evaluation items, raw → calibrated")
    table = []
    for name, row in found.items():
        figures = row["report"]["figures"]["evaluation"]
        pairs = [
            f"{figures[f'{key}_raw']:.3f} → {figures[f'{key}_calibrated']:.3f}"
            for key in ("calibration_error", "brier")
        ]
        table.append([name, f"{row['report']['threshold']:.3f}", *pairs])
    print_table(["model", "threshold", "calibration error", "Brier score"], table)
    for name, bars in ((MODELS[0], BARS), (WITH_ENCODER, ENCODER_BARS)):
        if name in found:
            reached = {bar: found[name]["run"][bar] >= least for bar, least in bars.items()}
            print(f"\nbars of `{name}` on the book's data: {json.dumps(reached)}")


if __name__ == "__main__":
    main()

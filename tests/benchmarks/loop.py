"""Seconds of each stage of one iteration, beside the chapter's way of doing it.

    python -m tests.benchmarks.loop PATH_TO_A_WORKSPACE_WITH_LABELS

The chapter's way (a dense vector of word counts, autograd, one item at a time) is timed on a
sample of the items and scaled up: the whole of it takes minutes.
"""

import argparse
import time
from pathlib import Path

from core.evaluation.runs import train
from core.features.cached import pool_space
from core.features.vocabulary import book_vocabulary
from core.models.pool_predictions import pool_probabilities
from core.sampling import strategies
from core.sampling.mix import training_word_counts
from core.sampling.next_batch import preview, propose
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.benchmarks import chapter
from tests.benchmarks.table import copied, machine, print_table, timed

TRAIN = "train (calibrate, evaluate)"
SCORE = "score every item"


def measure(folder: Path) -> tuple[Snapshot, dict[str, float], dict[str, float]]:
    """The loop, seconds of each stage, and seconds of the chapter's way where it has the stage."""
    workspace = open_workspace(folder)
    began = time.perf_counter()
    read_snapshot(workspace)
    stages = {"read the workspace, cold": time.perf_counter() - began}
    stages["read the workspace, warm"], snapshot = timed(lambda: read_snapshot(workspace))
    texts = [item.text for item in snapshot.labels.usable_training]
    counted = ~snapshot.held_out
    stages["choose the vocabulary"], _ = timed(
        lambda: book_vocabulary(snapshot.pool_words, counted, texts)
    )
    began = time.perf_counter()
    pool_space(snapshot).pool_rows(snapshot)
    stages["learn from the pool, cold"] = time.perf_counter() - began
    stages[TRAIN], trained = timed(lambda: train(snapshot))
    stages[SCORE], probability = timed(lambda: pool_probabilities(snapshot, trained.model))
    confidence, counts = probability.max(axis=1), training_word_counts(snapshot)
    stages["lowest 80 confidences"], _ = timed(
        lambda: strategies.low_confidence(confidence, snapshot.candidates, 80)
    )
    stages["10 outliers, exact"], _ = timed(
        lambda: strategies.outlier(snapshot.pool_words.word_bags, counts, snapshot.candidates, 10)
    )
    # A dry run trains every time; the real one trains, keeps the run and writes the batch.
    stages["a whole next, warm, dry run"], _ = timed(
        lambda: preview(read_snapshot(workspace, write_cache=False))
    )
    began = time.perf_counter()
    propose(read_snapshot(workspace), "benchmark")
    stages["a whole next, warm, written"] = time.perf_counter() - began
    book = train(snapshot, name="book").model
    texts = snapshot.pool_words.pool.texts.slice(0, chapter.DENSE_ITEMS).to_pylist()
    items = len(snapshot.pool_words.pool)
    slow = {
        TRAIN: chapter.training_seconds(snapshot, book),
        SCORE: chapter.scoring_seconds(texts, book, items),
    }
    return snapshot, stages, slow


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of each stage of one iteration.")
    parser.add_argument("data", type=Path, help="a workspace with training labels")
    with copied(parser.parse_args().data) as folder:
        yardstick = chapter.csv_pass(folder)
        snapshot, stages, chapters_way = measure(folder)
    n_training = len(snapshot.labels.usable_training)
    print(f"{len(snapshot.pool_words.pool):,} items, {n_training:,} training labels; {machine()}")
    print(f"yardstick: one pass of Python's csv over the pool, {yardstick:.3f} s\n")
    rows = []
    for stage, seconds in stages.items():
        slow = chapters_way.get(stage)
        there = f"{slow:.0f} s, {slow / seconds:.0f} times" if slow else ""
        rows.append([stage, f"{seconds:.3f}", f"{seconds / yardstick:.2f}", there])
    print_table(["stage", "seconds", "of the yardstick", "the chapter's way"], rows)


if __name__ == "__main__":
    main()

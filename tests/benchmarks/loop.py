"""Seconds of each stage of one iteration, beside the chapter's way of doing it.

    python -m tests.benchmarks.loop PATH_TO_A_WORKSPACE_WITH_LABELS

The chapter's way (a dense vector of word counts, autograd, one item at a time) is timed on a
sample of the items and scaled up: the whole of it takes minutes.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core import strategies
from core.features import book_vocabulary, pool_bags
from core.iteration import preview, propose
from core.loop import Loop, read_loop
from core.mixing import training_word_counts
from core.model import HIDDEN, Model
from core.pool_scoring import pool_probabilities
from core.pool_space import pool_rows, pool_space
from core.runs import columns, train
from core.training import EPOCHS, epoch_items
from core.workspace import open_workspace
from tests.benchmarks.table import copied, machine, print_table, timed

TRAIN = "train (calibrate, evaluate)"
SCORE = "score every item"

DENSE_STEPS = 60
DENSE_ITEMS = 1_000


def csv_pass(folder: Path) -> float:
    """Seconds of the yardstick: one pass of Python's `csv` over the pool."""

    def read() -> int:
        return sum(
            1 for file in folder.glob("unlabeled_data/*.csv") for _ in csv.reader(file.open())
        )

    return timed(read)[0]


def dense_network(n_words: int, n_labels: int) -> nn.Module:
    """The chapter's network, as it stands in the book: two linear layers."""
    return nn.Sequential(
        nn.Linear(n_words, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, n_labels), nn.LogSoftmax(dim=1)
    )


def dense_vector(ids: np.ndarray, n_words: int) -> torch.Tensor:
    vector = torch.zeros(1, n_words)
    for word in ids:
        vector[0][int(word)] += 1
    return vector


def chapter_training(loop: Loop, model: Model) -> float:
    """Seconds of the chapter's training, from a sample of its steps."""
    items = loop.labels.usable_training()
    targets = columns(items, loop.workspace.task)
    bags = model.source.bags([item.text for item in items])
    network = dense_network(len(model.source), len(model.labels))
    loss, optimizer = nn.NLLLoss(), torch.optim.SGD(network.parameters(), lr=0.01)
    order = epoch_items(targets, np.random.default_rng(0))
    sample = order[:DENSE_STEPS]
    began = time.perf_counter()
    for item in sample:
        network.zero_grad()
        scores = network(dense_vector(bags[item], len(model.source)))
        loss(scores, torch.tensor([targets[item]])).backward()
        optimizer.step()
    return (time.perf_counter() - began) * EPOCHS * len(order) / len(sample)


def chapter_scoring(loop: Loop, model: Model) -> float:
    """Seconds of scoring the whole pool one item at a time, from a sample of it."""
    network = dense_network(len(model.source), len(model.labels))
    bags = pool_bags(loop.pool_words, model.source)
    sample = min(DENSE_ITEMS, len(bags))
    began = time.perf_counter()
    with torch.no_grad():
        for item in range(sample):
            network(dense_vector(bags[item], len(model.source)))
    return (time.perf_counter() - began) * len(bags) / sample


def measure(folder: Path) -> tuple[Loop, dict[str, float], dict[str, float]]:
    """The loop, seconds of each stage, and seconds of the chapter's way where it has the stage."""
    workspace = open_workspace(folder)
    began = time.perf_counter()
    read_loop(workspace)
    stages = {"read the workspace, cold": time.perf_counter() - began}
    stages["read the workspace, warm"], loop = timed(lambda: read_loop(workspace))
    texts = [item.text for item in loop.labels.usable_training()]
    counted = ~loop.held_out
    stages["choose the vocabulary"], _ = timed(
        lambda: book_vocabulary(loop.pool_words, counted, texts)
    )
    began = time.perf_counter()
    pool_rows(loop, pool_space(loop))
    stages["learn from the pool, cold"] = time.perf_counter() - began
    stages[TRAIN], trained = timed(lambda: train(loop))
    stages[SCORE], probability = timed(lambda: pool_probabilities(loop, trained.model))
    confidence, counts = probability.max(axis=1), training_word_counts(loop)
    stages["lowest 80 confidences"], _ = timed(
        lambda: strategies.low_confidence(confidence, loop.candidates, 80)
    )
    stages["10 outliers, exact"], _ = timed(
        lambda: strategies.outlier(loop.pool_words.bags, counts, loop.candidates, 10)
    )
    # A dry run trains every time; the real one trains, keeps the run and writes the batch.
    stages["a whole next, warm, dry run"], _ = timed(
        lambda: preview(read_loop(workspace, write_cache=False))
    )
    began = time.perf_counter()
    propose(read_loop(workspace), "benchmark")
    stages["a whole next, warm, written"] = time.perf_counter() - began
    book = train(loop, name="book").model
    chapter = {TRAIN: chapter_training(loop, book), SCORE: chapter_scoring(loop, book)}
    return loop, stages, chapter


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of each stage of one iteration.")
    parser.add_argument("data", type=Path, help="a workspace with training labels")
    with copied(parser.parse_args().data) as folder:
        yardstick = csv_pass(folder)
        loop, stages, chapter = measure(folder)
    n_training = len(loop.labels.usable_training())
    print(f"{len(loop.pool_words.pool):,} items, {n_training:,} training labels; {machine()}")
    print(f"yardstick: one pass of Python's csv over the pool, {yardstick:.3f} s\n")
    rows = []
    for stage, seconds in stages.items():
        slow = chapter.get(stage)
        there = f"{slow:.0f} s, {slow / seconds:.0f} times" if slow else ""
        rows.append([stage, f"{seconds:.3f}", f"{seconds / yardstick:.2f}", there])
    print_table(["stage", "seconds", "of the yardstick", "the chapter's way"], rows)


if __name__ == "__main__":
    main()

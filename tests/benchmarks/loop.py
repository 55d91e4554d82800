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
from core.iteration import pool_probabilities, preview, propose, training_word_counts
from core.loop import Loop, read_loop
from core.model import HIDDEN, Model
from core.runs import columns, current_run, train
from core.strategies import low_confidence
from core.training import EPOCHS, epoch_items
from core.workspace import open_workspace
from tests.benchmarks.table import copied, machine, print_table, timed

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
    bags = model.vocabulary.bags([item.text for item in items])
    network = dense_network(len(model.vocabulary), len(model.labels))
    loss, optimizer = nn.NLLLoss(), torch.optim.SGD(network.parameters(), lr=0.01)
    order = epoch_items(targets, np.random.default_rng(0))
    sample = order[:DENSE_STEPS]
    began = time.perf_counter()
    for item in sample:
        network.zero_grad()
        scores = network(dense_vector(bags[item], len(model.vocabulary)))
        loss(scores, torch.tensor([targets[item]])).backward()
        optimizer.step()
    return (time.perf_counter() - began) * EPOCHS * len(order) / len(sample)


def chapter_scoring(loop: Loop, model: Model) -> float:
    """Seconds of scoring the whole pool one item at a time, from a sample of it."""
    network = dense_network(len(model.vocabulary), len(model.labels))
    bags = pool_bags(loop.pool_words, model.vocabulary)
    sample = min(DENSE_ITEMS, len(bags))
    began = time.perf_counter()
    with torch.no_grad():
        for item in range(sample):
            network(dense_vector(bags[item], len(model.vocabulary)))
    return (time.perf_counter() - began) * len(bags) / sample


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of each stage of one iteration.")
    parser.add_argument("data", type=Path, help="a workspace with training labels")
    with copied(parser.parse_args().data) as folder:
        measure(folder)


def measure(folder: Path) -> None:
    yardstick = csv_pass(folder)
    workspace = open_workspace(folder)
    began = time.perf_counter()
    loop = read_loop(workspace)
    cold = time.perf_counter() - began
    warm, loop = timed(lambda: read_loop(workspace))
    training, trained = timed(lambda: train(loop))
    model = trained.model
    scoring, probability = timed(lambda: pool_probabilities(loop, model))
    confidence = probability.max(axis=1)
    lowest, _ = timed(lambda: low_confidence(confidence, loop.candidates, 80))
    counts = training_word_counts(loop)
    bags = loop.pool_words.bags
    outliers, _ = timed(lambda: strategies.outlier(bags, counts, loop.candidates, 10))
    texts = [item.text for item in loop.labels.usable_training()]
    words, _ = timed(lambda: book_vocabulary(loop.pool_words, ~loop.held_out, texts))
    # A dry run trains every time; the real one trains, keeps the run and writes the batch.
    dry, _ = timed(lambda: preview(read_loop(workspace, write_cache=False)))
    began = time.perf_counter()
    propose(read_loop(workspace), "benchmark")
    whole = time.perf_counter() - began
    assert current_run(read_loop(workspace)) is not None

    print(f"{len(loop.pool_words.pool):,} items, {len(texts):,} training labels; {machine()}")
    print(f"yardstick: one pass of Python's csv over the pool, {yardstick:.3f} s\n")
    chapter = {
        "train (words, 10 epochs, evaluate)": chapter_training(loop, model),
        "score every item": chapter_scoring(loop, model),
    }
    stages = {
        "read the workspace, cold": cold,
        "read the workspace, warm": warm,
        "choose the vocabulary": words,
        "train (words, 10 epochs, evaluate)": training,
        "score every item": scoring,
        "lowest 80 confidences": lowest,
        "10 outliers, exact": outliers,
        "a whole next, warm, dry run": dry,
        "a whole next, warm, written": whole,
    }
    rows = [
        [
            stage,
            f"{seconds:.3f}",
            f"{seconds / yardstick:.2f}",
            f"{chapter[stage]:.0f} s, {chapter[stage] / seconds:.0f} times"
            if stage in chapter
            else "",
        ]
        for stage, seconds in stages.items()
    ]
    print_table(["stage", "seconds", "of the yardstick", "the chapter's way"], rows)


if __name__ == "__main__":
    main()

"""The chapter's own way of each stage, plainly: what Sunlight's seconds are compared with.

Where a stage would take minutes it is timed on a part of the items and scaled up. It is written
from the book's description (chapter 2 and its program's structure), one item at a time.
"""

import csv
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.evaluation.runs import columns
from core.models.book import EPOCHS, epoch_items
from core.models.model import Model
from core.models.networks import HIDDEN
from core.workspace.snapshot import Snapshot

READ_ITEMS = 200_000
DENSE_STEPS = 60
DENSE_ITEMS = 1_000
OUTLIER_ITEMS = 100_000


def seconds_of(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def csv_pass(folder: Path) -> float:
    """Seconds of the yardstick: one pass of Python's `csv` over the pool, the median of three."""

    def read() -> int:
        rows = 0
        for path in folder.glob("unlabeled_data/*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                rows += sum(1 for _ in csv.reader(file))
        return rows

    return sorted(seconds_of(read) for _ in range(3))[1]


def features_seconds(folder: Path, items: int) -> float:
    """Reading the pool into a list, and numbering the words that occur three times."""

    def create() -> dict[str, int]:
        counts: Counter[str] = Counter()
        data = []
        for path in folder.glob("unlabeled_data/*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                data += islice(csv.reader(file), READ_ITEMS)
        for row in data:
            for word in row[1].split():
                counts[word] += 1
        ids: dict[str, int] = {}
        for row in data:
            for word in row[1].split():
                if word not in ids and counts[word] >= 3:
                    ids[word] = len(ids)
        return ids

    return seconds_of(create) * max(1, items / READ_ITEMS)


def training_seconds(snapshot: Snapshot, model: Model) -> float:
    """Ten epochs of dense vectors and autograd, one item a step, from a part of the steps."""
    items = snapshot.labels.usable_training
    targets = columns(items, snapshot.workspace.task)
    bags = model.source.bags([item.text for item in items])
    network = dense_network(model.source.n_sparse, len(model.labels))
    loss, optimizer = nn.NLLLoss(), torch.optim.SGD(network.parameters(), lr=0.01)
    order = epoch_items(targets, np.random.default_rng(0))

    def descend() -> None:
        for item in order[:DENSE_STEPS]:
            network.zero_grad()
            scores = network(dense_vector(bags[item], model.source.n_sparse))
            loss(scores, torch.tensor([targets[item]])).backward()
            optimizer.step()

    return seconds_of(descend) * EPOCHS * len(order) / min(DENSE_STEPS, len(order))


def scoring_seconds(texts: Sequence[str], model: Model, items: int) -> float:
    """Scoring so many items one by one as dense vectors, from these few texts."""
    network = dense_network(model.source.n_sparse, len(model.labels))
    bags = model.source.bags(texts[:DENSE_ITEMS])

    @torch.no_grad()
    def score() -> None:
        for item in range(len(bags)):
            network(dense_vector(bags[item], model.source.n_sparse))

    return seconds_of(score) * items / len(bags)


def outliers_seconds(texts: Sequence[str], training: Sequence[str], items: int) -> float:
    """Ten outliers, each after a look at every item, from one look at these texts."""
    counts = Counter(word for text in training for word in text.split())

    def look() -> list[float]:
        averages = []
        for text in texts[:OUTLIER_ITEMS]:
            total, number = 1, 0
            for word in text.split():
                total += counts.get(word, 0)
                number += 1
            averages.append(total / max(number, 1))
        averages.sort()
        return averages

    return 10 * seconds_of(look) * items / min(OUTLIER_ITEMS, len(texts))


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

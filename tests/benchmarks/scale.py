"""A large pool, stage by stage: seconds, memory, and how the chapter's own way would fare.

    python -m tests.benchmarks.scale --items 1000000

The pool is made up from the sample's vocabulary (`tests.benchmarks.generated`, seeded), labels are
the sample's: 1,500 to train on and 1,200 to evaluate. Each group of stages has a process of its
own, so that its peak of memory is its own; mapped pages of the cache count as memory. The yardstick
is one pass of Python's `csv` over the same file. The chapter's way is timed on a part of the items
where it would take minutes, and scaled up (`tests.benchmarks.chapter` says which).
"""

import argparse
import multiprocessing
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from core.evaluation.runs import train
from core.features.sources import feature_source
from core.models.pool_predictions import pool_probabilities
from core.sampling.mix import mixed
from core.sampling.next_batch import preview, propose
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.benchmarks import chapter
from tests.benchmarks.generated import write_labels, write_pool
from tests.benchmarks.pages import HEAD, TURNS, table_rows
from tests.benchmarks.table import machine, print_table, timed
from tests.label_worlds import SEVERAL, task_text, with_labels
from tests.worlds import pool_of, pool_words_of

Result = TypeVar("Result")
Seconds = dict[str, float]

REPEATS = 5
GROWTH = 0.01
LABELS = 36

TASK = """
[model]
name = "{model}"
"""


class Clock:
    """Notes the seconds of one stage after the other."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}

    def note(self, stage: str, step: Callable[[], Result], repeats: int = 1) -> Result:
        """The step's result; of several calls the median counts."""
        self.seconds[stage], result = timed(step, repeats)
        return result


def words_built(folder: Path) -> Seconds:
    """Reading the pool and numbering all of its words, without a cache; then with it."""
    workspace, clock = open_workspace(folder), Clock()
    clock.note("read the pool, cold", lambda: pool_of(workspace))
    clock.note("number its words, cold", lambda: pool_words_of(workspace))
    return clock.seconds


def features_built(folder: Path) -> Seconds:
    """Learning the default features from the pool, and placing every text."""
    clock = Clock()
    snapshot = read_snapshot(open_workspace(folder))
    space = clock.note(
        "learn the default features, cold", lambda: feature_source(snapshot, "linear")
    )
    clock.note("place every text, cold", lambda: space.pool_rows(snapshot))
    return clock.seconds


def opened(folder: Path) -> Seconds:
    """What a process pays that finds everything in the cache, and then pays no more."""
    workspace, clock = open_workspace(folder), Clock()
    clock.note("open, first time in a process", lambda: read_snapshot(workspace))
    clock.note("open again", lambda: read_snapshot(workspace), REPEATS)
    return clock.seconds


def batch_chosen(folder: Path) -> Seconds:
    """A whole `next`, from reading the files to the batch; then one that is written."""
    workspace, clock = open_workspace(folder), Clock()
    name = workspace.task.model
    preview(read_snapshot(workspace))  # warm
    clock.note(f"`next`, `{name}`", lambda: preview(read_snapshot(workspace)), REPEATS)
    clock.note(f"`next`, `{name}`, written", lambda: propose(read_snapshot(workspace), "benchmark"))
    return clock.seconds


def its_stages(folder: Path) -> Seconds:
    """What takes the time of a `next`."""
    clock = Clock()
    snapshot = read_snapshot(open_workspace(folder))
    name = snapshot.workspace.task.model
    trained = clock.note(f"… train, `{name}`", lambda: train(snapshot), REPEATS)
    clock.note(
        f"… score all, `{name}`", lambda: pool_probabilities(snapshot, trained.model), REPEATS
    )
    return clock.seconds


def several_labels(folder: Path) -> Seconds:
    """Scoring and choosing with 36 labels for a text: a label where a common word stands."""
    values, clock = [f"l{at}" for at in range(LABELS)], Clock()
    (folder / "task.toml").write_text(task_text(SEVERAL, values), encoding="utf-8")
    snapshot = read_snapshot(open_workspace(folder))
    pool = snapshot.pool_words.pool.table.slice(0, 3_000).to_pylist()
    counts = Counter(word for row in pool for word in set(row["text"].split()))
    words = [word for word, _ in counts.most_common(LABELS)]
    items = []
    for row in pool:
        has = [value for value, word in zip(values, words, strict=True) if word in row["text"]]
        items.append((row["item_id"], row["text"], "|".join(has) or "-"))
    snapshot = with_labels(snapshot, items[:1_500], items[1_500:])
    model = clock.note(f"train, {LABELS} labels for a text", lambda: train(snapshot)).model
    p = clock.note("… score all with them", lambda: pool_probabilities(snapshot, model), 3)
    mix, draw = {"random": 10, "low confidence": 80, "outlier": 10}, np.random.default_rng
    clock.note("… choose 100", lambda: mixed(snapshot, p, mix, draw(1)), 3)
    return clock.seconds


def chapters_way(folder: Path, items: int) -> Seconds:
    """Seconds of the chapter's way, under the names of the stages that do the same."""
    snapshot = read_snapshot(open_workspace(folder))
    model = train(snapshot, name="book").model
    texts = snapshot.pool_words.pool.texts.slice(0, chapter.OUTLIER_ITEMS).to_pylist()
    training = [item.text for item in snapshot.labels.usable_training]
    features = chapter.features_seconds(folder, items)
    train_seconds = chapter.training_seconds(snapshot, model)
    score = chapter.scoring_seconds(texts, model, items)
    outliers = chapter.outliers_seconds(texts, training, items)
    return {
        "number its words, cold": features,
        "… train, `book`": train_seconds,
        "… score all, `book`": score,
        "`next`, `book`": features + train_seconds + score + outliers,
    }


def grown(folder: Path) -> Seconds:
    """Reading and learning again after the pool has grown."""
    clock = Clock()
    snapshot = clock.note("read a pool of 1% more", lambda: read_snapshot(open_workspace(folder)))
    space = clock.note("learn from it", lambda: feature_source(snapshot, "linear"))
    clock.note("place every text of it", lambda: space.pool_rows(snapshot))
    return clock.seconds


def in_a_process(step: Callable[..., Result], *arguments: object) -> tuple[Result, float]:
    """What the step gives in a new process, and the process's peak of memory in GiB."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(_measured, (step, arguments))


def _measured(step: Callable[..., Result], arguments: tuple[object, ...]) -> tuple[Result, float]:
    result = step(*arguments)
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(folder: Path) -> list[tuple[Seconds, float]]:
    """(seconds, peak of memory) of every group of stages, one process after the other."""
    found = [in_a_process(stage, folder) for stage in (words_built, features_built, opened)]
    for model in ("book", "linear"):
        (folder / "task.toml").write_text(TASK.format(model=model), encoding="utf-8")
        found += [in_a_process(stage, folder) for stage in (batch_chosen, its_stages)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory of a large pool.")
    parser.add_argument("--items", type=int, default=1_000_000)
    items = parser.parse_args().items
    with TemporaryDirectory(prefix="sunlight-benchmark-") as parent:
        folder = Path(parent) / "pool"
        write_pool(folder / "unlabeled_data" / "pool.csv", items)
        write_labels(folder)
        yardstick = chapter.csv_pass(folder)
        found = measure(folder)
        slow, _ = in_a_process(chapters_way, folder, items)
        found.append(in_a_process(several_labels, folder))
        asked, peak = in_a_process(table_rows, folder, yardstick)
        write_pool(folder / "unlabeled_data" / "more.csv", round(items * GROWTH), seed=1)
        found.append(in_a_process(grown, folder))
    print(f"{items:,} items; {machine()}")
    print(f"yardstick: one pass of Python's csv over the pool, {yardstick:.2f} s\n")
    print_stages(found, slow, yardstick)
    print(f"\nWhat the pages ask, {TURNS} times each; peak {peak:.2f} GiB\n")
    print_table(HEAD, asked)


def print_stages(found: list[tuple[Seconds, float]], slow: Seconds, yardstick: float) -> None:
    """The table of all stages; `slow` are the chapter's seconds."""
    rows = []
    for stages, peak in found:
        for stage, seconds in stages.items():
            there = slow.get(stage)
            told = f"{there:,.0f} s, {there / seconds:,.0f} times" if there else ""
            ratio = f"{seconds / yardstick:.2f}"
            rows.append([stage, f"{seconds:.3f}", f"{peak:.2f}", ratio, told])
    print_table(["stage", "s", "peak, GiB", "of the yardstick", "the chapter's way"], rows)


if __name__ == "__main__":
    main()

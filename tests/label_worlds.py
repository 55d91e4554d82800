"""Workspaces of one label with a positive one, of many without, and of several for a text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.workspace.labels import Labeled, Labels
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import Task
from tests.conftest import write_csv

BINARY, MANY, SEVERAL = "one label", "many labels", "several labels"
KINDS = (BINARY, MANY, SEVERAL)
THEMES = ("water", "food", "medical", "shelter", "search", "power")
"""Each with words of its own; the last ones are rarer."""
WORDS = tuple(f"word{at}" for at in range(40))


def label_tables(labels: Mapping[str, str]) -> str:
    """`[[labels]]` for each value, with these further lines, and a file after what ends it."""
    tables = []
    for value, more in labels.items():
        file = f"{value.rpartition('/')[2]}.csv"
        tables.append(f'[[labels]]\nvalue = "{value}"\nfile = "{file}"\n{more}\n')
    return "".join(tables)


def task_text(kind: str, values: Sequence[str] = THEMES, more: str = "") -> str:
    """A task of this kind with a label for each of these values."""
    labels = dict.fromkeys(values[:2] if kind == BINARY else values, "")
    labels[values[0]] = "positive = true\n" * (kind == BINARY)
    head = f"several = {str(kind == SEVERAL).lower()}\nseed = 7\n"
    targets = "[targets]\nevaluation = 0\nvalidation = 0\ntraining = 0\n[batch]\nsize = 12\n"
    return head + label_tables(labels) + targets + more


def items_of(kind: str, number: int, seed: int = 0, values: Sequence[str] = THEMES) -> list:
    """(item_id, text, answer): texts of everyday words, mostly with words of their labels.

    One in three has a word of any label, so that no model is always right.
    """
    draw, found = np.random.default_rng(seed), []
    chances = 0.4 / (1 + np.arange(len(values)))
    for at in range(number):
        if kind == SEVERAL:
            chosen = [value for value, p in zip(values, chances, strict=True) if draw.random() < p]
        else:
            among = values[:2] if kind == BINARY else values
            shares = chances[: len(among)] / chances[: len(among)].sum()
            chosen = [draw.choice(among, p=shares)]
        told = [f"{value}{draw.integers(3)}" for value in chosen for _ in range(draw.integers(3))]
        told += [f"{draw.choice(values)}0"] if draw.random() < 1 / 3 else []
        text = " ".join(draw.permutation([*told, *draw.choice(WORDS, 5), f"n{at}"]))
        found.append((f"i{at:05}", text, "|".join(chosen) or "-"))
    return found


def labeled_snapshot(
    folder: Path,
    kind: str,
    *,
    pool: int = 300,
    training: int = 160,
    evaluation: int = 120,
    text: str = "",
    source: bool = False,
) -> Snapshot:
    """A workspace of this kind; its labels stand in the snapshot, its pool on the disk.

    With a `source` the pool has such a column, and the task names it to draw by.
    """
    items = items_of(kind, pool + training + evaluation)
    rows = [["item_id", "text", "source"]] if source else []
    by = 'stratify_by = "source"\n' * source
    for at, (item_id, words, _) in enumerate(items[:pool]):
        rows.append([item_id, words, f"s{at % 3}"] if source else [item_id, words])
    write_csv(folder / "unlabeled_data" / "pool.csv", rows)
    (folder / "task.toml").write_text(text or task_text(kind, more=by), encoding="utf-8")
    snapshot = read_snapshot(open_workspace(folder))
    return with_labels(snapshot, items[pool : pool + training], items[pool + training :])


def with_labels(snapshot: Snapshot, training: Iterable, evaluation: Iterable = ()) -> Snapshot:
    """The snapshot with these labels and no others."""
    splits = {"evaluation": evaluation, "validation": (), "training": training}
    labels = {
        split: [Labeled(*item, split, strategy="random") for item in items]
        for split, items in splits.items()
    }
    return replace(snapshot, labels=Labels(labels, [], []))


def changed(snapshot: Snapshot, values: Sequence[str] = THEMES, more: str = "") -> Snapshot:
    """The snapshot under a task of its kind with labels of these values, and further lines."""
    task = snapshot.workspace.task
    kind = SEVERAL if task.several else BINARY if task.positive else MANY
    return with_task(snapshot, task_text(kind, values, more))


def with_task(snapshot: Snapshot, text: str) -> Snapshot:
    """The snapshot under another task, its labels in today's words; retired ones left out."""
    (snapshot.workspace.path / "task.toml").write_text(text, encoding="utf-8")
    workspace = open_workspace(snapshot.workspace.path)
    splits = {
        split: [replace(x, label=told) for x in items if (told := today(workspace.task, x.label))]
        for split, items in snapshot.labels.splits.items()
    }
    return replace(snapshot, workspace=workspace, labels=Labels(splits, [], []))


def today(task: Task, answer: str) -> str | None:
    told = task.today(answer)
    return told if task.several or told in task.values else None

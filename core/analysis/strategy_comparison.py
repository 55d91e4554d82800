"""Strategies compared by equally many of the labels that each brought in: the book's experiment.

A model is trained anew on as many items of each strategy, and of all of them, and each predicts the
same evaluation items. What strategies would have chosen, `simulate` tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.analysis.results import keep_newest, name_of, read_newest, read_result
from core.errors import LoopError
from core.evaluation.intervals import BinaryPredictions
from core.evaluation.metrics import as_table
from core.evaluation.runs import label_mask, labeled_texts
from core.evaluation.subset_comparison import ALL, RANDOM, Outcome, Subsets, contrasted
from core.features.pool_features import Space
from core.features.sources import feature_source
from core.features.vocabulary import Vocabulary
from core.models.calibration import Probabilities
from core.models.training import LabeledTexts, learner_on
from core.pool.bags import Indices
from core.system.progress import Progress, silent
from core.workspace.labels import Labeled, labels_hash
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot

EXPERIMENT_VERSION = 3  # part of the name: a change of what is computed computes it anew
LEAST = 60  # labels of a strategy below which a model of them is mostly luck

PART = 2 / 3
"""Of the smallest group, at most: only what is drawn anew shows how much the draw matters."""

SEEDS = 20

KEPT = 10  # outcomes that are kept, the newest ones


@dataclass(frozen=True)
class Groups:
    """The rows of each strategy that has enough, random first, all last; why others have not."""

    ready: dict[str, Indices]
    waiting: tuple[str, ...]

    @property
    def sizes(self) -> list[int]:
        """The numbers of labels at which some group can be compared with random, ascending."""
        others = {most(rows) for name, rows in self.ready.items() if name != ALL}
        return sorted(size for size in others if size <= most(self.ready[RANDOM]))


@dataclass(frozen=True)
class Experiment:
    """What is trained, for each seed `size` random items of each group; `file` has the outcome."""

    snapshot: Snapshot
    groups: dict[str, Indices]
    size: int
    seeds: int
    file: Path

    @property
    def model(self) -> str:
        return self.snapshot.workspace.task.model


def find_groups(training: Sequence[Labeled]) -> Groups:
    """The strategies that can be compared, if random has enough items, and why others cannot."""
    found: dict[str, list[int]] = {RANDOM: []}
    for row, item in enumerate(training):
        if item.strategy:
            found.setdefault(item.strategy, []).append(row)
    refusals = {name: _refusal(name, rows, training) for name, rows in found.items()}
    waiting = tuple(reason for reason in refusals.values() if reason)
    if refusals[RANDOM]:
        return Groups({}, waiting)
    if len(found[RANDOM]) == len(training):
        return Groups({}, ("All labels so far are random: there is nothing to compare yet.",))
    ready = {name: np.array(rows) for name, rows in found.items() if not refusals[name]}
    return Groups(ready | {ALL: np.arange(len(training))}, waiting)


def _refusal(name: str, rows: Sequence[int], training: Sequence[Labeled]) -> str:
    if len(rows) < LEAST:
        missing = LEAST - len(rows)
        return f"{name[:1].upper()}{name[1:]}: {missing} more label{'s' * (missing > 1)} needed."
    if len({training[row].label for row in rows}) < 2:
        return f"All {len(rows)} {name} labels are the same: label one that differs."
    return ""


def most(rows: Indices) -> int:
    """How many of a group's rows are drawn at most, a multiple of ten."""
    return int(len(rows) * PART) // 10 * 10


def refusal(snapshot: Snapshot) -> str:
    """Why no model can be judged here, in a sentence; empty if it can be."""
    task, evaluation = snapshot.workspace.task, snapshot.labels.splits["evaluation"]
    if not task.positive:
        several = len({item.label for item in evaluation}) > 1
        return "" if several else "Needs test items with different labels."
    positive = label_mask(evaluation, task)[:, task.positive_index]
    if positive.any() and not positive.all():
        return ""
    return f"Needs test items that are {task.positive.name} and items that are not."


def prepare(snapshot: Snapshot, size: int | None = None, seeds: int = SEEDS) -> Experiment:
    """The experiment at this size or the smallest group's; raises LoopError without groups."""
    groups = find_groups(snapshot.labels.usable_training)
    if refusal(snapshot) or not groups.ready:
        raise LoopError(" ".join([refusal(snapshot), *groups.waiting]).strip())
    size = groups.sizes[0] if size is None else size
    chosen = {name: rows for name, rows in groups.ready.items() if most(rows) >= size}
    file = snapshot.workspace.cache / "experiments" / f"{_name(snapshot, size, seeds)}.json"
    return Experiment(snapshot, chosen, size, seeds, file)


def _name(snapshot: Snapshot, size: int, seeds: int) -> str:
    """Names all that an outcome depends on."""
    task, labels = snapshot.workspace.task, snapshot.labels
    training, evaluation = labels.usable_training, labels.splits["evaluation"]
    positive = task.positive and task.positive.value
    asked = (task.values, positive, task.model, task.encoder, size, seeds, LEAST)
    pool = snapshot.pool_words.pool.key
    return name_of(
        (EXPERIMENT_VERSION, Space.version, Vocabulary.version, pool, asked),
        [labels_hash(items, task) for items in (training, evaluation)],
        # Predictions stand in the order of the items, and groups are rows of them.
        [(item.item_id, item.strategy) for item in training],
        [item.item_id for item in evaluation],
        np.packbits(snapshot.held_out).tobytes(),
    )


def drawn(name: str, of: Indices, size: int, seed: int, targets: NDArray[np.int64]) -> Indices:
    """So many random rows of the group, ascending; the same for the same arguments.

    Where all have one label, the last one drawn gives way to the first one of another label, unless
    a text can have several: then a model learns what it can.
    """
    generator = np.random.default_rng([seed, *name.encode("utf-8", "surrogatepass")])
    order = generator.permutation(of)
    rows, others = order[:size], order[size:]
    if targets.ndim == 1 and (targets[rows] == targets[rows[0]]).all():
        rows[-1] = others[np.argmax(targets[others] != targets[rows[0]])]
    return np.sort(rows)


def compute(path: Path, size: int, seeds: int, progress: Progress) -> None:
    """Computes the experiment of this workspace as it stands now, and keeps its outcome.

    Raises LoopError if there is nothing to compare or the outcome cannot be kept, RunError if the
    task's encoder cannot be used.
    """
    progress("reading the workspace")
    run(prepare(read_snapshot(open_workspace(path)), size, seeds), progress)


def run(experiment: Experiment, progress: Progress = silent) -> Outcome:
    """The outcome, which is kept as well; raises LoopError or RunError."""
    snapshot, groups = experiment.snapshot, experiment.groups
    training, evaluation = snapshot.labels.usable_training, snapshot.labels.splits["evaluation"]
    task = snapshot.workspace.task
    items = labeled_texts([*training, *evaluation], task)
    asked = np.arange(len(training), len(items.texts))
    source, learner = feature_source(snapshot, task.model, progress), None
    found: dict[str, list[BinaryPredictions]] = {name: [] for name in groups}
    total = experiment.seeds * len(groups)
    for number, (seed, name) in enumerate(product(range(experiment.seeds), groups)):
        # A linear model needs no seed, and reads its items once for all.
        if learner is None or task.model != "linear":
            learner = learner_on(task.model, source, items, seed)
        progress(f"{number + 1} of {total}: {name}, seed {seed + 1}", number, total)
        rows = drawn(name, groups[name], experiment.size, seed, items.targets)
        found[name].append(_judged(learner.predict(learner.train(rows), asked), items))
    progress("comparing")
    subsets = {
        name: Subsets(models, experiment.size, len(groups[name])) for name, models in found.items()
    }
    actual = _headline(as_table(items.targets, len(items.labels)), items)[asked]
    results = tuple(contrasted(subsets, actual).values())
    numbers = experiment.size, experiment.seeds, experiment.model, len(training), len(asked)
    outcome = Outcome(*numbers, results)
    keep_newest(experiment.file, outcome, KEPT)
    return outcome


def kept(experiment: Experiment) -> Outcome | None:
    """The outcome that was computed before; None: it was not, or its file is damaged."""
    return read_result(experiment.file, Outcome)


def earlier(experiment: Experiment) -> Outcome | None:
    """The newest outcome of other labels at the same size by the same model; None for none."""
    asked = experiment.size, experiment.seeds, experiment.model
    others = read_newest(experiment.file.parent, Outcome)
    return next((each for each in others if (each.size, each.seeds, each.model) == asked), None)


def _judged(probability: Probabilities, items: LabeledTexts) -> BinaryPredictions:
    """P(positive) and whether it is predicted, `(n_items,)`; without one, of each label."""
    n_labels = len(items.labels)
    predicted = probability > 0.5 if items.several else as_table(probability.argmax(1), n_labels)
    return BinaryPredictions(_headline(probability, items), _headline(predicted, items))


def _headline(table: NDArray, items: LabeledTexts) -> NDArray:
    """The column of the positive label; without one, the table of all labels."""
    return table if items.positive is None else table[:, items.positive]

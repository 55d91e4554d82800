"""The chapter's experiment: what do equally many labels of each strategy teach?

A model is trained anew on as many items of each strategy, and on as many of all of them, and each
is asked about the same evaluation items. The labels are those that the strategies really brought
in: what they would have chosen otherwise is the question of `core/replay.py`.

What the models say stands in `.cache`, named by all that it depends on, each model's when it is
trained: an experiment that was stopped goes on where it was.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import LoopError
from core.features import Vocabulary
from core.labels import Labeled, labels_hash
from core.learning import Items, learner_on
from core.loop import Loop
from core.progress import Progress, silent
from core.runs import columns, feature_source
from core.space import Space
from core.statistics import LEVEL, REPLICATES, Interval, Judged, resampled, scores_of
from core.training import require_two_labels

EXPERIMENT_VERSION = 1
"""Part of the name: a change of what is computed computes it anew."""

RANDOM, ALL = "random", "all strategies"

LEAST = 40
"""Labels of a strategy below which a model of them is mostly luck."""

SEEDS = 5

SCORES = {"fscore": "F", "auc": "AUC"}

KEPT = 20
"""Experiments that are kept, the newest ones: each takes half a megabyte."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """The training items of one strategy, as rows of the training data."""

    name: str
    rows: Rows


@dataclass(frozen=True)
class Groups:
    """The groups that are large enough, random first and all together last; why others are not."""

    ready: tuple[Group, ...]
    waiting: tuple[str, ...]

    @property
    def sizes(self) -> list[int]:
        """The numbers of labels at which some group can be compared with random, ascending."""
        by_name = {group.name: len(group.rows) for group in self.ready}
        others = {size for name, size in by_name.items() if name != ALL}
        return sorted(size for size in others if size <= by_name.get(RANDOM, 0))


@dataclass(frozen=True)
class Experiment:
    """What is to be trained, and the folder that keeps what came out.

    Each group gives a random subset of `size` items, another for each seed.
    """

    loop: Loop
    groups: tuple[Group, ...]
    size: int
    seeds: int
    folder: Path

    @property
    def model(self) -> str:
        return self.loop.workspace.task.model

    @property
    def outcome_file(self) -> Path:
        return self.folder / f"outcome-{self.seeds}.json"


@dataclass(frozen=True)
class Result:
    """How the models of one group did: the mean over the seeds of each of `SCORES`.

    `available` is the size of the whole group, `positive` the mean share of positive items in what
    was drawn of it. `over_random` is what each score has over random's; empty for random itself.
    """

    name: str
    available: int
    positive: float
    scores: Mapping[str, Interval]
    over_random: Mapping[str, Interval]


@dataclass(frozen=True)
class Outcome:
    """The results of all groups at so many labels, over so many seeds."""

    size: int
    seeds: int
    results: tuple[Result, ...]


def find_groups(training: Sequence[Labeled]) -> Groups:
    """The strategies whose items can be compared, and a sentence for each that cannot be yet.

    Without enough random items there is nothing to compare with, and no group is ready.
    """
    found: dict[str, list[int]] = {RANDOM: []}
    for row, item in enumerate(training):
        if item.strategy:
            found.setdefault(item.strategy, []).append(row)
    groups = [Group(name, np.array(rows, np.int64)) for name, rows in found.items()]
    refusals = {group.name: _refusal(group, training) for group in groups}
    ready = [group for group in groups if not refusals[group.name]]
    waiting = tuple(reason for reason in refusals.values() if reason)
    if refusals[RANDOM] or not ready:
        return Groups((), waiting)
    return Groups((*ready, Group(ALL, np.arange(len(training)))), waiting)


def _refusal(group: Group, training: Sequence[Labeled]) -> str:
    number = len(group.rows)
    if number < LEAST:
        return f"Not yet: {number} {group.name} labels, {LEAST} are needed."
    if len({training[row].label for row in group.rows}) < 2:
        return f"Not yet: all {number} {group.name} labels are the same, two are needed."
    return ""


def refusal(loop: Loop) -> str:
    """Why no model can be judged here, in a sentence; empty if it can be."""
    positive = loop.workspace.task.positive
    found = {item.label == positive.value for item in loop.labels.splits["evaluation"]}
    if found == {True, False}:
        return ""
    return f"It begins with evaluation data that is {positive.name} and that is not."


def prepare(loop: Loop, size: int | None = None, seeds: int = SEEDS) -> Experiment:
    """The experiment at this size, without the groups that are smaller; nothing is computed.

    Without a size it is the smallest group's. Raises LoopError where there is nothing to compare.
    """
    groups = find_groups(loop.labels.usable_training())
    if refusal(loop) or not groups.ready:
        raise LoopError(" ".join([refusal(loop), *groups.waiting]).strip())
    size = groups.sizes[0] if size is None else size
    chosen = tuple(group for group in groups.ready if len(group.rows) >= size)
    folder = loop.workspace.cache / "experiments" / _name(loop, size)
    return Experiment(loop, chosen, size, seeds, folder)


def _name(loop: Loop, size: int) -> str:
    """Names all that an answer depends on beside the group and the seed."""
    task, labels = loop.workspace.task, loop.labels
    training, evaluation = labels.usable_training(), labels.splits["evaluation"]
    asked = (task.values, task.positive.value, task.model, task.encoder, size, LEAST)
    content = blake2b(digest_size=8)
    for part in (
        (EXPERIMENT_VERSION, Space.version, Vocabulary.version, loop.pool_words.pool.key, asked),
        [labels_hash(items, task.values) for items in (training, evaluation)],
        # Answers stand in the order of the items, and groups are rows of them.
        [(item.item_id, item.strategy) for item in training],
        [item.item_id for item in evaluation],
    ):
        content.update(repr(part).encode("utf-8", "surrogatepass"))
    content.update(np.packbits(loop.held_out))
    return content.hexdigest()


def drawn(group: Group, size: int, seed: int, targets: NDArray[np.int64]) -> Rows:
    """So many random rows of the group, ascending; the same for the same arguments.

    Where all have one label, the last one drawn gives way to the first one of another label.
    """
    generator = np.random.default_rng([seed, *group.name.encode("utf-8", "surrogatepass")])
    order = generator.permutation(group.rows)
    rows, others = order[:size], order[size:]
    if (targets[rows] == targets[rows[0]]).all():
        rows[-1] = others[np.argmax(targets[others] != targets[rows[0]])]
    return np.sort(rows)


def run(
    experiment: Experiment,
    progress: Progress = silent,
    still_wanted: Callable[[], None] = lambda: None,
) -> Outcome:
    """The outcome; models whose answers are kept are not trained again.

    `still_wanted` is called before each model is trained; what it raises ends the experiment.
    Raises LoopError if the answers cannot be kept, RunError if the task's encoder cannot be used.
    """
    loop, folder = experiment.loop, experiment.folder
    training, evaluation = loop.labels.usable_training(), loop.labels.splits["evaluation"]
    texts = [item.text for item in (*training, *evaluation)]
    task = loop.workspace.task
    items = Items(texts, columns([*training, *evaluation], task), task.values, task.positive_index)
    asked = np.arange(len(training), len(texts))
    source = None
    said: dict[str, list[Judged]] = {group.name: [] for group in experiment.groups}
    total = experiment.seeds * len(said)
    for seed in range(experiment.seeds):
        learner = None
        for number, group in enumerate(experiment.groups, start=1 + seed * len(said)):
            file = folder / f"{seed}-{blake2b(group.name.encode(), digest_size=8).hexdigest()}.npy"
            answer = _read_answer(file, len(evaluation))
            if answer is None:
                still_wanted()
                source = source or feature_source(loop, task.model, progress)
                learner = learner or learner_on(task.model, source, items, seed)
                progress(f"{number} of {total}: {group.name}, seed {seed + 1}")
                rows = drawn(group, experiment.size, seed, items.targets)
                require_two_labels(items.targets[rows])
                found = learner.predict(learner.train(rows), asked)
                answer = np.stack([found[:, items.positive], found.argmax(1) == items.positive])
                _keep(file, answer)
            said[group.name].append(Judged(answer[0], answer[1] > 0))
    progress("comparing")
    outcome = _outcome(experiment, said, items, asked)
    _write(experiment.outcome_file, json.dumps(asdict(outcome), indent=1).encode())
    return outcome


def kept(experiment: Experiment) -> Outcome | None:
    """The outcome that was computed before; None: it was not, or its file is damaged."""
    try:
        content = json.loads(experiment.outcome_file.read_text(encoding="utf-8"))
        results = tuple(
            Result(**{**each, **{name: _intervals(each[name]) for name in _MAPPINGS}})
            for each in content["results"]
        )
        return Outcome(content["size"], content["seeds"], results)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # it is computed again, from the answers that are kept


_MAPPINGS = ("scores", "over_random")


def _intervals(values: Mapping[str, Mapping[str, float]]) -> dict[str, Interval]:
    return {name: Interval(**ends) for name, ends in values.items()}


def _outcome(
    experiment: Experiment, said: Mapping[str, Sequence[Judged]], items: Items, asked: Rows
) -> Outcome:
    is_positive = items.targets == items.positive
    found = combined(said, is_positive[asked])
    results = []
    for group in experiment.groups:
        subsets = [
            is_positive[drawn(group, experiment.size, seed, items.targets)].mean()
            for seed in range(experiment.seeds)
        ]
        scores, over = found[group.name]
        results.append(Result(group.name, len(group.rows), float(np.mean(subsets)), scores, over))
    return Outcome(experiment.size, experiment.seeds, tuple(results))


Found = tuple[dict[str, Interval], dict[str, Interval]]
"""Scores, and what they have over random's."""


def combined(
    said: Mapping[str, Sequence[Judged]],
    actual: NDArray[np.bool_],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Found]:
    """Each group's mean scores over its seeds, with paired bootstrap intervals.

    A replicate draws evaluation items and seeds anew, with replacement, the same ones for all
    groups: an interval speaks for other items, and for other subsets and other luck in training.
    """
    counts = resampled(actual, replicates, seed, keep_balance=False)
    once = np.ones((1, len(actual)), np.int32)
    number = len(said[RANDOM])
    turns = np.random.default_rng([seed, 1]).multinomial(
        number, np.full(number, 1 / number), replicates
    )
    means, drawn_means = {}, {}
    for name, models in said.items():
        observed = [scores_of(model, actual, once, list(SCORES)) for model in models]
        under = [scores_of(model, actual, counts, list(SCORES)) for model in models]
        means[name] = {score: np.mean([each[score][0] for each in observed]) for score in SCORES}
        drawn_means[name] = {
            score: (turns * np.stack([each[score] for each in under], axis=1)).sum(axis=1) / number
            for score in SCORES
        }
    found: dict[str, Found] = {}
    for name, values in means.items():
        spread, base = drawn_means[name], drawn_means[RANDOM]
        scores = {score: _interval(values[score], spread[score]) for score in SCORES}
        over = {
            score: _interval(values[score] - means[RANDOM][score], spread[score] - base[score])
            for score in SCORES
        }
        found[name] = scores, over if name != RANDOM else {}
    return found


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(value), float(low), float(high))


def verdict(result: Result, score: str, size: int) -> str:
    """What one group's result says beside random's, in a sentence that does not flatter."""
    found, name = result.over_random[score], result.name[:1].upper() + result.name[1:]
    if score == "fscore" and found == Interval(0, 0, 0):
        return f"{name} and random teach no model yet to find a positive item: F is 0 for both."
    if found.low <= 0 <= found.high:
        return (
            f"{name} and random cannot be told apart yet by {SCORES[score]} at {size:,} labels "
            f"({found.low:+.2f} to {found.high:+.2f})."
        )
    verb = "beats" if found.value > 0 else "falls behind"
    low, high = sorted((abs(found.low), abs(found.high)))
    told = f"{abs(found.value):.2f} {SCORES[score]} ({low:.2f} to {high:.2f})"
    return f"{name} {verb} random by {told} at {size:,} labels."


def _read_answer(file: Path, n_items: int) -> NDArray[np.float64] | None:
    """Scores and predictions, `(2, n_items)`; None if they are not there, or not whole."""
    try:
        answer = np.load(file)
    except (OSError, ValueError, EOFError):
        return None
    return answer if answer.shape == (2, n_items) else None


def _keep(file: Path, answer: NDArray[np.float64]) -> None:
    if not file.parent.exists():
        _drop_old(file.parent.parent)
    unfinished = file.with_name(f"unfinished-{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(unfinished, answer)
        unfinished.rename(file)
    except OSError as error:
        raise _cannot_write(file, error) from error


def _write(file: Path, content: bytes) -> None:
    unfinished = file.with_name(f"unfinished-{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.rename(file)
    except OSError as error:
        raise _cannot_write(file, error) from error


def _cannot_write(file: Path, error: OSError) -> LoopError:
    return LoopError(
        f".cache/experiments/{file.parent.name} cannot be written: {error.strerror}. Free some "
        "space or make the folder writable."
    )


def _drop_old(folder: Path) -> None:
    """Leaves the newest `KEPT` experiments but one, which makes room for another."""
    with suppress(OSError):
        found = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime_ns, reverse=True)
        for old in found[KEPT - 1 :]:
            shutil.rmtree(old, ignore_errors=True)

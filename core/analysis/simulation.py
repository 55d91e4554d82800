"""Simulated active learning: an oracle that knows the labels takes a person's place.

The demo goes through files, as a person does; the simulation keeps labels in memory. Both call what
the app calls: the same seed chooses the same items. A small table cannot teach word vectors, so a
simulation can have a background: the features of a pool, in which no item of the table, held out or
not, and no copy of one is counted.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import LoopError, WorkspaceError
from core.evaluation.runs import Trained, current_run, keep, train
from core.features.cached import Texts, count_anew
from core.features.pool_features import Space, load_space, space_of
from core.models.label_columns import confidences
from core.models.pool_predictions import Predictions, pool_probabilities
from core.pool.folder import POOL_FOLDER
from core.sampling.mix import Chosen, Pick, mixed, random_picks, shuffled
from core.sampling.next_batch import Batch, first_picks, propose
from core.sampling.rare_labels import with_start
from core.system.csv_rows import Row, Rows, format_rows, read_rows
from core.system.durable import copy_file, new_folder, refused_as
from core.system.progress import Progress, silent
from core.workspace.events import Inbox
from core.workspace.labels import Labeled, Labels
from core.workspace.layout import SAMPLE, Workspace, open_workspace, refuse_contents
from core.workspace.logs import Action, Event, now
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from core.workspace.task import NONE, SEPARATOR, Task, apportion, listed

BACKGROUND = "background"  # folder of a simulation's background, for all its processes


def background_space(snapshot: Snapshot, texts: Iterable[str]) -> Space:
    """The space of the workspace's pool without these texts and without what is held out there."""
    words, counted = snapshot.pool_words, ~snapshot.held_out
    counted[words.copies_of(list(texts))] = False
    tokens, bags = words.tokens.to_pylist(), words.token_bags
    texts = Texts(tokens, bags, words.hashes, counted, words.splitting)
    return replace(space_of(count_anew([texts])), splitting=words.splitting)


ORACLE = "oracle.csv"  # the true labels beside the sample; the app never reads them
ORACLE_NAME = "oracle"
BATCHES = 8  # active-learning batches of the demo: enough for a learning curve


def read_oracle(path: Path) -> dict[str, str]:
    """The true label of each item id of a file `item_id,text,label,…`; raises WorkspaceError."""
    rows = _rows_of_oracle(read_rows(path, path.name), path.name)
    short = next((row.line for row in rows if len(row.fields) < 3), None)
    if short:
        raise WorkspaceError(f"{path.name} line {short}: the row has no label. Correct it.")
    return {row.fields[0]: row.fields[2] for row in rows[1:]}


@dataclass(frozen=True)
class Plan:
    """The numbers of a simulated loop. `evaluation` is the share of all items that is held out."""

    initial: int = 100
    batch: int = 100
    iterations: int = 9
    evaluation: float = 0.3


@dataclass(frozen=True)
class LabeledPool:
    """A pool without labels, each label, and a `space` if its own texts teach none."""

    snapshot: Snapshot
    oracle: Mapping[str, str]
    space: Space | None = None


Mix = Mapping[str, int]  # strategies and their parts of a batch

Choose = Callable[[Snapshot, Predictions, np.random.Generator], Chosen]
"""A way to choose the next batch of a loop whose pool has these scores."""


@dataclass(frozen=True)
class Step:
    """A simulated loop after so many labels: its labels, the model trained on them, its choice.

    `trained` and `probability`, `(n_pool, n_labels)`, are None while the training data holds one
    label only. `picks` is the next batch, empty at the end. `seconds`: training and choosing.
    """

    snapshot: Snapshot
    trained: Trained | None
    probability: NDArray[np.float32] | None
    picks: list[Pick]
    seconds: float


def make_demo(target: Path, *, batches: int = BATCHES, progress: Progress = silent) -> Snapshot:
    """A workspace made from the sample, in which the oracle has labeled its way through the loop.

    Evaluation data, first training data, and so many active-learning batches; then a last run.
    The folder appears when it is complete. Raises WorkspaceError if it already holds something.
    """
    refuse_contents(target)
    what, todo = f"The demo {target} cannot be made", "Choose another folder, or make room for it."
    with refused_as(WorkspaceError, what, todo), new_folder(target) as folder:
        _run_through(folder, batches, progress)
    return open_snapshot(target)


def _run_through(folder: Path, batches: int, progress: Progress) -> None:
    oracle = read_oracle(SAMPLE / ORACLE)
    for file in (*open_workspace(SAMPLE).pool_files(), SAMPLE / "task.toml"):
        copy_file(file, folder / file.relative_to(SAMPLE))
    workspace = open_workspace(folder)
    inbox, snapshot, active = Inbox(workspace), read_snapshot(workspace), 0
    while snapshot.stage != "active learning" or active < batches:
        active += snapshot.stage == "active learning"
        progress(f"{snapshot.stage}: {len(snapshot.labels.items):,} labels")
        label_batch(inbox, propose(snapshot, ORACLE_NAME), oracle)
        snapshot = read_snapshot(workspace)
    if not current_run(snapshot):
        keep(snapshot, train(snapshot, progress=progress))


def label_batch(inbox: Inbox, batch: Batch, oracle: Mapping[str, str]) -> None:
    """Labels the whole batch as the oracle says, which takes nobody any time, and saves it."""

    def event(action: Action, name: str, item_id: str = "", label: str = "") -> Event:
        event_id = f"{ORACLE_NAME}-{batch.batch_id}-{name}"
        return Event(event_id, batch.batch_id, item_id, action, label, ORACLE_NAME, now())

    given = ((str(p.rank), p.item_id, oracle[p.item_id]) for p in batch.proposals)
    events = [event("label", *each) for each in given]
    receipt = inbox.receive([*events, event("save", "save")])
    if receipt.refused:
        raise LoopError(f"The oracle's labels were refused: {receipt.refused[0][1]}")


def write_labeled(labeled: Path, folder: Path, task: Task) -> None:
    """Lays a table of `item_id,text,label,…` out for `read_labeled`, or raises WorkspaceError."""
    if not labeled.is_file():
        raise WorkspaceError(f"There is no file {labeled}. Give a CSV of item_id,text,label.")
    content = read_rows(labeled, labeled.name)
    head, *rows = _rows_of_oracle(content, labeled.name)
    wrong = [(bad.line, f"the row {bad.reason}") for bad in content.bad]
    seen: set[str] = set()
    labels = {row.line: _answer(row.fields[2], task) for row in rows if len(row.fields) > 2}
    for row in rows:
        reason = _refusal(row, len(head.fields), labels.get(row.line, ""), task, seen)
        if reason:
            wrong.append((row.line, reason))
    if wrong:
        line, reason = min(wrong)
        raise WorkspaceError(
            f"{labeled.name} line {line}: {reason}. Correct it, or give a workspace whose task has "
            "these labels with --data."
        )
    (folder / POOL_FOLDER).mkdir()
    pool = [row.fields[:2] + row.fields[3:] for row in (head, *rows)]
    (folder / POOL_FOLDER / "pool.csv").write_bytes(format_rows(pool))
    oracle = [head.fields[:3], *([*row.fields[:2], labels[row.line]] for row in rows)]
    (folder / ORACLE).write_bytes(format_rows(oracle))


def _rows_of_oracle(content: Rows, name: str) -> list[Row]:
    if not content.rows or content.rows[0].fields[:3] != ["item_id", "text", "label"]:
        raise WorkspaceError(f"{name} line 1: the header is not item_id,text,label. Write it so.")
    return content.rows


def _answer(said: str, task: Task) -> str:
    """The answer in today's values; empty if it is none. Of several labels also a list of JSON."""
    if task.several and said.startswith("["):
        try:
            said = SEPARATOR.join(map(str, json.loads(said))) or NONE
        except ValueError:
            return ""
    answer = task.today(said)
    is_told = answer and task.is_offered(answer) and (answer == said or answer != NONE)
    return answer if is_told else ""


def _refusal(row: Row, width: int, answer: str, task: Task, seen: set[str]) -> str | None:
    """Why this row is no labeled item; None if it is one. Adds its id to those `seen`."""
    if len(row.fields) != width:
        return f"the row has {len(row.fields)} fields, the header {width}"
    item_id, _, label = row.fields[:3]
    if item_id in seen:
        return f"the item_id `{item_id}` is there twice"
    seen.add(item_id)
    if not answer:
        return f"label `{label}` is not one of {listed(task.values)}"
    return None


def read_labeled(folder: Path, task: Task) -> LabeledPool:
    snapshot = read_snapshot(Workspace(folder, task))
    spaces = [load_space(file.parent, file.stem) for file in (folder / BACKGROUND).glob("*.space")]
    return LabeledPool(snapshot, read_oracle(folder / ORACLE), next(iter(spaces), None))


def by_mix(mix: Mix, number: int) -> Choose:
    """The app's way to choose so many items, in the proportions of the mix."""
    counts = apportion(number, mix)
    return lambda snapshot, scores, generator: mixed(
        snapshot, scores.probability, with_start(snapshot, counts), generator
    )


def steps(table: LabeledPool, choose: Choose, model: str, seed: int, plan: Plan) -> Iterator[Step]:
    """A simulated loop step by step: a model before each batch, and one after the last batch.

    Evaluation data, first training data and batches are drawn with the seeds that the app gives
    them in a task of this seed. Ends early where the pool does.
    """
    snapshot = held_out(table, seed, plan)
    picks = first_picks(snapshot, plan.initial, "training", np.random.default_rng(seed + 1))
    probability = None
    for turn in range(plan.iterations + 1):
        snapshot = with_labels(snapshot, table.oracle, "training", picks, probability)
        began = time.perf_counter()
        trained = train(snapshot, name=model, space=table.space) if snapshot.can_train else None
        probability = pool_probabilities(snapshot, trained.model) if trained else None
        generator = np.random.default_rng(seed + 2 + turn)
        if turn == plan.iterations:
            picks = []
        elif probability is None:  # as in the app, at random until there is something to learn
            picks = first_picks(snapshot, plan.batch, "training", generator)
        else:
            scores = Predictions(probability, trained.model.columns)
            picks = shuffled(choose(snapshot, scores, generator), generator)
        yield Step(snapshot, trained, probability, picks, time.perf_counter() - began)
        if not picks:
            return


def held_out(table: LabeledPool, seed: int, plan: Plan) -> Snapshot:
    """The table's snapshot under this seed, with a random share of items as evaluation data."""
    workspace = table.snapshot.workspace
    seeded = replace(workspace, task=replace(workspace.task, seed=seed))
    snapshot = replace(table.snapshot, workspace=seeded)
    number = round(plan.evaluation * int(snapshot.candidates.sum()))
    picks = random_picks(snapshot, number, np.random.default_rng(seed))
    return with_labels(snapshot, table.oracle, "evaluation", picks)


def with_labels(
    snapshot: Snapshot,
    oracle: Mapping[str, str],
    split: str,
    picks: list[Pick],
    probability: NDArray[np.float32] | None = None,
) -> Snapshot:
    """The snapshot after the oracle has labeled these items; `probability` chose them."""
    pool, rows = snapshot.pool_words.pool, pa.array([row for _, row, _ in picks], pa.int64())
    ids, texts = pool.ids.take(rows).to_pylist(), pool.texts.take(rows).to_pylist()
    sure = [None] * len(picks)
    if probability is not None:
        several = snapshot.workspace.task.several
        sure = confidences(probability[rows.to_numpy()], several=several).tolist()
    fresh = [
        Labeled(item_id, text, oracle[item_id], split, strategy, confidence)
        for item_id, text, (strategy, _, _), confidence in zip(ids, texts, picks, sure, strict=True)
    ]
    splits = {**snapshot.labels.splits, split: [*snapshot.labels.splits[split], *fresh]}
    return replace(snapshot, labels=Labels(splits, [], []))

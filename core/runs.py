"""Runs: training on the labels that count, evaluating on what was held out, keeping both."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.evaluation import Scores, evaluate
from core.features import book_vocabulary
from core.labels import Labeled, labels_hash
from core.logs import Run, append_records, fresh_id, now, read_logs
from core.loop import Loop
from core.model import Model, load_model, save_model
from core.scoring import score_texts
from core.task import Task
from core.training import train_book

MODELS = ("book",)

Progress = Callable[[str], None]
"""Is told what begins now, in a few words."""


def silent(step: str) -> None:
    """No progress display."""


@dataclass(frozen=True)
class Trained:
    """A model, its scores on the evaluation data, and the run that would be kept of it."""

    model: Model
    run: Run


def train(
    loop: Loop, *, name: str = "book", seed: int | None = None, progress: Progress = silent
) -> Trained:
    """A model trained on the usable training labels and evaluated; nothing is written.

    Raises LoopError if the training data holds fewer than two labels, RunError for a model name
    that there is none of.
    """
    if name not in MODELS:
        raise RunError(f"There is no model `{name}`. Choose one of: {', '.join(MODELS)}.")
    began = time.perf_counter()
    task = loop.workspace.task
    seed = task.seed if seed is None else seed
    training = loop.labels.usable_training()
    texts = [item.text for item in training]
    progress("counting words")
    vocabulary = book_vocabulary(loop.pool_words, ~(loop.held_out | loop.in_training), texts)
    progress(f"training on {len(training):,} labels")
    model = train_book(vocabulary, texts, columns(training, task), task.values, seed)
    evaluation = loop.labels.splits["evaluation"]
    progress(f"evaluating on {len(evaluation):,} items")
    scores = evaluate_items(model, evaluation, task)
    return Trained(model, _run(loop, model, scores, time.perf_counter() - began))


def keep(loop: Loop, trained: Trained) -> Run:
    """Saves the model and then appends the run to `runs.csv`; the run with its id."""
    workspace = loop.workspace
    with workspace.locked():
        run_id = next_run_id(read_logs(workspace).runs)
        run = replace(trained.run, run_id=run_id, params_file=_params_file(trained.run))
        save_model(trained.model, workspace.path / run.params_file)
        append_records(workspace.runs, [run])
    return run


def next_run_id(runs: list[Run]) -> str:
    """The id of the run after these."""
    return fresh_id("run", {run.run_id for run in runs})


def current_run(loop: Loop) -> Run | None:
    """The newest run that was trained and evaluated on exactly today's labels, if there is one."""
    today = _hashes(loop)
    for run in reversed(loop.logs.runs):
        if (run.training_hash, run.evaluation_hash) == today:
            return run
    return None


def find_run(loop: Loop, run_id: str | None = None) -> Run:
    """The run with this id, or the last one; raises RunError if there is none."""
    runs = loop.logs.runs
    if not runs:
        raise RunError("There is no run yet. Train one first: python -m core train.")
    if run_id is None:
        return runs[-1]
    for run in runs:
        if run.run_id == run_id:
            return run
    raise RunError(f"runs.csv has no run `{run_id}`. The last one is `{runs[-1].run_id}`.")


def load_run(loop: Loop, run: Run) -> Model:
    """The run's model. Raises RunError if its file is missing, damaged or outside of `models/`."""
    path = (loop.workspace.path / run.params_file).resolve()
    if path.parent != loop.workspace.models.resolve():
        raise RunError(
            f"runs.csv: run `{run.run_id}` names the file `{run.params_file}`, which is not in "
            "models/. Correct the row or train again."
        )
    model = load_model(path)
    if model.labels != loop.workspace.task.values:
        raise RunError(
            f"{run.params_file} was trained for the labels {', '.join(model.labels)}, the task has "
            f"{', '.join(loop.workspace.task.values)}. Train again."
        )
    return model


def evaluate_items(model: Model, items: list[Labeled], task: Task) -> Scores:
    """The model's scores on labeled items."""
    probability = score_texts(model, [item.text for item in items])
    return evaluate(probability, columns(items, task), task.positive_index)


def columns(items: list[Labeled], task: Task) -> NDArray[np.int64]:
    """The items' labels as columns of a probability array, `(n_items,)`."""
    column = {value: at for at, value in enumerate(task.values)}
    return np.array([column[item.label] for item in items], np.int64)


def _hashes(loop: Loop) -> tuple[str, str]:
    """Fingerprints of the training and the evaluation data under the task's labels."""
    values = loop.workspace.task.values
    training, evaluation = loop.labels.usable_training(), loop.labels.splits["evaluation"]
    return labels_hash(training, values), labels_hash(evaluation, values)


def _run(loop: Loop, model: Model, scores: Scores, seconds: float) -> Run:
    training = loop.labels.usable_training()
    evaluation = loop.labels.splits["evaluation"]
    counts = Counter(item.label for item in training)
    training_hash, evaluation_hash = _hashes(loop)
    return Run(
        run_id=next_run_id(loop.logs.runs),
        created_at=now(),
        model=model.name,
        counts=json.dumps({value: counts[value] for value in model.labels}),
        seed=model.seed,
        fscore=scores.fscore,
        auc=scores.auc,
        average_precision=scores.average_precision,
        precision=scores.precision,
        recall=scores.recall,
        n_training=len(training),
        n_evaluation=len(evaluation),
        seconds=round(seconds, 3),
        training_hash=training_hash,
        evaluation_hash=evaluation_hash,
        params_file="",
    )


def _params_file(run: Run) -> str:
    """The chapter's name, `<timestamp>_<fscore>_<auc>_<n_training>.params`, below the workspace."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    scores = "_".join("nan" if score is None else f"{score:.3f}" for score in (run.fscore, run.auc))
    return f"models/{moment}_{scores}_{run.n_training}.params"

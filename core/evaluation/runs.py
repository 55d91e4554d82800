"""Runs: training on the labels that count, evaluating on what was held out, keeping both."""

import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.evaluation.metrics import as_table
from core.evaluation.report import (
    Figures,
    Report,
    kept_out_of_fold,
    kept_predictions,
    load_report,
    measure,
    row_scores,
    save_report,
)
from core.evaluation.report import in_today as report_in_today
from core.evaluation.threshold import with_thresholds
from core.features.pool_features import Space
from core.features.sources import feature_source, pool_encoder
from core.models.model import Model, in_today, load_model, save_model
from core.models.predict import score_texts
from core.models.training import LabeledTexts, Learned, learn, require_two_labels
from core.pool.bags import Mask
from core.pool.tokens import PAIRS
from core.system.durable import first_free
from core.system.progress import Progress, silent
from core.workspace.labels import Labeled, labels_hash
from core.workspace.layout import Workspace
from core.workspace.logs import Run, append_records, fresh_id, now, read_logs
from core.workspace.snapshot import Snapshot, open_snapshot
from core.workspace.task import Task, require_model

WATCHED = 2_000  # items whose predictions are compared from run to run (Bloodgood and others 2009)


@dataclass(frozen=True)
class Trained:
    """A model, its scores on the evaluation data, and the run that would be kept of it."""

    model: Model
    run: Run
    report: Report


def train(
    snapshot: Snapshot,
    *,
    name: str | None = None,
    seed: int | None = None,
    space: Space | None = None,
    progress: Progress = silent,
) -> Trained:
    """A model trained on the usable training labels and evaluated; nothing is written.

    Without a name it is the task's model; a `space` takes the place of the pool's own. Raises
    LoopError if the training data holds fewer than two labels, RunError for a model name that there
    is none of.
    """
    task = snapshot.workspace.task
    name = task.model if name is None else name
    require_model(name, several=task.several)
    began = time.perf_counter()
    items = labeled_texts(snapshot.labels.usable_training, task)
    require_two_labels(items.targets)
    source = feature_source(snapshot, name, progress, space)
    progress(f"training on {len(items.texts):,} labels")
    learned = learn(name, source, items, task.seed if seed is None else seed)
    learned = with_thresholds(snapshot, learned, items, progress)
    progress(f"evaluating on {len(snapshot.labels.splits['evaluation']):,} items")
    report = _report(snapshot, learned, items)
    run = _run(snapshot, learned.model, report, time.perf_counter() - began)
    return Trained(learned.model, run, report)


def keep(snapshot: Snapshot, trained: Trained) -> Run:
    """Saves the model and then appends the run to `runs.csv`; the run with its id."""
    workspace = snapshot.workspace
    with workspace.locked():
        run_id = fresh_id("run", {run.run_id for run in read_logs(*workspace.logs).runs})
        run = replace(trained.run, run_id=run_id, params_file=_params_file(workspace, trained.run))
        save_model(trained.model, workspace.path / run.params_file)
        save_report(trained.report, workspace.path / run.params_file)
        append_records(workspace.runs, [run])
    return run


def train_now(path: Path, *, progress: Progress = silent) -> None:
    """Trains the model of the workspace in this folder on today's labels, and keeps the run."""
    snapshot = open_snapshot(path, progress)
    keep(snapshot, train(snapshot, progress=progress))


def current_run(snapshot: Snapshot) -> Run | None:
    """The task's model's newest run on exactly today's training and evaluation labels, if any.

    It saw texts through the task's encoder, if there is one, and none else, and its words.
    """
    task = snapshot.workspace.task
    today = (task.model, *_hashes(snapshot))
    seen = "" if task.model == "book" else task.encoder, task.splitting
    for run in reversed(snapshot.logs.runs):
        if (run.model, run.training_hash, run.evaluation_hash) == today:
            with suppress(RunError):  # of a damaged report nobody knows the encoder
                report = read_report(snapshot, run)
                if ((report.encoder, report.splitting) if report else ("", PAIRS)) == seen:
                    return run
    return None


def find_run(snapshot: Snapshot, run_id: str | None = None) -> Run:
    """The run with this id, or the last one; raises RunError if there is none."""
    runs = snapshot.logs.runs
    if not runs:
        raise RunError("There is no run yet. Train one first: python -m core train.")
    if run_id is None:
        return runs[-1]
    for run in runs:
        if run.run_id == run_id:
            return run
    raise RunError(f"runs.csv has no run `{run_id}`. The last one is `{runs[-1].run_id}`.")


def load_run(snapshot: Snapshot, run: Run) -> Model:
    """The run's model. Raises RunError if its file is missing, damaged or outside of `models/`.

    Also if the encoder that it was trained with is gone, or is another one by now; none is
    downloaded for it. Labels that were added, renamed, merged or retired since are no hindrance:
    see `models.model.in_today`.
    """
    model = load_model(_params_path(snapshot, run), lambda name: pool_encoder(snapshot, name))
    return in_today(model, snapshot.workspace.task)


def read_report(snapshot: Snapshot, run: Run) -> Report | None:
    """The run's threshold, calibration and figures; None if it is from before there were reports.

    In the labels of today's task. Raises RunError if the file is damaged, or outside of `models/`.
    """
    found = load_report(_params_path(snapshot, run))
    return found and report_in_today(found, snapshot.workspace.task)


def _params_path(snapshot: Snapshot, run: Run) -> Path:
    # No file's name holds a NUL, and no path can be made of one.
    path = (snapshot.workspace.path / run.params_file.replace("\0", "/")).resolve()
    if path.parent != snapshot.workspace.models.resolve():
        raise RunError(
            f"runs.csv: run `{run.run_id}` names the file `{run.params_file}`, which is not in "
            "models/. Correct the row or train again."
        )
    return path


def evaluate_items(model: Model, items: list[Labeled], task: Task) -> Figures | None:
    """All scores of the model on labeled items; None without items."""
    probability = score_texts(model, [item.text for item in items])
    return measure(model, probability, columns(items, task), task.positive_index)


def _report(snapshot: Snapshot, learned: Learned, items: LabeledTexts) -> Report:
    """The model's figures on every set of items that is not empty, and its predictions."""
    model, task, splits = learned.model, snapshot.workspace.task, snapshot.labels.splits
    positive, source, unseen = task.positive_index, learned.model.source, None
    asked = {name: labeled_texts(splits[name], task) for name in ("evaluation", "validation")}
    probability = {name: score_texts(model, each.texts) for name, each in asked.items()}
    if learned.out_of_fold is not None:
        asked["out of fold"], probability["out of fold"] = items, learned.out_of_fold
        trained_on = [item.item_id for item in snapshot.labels.usable_training]
        unseen = kept_out_of_fold(model, trained_on, learned.out_of_fold)
    figures = {
        name: measure(model, probability[name], each.targets, positive)
        for name, each in asked.items()
    }
    evaluated = [item.item_id for item in splits["evaluation"]]
    return Report(
        model=model.name,
        source=source.name,
        source_version=source.version,
        source_key=source.key,
        threshold=model.threshold,
        scale=model.calibration.scale,
        shifts=model.calibration.shifts,
        note=learned.note,
        figures={name: found for name, found in figures.items() if found},
        said=kept_predictions(model, evaluated, probability["evaluation"], positive),
        encoder=source.encoder_name,
        splitting=source.splitting,
        watched=_watched(snapshot, model),
        is_cut=model.cut is not None,
        out_of_fold=unseen,
    )


def _watched(snapshot: Snapshot, model: Model) -> tuple[tuple[str, str], ...]:
    """What the model says of always the same items: those of the lowest hashes of their ids."""
    pool, order = snapshot.pool_words.pool, snapshot.pool_words.pool.id_order[: 2 * WATCHED]
    rows = order[snapshot.pool_words.is_first[order]][:WATCHED]
    answers = model.columns.most_probable.answers(
        score_texts(model, pool.texts.take(rows).to_pylist())
    )
    return tuple(zip(pool.ids.take(rows).to_pylist(), answers, strict=True))


def labeled_texts(items: list[Labeled], task: Task) -> LabeledTexts:
    """What a model of the task can learn from these items."""
    texts = [item.text for item in items]
    return LabeledTexts(texts, columns(items, task), task.values, task.positive_index)


def columns(items: list[Labeled], task: Task) -> NDArray[np.int64] | Mask:
    """The items' labels as columns of a probability array, `(n_items,)`.

    Where a text can have several, as a table `(n_items, n_labels)`, True where it has the label.
    """
    column = {value: at for at, value in enumerate(task.values)}
    if task.several:
        table = np.zeros((len(items), len(column)), bool)
        for row, item in zip(table, items, strict=True):
            row[[column[value] for value in task.chosen(item.label)]] = True
        return table
    return np.array([column[item.label] for item in items], np.int64)


def label_mask(items: list[Labeled], task: Task) -> Mask:
    """Which labels the items have, `(n_items, n_labels)`."""
    return as_table(columns(items, task), len(task.values))


def _hashes(snapshot: Snapshot) -> tuple[str, str]:
    """Fingerprints of the training and the evaluation data under the task's labels."""
    task = snapshot.workspace.task
    training, evaluation = snapshot.labels.usable_training, snapshot.labels.splits["evaluation"]
    return labels_hash(training, task), labels_hash(evaluation, task)


def _run(snapshot: Snapshot, model: Model, report: Report, seconds: float) -> Run:
    training = snapshot.labels.usable_training
    evaluation = snapshot.labels.splits["evaluation"]
    chosen = snapshot.workspace.task.chosen
    counts = Counter(value for item in training for value in chosen(item.label))
    training_hash, evaluation_hash = _hashes(snapshot)
    return Run(
        run_id=fresh_id("run", {run.run_id for run in snapshot.logs.runs}),
        created_at=now(),
        model=model.name,
        counts=json.dumps({value: counts[value] for value in model.labels}),
        seed=model.seed,
        **row_scores(report.figures.get("evaluation")),
        n_training=len(training),
        n_evaluation=len(evaluation),
        seconds=round(seconds, 3),
        training_hash=training_hash,
        evaluation_hash=evaluation_hash,
        params_file="",
    )


def _params_file(workspace: Workspace, run: Run) -> str:
    """The chapter's name, `<timestamp>_<fscore>_<auc>_<n_training>.params`, below the workspace.

    A clock that jumps back gives a moment twice: then a number follows.
    """
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    scores = "_".join("nan" if score is None else f"{score:.3f}" for score in (run.fscore, run.auc))
    name = f"{moment}_{scores}_{run.n_training}.params"
    return f"models/{first_free(workspace.models / name).name}"

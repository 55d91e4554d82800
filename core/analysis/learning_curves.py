"""Learning curves of simulated active learning: mixes, models and seeds in one CSV file."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from itertools import product
from multiprocessing import get_context
from pathlib import Path

from core.analysis import simulation
from core.analysis.simulation import Mix, Plan, Step
from core.errors import LogError, LoopError
from core.system.append_file import CsvFile
from core.system.durable import copy_file
from core.system.process import processors, temporary_folder
from core.system.progress import Progress, silent
from core.workspace.layout import SEARCHES, Workspace
from core.workspace.logs import encode, header_of
from core.workspace.searches import read_searches
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task, require_model


@dataclass(frozen=True)
class Curve:
    """What tells one curve from another in a file; `mix` is spelled as it was typed."""

    seed: int
    mix: str
    model: str


@dataclass(frozen=True)
class Point:
    """One row: the scores of the model that was trained on so many labels.

    Scores are the headline's, None where there is no model yet or they are not defined.
    `positive_share` is that of the training labels so far, None without a positive label; `seconds`
    is training, scoring and choosing at this point.
    """

    seed: int
    mix: str
    model: str
    labels: int
    fscore: float | None
    fscore_at_threshold: float | None
    macro_fscore: float | None
    auc: float | None
    average_precision: float | None
    positive_share: float | None
    seconds: float

    @property
    def curve(self) -> Curve:
        return Curve(self.seed, self.mix, self.model)


FIELDS = header_of(Point)
_MEND = "Give another file with --out, or move this one away."
START = 0.5  # the share of a batch that comes from kept searches at first, where a study has them


@dataclass(frozen=True)
class Study:
    """Which curves are wanted: every seed with every mix and every model, under one plan.

    `mixes` has each mix as it was typed, and what that means. The pool of a `background` teaches
    the models their features, without the table's items; without one the table's own texts do.
    `searches` is a file of kept searches; mixes that are `started` begin with what they find.
    """

    labeled: Path
    task: Task
    plan: Plan
    mixes: Mapping[str, Mix]
    models: Sequence[str]
    seeds: Sequence[int]
    background: Snapshot | None = None
    searches: Path | None = None
    started: Collection[str] = ()

    @property
    def random_mix(self) -> str | None:
        """The mix of random items alone, as it was typed, if it is among them."""
        return next((text for text, mix in self.mixes.items() if set(mix) == {"random"}), None)

    @property
    def curves(self) -> list[Curve]:
        """Seed by seed, so that what was stopped early can be compared."""
        return [Curve(*which) for which in product(self.seeds, self.mixes, self.models)]


def learn(
    study: Study, out: Path, *, workers: int | None = None, progress: Progress = silent
) -> list[Point]:
    """The points of every curve of the study, appended to the new file `out` as they are computed.

    However it ends, finished curves are kept. Raises RunError for an unknown model, WorkspaceError
    for a table that cannot be used, LogError for a file that is there already.
    """
    for name in study.models:
        require_model(name, several=study.task.several)
    with temporary_folder() as folder:
        simulation.write_labeled(study.labeled, folder, study.task)
        space = lay_background(study, folder)
        if study.searches:
            copy_file(study.searches, folder / SEARCHES)
            read_searches(Workspace(folder, study.task))  # refuses what cannot be used
        table, file = simulation.read_labeled(folder, study.task), curve_file(out)
        for seed in study.seeds:
            if not simulation.held_out(table, seed, study.plan).candidates.any():
                raise LoopError("The table has no item left for training. Give a larger one.")
        _write_settings(study, space, out)
        found, wanted = {}, len(study.curves)
        for done, points in enumerate(_computed(study, folder, workers), start=1):
            file.append([encode(point) for point in points])
            found[points[0].curve] = points
            progress(f"{done} of {wanted}: {_told(points[-1])}", done, wanted)
    return [point for curve in study.curves for point in found[curve]]


def curve_file(out: Path) -> CsvFile:
    return CsvFile(out, out.parent / "torn", FIELDS)


def lay_background(study: Study, folder: Path) -> str:
    """Lets the study's pool teach all its models; the key of what they have learned, or nothing."""
    if study.background is None or set(study.models) == {"book"}:
        return ""
    texts = simulation.read_labeled(folder, study.task).snapshot.pool_words.pool.texts.to_pylist()
    space = simulation.background_space(study.background, texts)
    return space.saved(folder / simulation.BACKGROUND)["space"]


def _write_settings(study: Study, space: str, out: Path) -> None:
    """Writes the settings beside a new file; raises LogError if it is there already."""
    if out.exists() and out.stat().st_size:
        raise LogError(f"{out.name} is there already. {_MEND}")
    settings = {
        "labeled": blake2b(study.labeled.read_bytes(), digest_size=8).hexdigest(),
        "labels": list(study.task.values),
        "positive": study.task.positive and study.task.positive.value,
        "several": study.task.several,
        "background": space,
        "encoder": study.task.encoder,
        **asdict(study.plan),
    }
    if study.searches:
        settings["searches"] = blake2b(study.searches.read_bytes(), digest_size=8).hexdigest()
    beside = out.with_name(f"{out.name}.settings.json")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise LogError(f"{beside.name}: {error}. {_MEND}") from error


def _computed(study: Study, folder: Path, workers: int | None) -> Iterator[list[Point]]:
    """The curves as they are finished; in this process if there is one worker.

    Others have one torch thread each, and are started anew: a fork of a process whose torch has run
    threads may hang. Whatever ends the caller ends what still waits.
    """
    workers = min(workers or processors(), max(len(study.curves), 1))
    started = replace(study.task, rare_start=START)
    tasks = [started if x.mix in study.started else study.task for x in study.curves]
    jobs = [
        (folder, task, study.mixes[x.mix], x, study.plan)
        for task, x in zip(tasks, study.curves, strict=True)
    ]
    if workers == 1:
        yield from (compute(*job) for job in jobs)
        return
    import torch  # which who only reads curves does without

    pool = ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,))
    try:
        futures = [pool.submit(compute, *job) for job in jobs]
        yield from (future.result() for future in as_completed(futures))
    except BrokenProcessPool as error:
        raise LoopError(
            "A worker process died, perhaps for lack of memory. Finished curves are kept: run the "
            "rest with fewer --workers, into another file."
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def compute(folder: Path, task: Task, mix: Mix, curve: Curve, plan: Plan) -> list[Point]:
    """One curve; the table stands in the folder as `write_labeled` laid it out."""
    table, choose = simulation.read_labeled(folder, task), simulation.by_mix(mix, plan.batch)
    steps = simulation.steps(table, choose, curve.model, curve.seed, plan)
    return [point_of(curve, step) for step in steps]


def point_of(curve: Curve, step: Step) -> Point:
    items, task = step.snapshot.labels.splits["training"], step.snapshot.workspace.task
    positive = task.positive and sum(task.positive.value in task.chosen(x.label) for x in items)
    run = step.trained.run if step.trained else None
    figures = step.trained.report.figures.get("evaluation") if step.trained else None
    return Point(
        **vars(curve),
        labels=len(items),
        fscore=run and run.fscore,
        fscore_at_threshold=figures and figures.at_threshold.fscore,
        macro_fscore=figures and figures.macro_fscore,
        auc=run and run.auc,
        average_precision=run and run.average_precision,
        positive_share=None if positive is None else positive / len(items),
        seconds=round(step.seconds, 3),
    )


def _told(point: Point) -> str:
    score = "undefined" if point.fscore is None else f"{point.fscore:.3f}"
    score = f"{'macro F' if point.positive_share is None else 'F'} {score}"
    return f"seed {point.seed}, {point.mix}, {point.model}: {score} with {point.labels:,} labels"

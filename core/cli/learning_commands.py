"""Commands that train and choose. Each imports what it needs in its body: no torch for `--help`."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from core.cli import answers
from core.cli.answers import Address, AsJson, Data, Engine, refusals, refuse_engine, report, tell
from core.workspace.layout import SAMPLE, open_workspace
from core.workspace.task import MODELS, check_mix

Seed = Annotated[int | None, typer.Option(min=0, help="Start of every random choice.")]

SIMULATED_MIXES = ("random=100", "random=10,low_confidence=80,outlier=10")
"""The chapter's mix beside what it has to beat."""


def train(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    model: Annotated[
        str | None, typer.Option(help=f"{', '.join(MODELS)}; default: the task's.")
    ] = None,
    seed: Seed = None,
) -> None:
    """Trains on the labels that count, evaluates, and keeps the run."""
    from core.evaluation import runs
    from core.workspace.snapshot import open_snapshot

    with refusals():
        snapshot = open_snapshot(data, report)
        trained = runs.train(snapshot, name=model, seed=seed, progress=report)
        run = runs.keep(snapshot, trained)
        figures, task = trained.report.figures.get("evaluation"), snapshot.workspace.task
        found = figures, trained.report.threshold, task
        lines = [answers.run_text(run, task), *answers.figures_text(*found)]
        lines.append(f"kept in {run.params_file}")
        tell(answers.run_json(run) | answers.figures_json(*found), lines, as_json)


def next_batch(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    size: Annotated[int | None, typer.Option(min=1, help="Items in the batch.")] = None,
    mix: Annotated[
        str | None, typer.Option(help="For example random=10,low_confidence=80,outlier=10.")
    ] = None,
    seed: Seed = None,
    annotator: Annotated[str, typer.Option(help="Whose batch it is.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Write nothing.")] = False,
    engine: Engine = "threads",
    address: Address = None,
) -> None:
    """Proposes a batch; trains first where labels have come since the last run."""
    from core.sampling.next_batch import BatchRequest, preview, propose
    from core.system.engines import open_engine
    from core.workspace.snapshot import open_snapshot, read_snapshot

    refuse_engine(engine, address)
    with refusals(), open_engine(engine, address) as opened:
        wishes = BatchRequest(size, read_mix(mix), seed)
        if dry_run:
            snapshot = read_snapshot(open_workspace(data), write_cache=False, progress=report)
            batch = preview(snapshot, annotator, wishes, engine=opened)
        else:
            snapshot = open_snapshot(data, report)
            batch = propose(snapshot, annotator, wishes, progress=report, engine=opened)
        hint = "" if mix else snapshot.why_no_model or snapshot.workspace.task.warning
        answer = answers.batch_json(batch) | ({"hint": hint} if hint else {})
        tell(answer, [*answers.batch_text(batch), *filter(None, [hint])], as_json)


def evaluate(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    run: Annotated[str | None, typer.Option(help="The run's id; default: the last run.")] = None,
) -> None:
    """Scores a kept run on today's evaluation data."""
    from core.evaluation.report import row_scores
    from core.evaluation.runs import evaluate_items, find_run, load_run
    from core.workspace.snapshot import open_snapshot

    with refusals():
        snapshot = open_snapshot(data, report)
        kept = find_run(snapshot, run)
        model = load_run(snapshot, kept)
        began = time.perf_counter()
        items = snapshot.labels.splits["evaluation"]
        task = snapshot.workspace.task
        figures = evaluate_items(model, items, task)
        scores = row_scores(figures)
        seconds = round(time.perf_counter() - began, 3)
        told = replace(kept, **scores, n_evaluation=len(items), seconds=seconds)
        found = figures, model.threshold, task
        lines = [answers.run_text(told, task), *answers.figures_text(*found)]
        tell(answers.run_json(told) | answers.figures_json(*found), lines, as_json)


def simulate(
    labeled: Annotated[Path, typer.Option(help="A CSV of item_id,text,label.")],
    out: Annotated[Path, typer.Option(help="The CSV of learning curves; what it has is kept.")],
    data: Data = SAMPLE,
    as_json: AsJson = False,
    initial: Annotated[int, typer.Option(min=1, help="Random labels to begin with.")] = 100,
    batch: Annotated[int, typer.Option(min=1, help="Labels in each batch.")] = 100,
    iterations: Annotated[int, typer.Option(min=0, help="Batches.")] = 9,
    evaluation: Annotated[float, typer.Option(min=0, max=1, help="Share that is held out.")] = 0.3,
    mix: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many splits and draws.")] = 5,
    background: Annotated[
        Path | None,
        typer.Option(help="A workspace whose pool teaches the features; default: the table does."),
    ] = None,
    searches: Annotated[
        Path | None,
        typer.Option(exists=True, help="A searches.toml: each mix also starts with what it finds."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
) -> None:
    """Learning curves of several mixes, from items whose labels are known."""
    from core.analysis.curve_comparison import compare, summary
    from core.analysis.learning_curves import Study, learn
    from core.analysis.simulation import Plan
    from core.features.encoder import encoder_place
    from core.workspace.snapshot import read_snapshot

    with refusals():
        mixes = {text: read_mix(text) or {} for text in mix or SIMULATED_MIXES}
        plan = Plan(initial, batch, iterations, evaluation)
        models = list(dict.fromkeys(model or MODELS[:1]))
        workspace = open_workspace(data)
        # The simulated loops stand in folders of their own.
        encoder = encoder_place(workspace.task.encoder, workspace.path)
        task = replace(workspace.task, encoder=encoder)
        pool = read_snapshot(open_workspace(background), progress=report) if background else None
        started = {f"{x} with searches": mix for x, mix in mixes.items() if searches}
        mixes |= started
        study = Study(labeled, task, plan, mixes, models, range(seeds), pool, searches, started)
        points = learn(study, out, workers=workers, progress=report)
        compared = compare(points, study.random_mix)
        answer = {"curve": str(out), "summary": summary(compared)}
        told = ["The scores are macro: means over the labels."] * (task.positive is None)
        tell(answer, [*map(str, compared), *told, f"every point: {out}"], as_json)


def read_mix(text: str | None) -> dict[str, int] | None:
    """`random=10,outlier=5` as a mix; raises BadParameter or TaskError."""
    if text is None:
        return None
    parts = [part.partition("=") for part in text.split(",")]
    try:
        mix = {name.strip(): int(number) for name, _, number in parts}
    except ValueError as error:
        message = "write it as random=10,low_confidence=80,outlier=10"
        raise typer.BadParameter(message, param_hint="--mix") from error
    return check_mix(mix, "--mix")

"""The command line: `python -m core <command>`."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from core.analysis.curve_comparison import compare, summary
from core.analysis.learning_curves import Study, learn
from core.analysis.simulation import DEMO_BATCHES, Plan, make_demo
from core.cli.console import AsJson, Data, refusals, report, tell
from core.cli.import_command import import_command
from core.cli.workspace_commands import backup, book, check, export_command, restore_command
from core.evaluation.report import Figures
from core.evaluation.runs import evaluate_items, find_run, keep, load_run, train
from core.features.encoder import encoder_place
from core.sampling.next_batch import Batch, BatchRequest, preview, propose
from core.system.engines import ENGINES, open_engine
from core.system.password import hash_password
from core.workspace.layout import SAMPLE, open_workspace
from core.workspace.logs import Run
from core.workspace.snapshot import open_snapshot, read_snapshot
from core.workspace.task import MODELS, NOT_RECORDED, check_mix

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Label text, and let a small model choose what to label next.",
)

Seed = Annotated[int | None, typer.Option(min=0, help="Start of every random choice.")]

SIMULATED_MIXES = ("random=100", "random=10,low_confidence=80,outlier=10")
"""The chapter's mix beside what it has to beat."""

RUN_KEYS = (
    "run_id", "model", "seed", "fscore", "auc", "average_precision",
    "precision", "recall", "n_training", "n_evaluation", "seconds",
)  # fmt: skip


@app.command()
def status(data: Data = SAMPLE, as_json: AsJson = False) -> None:
    """Where the loop stands: stage, counts per split, label and strategy, last run."""
    with refusals():
        snapshot = open_snapshot(data, report)
        task = snapshot.workspace.task
        strategies = Counter(
            item.strategy or NOT_RECORDED for item in snapshot.labels.splits["training"]
        )
        runs = snapshot.logs.runs
        answer = {
            "stage": snapshot.stage,
            "splits": snapshot.labels.counts(task),
            "strategies": dict(strategies),
            "pool": len(snapshot.pool_words.pool),
            "targets": dict(task.targets),
            "open_batches": len(snapshot.open_batches),
            "last_run": run_json(runs[-1]) if runs else None,
        }
        lines = [f"stage: {answer['stage']}", f"pool: {answer['pool']:,} items"]
        lines += [f"{split}: {counts_text(answer, split)}" for split in answer["splits"]]
        lines += [f"{name}: {count:,} training labels" for name, count in strategies.items()]
        lines.append(run_text(runs[-1]) if runs else "no run yet")
        tell(answer, lines, as_json)


@app.command(name="train")
def train_command(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    model: Annotated[
        str | None, typer.Option(help=f"{', '.join(MODELS)}; default: the task's.")
    ] = None,
    seed: Seed = None,
) -> None:
    """Trains on the labels that count, evaluates, and keeps the run."""
    with refusals():
        snapshot = open_snapshot(data, report)
        trained = train(snapshot, name=model, seed=seed, progress=report)
        run = keep(snapshot, trained)
        figures = trained.report.figures.get("evaluation")
        answer = run_json(run) | figures_json(figures, trained.report.threshold)
        lines = [run_text(run), *figures_text(figures, trained.report.threshold)]
        tell(answer, [*lines, f"kept in {run.params_file}"], as_json)


@app.command(name="next")
def next_command(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    size: Annotated[int | None, typer.Option(min=1, help="Items in the batch.")] = None,
    mix: Annotated[
        str | None, typer.Option(help="For example random=10,low_confidence=80,outlier=10.")
    ] = None,
    seed: Seed = None,
    annotator: Annotated[str, typer.Option(help="Whose batch it is.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Write nothing.")] = False,
    engine: Annotated[
        str, typer.Option(help=f"{' or '.join(ENGINES)}: where the pool is scored.")
    ] = ENGINES[0],
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster's, as HOST:PORT; default: a local one.")
    ] = None,
) -> None:
    """Proposes a batch; trains first where labels have come since the last run."""
    check_engine(engine, address)
    with refusals(), open_engine(engine, address) as opened:
        wishes = BatchRequest(size, read_mix(mix), seed)
        if dry_run:
            snapshot = read_snapshot(open_workspace(data), write_cache=False, progress=report)
            batch = preview(snapshot, annotator, wishes, engine=opened)
        else:
            batch = propose(
                open_snapshot(data, report), annotator, wishes, progress=report, engine=opened
            )
        lines = [f"{batch.batch_id}: {len(batch.texts)} items for {batch.split}"]
        lines += [
            f"{proposal.rank:4} {proposal.strategy:15} {text}"
            for proposal, text in zip(batch.proposals, batch.texts, strict=True)
        ]
        tell(batch_json(batch), lines, as_json)


@app.command()
def evaluate(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    run: Annotated[str | None, typer.Option(help="The run's id; default: the last run.")] = None,
) -> None:
    """Scores a kept run on today's evaluation data."""
    with refusals():
        snapshot = open_snapshot(data, report)
        kept = find_run(snapshot, run)
        model = load_run(snapshot, kept)
        began = time.perf_counter()
        items = snapshot.labels.splits["evaluation"]
        scores, figures = evaluate_items(model, items, snapshot.workspace.task)
        seconds = round(time.perf_counter() - began, 3)
        now = {"n_evaluation": len(items), "seconds": seconds}
        answer = run_json(kept) | asdict(scores) | figures_json(figures, model.threshold) | now
        told = replace(kept, **asdict(scores), seconds=seconds)
        tell(answer, [run_text(told), *figures_text(figures, model.threshold)], as_json)


app.command()(check)
app.command()(backup)
app.command(name="restore")(restore_command)
app.command()(book)
app.command(name="import")(import_command)
app.command(name="export")(export_command)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    as_json: AsJson = False,
    batches: Annotated[int, typer.Option(min=0, help="Active-learning batches.")] = DEMO_BATCHES,
) -> None:
    """Makes a workspace from the sample, labeled by the sample's true labels."""
    with refusals():
        snapshot = make_demo(folder, batches=batches, progress=report)
        answer = {
            "data": str(snapshot.workspace.path),
            "splits": snapshot.labels.counts(snapshot.workspace.task),
            "runs": [run_json(run) for run in snapshot.logs.runs],
        }
        look = f"streamlit run streamlit_app.py -- --data {folder}"
        tell(answer, [*map(run_text, snapshot.logs.runs), f"Look at it: {look}"], as_json)


@app.command()
def password(as_json: AsJson = False) -> None:
    """What the secrets file holds for a shared password: asked for twice, or read from a pipe."""
    with refusals():
        if sys.stdin.isatty():
            given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        else:
            given = sys.stdin.readline().rstrip("\r\n")
        stored = hash_password(given)
        lines = ["[sunlight]", f'password = "{stored}"']
        tell({"password": stored}, lines, as_json)


@app.command()
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
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
) -> None:
    """Learning curves of several mixes, from items whose labels are known."""
    with refusals():
        mixes = {text: read_mix(text) or {} for text in mix or SIMULATED_MIXES}
        plan = Plan(initial, batch, iterations, evaluation)
        models = list(dict.fromkeys(model or MODELS[:1]))
        workspace = open_workspace(data)
        # The simulated loops stand in folders of their own.
        encoder = encoder_place(workspace.task.encoder, workspace.path)
        task = replace(workspace.task, encoder=encoder)
        pool = read_snapshot(open_workspace(background), progress=report) if background else None
        study = Study(labeled, task, plan, mixes, models, range(seeds), pool)
        points = learn(study, out, workers=workers, progress=report)
        compared = compare(points, study.random_mix)
        answer = {"curve": str(out), "summary": summary(compared)}
        tell(answer, [*map(str, compared), f"every point: {out}"], as_json)


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


def check_engine(engine: str, address: str | None) -> None:
    """Raises BadParameter for an engine that there is none of, or an address without a cluster."""
    if engine not in ENGINES:
        raise typer.BadParameter(f"choose {' or '.join(ENGINES)}", param_hint="--engine")
    if address is not None and engine != "ray":
        raise typer.BadParameter("goes with --engine ray alone", param_hint="--address")


def run_json(run: Run) -> dict[str, Any]:
    """What a program is told of a run."""
    values = asdict(run)
    return {key: values[key] for key in RUN_KEYS}


def run_text(run: Run) -> str:
    """What a person is told of a run."""
    scores = {"F": run.fscore, "AUC": run.auc, "average precision": run.average_precision}
    told = ", ".join(
        f"{name} {'undefined' if score is None else f'{score:.3f}'}"
        for name, score in scores.items()
    )
    return f"{run.run_id}: {told}, {run.n_training:,} training labels, {run.seconds:.1f} s"


def figures_json(figures: Figures | None, threshold: float) -> dict[str, Any]:
    """What a program is told beyond a run's row: intervals of 95%, and the chosen threshold."""
    if figures is None:
        return {"threshold": threshold, "fscore_at_threshold": None, "intervals": {}}
    intervals = {name: [each.low, each.high] for name, each in figures.intervals.items()}
    return {
        "threshold": threshold,
        "fscore_at_threshold": figures.at_threshold.fscore,
        "intervals": intervals,
    }


def figures_text(figures: Figures | None, threshold: float) -> list[str]:
    """The same for a person."""
    if figures is None or not figures.intervals:
        return []
    lines = [f"95% of {name}: {each}" for name, each in figures.intervals.items()]
    score = figures.at_threshold.fscore
    if score is not None:
        lines.append(f"F {score:.3f} at the threshold {threshold:.2f}, chosen on training items")
    return lines


def batch_json(batch: Batch) -> dict[str, Any]:
    """What a program is told of a batch."""
    keys = ("rank", "item_id", "strategy", "score", "predicted", "confidence")
    items = [
        {key: getattr(proposal, key) for key in keys} | {"text": text}
        for proposal, text in zip(batch.proposals, batch.texts, strict=True)
    ]
    return {
        "batch_id": batch.batch_id,
        "split": batch.split,
        "run_id": batch.run_id or None,
        "items": items,
        "seconds": round(batch.seconds, 3),
    }


def counts_text(answer: Mapping[str, Any], split: str) -> str:
    """`250 of 1,200 labels (1: 20, 0: 230)`."""
    counts = answer["splits"][split]
    each = ", ".join(f"{value}: {count:,}" for value, count in counts.items())
    return f"{sum(counts.values()):,} of {answer['targets'][split]:,} labels ({each})"


if __name__ == "__main__":
    app(prog_name="python -m core")

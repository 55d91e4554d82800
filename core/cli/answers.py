"""What commands share: their workspace, refusals, and answers for a program or a person."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import SunlightError
from core.system.findings import Finding

if TYPE_CHECKING:  # nothing of these is loaded for a command that does not need it
    from core.evaluation.agreement_report import AgreementReport
    from core.evaluation.report import Figures
    from core.exchange.importer import ImportResult
    from core.exchange.predictions import PredictionsMade
    from core.exchange.tables.reader import SourceTable
    from core.exchange.tables.roles import Columns
    from core.sampling.next_batch import Batch
    from core.workspace.logs import Run
    from core.workspace.task import Task

Data = Annotated[
    Path, typer.Option("--data", envvar="SUNLIGHT_DATA", help="The workspace's folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

Engine = Annotated[str, typer.Option("--engine", help="threads or ray: where texts are scored.")]
Address = Annotated[
    str | None, typer.Option(help="A Ray cluster's, as HOST:PORT; default: a local one.")
]

RUN_KEYS = (
    "run_id", "model", "seed", "fscore", "auc", "average_precision",
    "precision", "recall", "n_training", "n_evaluation", "seconds",
)  # fmt: skip

ITEM_KEYS = ("rank", "item_id", "strategy", "score", "predicted", "confidence")


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what a person can mend into its message on standard error and exit code 1."""
    try:
        yield
    except SunlightError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def refuse_engine(engine: str, address: str | None) -> None:
    """Raises BadParameter unless there is such an engine, and it can be at an address."""
    from core.system.engines import ENGINES

    if engine not in ENGINES:
        raise typer.BadParameter(f"choose {' or '.join(ENGINES)}", param_hint="--engine")
    if address is not None and engine != "ray":
        raise typer.BadParameter("goes with --engine ray alone", param_hint="--address")


def report(words: str, done: int = 0, total: int = 0, /) -> None:
    """Progress, on standard error."""
    print(f"{words} …", file=sys.stderr)


def tell(answer: Mapping[str, Any], lines: list[str], as_json: bool) -> None:
    """The answer for a program or for a person, on standard output."""
    print(json.dumps(_finite(answer), ensure_ascii=False) if as_json else "\n".join(lines))


def _finite(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """The value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def run_json(run: Run) -> dict[str, Any]:
    """A run's scores and counts, without its files and hashes."""
    return {key: getattr(run, key) for key in RUN_KEYS}


def run_text(run: Run, task: Task) -> str:
    macro = "" if task.positive else "macro "
    scores = {"F": run.fscore, "AUC": run.auc, "average precision": run.average_precision}
    scores = {f"{macro}{name}": score for name, score in scores.items()}
    told = ", ".join(
        f"{name} {'undefined' if score is None else f'{score:.3f}'}"
        for name, score in scores.items()
    )
    return f"{run.run_id}: {told}, {run.n_training:,} training labels, {run.seconds:.1f} s"


def figures_json(figures: Figures | None, threshold: float, task: Task) -> dict[str, Any]:
    """What a run's row lacks: intervals of 95%, the chosen threshold, scores of all labels."""
    intervals = figures.intervals.items() if figures else ()
    labels = figures.labels.items() if figures else ()
    return {
        "threshold": threshold,
        "fscore_at_threshold": figures.at_threshold.fscore if figures else None,
        "intervals": {name: [each.low, each.high] for name, each in intervals},
        "labels": {value: {"name": task.label(value).name} | asdict(x) for value, x in labels},
        "macro_fscore": figures.macro_fscore if figures else None,
        "micro_fscore": figures.micro_fscore if figures else None,
        "accuracy": figures.accuracy if figures else None,
        "unknown_labels": list(figures.unknown) if figures else [],
    }


def figures_text(figures: Figures | None, threshold: float, task: Task) -> list[str]:
    """A line for each interval, one for the threshold; of three labels and more, one for each."""
    from core.evaluation.report import MACRO_NAMES

    if figures is None or not figures.intervals:
        return []
    names = {} if task.positive else MACRO_NAMES
    lines = [f"95% of {names.get(x, x)}: {each}" for x, each in figures.intervals.items()]
    score = figures.at_threshold.fscore
    if score is not None and task.positive:
        lines.append(f"F {score:.3f} at its threshold of {threshold:.2f}")
    if len(task.labels) > 2 or not task.positive:
        lines.append(
            f"all labels: macro F {figures.macro_fscore:.3f}, micro F {figures.micro_fscore:.3f}, "
            f"{'exact match' if task.several else 'accuracy'} {figures.accuracy:.3f}"
        )
        if figures.unknown:
            unknown = ", ".join(task.label(value).name for value in figures.unknown)
            lines.append(f"not known to the model, for lack of examples: {unknown}")
        for value, each in figures.labels.items():
            shown = "undefined" if each.fscore is None else f"{each.fscore:.3f}"
            lines.append(f"  {task.label(value).name}: F {shown}, {each.support:,} items")
    return lines


def agreement_json(found: AgreementReport) -> dict[str, Any]:
    """How far people agree, with intervals of 95%; null where that is not defined."""
    figures, repeats = found.agreement, found.repeats.interval
    named = {name: getattr(figures, name) for name in ("percent", "alpha", "ac1")}
    named["positive"] = found.positive
    return {
        "n_items": figures.n_items,
        "n_people": figures.n_people,
        **{name: each and asdict(each) for name, each in named.items()},
        "pairs": [asdict(pair) | {"percent": pair.percent.value} for pair in figures.pairs],
        "repeats": repeats and asdict(repeats) | {"n": found.repeats.n},
        "disputed": found.disputed,
    }


def agreement_text(found: AgreementReport, task: Task) -> list[str]:
    """The same in sentences; figures of few items are marked as thin."""
    from core.evaluation.agreement_report import THIN, WHY_ALPHA_FALLS

    def of(n: int) -> str:
        return f"{n:,} items{', thin' * (n < THIN)}"

    figures, repeats = found.agreement, found.repeats
    lines = [f"disputed, and not decided yet: {found.disputed:,}"]
    if repeats.interval:
        lines[:0] = [f"asked again, people say the same: {repeats.interval} of {of(repeats.n)}"]
    if not figures.n_items:
        return ["no random item has labels of two people yet", *lines]
    label = task.positive.name if task.positive else "the labels, on average"
    named = {"alpha": figures.alpha, "AC1": figures.ac1, f"F on {label}": found.positive}
    return [
        f"{figures.n_people} people, two or more on each of {of(figures.n_items)}",
        f"share that agrees: {figures.percent}",
        *(f"{name}: {each or 'undefined'}" for name, each in named.items()),
        *(f"{x.a} and {x.b}: {x.percent} of {of(x.n)}" for x in figures.pairs),
        *lines,
        "Ranges in brackets are 95% intervals.",
        WHY_ALPHA_FALLS,
    ]


def batch_json(batch: Batch) -> dict[str, Any]:
    told = ({key: getattr(each, key) for key in ITEM_KEYS} for each in batch.proposals)
    items = [each | {"text": text} for each, text in zip(told, batch.texts, strict=True)]
    return {
        "batch_id": batch.batch_id,
        "split": batch.split,
        "run_id": batch.run_id or None,
        "items": items,
        "seconds": round(batch.seconds, 3),
    }


def batch_text(batch: Batch) -> list[str]:
    return [f"{batch.batch_id}: {len(batch.texts)} items for {batch.split}"] + [
        f"{proposal.rank:4} {proposal.strategy:15} {text}"
        for proposal, text in zip(batch.proposals, batch.texts, strict=True)
    ]


def counts_text(answer: Mapping[str, Any], split: str, number: int) -> str:
    """`250 of 1,200 labels (1: 20, 0: 230)`."""
    counts = answer["splits"][split]
    each = ", ".join(f"{value}: {count:,}" for value, count in counts.items())
    return f"{number:,} of {answer['targets'][split]:,} labels ({each})"


def finding_text(finding: Finding) -> list[str]:
    """A finding at a terminal, which nothing in a file may steer."""
    lines = [f"{finding.severity}: {finding.message}"]
    if finding.row:
        lines.append(f"    {finding.row}")
    if finding.mend:
        lines.append(f"    --mend does this: {finding.mend.words}.")
    return ["".join(x if x.isprintable() else repr(x)[1:-1] for x in line) for line in lines]


def backup_json(path: Path) -> dict[str, Any]:
    return {"file": str(path), "bytes": path.stat().st_size}


def backup_text(answer: Mapping[str, Any]) -> str:
    return f"{answer['file']}: {answer['bytes']:,} bytes"


def import_json(found: ImportResult) -> dict[str, Any]:
    left_out = [{"line": row.line, "reason": row.reason} for row in found.left_out]
    return asdict(found) | {"left_out": left_out}


def predictions_json(made: PredictionsMade) -> dict[str, Any]:
    """What was predicted, and how the texts compare with the pool; no such thing for the pool."""
    drift = made.drift and asdict(made.drift) | {"message": made.drift.sentence()}
    return asdict(made) | {"out": str(made.out), "drift": drift}


def preview_json(table: SourceTable, columns: Columns) -> dict[str, Any]:
    """How a table would be read, what of that is in doubt, and its first rows."""
    from core.exchange.foreign_table import PREVIEW, is_export, read_as

    doubts = [{"about": doubt.about, "readings": dict(doubt.readings)} for doubt in table.doubts]
    return {
        "kind": table.kind,
        "is_export": is_export(table),
        **read_as(table, columns),
        "doubts": doubts,
        "rows": table.head(PREVIEW),
    }

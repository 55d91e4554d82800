"""Commands about a workspace as a whole. Each imports what it needs in its body."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from core.cli import answers
from core.cli.answers import AsJson, Data, refusals, report, tell
from core.exchange.book_dataset import BASE
from core.workspace.layout import SAMPLE, open_workspace

NewFolder = Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]


def status(data: Data = SAMPLE, as_json: AsJson = False) -> None:
    """Where the loop stands: stage, counts per split, label and strategy, last run."""
    from core.workspace.snapshot import open_snapshot
    from core.workspace.task import NOT_RECORDED

    with refusals():
        snapshot = open_snapshot(data, report)
        training, runs = snapshot.labels.splits["training"], snapshot.logs.runs
        strategies = Counter(item.strategy or NOT_RECORDED for item in training)
        waiting = snapshot.pool_words.pool.waiting
        answer = {
            "stage": snapshot.stage,
            "splits": snapshot.labels.counts(snapshot.workspace.task),
            "strategies": dict(strategies),
            "pool": len(snapshot.pool_words.pool),
            "waiting_lines": [finding.file for finding in waiting],
            "hint": snapshot.why_no_model,
            "targets": dict(snapshot.workspace.task.targets),
            "open_batches": len(snapshot.open_batches),
            "last_run": answers.run_json(runs[-1]) if runs else None,
        }
        lines = [f"stage: {answer['stage']}", f"pool: {answer['pool']:,} items"]
        lines += [finding.message for finding in waiting]
        lines += [
            f"{split}: {answers.counts_text(answer, split, len(items))}"
            for split, items in snapshot.labels.splits.items()
        ]
        lines += [f"{name}: {count:,} training labels" for name, count in strategies.items()]
        lines.append(answers.run_text(runs[-1], snapshot.workspace.task) if runs else "no run yet")
        lines += filter(None, [snapshot.why_no_model])
        tell(answer, lines, as_json)


def agreement(data: Data = SAMPLE, as_json: AsJson = False) -> None:
    """How far people agree who labeled the same random items, each figure with its interval."""
    from core.evaluation.agreement_report import agreement_report
    from core.workspace.snapshot import open_snapshot

    with refusals():
        snapshot = open_snapshot(data, report)
        found = agreement_report(snapshot)
        lines = answers.agreement_text(found, snapshot.workspace.task)
        tell(answers.agreement_json(found), lines, as_json)


def check(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    mend: Annotated[
        bool, typer.Option(help="Apply every safe fix: it adds or moves, and never deletes.")
    ] = False,
    annotator: Annotated[str, typer.Option(help="Who applies the fixes.")] = "",
) -> None:
    """Look for broken rows, conflicting labels and duplicates. Exit 1 if there are any."""
    from core.doctor import examine, mend_all

    with refusals():
        done, findings = mend_all(data, annotator) if mend else ([], examine(data))
        answer = {"findings": [finding.as_dict() for finding in findings]}
        if mend:
            answer["mended"] = done
        lines = [f"fixed: {sentence}" for sentence in done]
        lines += [line for each in findings for line in answers.finding_text(each)] or [
            "no problems found"
        ]
        tell(answer, lines, as_json)
    if findings:
        raise typer.Exit(1)


def backup(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    only_list: Annotated[bool, typer.Option("--list", help="Tell which there are.")] = False,
) -> None:
    """Copies task, logs and label files into one verified file in backups/."""
    from core.workspace.backup import back_up, backup_files

    with refusals():
        workspace = open_workspace(data)
        if only_list:
            found = [answers.backup_json(path) for path in backup_files(workspace.path)]
            lines = [*map(answers.backup_text, found)] or ["no backup yet"]
            tell({"backups": found}, lines, as_json)
        else:
            made = answers.backup_json(back_up(workspace))
            tell(made, [answers.backup_text(made)], as_json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="BACKUP", help="A file of backups/.")],
    into: Annotated[Path, typer.Option(help="A folder that does not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Makes a new workspace of a backup, with pool and models of the one that it lies in."""
    from core.workspace import backup as backups
    from core.workspace.snapshot import open_snapshot

    with refusals():
        snapshot = open_snapshot(backups.restore(file, into, report).path, report)
        splits, stage = snapshot.labels.counts(snapshot.workspace.task), snapshot.stage
        labels = len(snapshot.labels.items)
        answer = {"data": str(snapshot.workspace.path), "stage": stage, "splits": splits}
        tell(answer, [f"{into}: {labels:,} labels, stage: {stage}"], as_json)


def book(
    folder: NewFolder,
    as_json: AsJson = False,
    base: Annotated[str, typer.Option(help="Where the files are, for a mirror.")] = BASE,
) -> None:
    """Downloads the book's own data as a workspace."""
    from core.exchange.book_dataset import fetch_book
    from core.workspace.snapshot import open_snapshot

    with refusals():
        snapshot = open_snapshot(fetch_book(folder, base, progress=report).path, report)
        path, pool = str(snapshot.workspace.path), len(snapshot.pool_words.pool)
        splits = snapshot.labels.counts(snapshot.workspace.task)
        answer = {"data": path, "pool": pool, "splits": splits}
        tell(answer, [f"{folder}: {pool:,} items to label", _look_at(folder)], as_json)


def demo(
    folder: NewFolder,
    as_json: AsJson = False,
    batches: Annotated[int, typer.Option(min=0, help="Active-learning batches.")] = 8,
) -> None:
    """Makes a workspace from the sample, labeled by the sample's true labels."""
    from core.analysis.simulation import make_demo

    with refusals():
        snapshot = make_demo(folder, batches=batches, progress=report)
        path, task, runs = snapshot.workspace.path, snapshot.workspace.task, snapshot.logs.runs
        answer = {"data": str(path), "splits": snapshot.labels.counts(task)}
        answer |= {"runs": [answers.run_json(run) for run in runs]}
        told = [answers.run_text(run, task) for run in runs]
        tell(answer, [*told, _look_at(folder)], as_json)


def password(as_json: AsJson = False) -> None:
    """What the secrets file holds for a shared password: asked for twice, or read from a pipe."""
    from core.system.password import hash_password

    with refusals():
        if sys.stdin.isatty():
            given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        else:
            given = sys.stdin.readline().rstrip("\r\n")
        stored = hash_password(given)
        tell({"password": stored}, ["[sunlight]", f'password = "{stored}"'], as_json)


def _look_at(folder: Path) -> str:
    return f"Look at it: streamlit run streamlit_app.py -- --data {folder}"

"""Commands that keep work and begin anew: backups, restore, the book's data."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.console import AsJson, Data, refusals, report, tell
from core.errors import BackupError
from core.exchange.book_dataset import BASE, fetch_book
from core.workspace.archive import Backup, read_backup
from core.workspace.backup import back_up, backup_files
from core.workspace.layout import SAMPLE, open_workspace
from core.workspace.restore import restore
from core.workspace.snapshot import open_loop


def backup(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    only_list: Annotated[bool, typer.Option("--list", help="Tell which there are.")] = False,
) -> None:
    """Copies task, logs and label files into one verified file in backups/."""
    with refusals():
        workspace = open_workspace(data)
        if only_list:
            found = [_backup_answer(path) for path in backup_files(workspace.path)]
            lines = [_backup_text(answer) for answer in found] or ["no backup yet"]
            tell({"backups": found}, lines, as_json)
        else:
            made = _backup_told(back_up(workspace))
            tell(made, [_backup_text(made)], as_json)


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="BACKUP", help="A file of backups/.")],
    into: Annotated[Path, typer.Option(help="A folder that does not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Makes a new workspace of a backup, with pool and models of the one that it lies in."""
    with refusals():
        loop = open_loop(restore(file, into, report).path, report)
        splits = loop.labels.counts(loop.workspace.task)
        labels = sum(sum(counts.values()) for counts in splits.values())
        answer = {"data": str(loop.workspace.path), "stage": loop.stage, "splits": splits}
        tell(answer, [f"{into}: {labels:,} labels, stage: {loop.stage}"], as_json)


def book(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    as_json: AsJson = False,
    base: Annotated[str, typer.Option(help="Where the files are, for a mirror.")] = BASE,
) -> None:
    """Downloads the book's own data as a workspace; goes on where it was cut short."""
    with refusals():
        loop = open_loop(fetch_book(folder, base, progress=report).path, report)
        splits = loop.labels.counts(loop.workspace.task)
        pool = len(loop.pool_words.pool)
        answer = {"data": str(loop.workspace.path), "pool": pool, "splits": splits}
        look = f"streamlit run streamlit_app.py -- --data {folder}"
        tell(answer, [f"{folder}: {pool:,} items to label", f"Look at it: {look}"], as_json)


def _backup_answer(path: Path) -> dict[str, object]:
    """What a program is told of a backup, a damaged one too."""
    try:
        return _backup_told(read_backup(path))
    except BackupError as error:
        return {"file": str(path), "damaged": str(error)}


def _backup_told(found: Backup) -> dict[str, object]:
    size = found.path.stat().st_size
    made = {"made_at": found.made_at, "reason": found.reason, "bytes": size}
    return {"file": str(found.path), **made, **found.counts()}


def _backup_text(answer: dict[str, object]) -> str:
    if "damaged" in answer:
        return f"{answer['file']}: {answer['damaged']}"
    counts = f"{answer['labels']:,} labels, {answer['events']:,} events, {answer['runs']:,} runs"
    return f"{answer['file']}: {counts}, {answer['bytes']:,} bytes, {answer['reason']}"

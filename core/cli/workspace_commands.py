"""Commands that keep work and begin anew: backups, restore, the book's data.

Commands about the workspace's files: what is amiss in them, what comes in, what goes out.
"""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.console import AsJson, Data, refusals, report, tell
from core.doctor import examine, mend_all
from core.errors import BackupError
from core.exchange.book_dataset import BASE, fetch_book
from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import export
from core.system.findings import MENDS, Finding
from core.workspace.archive import Backup, read_backup
from core.workspace.backup import back_up, backup_files
from core.workspace.layout import SAMPLE, open_workspace
from core.workspace.restore import restore
from core.workspace.snapshot import open_snapshot
from core.workspace.task import SPLITS


def check(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    mend: Annotated[
        bool, typer.Option(help="Do every safe mend: it appends or moves, and never deletes.")
    ] = False,
    annotator: Annotated[str, typer.Option(help="Who mends.")] = "",
) -> None:
    """The doctor: malformed rows, conflicts, copies, leaks, torn lines. Exit 1 if it finds any."""
    with refusals():
        done, findings = mend_all(data, annotator) if mend else ([], examine(data))
        answer = {"findings": [finding.as_dict() for finding in findings]}
        if mend:
            answer["mended"] = done
        lines = [f"mended: {sentence}" for sentence in done]
        lines += [line for finding in findings for line in _told(finding)] or ["nothing found"]
        tell(answer, lines, as_json)
    if findings:
        raise typer.Exit(1)


def _told(finding: Finding) -> list[str]:
    """The finding for a person at a terminal, which nothing in a file may steer."""
    lines = [f"{finding.severity}: {finding.message}"]
    if finding.row:
        lines.append(f"    {finding.row}")
    if finding.mend:
        lines.append(f"    --mend: {MENDS[finding.mend]}.")
    return ["".join(map(_printable, line)) for line in lines]


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def export_command(
    out: Annotated[Path, typer.Option(help="A file or folder that does not exist yet.")],
    form: Annotated[str, typer.Option("--format", help=", ".join(LAYOUTS))] = "csv",
    data: Data = SAMPLE,
    as_json: AsJson = False,
    split: Annotated[
        list[str] | None, typer.Option(help="May be given several times; default: all.")
    ] = None,
) -> None:
    """Writes the labels that count, with all that is known of them, and a data card."""
    if form not in LAYOUTS:
        raise typer.BadParameter(f"choose from {', '.join(LAYOUTS)}", param_hint="--format")
    splits = split or SPLITS
    if not set(splits) <= set(SPLITS):
        raise typer.BadParameter(f"choose from {', '.join(SPLITS)}", param_hint="--split")
    with refusals():
        snapshot = open_snapshot(data, report)
        files = export(snapshot, out, form, splits)
        counts = {each: len(snapshot.labels.splits[each]) for each in SPLITS if each in splits}
        lines = [f"{count:,} {each} labels" for each, count in counts.items()]
        answer = {"format": form, "labels": counts, "files": [str(file) for file in files]}
        tell(answer, [*lines, *map(str, files)], as_json)


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
        snapshot = open_snapshot(restore(file, into, report).path, report)
        splits = snapshot.labels.counts(snapshot.workspace.task)
        labels = sum(sum(counts.values()) for counts in splits.values())
        answer = {"data": str(snapshot.workspace.path), "stage": snapshot.stage, "splits": splits}
        tell(answer, [f"{into}: {labels:,} labels, stage: {snapshot.stage}"], as_json)


def book(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    as_json: AsJson = False,
    base: Annotated[str, typer.Option(help="Where the files are, for a mirror.")] = BASE,
) -> None:
    """Downloads the book's own data as a workspace; goes on where it was cut short."""
    with refusals():
        snapshot = open_snapshot(fetch_book(folder, base, progress=report).path, report)
        splits = snapshot.labels.counts(snapshot.workspace.task)
        pool = len(snapshot.pool_words.pool)
        answer = {"data": str(snapshot.workspace.path), "pool": pool, "splits": splits}
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

"""Commands that bring tables in and write labels for other programs: import, export.

A command imports what it needs in its body: `--help` starts at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from core.cli import answers
from core.cli.console import AsJson, Data, refusals, report, tell
from core.system.durable import remove
from core.workspace.layout import SAMPLE, Workspace, open_workspace
from core.workspace.task import SPLITS

Source = Annotated[Path, typer.Argument(help="A table, or a folder in the layout of a workspace.")]
Column = Annotated[str, typer.Option(help="A column's name; default: guessed.")]
Id = Annotated[str, typer.Option("--id", help="None: ids are made of the texts.")]
ColumnOrValue = Annotated[str, typer.Option(help="A column's name, or what counts for all rows.")]
Words = Annotated[
    str, typer.Option(help="What it calls the labels: yes=1,no=0. Their names are known.")
]
Recognized = Annotated[str, typer.Option(help="Default: recognized.")]
Sheet = Annotated[str, typer.Option(help="Of a spreadsheet; default: the first one.")]
Header = Annotated[bool | None, typer.Option(help="Whether the first row names the columns.")]
LeaveOut = Annotated[bool, typer.Option(help="Instead of refusing the table.")]
LeaveUnlabeled = Annotated[
    bool, typer.Option(help="What has an unknown label, instead of refusing the table.")
]
DryRun = Annotated[bool, typer.Option(help="Tell how it is read; write nothing.")]


def import_command(
    source: Source,
    data: Data = SAMPLE,
    as_json: AsJson = False,
    text: Column = "",
    item_id: Id = "",
    label: Column = "",
    label_map: Words = "",
    split: ColumnOrValue = "",
    strategy: ColumnOrValue = "",
    annotator: ColumnOrValue = "",
    labeled_at: Column = "",
    confidence: Column = "",
    encoding: Recognized = "",
    delimiter: Recognized = "",
    sheet: Sheet = "",
    header: Header = None,
    leave_out_bad_rows: LeaveOut = False,
    leave_unlabeled: LeaveUnlabeled = False,
    dry_run: DryRun = False,
) -> None:
    """Brings in a table, or a folder in the layout of a workspace: items, labels, who gave them."""
    from core.exchange.foreign_table import understood
    from core.exchange.import_types import Columns
    from core.exchange.importer import import_data
    from core.exchange.tables.reader import Reading, open_table

    words, unknown = read_label_map(label_map), not leave_unlabeled
    asked = Columns(text, item_id, label, split, strategy, confidence, annotator, labeled_at)
    with refusals():
        given = source, None, None
        if not source.is_dir():
            table = open_table(source, Reading(encoding, delimiter, sheet, header))
            given = table, *understood(table, asked, words, refuse_unknown=unknown)
        if dry_run and not source.is_dir():
            preview = answers.preview_json(*given[:2])
            return tell(preview, answers.preview_text(preview), as_json)
        with workspace_for(data) as into:
            done = import_data(into, *given, leave_out_bad_rows=leave_out_bad_rows, progress=report)
        return tell(answers.import_json(done), done.sentences(), as_json)


def export_command(
    out: Annotated[Path, typer.Option(help="A file or folder that does not exist yet.")],
    form: Annotated[
        str,
        typer.Option("--format", help="csv, jsonl, parquet, label-studio, huggingface, fasttext"),
    ] = "csv",
    data: Data = SAMPLE,
    as_json: AsJson = False,
    split: Annotated[
        list[str] | None, typer.Option(help="May be given several times; default: all.")
    ] = None,
) -> None:
    """Writes the labels that count, with all that is known of them, and a data card."""
    from core.exchange.export_formats import LAYOUTS
    from core.exchange.exporter import export
    from core.workspace.snapshot import open_snapshot

    refuse_others("--format", [form], LAYOUTS)
    refuse_others("--split", split or SPLITS, SPLITS)
    with refusals():
        snapshot = open_snapshot(data, report)
        files = export(snapshot, out, form, split or SPLITS)
        labels = snapshot.labels.splits
        counts = {each: len(labels[each]) for each in SPLITS if each in (split or SPLITS)}
        lines = [f"{count:,} {each} labels" for each, count in counts.items()]
        answer = {"format": form, "labels": counts, "files": [str(file) for file in files]}
        tell(answer, [*lines, *map(str, files)], as_json)


@contextmanager
def workspace_for(path: Path) -> Iterator[Workspace]:
    """The workspace in this folder, which is made if it is not there, and goes again if refused."""
    is_made = not path.exists()
    if is_made:
        path.mkdir(parents=True)
    try:
        yield open_workspace(path)
    except BaseException:
        if is_made and {entry.name for entry in path.iterdir()} <= {".cache"}:
            remove(path)
        raise


def read_label_map(text: str) -> dict[str, str]:
    """`yes=1,no=0` as what each word means; raises BadParameter."""
    if not text:
        return {}
    parts = [part.rpartition("=") for part in text.split(",")]
    if not all(word.strip() and value.strip() for word, _, value in parts):
        raise typer.BadParameter("write it as yes=1,no=0", param_hint="--label-map")
    return {word.strip(): value.strip() for word, _, value in parts}


def refuse_others(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raises BadParameter if something is given that is not known."""
    if not set(given) <= set(known):
        raise typer.BadParameter(f"choose from {', '.join(known)}", param_hint=option)

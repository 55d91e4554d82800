"""The command `import`: other tables in."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.console import AsJson, Data, refusals, report, tell
from core.exchange.import_export import is_export
from core.exchange.import_table import PREVIEW, understood
from core.exchange.import_types import Columns
from core.exchange.importer import ImportResult, import_folder, import_table
from core.exchange.table_reader import SourceTable, open_table
from core.workspace.layout import SAMPLE, Workspace, open_workspace

Column = Annotated[str, typer.Option(help="A column's name; default: guessed.")]
ColumnOrValue = Annotated[str, typer.Option(help="A column's name, or what counts for all rows.")]


def import_command(
    source: Annotated[
        Path, typer.Argument(help="A table, or a folder in the layout of a workspace.")
    ],
    data: Data = SAMPLE,
    as_json: AsJson = False,
    text: Column = "",
    item_id: Annotated[str, typer.Option("--id", help="None: ids are made of the texts.")] = "",
    label: Column = "",
    label_map: Annotated[
        str, typer.Option(help="What it calls the labels: yes=1,no=0. Their names are known.")
    ] = "",
    split: ColumnOrValue = "",
    strategy: ColumnOrValue = "",
    annotator: ColumnOrValue = "",
    labeled_at: Column = "",
    confidence: Column = "",
    encoding: Annotated[str, typer.Option(help="Default: recognized.")] = "",
    delimiter: Annotated[str, typer.Option(help="Default: recognized.")] = "",
    sheet: Annotated[str, typer.Option(help="Of a spreadsheet; default: the first one.")] = "",
    header: Annotated[
        bool | None, typer.Option(help="Whether the first row names the columns.")
    ] = None,
    leave_out_bad_rows: Annotated[
        bool, typer.Option(help="Instead of refusing the table.")
    ] = False,
    leave_unlabeled: Annotated[
        bool, typer.Option(help="What has an unknown label, instead of refusing the table.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Tell how it is read; write nothing.")] = False,
) -> None:
    """Brings in a table, or a folder in the layout of a workspace: items, labels, who gave them."""
    labels = read_label_map(label_map)
    with refusals():
        if source.is_dir():
            with workspace_for(data) as workspace:
                found = import_folder(
                    workspace, source, leave_out_bad_rows=leave_out_bad_rows, progress=report
                )
            return tell(import_json(found), found.sentences(), as_json)
        table = open_table(
            source, encoding=encoding, delimiter=delimiter, sheet=sheet, has_header=header
        )
        asked = {"text": text, "item_id": item_id, "label": label, "split": split}
        asked |= {"strategy": strategy, "annotator": annotator}
        asked |= {"labeled_at": labeled_at, "confidence": confidence}
        columns, unsaid = understood(table, asked, labels, refuse_unknown=not leave_unlabeled)
        if dry_run:
            answer = preview(table, columns)
            lines = [f"{name}: {value}" for name, value in answer.items() if name != "rows"]
            return tell(answer, [*lines, *map(str, answer["rows"])], as_json)
        with workspace_for(data) as workspace:
            found = import_table(
                workspace,
                table,
                columns,
                unsaid,
                leave_out_bad_rows=leave_out_bad_rows,
                progress=report,
            )
        return tell(import_json(found), found.sentences(), as_json)


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
            shutil.rmtree(path)
        raise


def read_label_map(text: str) -> dict[str, str]:
    """`yes=1,no=0` as what each word means; raises BadParameter."""
    if not text:
        return {}
    parts = [part.rpartition("=") for part in text.split(",")]
    if not all(word.strip() and value.strip() for word, _, value in parts):
        raise typer.BadParameter("write it as yes=1,no=0", param_hint="--label-map")
    return {word.strip(): value.strip() for word, _, value in parts}


def preview(table: SourceTable, columns: Columns) -> dict[str, Any]:
    """How a table would be read, and its first rows."""
    return {
        "kind": table.kind,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "sheet": table.sheet,
        "header": table.has_header,
        "is_export": is_export(table),
        "columns": list(table.columns),
        "read_as": {what: name for what, name in asdict(columns).items() if name},
        "rows": table.head(PREVIEW),
    }


def import_json(found: ImportResult) -> Mapping[str, Any]:
    """What a program is told of an import."""
    left_out = [{"line": row.line, "reason": row.reason} for row in found.left_out]
    return asdict(found) | {"left_out": left_out}

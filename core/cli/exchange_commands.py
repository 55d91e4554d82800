"""Commands that bring tables in and write labels out. Each imports what it needs in its body."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import answers
from core.cli.answers import Address, AsJson, Data, Engine, refusals, refuse_engine, report, tell
from core.errors import TableError
from core.system.durable import write_new
from core.workspace.layout import SAMPLE, Workspace, filling, open_workspace
from core.workspace.task import SPLITS
from core.workspace.task_toml import default_task

if TYPE_CHECKING:  # a command imports what it needs in its body
    from core.exchange.tables.reader import SourceTable
    from core.models.predictor import Threshold

Source = Annotated[Path, typer.Argument(help="A table.")]
Text = Annotated[
    list[str] | None,
    typer.Option(help="The column of the texts; again for what goes on below. Default: guessed."),
]
Id = Annotated[str, typer.Option("--id", help="The column of the ids; default: guessed.")]
NoId = Annotated[bool, typer.Option("--no-id", help="Make ids from the texts; guess no column.")]
LabelColumn = Annotated[str, typer.Option("--label", help="The labels' column; default: guessed.")]
NoLabel = Annotated[bool, typer.Option("--no-label", help="Take no labels; guess no column.")]
Column = Annotated[str, typer.Option(help="A column's name; default: none.")]
ColumnOrValue = Annotated[str, typer.Option(help="A column's name, or what counts for all rows.")]
Words = Annotated[
    str, typer.Option(help="What it calls the labels: yes=1,no=0. Their names are known.")
]
Recognized = Annotated[str, typer.Option(help="Default: recognized.")]
OrNone = Annotated[str, typer.Option(help="One character, or none; default: recognized.")]
Sheet = Annotated[str, typer.Option(help="Of a workbook, or a file of a zip; default: the first.")]
Header = Annotated[bool | None, typer.Option(help="Whether the first row names the columns.")]
NoTool = Annotated[
    bool, typer.Option("--no-tool", help="Read another tool's export as a table like any other.")
]
DayFirst = Annotated[
    bool | None, typer.Option("--day-first/--month-first", help="How 01/02/2026 begins.")
]
LeaveOut = Annotated[bool, typer.Option(help="Instead of refusing the table.")]
LeaveUnlabeled = Annotated[
    bool, typer.Option(help="What has an unknown label, instead of refusing the table.")
]
Several = Annotated[
    bool | None,
    typer.Option(help="A text can have several labels (a|b, or lists, which are recognized)."),
]
DryRun = Annotated[bool, typer.Option(help="Tell how it is read; write nothing.")]
TakeBack = Annotated[
    bool, typer.Option("--take-back", help="Undo the import of SOURCE, or of a file of imports/.")
]


def import_command(
    source: Source,
    data: Data = SAMPLE,
    as_json: AsJson = False,
    text: Text = None,
    item_id: Id = "",
    no_id: NoId = False,
    label: LabelColumn = "",
    no_label: NoLabel = False,
    several: Several = None,
    label_map: Words = "",
    split: ColumnOrValue = "",
    strategy: ColumnOrValue = "",
    annotator: ColumnOrValue = "",
    labeled_at: Column = "",
    confidence: Column = "",
    encoding: Recognized = "",
    delimiter: OrNone = "",
    quote: OrNone = "",
    sheet: Sheet = "",
    header: Header = None,
    no_tool: NoTool = False,
    day_first: DayFirst = None,
    leave_out_bad_rows: LeaveOut = False,
    leave_unlabeled: LeaveUnlabeled = False,
    dry_run: DryRun = False,
    take_back: TakeBack = False,
) -> None:
    """Imports a table: items, labels, annotators."""
    if take_back:
        return _take_back(source, data, annotator, as_json)
    from core.exchange.foreign_table import read_as, told_as_read, understood
    from core.exchange.importer import import_data
    from core.exchange.tables.opening import open_table
    from core.exchange.tables.reader import Reading

    asked = {
        "text": (text or [""])[0], "item_id": item_id, "label": label, "split": split,
        "strategy": strategy, "confidence": confidence, "annotator": annotator,
        "labeled_at": labeled_at,
    }  # fmt: skip
    asked = {what: name for what, name in asked.items() if name}
    named = tuple(name for what, name in asked.items() if what not in ("split", "strategy"))
    asked |= {what: "" for what, is_off in (("item_id", no_id), ("label", no_label)) if is_off}
    words = read_label_map(label_map)
    with refusals():
        reading = Reading(encoding, delimiter, quote, sheet, header, named, not no_tool)
        table = open_table(source, reading)
        columns, unsaid = understood(
            table, asked, words, (text or [])[1:], refuse_unknown=not leave_unlabeled
        )
        if dry_run:
            preview = answers.preview_json(table, columns)
            lines = [f"{name}: {value}" for name, value in preview.items() if name != "rows"]
            return tell(preview, [*lines, *map(str, preview["rows"])], as_json)
        table.refuse_doubts()
        with workspace_for(data, table, "" if words else columns.label, several) as into:
            done = import_data(
                into, table, columns, replace(unsaid, day_first=day_first),
                leave_out_bad_rows=leave_out_bad_rows, progress=report,
            )  # fmt: skip
            several = into.task.several
        told = read_as(table, columns, several=several)
        lines = [told_as_read(told), *done.sentences()]
        return tell(answers.import_json(done) | {"read": told}, lines, as_json)


def export_command(
    out: Annotated[Path, typer.Option(help="A file or folder that does not exist yet.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="csv, excel, jsonl, parquet, label-studio, huggingface, opinions, model",
        ),
    ] = "csv",
    data: Data = SAMPLE,
    as_json: AsJson = False,
    split: Annotated[
        list[str] | None, typer.Option(help="May be given several times; default: all.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="With --format model; default: the last.")] = None,
) -> None:
    """Writes the labels that count with a data card, or a model with all that it needs."""
    from core.exchange.export_formats import LAYOUTS
    from core.exchange.exporter import export
    from core.workspace.snapshot import open_snapshot

    refuse_others("--format", [form], [*LAYOUTS, "model"])
    if form == "model":
        from core.exchange.model_export import export_model

        if split:
            raise typer.BadParameter("it goes with labels, not with a model", param_hint="--split")
        with refusals():
            files = [*map(str, export_model(open_snapshot(data, report), out, run))]
            tell({"format": form, "files": files}, files, as_json)
        return
    if run is not None:
        raise typer.BadParameter("it goes with --format model", param_hint="--run")
    refuse_others("--split", split or SPLITS, SPLITS)
    with refusals():
        snapshot = open_snapshot(data, report)
        files = export(snapshot, out, form, split or SPLITS)
        labels = snapshot.labels.splits
        counts = {each: len(labels[each]) for each in SPLITS if each in (split or SPLITS)}
        lines = [f"{count:,} {each} labels" for each, count in counts.items()]
        answer = {"format": form, "labels": counts, "files": [str(file) for file in files]}
        tell(answer, [*lines, *map(str, files)], as_json)


def predict_command(
    out: Annotated[
        Path,
        typer.Option(
            help="A new file that ends in .csv, .jsonl, .parquet or .xlsx; of many a folder."
        ),
    ],
    source: Annotated[
        Path | None,
        typer.Argument(help="A table, a folder of Parquet files or a quoted glob; or --pool."),
    ] = None,
    pool: Annotated[bool, typer.Option("--pool", help="Predict the workspace's items.")] = False,
    data: Data = SAMPLE,
    as_json: AsJson = False,
    run: Annotated[str | None, typer.Option(help="The run's id; default: the last run.")] = None,
    threshold: Annotated[
        str,
        typer.Option(
            help="best (the run's own; the default), 0.5 (the most probable label), or a number."
        ),
    ] = "",
    text: Text = None,
    encoding: Recognized = "",
    delimiter: OrNone = "",
    quote: OrNone = "",
    sheet: Sheet = "",
    header: Header = None,
    no_tool: NoTool = False,
    engine: Engine = "threads",
    address: Address = None,
) -> None:
    """Writes a table, or all items, with the model's predictions beside each row."""
    from core.exchange.foreign_table import read_as, told_as_read, understood
    from core.exchange.predicted_files import parquet_files, predict_files
    from core.exchange.predictions import predict
    from core.exchange.tables.opening import open_table
    from core.exchange.tables.reader import Reading
    from core.exchange.tables.roles import Columns
    from core.system.engines import open_engine
    from core.workspace.snapshot import open_snapshot

    if pool == (source is not None):
        raise typer.BadParameter("give a table or --pool", param_hint="SOURCE")
    refuse_engine(engine, address)
    if engine != "threads" and source is not None and source.is_file():
        raise typer.BadParameter("one table is predicted here alone", param_hint="--engine")
    wishes = {"run_id": run, "threshold": read_threshold(threshold), "progress": report}
    with refusals(), open_engine(engine, address) as opened:
        snapshot, named = open_snapshot(data, report), tuple(text or ())
        reading = Reading(encoding, delimiter, quote, sheet, header, named, not no_tool)
        told, lines, make, given = {}, [], predict, ()
        if source is not None:
            several = None if source.is_file() else parquet_files(source)
            table = open_table(several.files[0] if several else source, reading)
            asked = {"text": named[0]} if named else {}
            columns, _ = understood(table, asked, {}, named[1:], refuse_unknown=False)
            columns = Columns(columns.text, further_texts=columns.further_texts)
            table.refuse_doubts()
            told = {"read": read_as(table, columns)}
            lines = [told_as_read(told["read"], {})]
            if several:
                make, given = predict_files, (several, reading, columns)
            else:
                given = table, columns
        made = make(snapshot, out, *given, engine=opened, **wishes)
        lines += [*made.sentences(snapshot.workspace.task), str(out)]
        tell(answers.predictions_json(made) | told, lines, as_json)


def read_threshold(text: str) -> "Threshold":
    """`0.5`, `best` or another number as a rule of predicting; raises BadParameter."""
    from core.models.predictor import BEST, MOST_PROBABLE, USUAL

    if (rule := {"": USUAL, "0.5": MOST_PROBABLE, BEST: BEST}.get(text)) is not None:
        return rule
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise typer.BadParameter("give best, or a number from 0 to 1", param_hint="--threshold")
    return value


def _take_back(source: Path, data: Path, annotator: str, as_json: bool) -> None:
    from core.exchange.imports import find_record, take_back

    with refusals():
        workspace = open_workspace(data)
        done = take_back(workspace, find_record(workspace, str(source)), annotator, report)
        tell(asdict(done), done.sentences(), as_json)


@contextmanager
def workspace_for(
    path: Path, table: "SourceTable", label: str = "", several: bool | None = None
) -> Iterator[Workspace]:
    """The workspace in this folder, which is made if it is not there, and goes again if refused.

    A new one takes its labels from a column, unless they are those of the chapter's task; a text
    has several if that is said, or else if the column holds lists of them.
    """
    is_made = not path.exists()
    if is_made:
        path.mkdir(parents=True)
    with filling(path, is_new=is_made):
        if label and not any(path.iterdir()):
            _take_labels(path, table, label, several)
        workspace = open_workspace(path)
        if several and not workspace.task.several:
            raise TableError(
                "The task of this workspace has one label for each text. Leave --several out, or "
                "import into a new workspace, with the column of the labels as --label."
            )
        yield workspace


def _take_labels(path: Path, table: "SourceTable", column: str, several: bool | None) -> None:
    """Writes the task of a new workspace, whose labels are the words of this column."""
    from core.exchange.foreign_table import label_column, label_words, meaning
    from core.workspace.task_file import labels_of_words, task_text

    task, at = default_task(), table.columns.index(column)
    known = label_words(task)
    if not several and all(meaning(row[at], known) for row in table.sample if row[at]):
        return  # the chapter's labels; a word that is none of them is refused later
    found = label_column(table, column, several)
    if found.counts:
        wishes = labels_of_words(found.counts, several=found.several)
        more = {"several": found.several}
        text = task_text(table.path.stem, "", wishes, task.targets, **more)
        write_new(path / "task.toml", [text.encode()])


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

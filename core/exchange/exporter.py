"""Export of the labels that count, as a file or a folder, with a data card."""

import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import pyarrow as pa

from core.errors import ExportError, RunError
from core.evaluation.agreement_report import agreement_report
from core.evaluation.intervals import wilson
from core.evaluation.report import AT_THRESHOLD, report_intervals, score_names
from core.evaluation.runs import read_report
from core.exchange.export_formats import LAYOUTS, Files, Layout
from core.exchange.provenance import opinions_of, provenance, with_aliases
from core.system.durable import new_file, new_folder, refused_as, stands, sync_path, write_new
from core.workspace.assignment import flags
from core.workspace.labels import labels_hash
from core.workspace.logs import Run, now
from core.workspace.snapshot import Snapshot
from core.workspace.task import NONE, NOT_RECORDED, SPLITS, Task

CARD = "README.md"

_READ_BY_MARKDOWN = re.compile(r"[!#$&()*+.:<=>@\[\\\]^_`{|}~]|^-")

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of all that follows."""


def export(
    snapshot: Snapshot, path: Path, form: str, splits: Collection[str] = SPLITS
) -> list[Path]:
    """The files of this format of `LAYOUTS`, whole and on disk; the card stands beside or inside.

    One file is written to `path`, its card with `.md` behind that name; others into a folder.
    Raises ExportError if something stands there, if it cannot be written, or if no label is asked
    for.
    """
    refuse_place(snapshot, path)
    files = list(export_files(snapshot, form, splits))
    beside = path.with_name(f"{path.name}.md")
    if LAYOUTS[form].file:
        refuse_place(snapshot, beside)
    todo = "Free some space, or choose another place."
    with refused_as(ExportError, f"{path} cannot be written", todo):
        if LAYOUTS[form].file:
            # They get their names, the card first, when both are on disk.
            with new_file(path) as file, new_file(beside) as card:
                for target, (_, content) in zip((file, card), files, strict=True):
                    target.write(content)
                file.flush()
                sync_path(Path(file.name))
            return [path, beside]
        with new_folder(path) as folder:
            for name, content in files:
                write_new(folder / name, [content])
        return [path / name for name, _ in files]


def export_files(snapshot: Snapshot, form: str, splits: Collection[str] = SPLITS) -> Files:
    """Name and content of each file of this format, the card last.

    Raises ExportError if there is no such format or split, or if the splits have no label.
    """
    if form not in LAYOUTS:
        raise ExportError(f"There is no format `{form}`. Choose one of: {', '.join(LAYOUTS)}.")
    if unknown := [split for split in splits if split not in SPLITS]:
        raise ExportError(f"There is no split `{unknown[0]}`. Choose from: {', '.join(SPLITS)}.")
    layout, head = LAYOUTS[form], b""
    table = provenance(snapshot, splits, retired=bool(layout.file))
    if not len(table):
        asked = ", ".join(split for split in SPLITS if split in splits) or "no split"
        raise ExportError(
            f"No item of {asked} has a label yet. Label some first, or choose other splits."
        )
    rows = with_aliases(snapshot, table) if layout.has_ids else table
    said = opinions_of(snapshot, table)
    for name, content in layout.files(rows, snapshot.workspace.task, said):
        if name == CARD:
            head = content
        else:
            yield name, content
    yield CARD, head + data_card(snapshot, table, layout, len(rows) - len(table)).encode()


def zipped(files: Iterable[tuple[str, bytes]], folder: str) -> bytes:
    """The files in a folder of a zip archive."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files:
            file.writestr(f"{folder}/{name}", content)
    return archive.getvalue()


def refuse_place(snapshot: Snapshot, path: Path) -> None:
    """Raises ExportError if something stands there, or nothing may be written there."""
    if stands(path):
        raise ExportError(f"{path} is there already. Nothing was written; choose a new name.")
    if path.resolve().is_relative_to(snapshot.workspace.path):
        raise ExportError(
            f"{path} is inside of the workspace, which would read what it exports. Choose a place "
            "outside of it."
        )
    if not path.parent.is_dir():
        raise ExportError(f"There is no folder {path.parent}. Make it, or choose another.")


def data_card(snapshot: Snapshot, table: pa.Table, layout: Layout, n_aliases: int = 0) -> str:
    """The card of these labels, for files of this layout; people's words are no Markdown in it."""
    task = snapshot.workspace.task
    columns = ", ".join(map(plain, layout.columns or table.column_names))
    parts = [
        f"# {plain(task.title)}",
        f"{len(table):,} labels of the workspace {plain(snapshot.workspace.name)}, exported by "
        f"Sunlight {version()} at {now()}. Each is the last word of the log of annotations; "
        "where that has none, the row of a label file as it stands.",
        *instructions(task),
        "## Labels",
        _labels(task, layout),
        "## Counts",
        _counts(table, task),
        *(_shares(column, table) for column in ("strategy", "annotator")),
        "## Evaluation data",
        _evaluation(snapshot),
        *_agreement(snapshot),
        "## Last run",
        _last_run(snapshot),
        "## Left out",
        _left_out(snapshot, table, layout),
        "## Files",
        f"{layout.title}, from the columns {columns}. {layout.note}".strip(),
        f"{n_aliases:,} further rows, which name their item in `alias_of`, have its text and label."
        if n_aliases
        else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """The text as Markdown that shows it in one line, with nothing in it that Markdown reads."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    return _READ_BY_MARKDOWN.sub(r"\\\g<0>", line)


@cache
def version() -> str:
    """Sunlight's own version."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]


def instructions(task: Task) -> Iterable[str]:
    """What people were told, as quotations."""
    for text in (task.short, task.detailed):
        lines = [plain(line) for line in text.splitlines()]
        if any(lines):
            # Two blanks keep a line end; a backslash would be seen at the end of a paragraph.
            yield "\n".join(f"> {line}  " if line else ">" for line in lines)


def _labels(task: Task, layout: Layout) -> str:
    """What each label is called; of retired ones only what the files hold."""
    called = layout.called(task)
    labels = (*task.labels, *(task.retired if layout.file else ()))
    rows = [
        [plain(x.value), plain(x.name), "yes" if x.positive else "retired" if x.retired else "",
         plain(called.get(x.value, x.value))]
        for x in labels
    ]  # fmt: skip
    said = "A text can have several of them, or none (`-`)." if task.several else ""
    table = markdown_table(["label", "name", "positive", "in the files"], rows)
    return f"{table}\n\n{said}".strip()


def _counts(table: pa.Table, task: Task) -> str:
    """How many items each label has in each split, a line for each; the total is of items."""
    given = list(zip(*(table[name].to_pylist() for name in ("split", "label")), strict=True))
    counts = Counter((split, value) for split, x in given for value in task.filed_under(x))
    total = Counter(split for split, _ in given)
    given_here = {value for _, value in counts}
    rows = [
        [
            plain(label.name if label.value == NONE else label.value),
            *(f"{counts[split, label.value]:,}" for split in SPLITS),
        ]
        for label in task.filed
        if not label.retired or label.value in given_here
    ]
    return markdown_table(
        ["label", *SPLITS], [*rows, ["total", *(f"{total[x]:,}" for x in SPLITS)]]
    )


def _shares(column: str, table: pa.Table) -> str:
    """How many labels of each split each value of the column has, the most frequent first."""
    counts = Counter(zip(*(table[name].to_pylist() for name in (column, "split")), strict=True))
    total = Counter(table[column].to_pylist())
    rows = [
        [plain(value or NOT_RECORDED), *(f"{counts[value, split]:,}" for split in SPLITS)]
        for value, _ in sorted(total.items(), key=lambda each: (-each[1], each[0]))
    ]
    return markdown_table([column, *SPLITS], rows)


def _evaluation(snapshot: Snapshot) -> str:
    """The share of positives, and the fingerprint by which runs know their evaluation data."""
    items, task = snapshot.labels.splits["evaluation"], snapshot.workspace.task
    if not items:
        return "There is none."
    said = f"{len(items):,} items; all labels count alike."
    if task.positive:
        positives = sum(task.positive.value in task.chosen(item.label) for item in items)
        share = wilson(positives, len(items))
        said = (
            f"{positives:,} of {len(items):,} items are {plain(task.positive.name)}: "
            f"{share.value:.1%}, 95% interval {share.low:.1%} to {share.high:.1%}."
        )
    return f"{said} Fingerprint of items and labels: `{labels_hash(items, task)}`."


def _agreement(snapshot: Snapshot) -> Iterable[str]:
    """How far people agree on the same items; nothing where each has one person's label."""
    report = agreement_report(snapshot)
    found = report.agreement
    if found.n_items or report.disputed:
        yield "## Agreement"
        yield f"Items on which people differ and nobody has decided: {report.disputed:,}."
    if found.n_items:
        yield (
            f"On {found.n_items:,} items that chance has chosen, which two or more of "
            f"{found.n_people:,} people labeled without a model's opinion, pairs of people agree "
            f"in a share of {found.percent}; Krippendorff's alpha is {found.alpha}, Gwet's AC1 "
            f"{found.ac1}; agreement on the positive label, without one the mean over the labels, "
            f"is {report.positive}. Intervals are of 95%; `None` is undefined."
        )


def _last_run(snapshot: Snapshot) -> str:
    """The scores of the last run with their intervals, and whether they are of today's items."""
    if not snapshot.logs.runs:
        return "No model was trained."
    run, task = snapshot.logs.runs[-1], snapshot.workspace.task
    today = labels_hash(snapshot.labels.splits["evaluation"], task)
    said = (
        f"{plain(run.run_id)}: model {plain(run.model)}, {run.n_training:,} training labels, "
        f"{run.n_evaluation:,} evaluation items, at {plain(run.created_at)}."
    )
    if run.evaluation_hash != today:
        said += " The evaluation data has changed since: the scores are of what it was then."
    return f"{said}\n\n{scores_of_run(snapshot, run)}"


def scores_of_run(snapshot: Snapshot, run: Run) -> str:
    """The run's headline scores with their intervals, as a table in Markdown."""
    try:
        intervals = report_intervals(read_report(snapshot, run))
    except RunError:
        intervals = {}
    rows = []
    at_threshold = {AT_THRESHOLD: "F-score at its threshold"}
    for name, called in (score_names(snapshot.workspace.task) | at_threshold).items():
        value = getattr(run, name, None)
        interval = intervals.get(name)
        value = interval.value if value is None and interval else value
        if value is not None:
            ends = f"{interval.low:.3f} to {interval.high:.3f}" if interval else ""
            rows.append([called, f"{value:.3f}", ends])
    return markdown_table(["score", "value", "95% interval"], rows) if rows else "It has no scores."


def _left_out(snapshot: Snapshot, table: pa.Table, layout: Layout) -> str:
    flagged = {flag.item_id for flag in flags(snapshot.logs.events)}
    here = flagged.intersection(table["item_id"].to_pylist())
    training = snapshot.labels.splits["training"]
    copies = len(training) - len(snapshot.labels.usable_training)
    retired = len(snapshot.labels.retired)
    return (
        f"- Items with two labels and no decision: {len(snapshot.labels.conflicts):,}.\n"
        f"- Items of retired labels{', which are here' if layout.file else ''}: {retired:,}.\n"
        f"- Flagged items that have no label here: {len(flagged - here):,}. Those that have one "
        f"are not left out: {len(here):,}.\n"
        "- Not left out, although no model of Sunlight learns from them: the workspace's training "
        f"items with the text of an evaluation or validation item, {copies:,}."
    )


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that hold no Markdown but what was meant."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

"""Export formats: CSV, JSON lines, Parquet, Label Studio, Hugging Face datasets, fastText."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import count
from typing import BinaryIO
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core.errors import ExportError
from core.exchange.formula_guard import guarded
from core.exchange.provenance import FLOATS, Cell
from core.system.csv_rows import format_rows
from core.workspace.task import SPLITS, Task

Files = Iterator[tuple[str, bytes]]
Row = dict[str, Cell]

ROWS_AT_ONCE = 8_192
"""Rows that are taken out of the table at once."""

HUGGING_FACE_SPLITS = {"training": "train", "validation": "validation", "evaluation": "test"}
"""What that tool calls the splits, in its order."""

PREFIX = "__label__"
"""What a label begins with for fastText."""

END_OF_LINE = "</s>"
"""The word that fastText itself puts at the end of each line."""

EPOCH = datetime(2000, 1, 1)

MOST_SHEET_ROWS = 1_048_575
"""Below the one that names the columns."""

LONGEST_SHEET_TEXT = 32_767
"""Characters that a cell of a sheet can hold."""

SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")


@dataclass(frozen=True)
class Layout:
    """One format of `core/exchange/exporter.py`: `files` gives its files of a table of
    `core/exchange/provenance.py`.

    `file` is the name of the only one, or empty for a folder. `note` tells what a reader of the
    card has to know of it, `called` what stands in the files for each label.
    """

    title: str
    files: Callable[[pa.Table, Task], Files]
    file: str = ""
    note: str = ""
    has_ids: bool = True
    called: Callable[[Task], dict[str, str]] = lambda task: {value: value for value in task.values}


def csv_files(table: pa.Table, task: Task) -> Files:
    """A header and a row per label; what a spreadsheet would run is guarded."""
    parts = [format_rows([[guarded(name) for name in table.column_names]])]
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        columns = [map(_cell, column.to_pylist()) for column in batch.columns]
        parts.append(format_rows(zip(*columns, strict=True)))
    yield "labels.csv", b"".join(parts)


def json_lines(table: pa.Table, task: Task) -> Files:
    """An object a line."""
    yield "labels.jsonl", "".join(f"{_json(row)}\n" for row in _rows(table)).encode()


def parquet(table: pa.Table, task: Task) -> Files:
    """The table as it is."""
    yield "labels.parquet", _parquet(table)


def excel(table: pa.Table, task: Task) -> Files:
    """A workbook of one sheet; raises ExportError for more than that can hold."""
    buffer = BytesIO()
    with open_sheet(buffer, "labels", table.column_names) as write_row:
        for row in _rows(table):
            write_row(row.values())
    yield "labels.xlsx", buffer.getvalue()


@contextmanager
def open_sheet(
    file: BinaryIO, name: str, columns: Sequence[str]
) -> Iterator[Callable[[Iterable[Cell]], None]]:
    """A workbook of one sheet, to which each call adds a row; a text is a text, whatever it begins
    with.

    A call raises ExportError for more rows, or a longer text, than a sheet can hold.
    """
    with Workbook(file, {"constant_memory": True}) as book:
        book.set_properties({"created": EPOCH})  # the same rows give the same file
        sheet, lines = book.add_worksheet(name), count(1)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column)
        yield lambda row: _write_row(sheet, next(lines), row)


def _write_row(sheet: Worksheet, line: int, row: Iterable[Cell]) -> None:
    if line > MOST_SHEET_ROWS:
        raise ExportError(f"A sheet holds {MOST_SHEET_ROWS:,} rows; there are more. Export as CSV.")
    for at, value in enumerate(row):
        if isinstance(value, str) and len(value) > LONGEST_SHEET_TEXT:
            raise ExportError(
                f"A cell of a sheet holds {LONGEST_SHEET_TEXT:,} characters; row {line:,} has a "
                f"text of {len(value):,}. Export as CSV."
            )
        if isinstance(value, str):
            sheet.write_string(line, at, value)
        elif value is not None and float(f"{value:.16G}") != value:
            sheet.write_string(line, at, repr(value))  # a sheet holds 16 digits
        elif value is not None:
            sheet.write_number(line, at, value)


def label_studio(table: pa.Table, task: Task) -> Files:
    """Tasks with annotations and predictions, and the configuration that they fit."""
    tasks = ",\n".join(_json(_label_studio_task(row, task)) for row in _rows(table))
    yield "tasks.json", f"[\n{tasks}\n]\n".encode()
    yield "labeling_config.xml", _labeling_config(task)


def hugging_face(table: pa.Table, task: Task) -> Files:
    """A Parquet file per split, labels as numbers, and the head of README.md that names them."""
    at = pc.index_in(table["label"], pa.array(task.values)).cast(pa.int64())
    table = table.set_column(table.column_names.index("label"), "label", at)
    sizes = {}
    for split, called in HUGGING_FACE_SPLITS.items():
        part = table.filter(pc.equal(table["split"], split))
        if len(part):
            content = _parquet(part)
            sizes[called] = (len(part), part.nbytes, len(content))
            yield f"data/{called}-00000-of-00001.parquet", content
    yield "README.md", _front_matter(table.schema, sizes, task).encode()


def fast_text(table: pa.Table, task: Task) -> Files:
    """A file per split, a label and the words of its text a line."""
    called = fast_text_labels(task)
    for split in SPLITS:
        part = table.filter(pc.equal(table["split"], split))
        labels, texts = part["label"].to_pylist(), part["text"].to_pylist()
        lines = [
            f"{PREFIX}{called[label]} {_words(text)}".rstrip()
            for label, text in zip(labels, texts, strict=True)
        ]
        if lines:
            yield f"{split}.txt", "".join(f"{line}\n" for line in lines).encode()


def fast_text_labels(task: Task) -> dict[str, str]:
    """What each label is called where one may hold no white space."""
    names: dict[str, str] = {}
    for value in task.values:
        name = plain = "_".join(value.replace("\0", " ").split())
        number = 1
        while name in names.values():
            number += 1
            name = f"{plain}_{number}"
        names[value] = name
    return names


LAYOUTS = {
    "csv": Layout(
        "CSV",
        csv_files,
        "labels.csv",
        "Cells that look like formulas get a leading apostrophe, for safety. Importing the file "
        "here removes it again.",
    ),
    "excel": Layout("Excel", excel, "labels.xlsx"),
    "jsonl": Layout("JSON lines", json_lines, "labels.jsonl"),
    "parquet": Layout("Parquet", parquet, "labels.parquet"),
    "label-studio": Layout(
        "Label Studio",
        label_studio,
        note="Make a project with labeling_config.xml, then import tasks.json. `data.annotator` "
        "says who labeled an item, since Label Studio knows only its own users in `completed_by`.",
    ),
    "huggingface": Layout(
        "Hugging Face datasets, Argilla",
        hugging_face,
        note="The test set (evaluation) is the split `test`; the others are `validation` and "
        "`train`.",
        called=lambda task: {value: str(at) for at, value in enumerate(task.values)},
    ),
    "fasttext": Layout(
        "fastText",
        fast_text,
        note="One line per item. In labels, spaces become underscores; words that begin with "
        f"`{PREFIX}` lose their leading underscores.",
        has_ids=False,
        called=fast_text_labels,
    ),
}


def _cell(value: Cell) -> str:
    """The value as a field of CSV."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else repr(value)


def _rows(table: pa.Table) -> Iterator[Row]:
    """The table's rows, with texts for numbers that JSON has not."""
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        for row in batch.to_pylist():
            for name in FLOATS:
                if row[name] is not None and not math.isfinite(row[name]):
                    row[name] = repr(row[name])
            yield row


def _is_text(column: pa.ChunkedArray) -> bool:
    return pa.types.is_string(column.type) or pa.types.is_large_string(column.type)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _parquet(table: pa.Table) -> bytes:
    file = BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


def _label_studio_task(row: Row, task: Task) -> dict[str, object]:
    annotation = {"result": [_choice(row["label"])], "was_cancelled": False}
    if row["labeled_at"]:
        annotation["created_at"] = row["labeled_at"]
    if row["seconds"] is not None:
        annotation["lead_time"] = row["seconds"]
    found: dict[str, object] = {"data": row, "annotations": [annotation]}
    if row["predicted"] in task.values:
        prediction = {"model_version": row["run_id"], "result": [_choice(row["predicted"])]}
        if row["confidence"] is not None:
            prediction["score"] = row["confidence"]
        found["predictions"] = [prediction]
    return found


def _choice(label: Cell) -> dict[str, object]:
    """A result in Label Studio's words."""
    value = {"choices": [label]}
    return {"from_name": "label", "to_name": "text", "type": "choices", "value": value}


def _labeling_config(task: Task) -> bytes:
    view = ElementTree.Element("View")
    # A value that begins with `$` would be taken for the name of a field.
    ElementTree.SubElement(view, "Header", value=_of_xml(f"Task: {task.title}"))
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    choices = ElementTree.SubElement(
        view, "Choices", name="label", toName="text", choice="single", required="true"
    )
    for label in task.labels:
        choice = {"value": _of_xml(label.name), "alias": _of_xml(label.value)}
        if len(label.key) == 1:
            choice["hotkey"] = _of_xml(label.key)
        ElementTree.SubElement(choices, "Choice", choice)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="utf-8") + b"\n"


def _of_xml(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def _front_matter(schema: pa.Schema, sizes: dict[str, tuple[int, int, int]], task: Task) -> str:
    """The YAML that the card begins with: `sizes` are (rows, bytes in memory, bytes) per split."""
    rows, in_memory, on_disk = (sum(column) for column in zip(*sizes.values(), strict=True))
    lines = ["---", f"pretty_name: {yaml_text(task.title)}"]
    lines += ["task_categories:", "- text-classification"]
    lines += ["size_categories:", f"- {yaml_text(SIZES[max(0, len(str(rows)) - 3)])}"]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for split in sizes:
        lines += [f"  - split: {split}", f"    path: data/{split}-*"]
    lines += ["dataset_info:", "  features:"]
    for field in schema:
        lines += [f"  - name: {yaml_text(field.name)}", *_feature(field, task)]
    lines.append("  splits:")
    for split, (examples, size, _) in sizes.items():
        lines += [f"  - name: {split}", f"    num_bytes: {size}", f"    num_examples: {examples}"]
    lines += [f"  download_size: {on_disk}", f"  dataset_size: {in_memory}", "---", ""]
    return "\n".join(lines)


def _feature(field: pa.Field, task: Task) -> list[str]:
    if field.name != "label":
        return [f"    dtype: { ({'double': 'float64'}.get(str(field.type), str(field.type))) }"]
    names = [f"          '{at}': {yaml_text(value)}" for at, value in enumerate(task.values)]
    return ["    dtype:", "      class_label:", "        names:", *names]


def yaml_text(text: str) -> str:
    """The text in quotes, as YAML reads it back."""
    escaped = {'"': '\\"', "\\": "\\\\"}
    shown = (
        escaped.get(each, each if each.isprintable() else f"\\U{ord(each):08x}") for each in text
    )
    return f'"{"".join(shown)}"'


def _words(text: str) -> str:
    """The text's words as fastText reads them, none of which it takes for a label or an end."""
    words = text.replace("\0", " ").split()
    return " ".join(
        word.lstrip("_") if word.startswith(PREFIX) else "/s" if word == END_OF_LINE else word
        for word in words
    )

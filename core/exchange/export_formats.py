"""Export formats: CSV, JSON lines, Parquet, Label Studio, Hugging Face datasets."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.compute as pc

from core.exchange.provenance import OPINION_FIELDS, OPINION_SCHEMA, Opinions, Row
from core.exchange.table_writers import as_bytes, json_rows, json_text
from core.workspace.task import Task

Files = Iterator[tuple[str, bytes]]

HUGGING_FACE_SPLITS = {"training": "train", "validation": "validation", "evaluation": "test"}
"""What that tool calls the splits, in its order."""


@dataclass(frozen=True)
class Layout:
    """One format: `files` gives the files of a table of `provenance`, and of opinions on its items.

    `file` names the only one, `note` is for readers of the card, `called` what stands in the files
    for each label; `columns` are theirs where they are not the table's.
    """

    title: str
    files: Callable[[pa.Table, Task, Opinions], Files]
    file: str = ""
    note: str = ""
    has_ids: bool = True
    called: Callable[[Task], dict[str, str]] = lambda task: {value: value for value in task.values}
    columns: tuple[str, ...] = ()


def _one_file(name: str, *, lists: bool = False) -> Callable[[pa.Table, Task, Opinions], Files]:
    """What gives the table as one file, in the format of its ending.

    With `lists` several labels for one text are a list, not joined by `|`.
    """

    def files(table: pa.Table, task: Task, _: Opinions) -> Files:
        if lists and task.several:
            answers = [list(task.chosen(answer)) for answer in table["label"].to_pylist()]
            table = _with_labels(table, pa.array(answers, pa.list_(pa.string())))
        yield name, as_bytes(table, Path(name).suffix)

    return files


def _with_labels(table: pa.Table, labels: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index("label"), "label", labels)


def label_studio(table: pa.Table, task: Task, _: Opinions) -> Files:
    """Tasks with annotations and predictions, and the configuration that they fit."""
    tasks = ",\n".join(json_text(_label_studio_task(row, task)) for row in json_rows(table))
    yield "tasks.json", f"[\n{tasks}\n]\n".encode()
    yield "labeling_config.xml", _labeling_config(task)


def hugging_face(table: pa.Table, task: Task, _: Opinions) -> Files:
    """A Parquet file per split, labels as numbers that it names, and the head of README.md."""
    place = {value: at for at, value in enumerate(task.values)}
    given = [[place[x] for x in task.chosen(answer)] for answer in table["label"].to_pylist()]
    numbers = pa.array(given, pa.list_(pa.int64()))
    table = _with_labels(table, numbers if task.several else pc.list_flatten(numbers))
    table = table.replace_schema_metadata({"huggingface": json_text(_features(table, task))})
    written = []
    for split, called in HUGGING_FACE_SPLITS.items():
        part = table.filter(pc.equal(table["split"], split))
        if len(part):
            written.append(called)
            yield f"data/{called}-00000-of-00001.parquet", as_bytes(part, ".parquet")
    yield "README.md", _front_matter(task, written).encode()


def _features(table: pa.Table, task: Task) -> dict[str, object]:
    """What `datasets` reads in the head of a Parquet file: the kind of each column."""
    kinds: dict[str, object] = {
        field.name: {"dtype": str(field.type).replace("double", "float64"), "_type": "Value"}
        for field in table.schema
    }
    classes = {"names": [*task.values], "_type": "ClassLabel"}
    kinds["label"] = {"feature": classes, "_type": "Sequence"} if task.several else classes
    return {"info": {"features": kinds}}


def opinions(table: pa.Table, task: Task, said: Opinions) -> Files:
    """A row for each word on an item, in the order of the items."""
    items = dict.fromkeys(table["item_id"].to_pylist())
    rows = [row for item_id in items for row in said.get(item_id, ())]
    yield "opinions.csv", as_bytes(pa.Table.from_pylist(rows, OPINION_SCHEMA), ".csv")


LAYOUTS = {
    "csv": Layout(
        "CSV",
        _one_file("labels.csv"),
        "labels.csv",
        "Cells that look like formulas get a leading apostrophe, for safety. Importing the file "
        "here removes it again.",
    ),
    "excel": Layout("Excel", _one_file("labels.xlsx"), "labels.xlsx"),
    "jsonl": Layout("JSON lines", _one_file("labels.jsonl", lists=True), "labels.jsonl"),
    "parquet": Layout("Parquet", _one_file("labels.parquet", lists=True), "labels.parquet"),
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
    "opinions": Layout(
        "Opinions of each person, as CSV",
        opinions,
        "opinions.csv",
        "A row for each person and item: what they said first, as a second opinion or again, and "
        "each decision. `counts` is 1 where that is the item's label.",
        has_ids=False,
        columns=OPINION_FIELDS,
    ),
}


def _label_studio_task(row: Row, task: Task) -> dict[str, object]:
    found: dict[str, object] = {"data": row, "annotations": [_annotation(row, task)]}
    predicted = task.today(row["predicted"])
    if predicted and {*task.chosen(predicted)} <= {*task.values}:
        result = _choices(task.chosen(predicted))
        prediction = {"model_version": row["run_id"], "result": result}
        if row["confidence"] is not None:
            prediction["score"] = row["confidence"]
        found["predictions"] = [prediction]
    return found


def _annotation(row: Row, task: Task) -> dict[str, object]:
    known = {"created_at": row["labeled_at"] or None, "lead_time": row["seconds"]}
    given = {"result": _choices(task.chosen(row["label"])), "was_cancelled": False}
    return given | {name: value for name, value in known.items() if value is not None}


def _choices(labels: Sequence[str]) -> list[dict[str, object]]:
    """A result in Label Studio's words; none of the labels is an empty one."""
    about = {"from_name": "label", "to_name": "text", "type": "choices"}
    return [about | {"value": {"choices": list(labels)}}] if labels else []


def _labeling_config(task: Task) -> bytes:
    view = ElementTree.Element("View")
    # A value that begins with `$` would be taken for the name of a field.
    ElementTree.SubElement(view, "Header", value=_of_xml(f"Task: {task.title}"))
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    how = {"choice": "multiple"} if task.several else {"choice": "single", "required": "true"}
    choices = ElementTree.SubElement(view, "Choices", name="label", toName="text", **how)
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


def _front_matter(task: Task, splits: Sequence[str]) -> str:
    """The YAML that the card begins with; the kinds of the columns stand in the Parquet files."""
    lines = ["---", f"pretty_name: {yaml_text(task.title)}"]
    lines += ["task_categories:", "- text-classification"]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: data/{split}-*"]
    return "\n".join([*lines, "---", ""])


def yaml_text(text: str) -> str:
    """The text in quotes, as YAML reads it back."""
    escaped = {'"': '\\"', "\\": "\\\\"}
    shown = (
        escaped.get(each, each if each.isprintable() else f"\\U{ord(each):08x}") for each in text
    )
    return f'"{"".join(shown)}"'

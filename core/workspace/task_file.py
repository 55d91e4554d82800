"""The `task.toml` of a new task, written so that reading it gives what was meant."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import TaskError
from core.workspace.task import SPLITS, parse_task

Value = str | int | bool


@dataclass(frozen=True)
class LabelWish:
    """A label as somebody wants it; no key: its number in the list."""

    value: str
    name: str = ""
    key: str = ""
    positive: bool = False


def task_text(
    title: str, question: str, labels: Sequence[LabelWish], targets: Mapping[str, int]
) -> str:
    """A `task.toml` of these labels; all other numbers are the default ones.

    `question` is what stands above each item. Raises TaskError for what no task can be.
    """
    files = _file_names([wish.name or wish.value for wish in labels])
    lines = [_pair("title", title), "", "[instructions]", _pair("short", question)]
    for wish, file in zip(labels, files, strict=True):
        lines += ["", "[[labels]]", *_label_lines(wish, file)]
    lines += ["", "[targets]", *(_pair(split, targets[split]) for split in SPLITS)]
    text = "\n".join([*lines, ""])
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TaskError("The new task: a text holds half a character. Type it again.") from error
    parse_task(text, "the new task")
    return text


def _label_lines(wish: LabelWish, file: str) -> list[str]:
    pairs: dict[str, Value] = {"value": wish.value, "name": wish.name or wish.value, "file": file}
    if wish.key:
        pairs["key"] = wish.key
    if wish.positive:
        pairs["positive"] = True
    return [_pair(name, value) for name, value in pairs.items()]


def _pair(name: str, value: Value) -> str:
    if isinstance(value, str):
        # A basic string of TOML is one of JSON, but for this character, which JSON takes as it is.
        quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    else:
        quoted = str(value).lower()
    return f"{name} = {quoted}"


def _file_names(names: Sequence[str]) -> list[str]:
    """A plain file name for each label, all of them different, also where case does not count."""
    files: list[str] = []
    for number, name in enumerate(names, start=1):
        stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or f"label_{number}"
        file = f"{stem}.csv"
        files.append(f"{stem}_{number}.csv" if file in files else file)
    return files

"""The `task.toml` of a new task, or with other labels: reading it gives what was meant."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import TaskError
from core.system.durable import new_file, refused_as, write_whole
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot
from core.workspace.task import DEFAULT_TASK_FILE, MAX_LABELS, SPLITS, parse_task

Value = str | int | bool | list
"""What stands behind a name in a `task.toml`; the lists are of texts."""

POSITIVE_WORDS = frozenset({"1", "yes", "true", "positive", "pos", "relevant", "related"})
"""Words for labels that say which one is positive."""


@dataclass(frozen=True)
class LabelWish:
    """A label as somebody wants it; no key: its number in the list."""

    value: str
    name: str = ""
    key: str = ""
    positive: bool = False
    description: str = ""


def task_text(
    title: str, question: str, labels: Sequence[LabelWish], targets: Mapping[str, int]
) -> str:
    """A `task.toml` of these labels; all other numbers are the default ones.

    `question` is what stands above each item. Raises TaskError for what no task can be.
    """
    lines = [_pair("title", title), "", "[instructions]", _pair("short", question)]
    lines += _labels_lines(labels)
    lines += ["", "[targets]", *(_pair(split, targets[split]) for split in SPLITS)]
    return _sound("\n".join([*lines, ""]))


def _sound(text: str) -> str:
    """The text, if it is that of a task; raises TaskError."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TaskError("The new task: a text holds half a character. Type it again.") from error
    parse_task(text, "the new task")
    return text


def labels_of_words(counts: Mapping[str, int]) -> list[LabelWish]:
    """The labels of a task that takes them from a table, where each word stands so many times.

    The positive one is a word that says so, else the rarest. Raises TaskError if there are fewer
    than two words, or more than a task can have.
    """
    if not 2 <= len(counts) <= MAX_LABELS:
        raise TaskError(
            f"The table has {len(counts):,} words for labels, and a task 2 to {MAX_LABELS} labels. "
            "Keep the column as it is with --no-label, or map its words with --label-map."
        )
    said = [word for word in counts if word.casefold() in POSITIVE_WORDS]
    positive = said[0] if said else min(counts, key=lambda word: (counts[word], word))
    # The positive label comes first: its key is 1.
    ordered = sorted(counts, key=lambda word: word != positive)
    return [LabelWish(word, positive=word == positive) for word in ordered]


def why_labels_stay(snapshot: Snapshot) -> str:
    """Why the task's labels cannot be replaced by others; empty if they can.

    Of an import that was taken back nothing stands in the way.
    """
    labels, logs = snapshot.labels, snapshot.logs
    given = {
        event.item_id
        for event in logs.events
        if event.action == "label" and (event.batch_id, event.item_id) not in logs.taken_back
    }
    if labeled := given | labels.ids():
        return (
            f"The labels of this task stay: {len(labeled):,} items were labeled with them. For "
            "other labels make a new workspace."
        )
    return ""


def task_with_labels(workspace: Workspace, title: str, labels: Sequence[LabelWish]) -> str:
    """The workspace's `task.toml` with these labels in place of its own.

    All else that differs from the chapter's task is kept; a task without a title of its own gets
    this one. Raises TaskError for what no task can be.
    """
    path = workspace.path / "task.toml"
    default = tomllib.loads(DEFAULT_TASK_FILE.read_text(encoding="utf-8"))
    if not path.exists():
        return task_text(title, "", labels, default["targets"])
    own = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    own.pop("labels", None)
    own = {"title": title} | {name: x for name, x in own.items() if x != default.get(name)}
    lines = [_pair(name, value) for name, value in own.items() if isinstance(value, Value)]
    lines += _labels_lines(labels)
    for name, table in own.items():
        if isinstance(table, dict):
            own_of_it = {key: x for key, x in table.items() if x != default[name].get(key)}
            lines += _table_lines(name, own_of_it)
    return _sound("\n".join([*lines, ""]))


def replace_task(workspace: Workspace, text: str) -> None:
    """`task.toml` holds this text when this returns; what it held before is in `set_aside/`.

    The caller holds the workspace's lock. Raises TaskError if it cannot be written.
    """
    path, todo = workspace.path / "task.toml", "Make the workspace writable, and try again."
    with refused_as(TaskError, "task.toml cannot be written", todo):
        former = path.read_bytes() if path.exists() else b""
        if former and former != text.encode():
            with new_file(workspace.set_aside / path.name, "number") as kept:
                kept.write(former)
        if former != text.encode():
            write_whole(path, text.encode())


def _labels_lines(labels: Sequence[LabelWish]) -> list[str]:
    files = _file_names([wish.name or wish.value for wish in labels])
    lines = []
    for wish, file in zip(labels, files, strict=True):
        lines += ["", "[[labels]]", *_label_lines(wish, file)]
    return lines


def _table_lines(name: str, table: Mapping[str, Any]) -> list[str]:
    """The table as TOML, those in it behind its own values."""
    lines = [_pair(key, value) for key, value in table.items() if isinstance(value, Value)]
    if lines:
        lines = ["", f"[{name}]", *lines]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _table_lines(f"{name}.{key}", value)
    return lines


def _label_lines(wish: LabelWish, file: str) -> list[str]:
    pairs: dict[str, Value] = {"value": wish.value, "name": wish.name or wish.value, "file": file}
    if wish.key:
        pairs["key"] = wish.key
    if wish.positive:
        pairs["positive"] = True
    if wish.description:
        pairs["description"] = wish.description
    return [_pair(name, value) for name, value in pairs.items()]


def _pair(name: str, value: Value) -> str:
    if isinstance(value, str | list):
        # Texts and lists of them are as in JSON, but for this character, which JSON takes as it is.
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

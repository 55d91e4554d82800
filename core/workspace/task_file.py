"""The `task.toml` of a task: writing it, saving it, a new one, and one with other labels."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.errors import TaskError
from core.system.durable import new_file, refused_as, write_whole
from core.workspace.definitions import keep_definitions
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot
from core.workspace.task import FEW_LABELS, MAX_LABELS, NONE_FILE, SEPARATOR, SPLITS, Label, Task
from core.workspace.task_toml import PLACES, default_task, long_pair, pair, parse_task, with_keys

TARGETS_BY_SIZE = ((100_000, 1_200, 400), (30_000, 600, 300), (10_000, 200, 200), (0, 60, 150))
"""(least number of items, test items, first training items); the chapter's numbers come first.

How sure a score is goes by the test items alone: 95% intervals of a share of one half are 13 points
wide to either side with 60 of them, 7 with 200, 4 with 600, 3 with 1,200. A small pool has fewer
labels to gain than a good measure of them would cost.
"""

FIRST_BATCH = 20  # items in a batch of a new workspace, until it has `FEW_LABELS`
LABELS_A_MINUTE = 10  # what people give at first, who have to read and to decide
ALWAYS_SAID = ("value", "name", "file", "key")  # of a label
POSITIVE_WORDS = frozenset({"1", "yes", "true", "positive", "pos", "relevant", "related"})
"""Words for labels that say which one is positive; of three labels and more, `1` is a number."""


def first_targets(n_items: int) -> dict[str, int]:
    """The target of each split; of a very small pool a fifth for the test, half to learn from."""
    _, test, training = next(step for step in TARGETS_BY_SIZE if n_items >= step[0])
    wanted = {"evaluation": min(test, n_items // 5), "training": min(training, n_items // 2)}
    return {split: wanted.get(split, 0) for split in SPLITS}


def minutes_to_label(labels: int) -> int:
    """About how long these labels take, at least a minute."""
    return max(1, round(labels / LABELS_A_MINUTE))


def task_text(
    title: str,
    question: str,
    labels: Sequence[Label],
    targets: Mapping[str, int],
    *,
    several: bool = False,
) -> str:
    """A `task.toml` of these labels, `question` above each item. Raises TaskError."""
    words = {"title": title, "short": question, "detailed": "", "several": several}
    if targets["training"] < FEW_LABELS:
        words["first_batch_size"] = FIRST_BATCH
    return task_toml(replace(default_task(), **words, labels=completed(labels), targets=targets))


def task_toml(task: Task) -> str:
    """The `task.toml` of this task: reading it gives the task again. Raises TaskError.

    What is as in the chapter's task is left out, but for texts, labels, targets and mix.
    """
    usual = _tables(default_task())
    lines = [pair("title", task.title)]
    for table, values in _tables(task).items():
        lines += _table_lines(table, {k: x for k, x in values.items() if x != usual[table][k]})
    lines += ["", "[instructions]", pair("short", task.short), long_pair("detailed", task.detailed)]
    for label in (*task.labels, *task.retired):
        lines += ["", "[[labels]]", *_label_lines(label)]
    mix = {name.replace(" ", "_"): part for name, part in task.mix.items()}
    lines += _table_lines("targets", task.targets) + _table_lines("batch.mix", mix)
    return _sound("\n".join([*lines, ""]))


def _tables(task: Task) -> dict[str, dict[str, Any]]:
    """What few tasks change, by its table in the file; the first one has no name."""
    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    for field, (table, name) in PLACES.items():
        tables[table][name] = getattr(task, field)
    keys = asdict(task.keys)
    if keys["back"] == "backspace" and "2" in (label.key for label in task.labels):
        keys["back"] = "2"  # reading moves it
    return {**tables, "keys": keys, "quality": asdict(task.quality)}


def _sound(text: str) -> str:
    """The text, if it is that of a task; raises TaskError."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TaskError("The task: a text holds half a character. Type it again.") from error
    parse_task(text, "The task")
    return text


def labels_of_words(counts: Mapping[str, int], *, several: bool = False) -> list[Label]:
    """The labels of a task that takes them from a table, where each word stands so many times.

    The positive one is a word that says so, else the rarer of two that exclude each other. Raises
    TaskError if there are fewer than two words, or more than a task can have.
    """
    if not 2 <= len(counts) <= MAX_LABELS:
        joined = f" If some hold several labels (`a{SEPARATOR}b`), say so with --several."
        raise TaskError(
            f"A task can have 2 to {MAX_LABELS} labels; the label column has {len(counts):,} "
            "different values. Map them with --label-map, or leave the column out with --no-label."
            f"{joined if any(SEPARATOR in word for word in counts) and not several else ''}"
        )
    is_pair = len(counts) == 2 and not several
    words = POSITIVE_WORDS if is_pair else POSITIVE_WORDS - {"1"}
    said = [word for word in counts if word.casefold() in words]
    said += [min(counts, key=lambda word: (counts[word], word))] if is_pair else []
    # The positive label comes first: its key is 1.
    ordered = sorted(counts, key=lambda word: word not in said[:1])
    # In an answer of several the value cannot hold what joins them.
    values = {word: word.replace(SEPARATOR, "/") if several else word for word in ordered}
    return [Label(values[word], word, positive=word in said[:1]) for word in ordered]


def why_labels_stay(snapshot: Snapshot) -> str:
    """Why the task's labels cannot be replaced by others; empty if they can."""
    labels, logs = snapshot.labels, snapshot.logs
    given = {(x.batch_id, x.item_id) for x in logs.events if x.action == "label"}
    if labeled := {item_id for _, item_id in given - logs.taken_back} | labels.ids():
        return (
            f"The labels of this task stay: {len(labeled):,} items were labeled with them. For "
            "other labels make a new workspace."
        )
    return ""


def task_with_labels(
    workspace: Workspace, title: str, labels: Sequence[Label], *, several: bool = False
) -> str:
    """The workspace's `task.toml` with these labels in place of its own. Raises TaskError.

    All else is kept, but for the chapter's title and instructions: those go with its labels.
    """
    task, chapters = workspace.task, default_task()
    if task.title == chapters.title:
        task = replace(task, title=title)
    if (task.short, task.detailed) == (chapters.short, chapters.detailed):
        task = replace(task, short="", detailed="")
    return task_toml(replace(task, labels=completed(labels), several=several))


def read_task_text(path: Path) -> str:
    """What `task.toml` in this folder says, be it a task or not; empty if there is no such file."""
    file = path / "task.toml"
    with refused_as(TaskError, "task.toml cannot be read", "Make it readable, and reload."):
        return file.read_text(encoding="utf-8-sig", errors="replace") if file.exists() else ""


def has_comments(text: str) -> bool:
    """Whether the text of a task holds comments, which `task_toml` cannot keep."""
    return text.count("#") > str(tomllib.loads(text)).count("#")


def save_task(path: Path, text: str, seen: str) -> None:
    """Makes this the workspace's task, if its `task.toml` still says what was `seen`.

    Its definitions are kept, the former file goes to `set_aside/`. Raises TaskError if the text is
    no task, or if somebody else has changed the file.
    """
    workspace = Workspace(path, parse_task(text, "task.toml"))
    with workspace.locked():
        if read_task_text(path) != seen:
            raise TaskError(
                "task.toml was changed by somebody else meanwhile, so nothing was saved. Load the "
                "new settings, and make your changes again."
            )
        keep_definitions(workspace)
        replace_task(workspace, text)


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


def completed(labels: Iterable[Label]) -> tuple[Label, ...]:
    """The labels with a name and a file for each that has none, and keys where none is said."""
    labels = [replace(x, name=x.name or x.value, key=x.key.lower()) for x in labels]
    taken = [NONE_FILE, *(label.file for label in labels if label.file)]
    for at, label in enumerate(labels):
        if not label.file:
            labels[at] = replace(label, file=_file_name(label.name, at + 1, taken))
            taken.append(labels[at].file)
    return with_keys(tuple(labels), set(asdict(default_task().keys).values()))


def merged(labels: Mapping[str, Label], into: Mapping[str, str]) -> tuple[Label, ...]:
    """The completed labels without those merged into others, whose values are former ones of these.

    Both are by the values of before; raises TaskError for a label that goes into one that goes.
    """
    found = {value: label for value, label in labels.items() if value not in into}
    for value, other in into.items():
        if other not in found:
            names = labels[value].name, labels[other].name
            raise TaskError("{} is merged into {}, which does not stay.".format(*names))
        was = (*found[other].was, labels[value].value, *labels[value].was)
        found[other] = replace(found[other], was=was)
    return completed(found.values())


def _file_name(name: str, number: int, taken: Collection[str]) -> str:
    """A plain file name for a label, none of those that are taken."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or f"label_{number}"
    folded = {file.casefold() for file in taken}
    names = (f"{stem}.csv", *(f"{stem}_{at}.csv" for at in range(number, number + len(folded) + 1)))
    return next(name for name in names if name not in folded)


def _table_lines(name: str, table: Mapping[str, Any]) -> list[str]:
    """The table as TOML; nothing of an empty one."""
    lines = [pair(key, value) for key, value in table.items()]
    return ["", f"[{name}]", *lines] if lines and name else lines


def _label_lines(label: Label) -> list[str]:
    """The label as TOML, without what most labels do not have."""
    said = asdict(label)
    description = said.pop("description")
    lines = [pair(name, value) for name, value in said.items() if value or name in ALWAYS_SAID]
    return [*lines, long_pair("description", description)] if description else lines

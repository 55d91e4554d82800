"""Versions of the definitions: the instructions, and what each label means.

Each is a readable file, `definitions/<hash>.toml`, written once, when a label is first given under
it or the settings are saved. Its first line says the day, its hash is that of the lines below.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

from core.errors import UnwritableError
from core.system.durable import refused_as, write_whole
from core.system.findings import Finding, Kind
from core.workspace.labels import Labeled
from core.workspace.layout import Workspace, put_aside
from core.workspace.logs import Event, now
from core.workspace.opinions import GAP
from core.workspace.snapshot import Snapshot
from core.workspace.task import Label, Task
from core.workspace.task_toml import long_pair, pair

SINCE = "# Definitions since "

GAPS = 3  # decisions that found a gap in a definition until it is said to want a sentence


@dataclass(frozen=True)
class Definitions:
    """One version: its first day, the instructions, and what was said of each label, by value."""

    day: str
    instructions: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Outdated:
    """A label that was given under definitions that changed since, and what they said then.

    `labels` are those that changed by name; `instructions` is None where they did not change.
    """

    item: Labeled
    day: str
    labels: Mapping[str, str]
    instructions: str | None


def definitions_text(task: Task) -> str:
    """The task's definitions as TOML."""
    lines = [pair("question", task.short), long_pair("instructions", task.detailed)]
    for label in task.labels:
        lines += ["", "[[labels]]", pair("value", label.value), pair("name", label.name)]
        lines += [long_pair("description", label.description)]
        lines += [pair("examples", list(label.examples))] * bool(label.examples)
    return "\n".join([*lines, ""])


def hash_of(text: str) -> str:
    """What these definitions are called: 8 hex digits."""
    return blake2b(text.encode(), digest_size=4).hexdigest()


def keep_definitions(workspace: Workspace) -> None:
    """The task's definitions stand in their file when this returns; raises UnwritableError."""
    text = definitions_text(workspace.task)
    path = workspace.definitions / f"{hash_of(text)}.toml"
    todo = "Nothing was saved; free some space or make the folder writable, and try again."
    with refused_as(UnwritableError, "definitions/ cannot be written", todo):
        kept = path.read_text("utf-8", errors="replace") if path.is_file() else ""
        if path.exists() and kept.partition("\n")[2] != text:
            put_aside(workspace, f"definitions/{path.name}")
        if not path.exists():
            write_whole(path, f"{SINCE}{now()[:10]}\n{text}".encode())


def read_definitions(workspace: Workspace) -> dict[str, Definitions]:
    """Every version that can be read, by its hash."""
    found = {}
    for path in sorted(workspace.definitions.glob("[!.]*.toml")):
        try:
            first, _, text = path.read_text(encoding="utf-8").partition("\n")
            table = tomllib.loads(text)
            labels = {each["value"]: each["description"] for each in table["labels"]}
            instructions = f"{table['question']}\n{table['instructions']}".strip()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if path.stem == hash_of(text):
            found[path.stem] = Definitions(first.removeprefix(SINCE), instructions, labels)
    return found


def outdated(snapshot: Snapshot) -> list[Outdated]:
    """The labels that were given under a definition that changed since, the oldest first.

    Of labels without a version, as they were given before there were any, nothing is known.
    """
    task, kept = snapshot.workspace.task, read_definitions(snapshot.workspace)
    changed = cache(lambda version, answer: _changed(task, kept[version], answer))
    found = []
    for item in snapshot.labels.by_id.values():
        if item.definitions in kept:
            labels, instructions = changed(item.definitions, item.label)
            if labels or instructions is not None:
                found.append(Outdated(item, kept[item.definitions].day, labels, instructions))
    return sorted(found, key=lambda each: each.item.labeled_at)


def _changed(task: Task, then: Definitions, answer: str) -> tuple[dict[str, str], str | None]:
    """(what was said of the answer's labels, instructions) where it is not what is said today."""
    labels = {}
    for label in map(task.label, task.chosen(answer)):
        said = [
            text for value, text in then.labels.items() if task.current.get(value) == label.value
        ]
        if said and label.description not in said:
            labels[label.name] = said[0]
    today = f"{task.short}\n{task.detailed}".strip()
    return labels, then.instructions if then.instructions != today else None


def wanting(snapshot: Snapshot) -> list[tuple[Label, list[str]]]:
    """The labels whose definition of today has gaps by several decisions, with their items."""
    task, kept = snapshot.workspace.task, read_definitions(snapshot.workspace)
    found: dict[str, list[str]] = defaultdict(list)
    decisions = snapshot.labels.words.adjudicated.items()
    for item_id, decision in (each for each in decisions if each[1].note == GAP):
        then = kept.get(decision.definitions)
        for value in task.chosen(decision.label):
            if then is None or not _changed(task, then, value)[0]:
                found[value].append(item_id)
    labels = {label.value: label for label in task.labels}
    return [(labels[x], items) for x, items in found.items() if x in labels and len(items) >= GAPS]


def examine_definitions(workspace: Workspace, events: Iterable[Event]) -> Iterator[Finding]:
    """Versions that labels were given under and whose file is gone, or is not what it was."""
    kept = read_definitions(workspace)
    used = {event.definitions for event in events} - {""}
    files = {path.stem for path in workspace.definitions.glob("[!.]*.toml")}
    for name in sorted((used | files) - kept.keys()):
        what = "is not what it was" if name in files else "is gone"
        todo = "Nobody can see what it said; put it back from a backup."
        file = f"definitions/{name}.toml"
        yield Finding.at(Kind.DEFINITIONS, file, f"this version of the definitions {what}. {todo}")

"""Versions of the definitions: the instructions, and what each label means.

Each is a readable file, `definitions/<hash>.toml`, written once, when a label is first given under
it or the settings are saved. Its first line says the day, its hash is that of the lines below.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

from core.errors import UnwritableError
from core.system.durable import refused_as, write_whole
from core.system.findings import Finding, Kind
from core.workspace.layout import Workspace, put_aside
from core.workspace.logs import Event, now
from core.workspace.opinions import GAP
from core.workspace.snapshot import Snapshot
from core.workspace.task import Label, Task
from core.workspace.task_toml import long_pair, pair

SINCE = "# Definitions since "

GAPS = 3  # decisions that found a gap in a definition until it is said to want a sentence


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


def read_definitions(workspace: Workspace) -> dict[str, dict[str, str]]:
    """What each version that can be read says of each label, by its hash and the value."""
    found = {}
    for path in sorted(workspace.definitions.glob("[!.]*.toml")):
        try:
            text = path.read_text(encoding="utf-8").partition("\n")[2]
            labels = tomllib.loads(text)["labels"]
            said = {each["value"]: each["description"] for each in labels}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if path.stem == hash_of(text):
            found[path.stem] = said
    return found


def wanting(snapshot: Snapshot) -> list[tuple[Label, list[str]]]:
    """The labels whose definition of today has gaps by several decisions, with their items."""
    task, kept = snapshot.workspace.task, read_definitions(snapshot.workspace)
    found: dict[str, list[str]] = defaultdict(list)
    decisions = snapshot.labels.words.adjudicated.items()
    for item_id, decision in (each for each in decisions if each[1].note == GAP):
        then = kept.get(decision.definitions)
        for value in task.chosen(decision.label):
            if then is None or not _has_changed(task, then, value):
                found[value].append(item_id)
    labels = {label.value: label for label in task.labels}
    return [(labels[x], items) for x, items in found.items() if x in labels and len(items) >= GAPS]


def _has_changed(task: Task, then: Mapping[str, str], value: str) -> bool:
    """Whether something else is said of the label today; not where nothing was said of it then."""
    said = [text for former, text in then.items() if task.current.get(former) == value]
    return bool(said) and task.label(value).description not in said


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

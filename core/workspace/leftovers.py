"""What crashes and half-done work leave lying around: a part of the doctor's examination."""

import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import LogError
from core.system.append_file import CsvFile
from core.system.csv_rows import parse_rows
from core.system.findings import Finding, shortened
from core.workspace.layout import Workspace

STILL_WRITTEN = 3_600
"""Seconds for which an unfinished file may still be in somebody's hands."""

ENOUGH = 65_536
"""Bytes of a torn line that are looked at: an id, and the beginning of a text."""

ITEM_AT = {"annotations.csv": 2}
"""Which field of a torn row is the item's id; of label files the first one is."""


def files_with_lines(workspace: Workspace) -> list[CsvFile]:
    """Every log and label file, whether it exists or not."""
    return [*workspace.logs, *(file for _, _, file in workspace.label_files())]


def examine_leftovers(workspace: Workspace, labeled: set[str]) -> Iterator[Finding]:
    """Torn lines, copies of such, and files that were never finished.

    `labeled` are the items that have a label: a torn line of theirs is settled.
    """
    yield from torn_lines(workspace)
    yield from _kept_lines(workspace, labeled)
    yield from unfinished_files(workspace)


def torn_lines(workspace: Workspace) -> Iterator[Finding]:
    """The last lines that a crash cut short, where they stand."""
    for file in files_with_lines(workspace):
        line = file.torn_line()
        if line:
            message = (
                f"{file.name}: the last line was cut short: `{shortened(line)}`. It will be moved "
                "to torn/ before anything is appended; label that item again."
            )
            shown = shortened(line)
            yield Finding("error", "torn line", file.name, None, None, message, "torn", shown)


def _kept_lines(workspace: Workspace, labeled: set[str]) -> Iterator[Finding]:
    for kept in filter(Path.is_file, sorted(workspace.torn.glob("*"))):
        name, line = f"torn/{kept.name}", _content(kept)
        is_settled = _is_settled(kept.name, line, labeled)
        todo = (
            "Nothing is lacking now: it can be set aside."
            if is_settled
            else "Label that item again; then it can be set aside."
        )
        message = f"{name} keeps a line that a crash cut short: `{shortened(line)}`. {todo}"
        mend = "set aside" if is_settled else ""
        yield Finding("warning", "torn line", name, None, None, message, mend, shortened(line))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(ENOUGH)
    except OSError as error:
        name = f"{path.parent.name}/{path.name}"
        raise LogError(f"{name}: {error.strerror}. Make the file readable.") from error


def _is_settled(name: str, line: bytes, labeled: set[str]) -> bool:
    """Whether nobody has to do anything about this line: its item has a label, or it had none."""
    if name.startswith(("batches.csv.", "runs.csv.")):
        return True  # what was proposed or trained then was never shown to anybody
    at = ITEM_AT.get(name.rpartition(".")[0], 0)
    rows = parse_rows(line).rows
    # The field behind it must have begun: an id may be cut short too.
    return bool(rows) and len(rows[0].fields) > at + 1 and rows[0].fields[at] in labeled


def unfinished_files(workspace: Workspace) -> Iterator[Finding]:
    """Files that somebody began to write more than an hour ago, and nobody finished."""
    latest = time.time() - STILL_WRITTEN
    passed_over = workspace.cache, workspace.set_aside
    for path in sorted(workspace.path.rglob("*.unfinished")):
        is_passed_over = any(folder in path.parents for folder in passed_over)
        if is_passed_over or path.is_symlink() or _changed_at(path) > latest:
            continue
        name = path.relative_to(workspace.path).as_posix()
        message = f"{name} was never finished: what wrote it was cut short. It can be set aside."
        yield Finding("warning", "unfinished file", name, None, None, message, "set aside")


def _changed_at(path: Path) -> float:
    """When the file was written last; now, if somebody has finished or removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()

"""The registry of workspaces: those that stand side by side in a folder, known by their names.

A name is what people type and what stands in an address: it never leads out of the folder.
"""

import re
import time
import unicodedata
from contextlib import suppress
from pathlib import Path

from core.errors import LogError, WorkspaceError
from core.pool.folder import POOL_FOLDER
from core.system import durable
from core.system.jobs import is_busy
from core.system.locks import locked_folder
from core.system.process import environment
from core.workspace.layout import SAMPLE, Workspace, open_workspace, refuse_contents
from core.workspace.logs import Event, read_log
from core.workspace.task_toml import default_task

SET_ASIDE = "set_aside"
"""The folder beside the workspaces that holds those which somebody has removed."""

RESERVED = frozenset({"sample", "demo", SET_ASIDE})  # names of what the project makes there itself

AT_WORK = 10 * 60
"""Seconds after somebody's last label in which nobody else moves the workspace away."""

MAX_NAME = 80  # characters
_NAME = re.compile(r"[^\W_]([\w .-]*\w)?")


def workspaces_folder() -> Path:
    """Where the app's own workspaces stand: `data/`, or the folder that `SUNLIGHT_SHELF` names."""
    return Path(environment("SUNLIGHT_SHELF") or SAMPLE.parent).resolve()


def check_name(name: str) -> str:
    """The name, if it is that of a folder right in the registry; raises WorkspaceError if not.

    Letters and digits of any script, inside also space, `-`, `_` and `.`, no two dots in a row.
    """
    is_plain = _NAME.fullmatch(name) and ".." not in name and len(name) <= MAX_NAME
    # What only looks like such a name, or is another one to the disk, is none.
    if not is_plain or unicodedata.normalize("NFKC", name) != name or len(name.encode()) > 200:
        # It may come from an address that somebody else has made: nothing of it is Markdown.
        shown = re.sub(r"[^\w .-]", "?", name[:MAX_NAME])
        raise WorkspaceError(
            f"`{shown}` cannot be the name of a workspace. Use letters and digits, and "
            f"between them spaces, `-`, `_` or single dots: {MAX_NAME} characters at most."
        )
    return name


def workspaces(root: Path) -> list[str]:
    """The names of the workspaces in this folder, sorted; links are passed over."""
    try:
        names = [entry.name for entry in root.iterdir()]
    except OSError:
        return []  # no such folder: nothing stands in it
    return sorted(filter(lambda name: _is_workspace(root, name), names), key=str.casefold)


def find(name: str, root: Path) -> Path:
    """The folder of the workspace of this name; raises WorkspaceError if there is none."""
    if not _is_workspace(root, check_name(name)):
        raise WorkspaceError(
            f"There is no workspace `{name}` in {root.name}/. Choose another, or make it on Data."
        )
    return root / name


def name_of(path: Path, root: Path) -> str:
    """The name of the workspace in this folder; empty if it stands elsewhere."""
    is_there = path.resolve().parent == root.resolve() and _is_workspace(root, path.name)
    return path.name if is_there else ""


def free_place(name: str, root: Path) -> Path:
    """Where a new workspace of this name goes; raises WorkspaceError if it cannot."""
    path = root / check_name(name)
    if name.casefold() in RESERVED:
        raise WorkspaceError(f"`{name}` is reserved for the project itself. Choose another name.")
    if path.is_symlink():
        raise WorkspaceError(f"{root.name}/{name} is a link. Choose another name.")
    refuse_contents(path)
    return path


def free_name(wish: str, root: Path) -> str:
    """A name like this one that no workspace has: `tickets`, else `tickets 2`."""
    plain = re.sub(r"[^\w-]+", " ", unicodedata.normalize("NFKC", wish)).replace("_", " ")
    plain = re.sub(r"^\W+|\W+$", "", plain[: MAX_NAME // 2]) or "texts"
    number, name = 1, plain
    while name.casefold() in RESERVED or durable.stands(root / name):
        number += 1
        name = f"{plain} {number}"
    return name


def create(name: str, task: str, root: Path) -> Workspace:
    """A new workspace with this `task.toml` and an empty pool; raises WorkspaceError."""
    path = free_place(name, root)
    what = f"The workspace {root.name}/{name} cannot be made"
    todo = "Make room, or make the folder writable."
    with durable.refused_as(WorkspaceError, what, todo), durable.new_folder(path) as folder:
        (folder / POOL_FOLDER).mkdir()
        durable.write_new(folder / "task.toml", [task.encode()])
    return open_workspace(path)


def rename(name: str, new: str, root: Path, by: str) -> Path:
    """Gives a workspace another name, asked for by this person; the folder's new path.

    Raises WorkspaceError if it has to stay, if the name cannot be, or if somebody is at work there.
    """
    return _moved(name, root, free_place(new, root), by)


def remove(name: str, root: Path, by: str) -> Path:
    """Moves a workspace to `set_aside/` beside it; its path there. Raises as `rename` does."""
    return _moved(name, root, durable.first_free(root / SET_ASIDE / check_name(name)), by)


def _moved(name: str, root: Path, place: Path, by: str) -> Path:
    path = find(name, root)
    if path.resolve() == SAMPLE.resolve():
        raise WorkspaceError("The sample is part of the project and stays where it is.")
    todo = "Make the folder writable, and try again."
    with (
        durable.refused_as(WorkspaceError, f"{name} cannot be moved", todo),
        locked_folder(path, name, wait=False),
    ):
        if is_busy(path.resolve()):
            raise WorkspaceError(f"A job is running in {name}. Wait for it, or stop it.")
        if others := _at_work(path) - {by}:
            who = ", ".join(sorted(others))
            raise WorkspaceError(f"{who} labeled in {name} minutes ago. Try again when they stop.")
        durable.make_folder(place.parent)
        durable.keep(path, place)
        durable.sync_path(root)
    return place


def _at_work(path: Path) -> set[str]:
    """Who has labeled in the workspace lately."""
    log = Workspace(path, default_task()).annotations
    with suppress(OSError, LogError):
        if time.time() - log.path.stat().st_mtime < AT_WORK:
            return {event.annotator for event in read_log(log, Event, [])[-20:]}
    return set()


def _is_workspace(root: Path, name: str) -> bool:
    """Whether a folder of this name, itself no link, holds a task or a pool."""
    try:
        check_name(name)
    except WorkspaceError:
        return False
    path = root / name
    if name == SET_ASIDE or path.is_symlink() or not path.is_dir():
        return False
    return (path / "task.toml").is_file() or (path / POOL_FOLDER).is_dir()

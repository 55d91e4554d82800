"""The registry of workspaces: those that stand side by side in a folder, known by their names.

A name is what people type and what stands in an address: it never leads out of the folder.
"""

import re
import unicodedata
from itertools import chain, count
from pathlib import Path

from core.errors import WorkspaceError
from core.pool.folder import POOL_FOLDER
from core.system import durable
from core.system.process import environment
from core.workspace.layout import SAMPLE, Workspace, open_workspace, refuse_contents

RESERVED = frozenset({"sample", "demo", "set_aside"})
"""Names of what the project makes there itself, or made in earlier versions."""

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
    names = chain([plain], (f"{plain} {number}" for number in count(2)))
    return next(x for x in names if x.casefold() not in RESERVED and not durable.stands(root / x))


def create(name: str, task: str, root: Path) -> Workspace:
    """A new workspace with this `task.toml` and an empty pool; raises WorkspaceError."""
    path = free_place(name, root)
    what = f"The workspace {root.name}/{name} cannot be made"
    todo = "Make room, or make the folder writable."
    with durable.refused_as(WorkspaceError, what, todo), durable.new_folder(path) as folder:
        (folder / POOL_FOLDER).mkdir()
        durable.write_new(folder / "task.toml", [task.encode()])
    return open_workspace(path)


def _is_workspace(root: Path, name: str) -> bool:
    """Whether a folder of this name, itself no link, holds a task or a pool."""
    try:
        check_name(name)
    except WorkspaceError:
        return False
    path = root / name
    if path.is_symlink() or not path.is_dir():
        return False
    return (path / "task.toml").is_file() or (path / POOL_FOLDER).is_dir()

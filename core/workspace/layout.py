"""A workspace: one task, its data and its logs, as files in one folder."""

from collections.abc import Collection, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.errors import WorkspaceError
from core.pool.folder import pool_files
from core.system.append_file import CsvFile, Known
from core.system.csv_rows import is_number
from core.system.disk_cache import Stamps, file_stamps
from core.system.durable import first_free, is_writable, keep, make_folder, remove, sync_path
from core.system.locks import locked_folder, why_no_lock
from core.workspace.logs import ADDED, Alias, Event, Proposal, Run, header_of
from core.workspace.task import BULK, FORMER_STRATEGIES, SPLITS, STRATEGIES, SUNLIGHT, Label, Task
from core.workspace.task_toml import load_task

SEARCHES = "searches.toml"
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def _folder(name: str) -> property:
    """The Path of a workspace's folder of this name."""
    return property(lambda workspace: workspace.path / name)


def _log(name: str, record: type[Proposal | Event | Run | Alias]) -> property:
    """The CsvFile of a workspace's log of this name, whose rows are such records."""

    def log(of: "Workspace") -> CsvFile:
        added, header = ADDED.get(record, 0), header_of(record)
        return CsvFile(of.path / name, of.torn, header, known=of.known, added=added)

    return property(log)


@dataclass(frozen=True)
class Workspace:
    """Where everything of one task stands, and which rows of its files were read before."""

    path: Path
    task: Task
    known: dict[Hashable, Known] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.path.name

    batches = _log("batches.csv", Proposal)
    annotations = _log("annotations.csv", Event)
    runs = _log("runs.csv", Run)
    aliases = _log("aliases.csv", Alias)

    models = _folder("models")
    cache = _folder(".cache")
    torn = _folder("torn")
    definitions = _folder("definitions")
    set_aside = _folder("set_aside")

    @property
    def logs(self) -> tuple[CsvFile, ...]:
        return self.batches, self.annotations, self.runs

    @property
    def pool_place(self) -> tuple[Path, Path, int]:
        """Where its pool is read from and cached, and how it is split into words."""
        return self.path, self.cache, self.task.splitting

    def pool_files(self) -> list[Path]:
        """The pool's files in the order of their names; none if the folder is missing."""
        return pool_files(self.path)

    def label_file(self, split: str, label: Label) -> CsvFile:
        """The file of this split's items under this label."""
        return self._labeled(self.path / f"{split}_data" / label.file, {label.value, *label.was})

    def label_files(self) -> Iterator[tuple[str, Label, CsvFile]]:
        """(split, label, file) of every label's file, whether it exists or not.

        Retired labels have theirs, and where a text can have several, the answer of none.
        """
        for split in SPLITS:
            for label in self.task.filed:
                yield split, label, self.label_file(split, label)

    def former_files(self) -> Iterator[tuple[str, CsvFile]]:
        """(split, file) of the label files that no label has any more, as merging leaves them."""
        own = {label.file for label in self.task.filed}
        alike = {file.casefold(): file for file in own}
        for split in SPLITS:
            for path in sorted((self.path / f"{split}_data").glob("[!.]*.csv")):
                # Where names have no case, one that differs in it alone is the label's own file.
                other = path.with_name(alike.get(path.name.casefold(), "-"))
                is_own = path.name in own or (other.exists() and other.samefile(path))
                if not is_own and path.is_file():
                    yield split, self._labeled(path, self.task.whole_values)

    @property
    def line_files(self) -> list[CsvFile]:
        """Every log and label file, whether it exists or not."""
        labels = [file for _, _, file in self.label_files()]
        return [*self.logs, self.aliases, *labels, *(file for _, file in self.former_files())]

    def is_writable(self) -> bool:
        """Whether people can label here: files can be written, and locked."""
        return not self.refusal()

    def refusal(self) -> str:
        """Why nothing can be labeled here, and what to do about it; empty if it can be."""
        for path in (self.path, *(file.path for file in self.logs if file.path.exists())):
            if not is_writable(path):
                what = "its folder" if path == self.path else path.name
                return (
                    f"The workspace {self.name} is read-only: it can be looked at, not labeled. "
                    f"Make {what} writable."
                )
        return why_no_lock(self.path, self.name)

    def locked(self) -> AbstractContextManager[None]:
        """Nobody else proposes, saves or keeps a run meanwhile. Appending needs no such lock.

        The folder itself is locked, no file that someone could delete. Raises UnwritableError.
        """
        return locked_folder(self.path, self.name)

    def stamps(self) -> Stamps:
        """Those of every file that the loop reads."""
        lines = [file.path for file in self.line_files]
        files = [*self.pool_files(), *lines, self.path / "task.toml", self.path / SEARCHES]
        return file_stamps(self.path, files)

    def _labeled(self, path: Path, values: Collection[str]) -> CsvFile:
        is_whole = partial(is_whole_label, values)
        return CsvFile(path, self.torn, is_whole=is_whole, known=self.known)


def open_workspace(path: Path) -> Workspace:
    """The workspace in this folder; raises WorkspaceError or TaskError. Writes nothing."""
    if not path.is_dir():
        raise WorkspaceError(
            f"There is no workspace folder {path}. Choose another with --data DIR, or make one: "
            "`python -m core import FILE --data DIR`."
        )
    return Workspace(path.resolve(), load_task(path / "task.toml"))


@contextmanager
def filling(path: Path, *, is_new: bool) -> Iterator[None]:
    """On an error within, a new workspace that has got nothing but its task is removed."""
    try:
        yield
    except BaseException:
        files = {entry.name for entry in path.iterdir() if entry.is_file() or any(entry.iterdir())}
        if is_new and files <= {".cache", "task.toml"}:
            remove(path)
        raise


def refuse_contents(path: Path) -> None:
    """Raises WorkspaceError if something stands there already."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        raise WorkspaceError(f"{path} is not empty. Choose a folder that does not exist yet.")


def put_aside(workspace: Workspace, name: str) -> str:
    """Moves a file to a free name at its place below `set_aside/`: that name. Raises OSError."""
    source = workspace.path / name
    target = first_free(workspace.set_aside / name)
    make_folder(target.parent)
    keep(source, target)
    for folder in (source.parent, workspace.path):
        sync_path(folder)
    return target.relative_to(workspace.path).as_posix()


def is_whole_label(values: Collection[str], fields: list[str]) -> bool:
    """Whether a last row without a line end, as some editors leave it, can be taken as it stands.

    Two fields may be half a text. With a label of these behind the text nothing that matters is
    missing, if the strategy is spelled out and a confidence is a number.
    """
    if not 3 <= len(fields) <= 5 or fields[2] not in values:
        return False
    known = ("", *STRATEGIES, *FORMER_STRATEGIES, SUNLIGHT, BULK)
    if len(fields) > 3 and fields[3] not in known:
        return False
    return len(fields) < 5 or is_number(fields[4])

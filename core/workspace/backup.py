"""The backups of a workspace: task, logs and label files as they stood at one moment, zipped.

One is made before the first save of a day (UTC), by what backups there are, and whenever somebody
asks for it. It is written aside, read again and compared with the checksums of what was read, and
only then given its name, which no other backup has or gets. Pool and models, never rewritten, are
not in it. Restored, it becomes a new workspace beside the one that it was made of.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import SEEK_END
from pathlib import Path

from core.errors import BackupError, LogError, SunlightError
from core.pool.folder import POOL_FOLDER, pool_files
from core.system.durable import (
    DAMAGED,
    copy_file,
    new_file,
    new_folder,
    refused_as,
    stands,
    write_new,
)
from core.system.findings import Finding, Kind
from core.system.locks import lock
from core.system.progress import Progress, silent
from core.workspace.layout import SEARCHES, Workspace, open_workspace, refuse_contents
from core.workspace.logs import Event, Run, read_log
from core.workspace.task import SPLITS

FOLDER = "backups"

MANIFEST = "manifest.json"  # of backups up to version 0.11.0: the zip file says the same
HELD = re.compile(
    rf"(task|searches)\.toml|{re.escape(MANIFEST)}|(batches|annotations|runs|aliases)\.csv"
    rf"|({'|'.join(SPLITS)})_data/[^./][^/]*\.csv|definitions/[^./][^/]*\.toml"
)
"""The only files that a backup holds: with any other one it is none."""

NEWEST, DAYS = 10, 30  # how many of the newest backups stay, and of how many days the last one

EXAMINED = 512 * 2**20
"""Bytes of content that the doctor reads in the newest backups: some two seconds."""

LEVEL = 3  # of deflate: 1.2 s for 200,000 labels. The default, 6, makes 7% less of them in 2.2 s.
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?\.zip")


def back_up(workspace: Workspace, moment: datetime | None = None) -> Path:
    """A new, verified backup; then old ones are thinned. Raises BackupError, or LogError."""
    moment = moment or datetime.now(UTC)
    todo = "Free some space or make the folder writable, and try again."
    with refused_as(BackupError, f"{workspace.name}: no backup can be made in {FOLDER}/", todo):
        path = workspace.path / FOLDER / f"{moment:%Y%m%dT%H%M%SZ}.zip"
        with new_file(path, "number") as file:
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in _contents(workspace):
                    _add(archive, name, content)
            file.flush()
            _verify(Path(file.name))
    made = Path(file.name)
    _thin(made)
    return made


def back_up_of_the_day(workspace: Workspace, moment: datetime | None = None) -> Path | None:
    """The backup before a day's first save; None if the day has one, or none can be made.

    A save goes on without, and the doctor tells of it: unsaved labels are worth more than a copy.
    """
    moment = moment or datetime.now(UTC)
    with suppress(SunlightError):
        if not _of_day(backup_files(workspace.path), moment):
            return back_up(workspace, moment)
    return None


def contents(backup: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file in it; raises BackupError if it is no backup, or damaged."""
    try:
        with zipfile.ZipFile(backup) as archive, backup.open("rb") as file:
            names = archive.namelist()
            file.seek(-12 - len(archive.comment), SEEK_END)
            if int.from_bytes(file.read(2), "little") != len(names):  # which zipfile leaves unread
                raise ValueError("it says that it holds another number of files")
            for name in names:
                if not HELD.fullmatch(name) or names.count(name) > 1:
                    raise ValueError(f"it holds `{name[:80]}`")
            yield from ((name, archive.read(name)) for name in names if name != MANIFEST)
    except OSError as error:
        reason = error.strerror or error
        raise BackupError(f"{backup}: {reason}. Give the path of a readable backup.") from error
    except DAMAGED as error:
        raise BackupError(
            f"{backup.name} is not a backup of Sunlight, or damaged: {error}. Use another one, "
            "and move this one away."
        ) from error


def backup_files(workspace: Path) -> list[Path]:
    """The backups of the workspace in this folder, newest first by name; raises BackupError."""
    folder, todo = workspace / FOLDER, "Make it a folder that can be read and written."
    with refused_as(BackupError, f"{workspace.name}: {FOLDER}/ cannot be read", todo):
        entries = [*folder.iterdir()] if stands(folder) else []
        named = (path for path in entries if _NAME.fullmatch(path.name))
        found = [path for path in named if path.is_file() and not path.is_symlink()]
    return sorted(found, key=_order, reverse=True)


def _order(path: Path) -> tuple[str, int]:
    """By time, and by number where several were made in one second."""
    stamp, _, number = path.stem.partition("-")
    return stamp, int(number or 1)


def _of_day(files: list[Path], moment: datetime) -> bool:
    return any(path.name.startswith(f"{moment:%Y%m%d}") for path in files)


def kept(files: Iterable[Path]) -> set[Path]:
    """Those of these backups that stay when old ones are thinned.

    The newest 10; of the 30 latest days with any, the last of each; for good, each month's last.
    """
    order = sorted(files, key=_order)
    last_of_day = {path.name[:8]: path for path in order}
    last_of_month = {path.name[:6]: path for path in order}
    return {*order[-NEWEST:], *[*last_of_day.values()][-DAYS:], *last_of_month.values()}


def examine_backups(
    workspace: Workspace, events: Sequence[Event], moment: datetime | None = None
) -> Iterator[Finding]:
    """Warnings about backups that are damaged, and a day's saved labels without one.

    The newest are read, half a gigabyte and one at least.
    """
    moment = moment or datetime.now(UTC)
    try:
        files = backup_files(workspace.path)
    except BackupError as error:
        yield Finding(Kind.NO_BACKUP, FOLDER, str(error))
        return
    read = 0
    for path in files:
        try:
            read += sum(len(content) for _, content in contents(path)) if read <= EXAMINED else 0
        except BackupError as error:
            yield Finding(Kind.DAMAGED_BACKUP, f"{FOLDER}/{path.name}", f"{FOLDER}/{error}")
    day = f"{moment:%Y-%m-%d}T"
    is_saved = any(each.action == "save" and each.labeled_at.startswith(day) for each in events)
    if is_saved and not _of_day(files, moment):
        message = (
            "Labels were saved today, and there is no backup of today. Free some space or make "
            f"{FOLDER}/ writable, then make one on Data, or by python -m core backup."
        )
        yield Finding(Kind.NO_BACKUP, FOLDER, message)


def _verify(written: Path) -> None:
    """Raises BackupError if the file that was just written does not give back what was read."""
    try:
        for _ in contents(written):
            pass
    except BackupError as error:
        raise BackupError(
            f"A backup was written to {FOLDER}/, but it reads back differently, and was "
            f"removed: {error.__cause__}. Check the disk, and try again."
        ) from error


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # Without a time of its own: zip files know none before 1980, and a clock can say anything.
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    archive.writestr(info, content, zipfile.ZIP_DEFLATED, LEVEL)


def _contents(workspace: Workspace) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file that there is, each as it stands.

    In this order a row always comes before what it points to: a label that is in a label file has
    its event, and an event its batch, whoever writes meanwhile.
    """
    for name in ("task.toml", SEARCHES):
        with suppress(FileNotFoundError):
            yield name, (workspace.path / name).read_bytes()
    files = [file for _, _, file in workspace.label_files()]
    files += [file for _, file in workspace.former_files()]
    files += [workspace.annotations, workspace.runs, workspace.batches, workspace.aliases]
    for file in files:
        with suppress(FileNotFoundError), file.path.open("rb") as source:
            lock(source.fileno(), file.name)  # while nobody writes into it: no half row
            content = source.read()
            source.close()  # which unlocks it: packing takes a while
            yield file.name, content
    for path in sorted(workspace.definitions.glob("[!.]*.toml")):
        yield f"{workspace.definitions.name}/{path.name}", path.read_bytes()


def _thin(made: Path) -> None:
    """Removes the old ones of our backups that no rule keeps, never the one just made.

    That one is whole: it was verified. By the clock another one may be newer.
    """
    with suppress(OSError, BackupError):
        files = backup_files(made.parent.parent)
        for path in {*files} - kept(files) - {made}:
            path.unlink(missing_ok=True)


def restore(backup: Path, into: Path, progress: Progress = silent) -> Workspace:
    """The workspace as it was when this backup was made, in a folder that holds nothing yet.

    Pool and models are copied from the workspace that the backup lies in. Where it lies elsewhere
    the labels come back without them: their texts stand in the label files. The folder is there
    whole, or not at all. Raises BackupError, WorkspaceError or TaskError.
    """
    refuse_contents(into)
    what = f"{backup.name} cannot be restored to {into}"
    todo = "Nothing is left there; free some space or choose another folder."
    with refused_as(BackupError, what, todo), new_folder(into) as folder:
        for name, content in contents(backup):
            write_new(folder / name, [content])
        (folder / POOL_FOLDER).mkdir()
        lies_in = backup.absolute().parent
        if lies_in.name == FOLDER and (lies_in.parent / POOL_FOLDER).is_dir():
            progress("copying the pool and the models")
            source = lies_in.parent
            for file in pool_files(source):
                copy_file(file, folder / POOL_FOLDER / file.name)
            for file in _model_files(source / "models", folder):
                copy_file(file, folder / "models" / file.name)
        else:
            progress(f"there is no pool beside the backup; put its files into {POOL_FOLDER}/")
    return open_workspace(into)


def _model_files(models: Path, folder: Path) -> Iterator[Path]:
    """The files of all models, but for those of runs that the restored log does not have."""
    if not models.is_dir():
        return
    later = {file.stem for file in models.glob("*.params")}
    try:
        runs = read_log(open_workspace(folder).runs, Run, [])
        later -= {Path(run.params_file).stem for run in runs}
    except LogError:
        later = set()  # a log that nobody can read comes back as it was, and so do the models
    yield from (f for f in sorted(models.iterdir()) if f.is_file() and f.stem not in later)

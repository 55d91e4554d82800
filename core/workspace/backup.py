"""The backups of a workspace: task, logs and label files as they stood at one moment.

One is made before the first save of a day (UTC), by what backups there are, and whenever somebody
asks for it. It is written aside, opened again and compared with what was read, and only then given
its name, which no other backup has or gets. Pool and models, never rewritten, are not in it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from core.errors import BackupError, SunlightError
from core.system.disk_cache import file_stamps
from core.system.durable import new_file, refused_as, stands
from core.system.findings import Finding, Kind
from core.system.locks import lock
from core.workspace.archive import Backup, pack, read_backup, verify
from core.workspace.layout import Workspace

FOLDER = "backups"

ASKED, DAILY = "asked for", "before the day's first save"  # why a backup was made
NEWEST, DAYS = 10, 30  # how many of the newest backups stay, and of how many days the last one

EXAMINED = 512 * 2**20
"""Bytes of content that the doctor reads in the newest backups: some two seconds."""

LAST_ROWS = 2**16  # bytes at the end of a log, in which a day's last event stands
_NAME = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d+))?\.zip")


def back_up(workspace: Workspace, reason: str = ASKED, moment: datetime | None = None) -> Backup:
    """A new, verified backup; then old ones are thinned. Raises BackupError, or LogError."""
    todo = "Free some space or make the folder writable, and try again."
    with refused_as(BackupError, f"{workspace.name}: no backup can be made in {FOLDER}/", todo):
        made = _make(workspace, reason, moment or datetime.now(UTC))
    _thin(made.path)
    return made


def back_up_of_the_day(workspace: Workspace, moment: datetime | None = None) -> Backup | None:
    """The backup before a day's first save; None if the day has one, or none can be made.

    A save goes on without, and the doctor tells of it: unsaved labels are worth more than a copy.
    """
    moment = moment or datetime.now(UTC)
    with suppress(SunlightError):
        if not _of_day(backup_files(workspace.path), moment):
            return back_up(workspace, DAILY, moment)
    return None


def backup_files(workspace: Path) -> list[Path]:
    """The backups of the workspace in this folder, newest first by name; raises BackupError."""
    folder, todo = workspace / FOLDER, "Make it a folder that can be read and written."
    with refused_as(BackupError, f"{workspace.name}: {FOLDER}/ cannot be read", todo):
        entries = [*folder.iterdir()] if stands(folder) else []
        found = [
            path
            for path in entries
            if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
        ]
    return sorted(found, key=lambda path: _order(path.name), reverse=True)


def _of_day(files: list[Path], moment: datetime) -> bool:
    return any(path.name.startswith(f"{moment:%Y%m%d}") for path in files)


def kept(names: Iterable[str]) -> set[str]:
    """Those of these backups' names that stay when old ones are thinned.

    The newest 10; of the 30 latest days with any, the last of each; for good, each month's last.
    """
    order = sorted(names, key=_order)
    last_of_day = {name[:8]: name for name in order}
    last_of_month = {name[:6]: name for name in order}
    return {*order[-NEWEST:], *[*last_of_day.values()][-DAYS:], *last_of_month.values()}


def examine_backups(workspace: Workspace, moment: datetime | None = None) -> Iterator[Finding]:
    """Warnings about backups that are damaged, and a day's labels without one.

    The newest are read whole, half a gigabyte and one at least; of the others their manifests.
    """
    try:
        files = backup_files(workspace.path)
    except BackupError as error:
        yield Finding(Kind.NO_BACKUP, FOLDER, str(error))
        return
    read = 0
    for path in files:
        try:
            backup = read_backup(path)
            if read <= EXAMINED:
                verify(backup)
            read += sum(part.bytes for part in backup.parts)
        except BackupError as error:
            yield Finding(Kind.DAMAGED_BACKUP, f"{FOLDER}/{path.name}", f"{FOLDER}/{error}")
    yield from _unsecured(workspace, files, moment or datetime.now(UTC))


def _unsecured(workspace: Workspace, files: list[Path], moment: datetime) -> Iterator[Finding]:
    """Whether labels were saved today while the day has no backup."""
    if _of_day(files, moment):
        return
    stamps = file_stamps(workspace.path, [file.path for _, _, file in workspace.label_files()])
    days = {name: datetime.fromtimestamp(at / 1e9, UTC).date() for name, _, at in stamps}
    changed = [name for name, day in days.items() if day == moment.date()]
    # A file that was copied or restored today has changed too, but has no event of today.
    if changed and f",{moment:%Y-%m-%d}T".encode() in _end_of(workspace.annotations.path):
        message = (
            f"{changed[0]} got labels today, and there is no backup of today. Free some space "
            f"or make {FOLDER}/ writable, then make one on Data, or by python -m core backup."
        )
        yield Finding(Kind.NO_BACKUP, FOLDER, message)


def _end_of(path: Path) -> bytes:
    """The last rows of a log; nothing if there is none, or it cannot be read."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LAST_ROWS))
        return file.read()
    return b""


def _make(workspace: Workspace, reason: str, moment: datetime) -> Backup:
    """The new backup, under a name that no other one has or gets."""
    path = workspace.path / FOLDER / f"{moment:%Y%m%dT%H%M%SZ}.zip"
    said = {"made_at": f"{moment:%Y-%m-%dT%H:%M:%S}Z", "reason": reason}
    with new_file(path, "number") as file:
        parts = pack(file, _contents(workspace), said | {"workspace": workspace.name})
        file.flush()
        read_back(Backup(Path(file.name), said["made_at"], reason, parts))
    return read_backup(Path(file.name))


def read_back(written: Backup) -> None:
    """Raises BackupError if the file that was just written does not give back what was read."""
    try:
        verify(written)
    except BackupError as error:
        raise BackupError(
            f"A backup was written to {FOLDER}/, but it reads back differently, and was "
            f"removed: {error.__cause__}. Check the disk, and try again."
        ) from error


def _contents(workspace: Workspace) -> Iterator[tuple[str, bytes, bool]]:
    """(name, content, has a header) of every file that there is, each as it stands.

    In this order a row always comes before what it points to: a label that is in a label file has
    its event, and an event its batch, whoever writes meanwhile.
    """
    with suppress(FileNotFoundError):
        yield "task.toml", (workspace.path / "task.toml").read_bytes(), False
    files = [file for _, _, file in workspace.label_files()]
    files += [file for _, file in workspace.former_files()]
    files += [workspace.annotations, workspace.runs, workspace.batches, workspace.aliases]
    for file in files:
        with suppress(FileNotFoundError), file.path.open("rb") as source:
            lock(source.fileno(), file.name)  # while nobody writes into it: no half row
            content = source.read()
            source.close()  # which unlocks it: packing takes a while
            yield file.name, content, bool(file.header)
    for path in sorted(workspace.definitions.glob("[!.]*.toml")):
        yield f"{workspace.definitions.name}/{path.name}", path.read_bytes(), False


def _thin(made: Path) -> None:
    """Removes the old ones of our backups that no rule keeps, never the one just made.

    That one is whole: it was verified. By the clock another one may be newer.
    """
    with suppress(OSError, BackupError):
        files = backup_files(made.parent.parent)
        stay = kept(path.name for path in files) | {made.name}
        for path in files:
            if path.name not in stay:
                path.unlink(missing_ok=True)


def _order(name: str) -> tuple[str, int]:
    """By time, and by number where two were made in one second."""
    stamp, number = _NAME.fullmatch(name).groups()
    return stamp, int(number or 1)

"""Restoring: a backup becomes a new workspace, beside the one that it was made of."""

import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import BackupError, LogError
from core.pool.folder import POOL_FOLDER, pool_files
from core.system.durable import copy_file, new_folder, refused_as, write_new
from core.system.progress import Progress, silent
from core.workspace.archive import Backup, content, read_backup, verify
from core.workspace.backup import FOLDER
from core.workspace.layout import Workspace, open_workspace, refuse_contents
from core.workspace.logs import Run, read_log
from core.workspace.task import SPLITS

_RESTORED = re.compile(
    rf"task\.toml|(batches|annotations|runs|aliases)\.csv|({'|'.join(SPLITS)})_data/\w[\w .-]*\.csv"
    r"|definitions/[0-9a-f]{8}\.toml"
)
"""The only files that a backup can bring: what else it may hold, nothing is written elsewhere."""


def restore(path: Path, into: Path, progress: Progress = silent) -> Workspace:
    """The workspace as it was when this backup was made, in a folder that holds nothing yet.

    Pool and models are copied from the workspace that the backup lies in. Where it lies elsewhere
    the labels come back without them: their texts stand in the label files. The folder is there
    whole, or not at all. Raises BackupError, WorkspaceError or TaskError.
    """
    refuse_contents(into)
    lies_in = path.absolute().parent
    is_home = lies_in.name == FOLDER and (lies_in.parent / POOL_FOLDER).is_dir()
    backup = read_backup(path)
    progress("verifying the backup")
    verify(backup)
    names = [part.name for part in backup.parts]
    for name in names:
        if not _RESTORED.fullmatch(name) or names.count(name) > 1:
            raise BackupError(
                f"{backup.name} holds `{name[:80]}`, so it is not a backup of Sunlight. "
                "Use another one, and move this one away."
            )
    what = f"{backup.name} cannot be restored to {into}"
    todo = "Nothing is left there; free some space or choose another folder."
    with refused_as(BackupError, what, todo), new_folder(into) as folder:
        _build(backup, lies_in.parent if is_home else None, folder, progress)
    return open_workspace(into)


def _build(backup: Backup, source: Path | None, folder: Path, progress: Progress) -> None:
    """The new folder's content, on disk; `source` is the workspace that the backup lies in."""
    for part in backup.parts:
        write_new(folder / part.name, content(backup, part))
    (folder / POOL_FOLDER).mkdir()
    if source is None:
        progress(f"there is no pool beside the backup; put its files into {POOL_FOLDER}/")
        return
    progress("copying the pool and the models")
    for file in pool_files(source):
        copy_file(file, folder / POOL_FOLDER / file.name)
    for file in _model_files(source / "models", folder):
        copy_file(file, folder / "models" / file.name)


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

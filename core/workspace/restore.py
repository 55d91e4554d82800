"""Restoring: a backup becomes a new workspace, beside the one that it was made of."""

from collections.abc import Iterator
from pathlib import Path

from core.errors import BackupError, LogError
from core.pool.folder import POOL_FOLDER, pool_files
from core.system.durable import copy_file, new_folder, refused_as, write_new
from core.system.progress import Progress, silent
from core.workspace.backup import FOLDER, contents
from core.workspace.layout import Workspace, open_workspace, refuse_contents
from core.workspace.logs import Run, read_log


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
            _copy_unchanging(lies_in.parent, folder)
        else:
            progress(f"there is no pool beside the backup; put its files into {POOL_FOLDER}/")
    return open_workspace(into)


def _copy_unchanging(source: Path, folder: Path) -> None:
    """Pool and models, which a backup does not hold as no file of them is ever written again."""
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

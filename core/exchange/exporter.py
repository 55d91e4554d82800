"""Export of the labels that count, as a file or a folder, with a data card."""

import os
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from core.errors import ExportError
from core.exchange.data_card import data_card
from core.exchange.export_formats import LAYOUTS, Files
from core.exchange.provenance import provenance
from core.system.durable import sync_folder
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLITS

CARD = "README.md"


def export(
    snapshot: Snapshot, path: Path, form: str, splits: Collection[str] = SPLITS
) -> list[Path]:
    """The files of this format of `LAYOUTS`, whole and on disk; the card stands beside or inside.

    A format of one file is written to `path`, its card to the same name with `.md` behind it; any
    other makes `path` a folder. Raises ExportError if something stands there already, if it cannot
    be written, or if the splits have no label.
    """
    _refuse_place(snapshot, path)
    files = list(export_files(snapshot, form, splits))
    if LAYOUTS[form].file:
        (_, content), (_, card) = files
        beside = path.with_name(f"{path.name}.md")
        _refuse_place(snapshot, beside)
        _place({beside: partial(_write, content=card), path: partial(_write, content=content)})
        return [path, beside]
    _place({path: partial(_write_folder, files=files)})
    return [path / name for name, _ in files]


def export_files(snapshot: Snapshot, form: str, splits: Collection[str] = SPLITS) -> Files:
    """Name and content of each file of this format, the card last.

    Raises ExportError if there is no such format or split, or if the splits have no label.
    """
    _refuse_wishes(form, splits)
    layout, head = LAYOUTS[form], b""
    table = provenance(snapshot, splits)
    if not len(table):
        asked = ", ".join(split for split in SPLITS if split in splits) or "no split"
        raise ExportError(
            f"No item of {asked} has a label yet. Label some first, or choose other splits."
        )
    for name, content in layout.files(table, snapshot.workspace.task):
        if name == CARD:
            head = content
        else:
            yield name, content
    yield CARD, head + data_card(snapshot, table, layout).encode()


def zipped(files: Iterable[tuple[str, bytes]], folder: str) -> bytes:
    """The files in a folder of a zip archive."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files:
            file.writestr(f"{folder}/{name}", content)
    return archive.getvalue()


def _refuse_wishes(form: str, splits: Collection[str]) -> None:
    if form not in LAYOUTS:
        raise ExportError(f"There is no format `{form}`. Choose one of: {', '.join(LAYOUTS)}.")
    for split in splits:
        if split not in SPLITS:
            raise ExportError(f"There is no split `{split}`. Choose from: {', '.join(SPLITS)}.")


def _refuse_place(snapshot: Snapshot, path: Path) -> None:
    _refuse_something(path)
    if path.resolve().is_relative_to(snapshot.workspace.path):
        raise ExportError(
            f"{path} is inside of the workspace, which would read what it exports. Choose a place "
            "outside of it."
        )
    if not path.parent.is_dir():
        raise ExportError(f"There is no folder {path.parent}. Make it, or choose another.")


def _refuse_something(path: Path) -> None:
    if os.path.lexists(path):
        raise ExportError(f"{path} is there already. Nothing was written; choose a new name.")


def _place(makers: Mapping[Path, Callable[[Path], None]]) -> None:
    """What each maker writes into the path that it is given stands at its own when this returns.

    Names are given when all is on disk, in this order.
    """
    staged = {path.with_name(f".{path.name}.{uuid4().hex}.unfinished"): path for path in makers}
    try:
        for unfinished, path in staged.items():
            makers[path](unfinished)
        for unfinished, path in staged.items():
            _publish(unfinished, path)
            sync_folder(path.parent)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written: {error.strerror}. Free some space, or choose another place."
        ) from error
    finally:
        for unfinished in staged:
            _remove(unfinished)


def _publish(staged: Path, path: Path) -> None:
    """Gives the name, never over something: a folder is not renamed onto a full one or a file."""
    if staged.is_dir():
        staged.rename(path)
        return
    try:
        path.hardlink_to(staged)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        _refuse_something(path)
        staged.rename(path)


def _remove(unfinished: Path) -> None:
    """Takes away what was written under a name of our own and not published under this one."""
    with suppress(OSError):
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        else:
            unfinished.unlink(missing_ok=True)


def _write_folder(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    for made in {folder, *((folder / name).parent for name, _ in files)}:
        sync_folder(made)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

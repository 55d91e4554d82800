"""Export of the labels that count, as a file or a folder, with a data card."""

import zipfile
from collections.abc import Collection, Iterable
from io import BytesIO
from pathlib import Path

from core.errors import ExportError
from core.exchange.data_card import data_card
from core.exchange.export_formats import LAYOUTS, Files
from core.exchange.provenance import provenance, with_aliases
from core.system.csv_rows import BOM
from core.system.durable import new_file, new_folder, refused_as, stands, sync_path, write_new
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLITS

CARD = "README.md"


def export(
    snapshot: Snapshot,
    path: Path,
    form: str,
    splits: Collection[str] = SPLITS,
    *,
    for_excel: bool = False,
) -> list[Path]:
    """The files of this format of `LAYOUTS`, whole and on disk; the card stands beside or inside.

    A format of one file is written to `path`, its card to the same name with `.md` behind it; any
    other makes `path` a folder. Raises ExportError if something stands there already, if it cannot
    be written, or if the splits have no label.
    """
    refuse_place(snapshot, path)
    files = list(export_files(snapshot, form, splits, for_excel=for_excel))
    beside = path.with_name(f"{path.name}.md")
    if LAYOUTS[form].file:
        refuse_place(snapshot, beside)
    todo = "Free some space, or choose another place."
    with refused_as(ExportError, f"{path} cannot be written", todo):
        if LAYOUTS[form].file:
            # They get their names, the card first, when both are on disk.
            with new_file(path) as file, new_file(beside) as card:
                for target, (_, content) in zip((file, card), files, strict=True):
                    target.write(content)
                file.flush()
                sync_path(Path(file.name))
            return [path, beside]
        with new_folder(path) as folder:
            for name, content in files:
                write_new(folder / name, [content])
        return [path / name for name, _ in files]


def export_files(
    snapshot: Snapshot, form: str, splits: Collection[str] = SPLITS, *, for_excel: bool = False
) -> Files:
    """Name and content of each file of this format, the card last.

    A CSV file that is `for_excel` begins with the mark by which Excel knows UTF-8. Raises
    ExportError if there is no such format or split, or if the splits have no label.
    """
    if form not in LAYOUTS:
        raise ExportError(f"There is no format `{form}`. Choose one of: {', '.join(LAYOUTS)}.")
    if unknown := [split for split in splits if split not in SPLITS]:
        raise ExportError(f"There is no split `{unknown[0]}`. Choose from: {', '.join(SPLITS)}.")
    layout, head = LAYOUTS[form], b""
    table = provenance(snapshot, splits, retired=bool(layout.file))
    if not len(table):
        asked = ", ".join(split for split in SPLITS if split in splits) or "no split"
        raise ExportError(
            f"No item of {asked} has a label yet. Label some first, or choose other splits."
        )
    rows = with_aliases(snapshot, table) if layout.has_ids else table
    for name, content in layout.files(rows, snapshot.workspace.task):
        if name == CARD:
            head = content
        else:
            yield name, BOM + content if for_excel and name.endswith(".csv") else content
    yield CARD, head + data_card(snapshot, table, layout, len(rows) - len(table)).encode()


def zipped(files: Iterable[tuple[str, bytes]], folder: str) -> bytes:
    """The files in a folder of a zip archive."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files:
            file.writestr(f"{folder}/{name}", content)
    return archive.getvalue()


def refuse_place(snapshot: Snapshot, path: Path) -> None:
    """Raises ExportError if something stands there, or nothing may be written there."""
    if stands(path):
        raise ExportError(f"{path} is there already. Nothing was written; choose a new name.")
    if path.resolve().is_relative_to(snapshot.workspace.path):
        raise ExportError(
            f"{path} is inside of the workspace, which would read what it exports. Choose a place "
            "outside of it."
        )
    if not path.parent.is_dir():
        raise ExportError(f"There is no folder {path.parent}. Make it, or choose another.")

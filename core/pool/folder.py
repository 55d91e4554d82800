"""The pool's folder in a workspace: the files that are read, and those that are ignored."""

from pathlib import Path

from core.system.durable import is_unfinished

POOL_FOLDER = "unlabeled_data"

DELIMITERS = {".csv": ",", ".tsv": "\t"}  # by the ending of a name in small letters


def pool_files(root: Path) -> list[Path]:
    """The pool's files in the order of their names; none if the folder is missing."""
    return [path for path in _inside(root) if is_pool_file(path)]


def is_pool_file(path: Path) -> bool:
    """Whether this file of the folder is read; `._` begins what a Mac leaves beside a file."""
    return path.suffix.lower() in DELIMITERS and not path.name.startswith("._")


def passed_over(root: Path) -> list[Path]:
    """What else lies in the folder, but for hidden files and such as somebody is writing."""
    return [
        path
        for path in _inside(root)
        if not (is_pool_file(path) or path.name.startswith(".") or is_unfinished(path.name))
    ]


def _inside(root: Path) -> list[Path]:
    return sorted((root / POOL_FOLDER).glob("*"))

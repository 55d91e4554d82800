"""The pool's folder in a workspace, and the CSV files in it."""

from pathlib import Path

POOL_FOLDER = "unlabeled_data"


def pool_files(root: Path) -> list[Path]:
    """The pool's files in the order of their names; none if the folder is missing."""
    return sorted((root / POOL_FOLDER).glob("*.csv"))

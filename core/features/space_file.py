"""The file that keeps a feature space: named by its content, shared by all runs that use it."""

import io
import re
from pathlib import Path

import numpy as np
import torch

from core.features.pool_features import Space
from core.system.files import write_model_file

SPACE_FORMAT = "sunlight space 1"

_KEY = re.compile(r"[0-9a-f]{32}")


def save_space(space: Space, folder: Path) -> None:
    """The space stands in the folder; one that is there already is left as it is.

    Raises RunError if it cannot be written.
    """
    path = _path(folder, space.key)
    if path.exists():
        return
    content = {
        "format": SPACE_FORMAT,
        "words": torch.from_numpy(np.array(space.words).view(np.int64)),
        "grams": torch.from_numpy(np.array(space.grams).view(np.int64)),
        "idf": torch.from_numpy(np.array(space.idf)),
        "rarity": torch.from_numpy(np.array(space.rarity)),
        "meanings": torch.from_numpy(np.array(space.meanings)),
    }
    written = io.BytesIO()
    torch.save(content, written)
    write_model_file(path, written.getbuffer())


def load_space(folder: Path, key: str) -> Space:
    """The space of this key. Loads tensors only, never code.

    Raises ValueError if the file's content is not what its name says, FileNotFoundError if there
    is none, and what `torch.load` raises for a damaged file.
    """
    content = torch.load(_path(folder, key), weights_only=True, map_location="cpu")
    if content["format"] != SPACE_FORMAT:
        raise ValueError(content["format"])
    space = Space(
        content["words"].numpy().view(np.uint64),
        content["grams"].numpy().view(np.uint64),
        *(content[name].numpy() for name in ("idf", "rarity", "meanings")),
    )
    if space.key != key:
        raise ValueError("the content is not what the file's name says")
    return space


def _path(folder: Path, key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key} is no key of a space")
    return folder / f"{key}.space"

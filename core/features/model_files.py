"""Files in `models/`: how they are written, and how they are read without torch.

They are what `torch.save` writes: a zip of a pickle, and an entry for each tensor's numbers.
"""

import pickle
from collections import OrderedDict
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.system.durable import refused_as, write_whole

NUMBERS = {"FloatStorage": "<f4", "HalfStorage": "<f2", "IntStorage": "<i4", "LongStorage": "<i8"}
"""The numbers that our tensors hold, by torch's name for them."""


def write_model_file(path: Path, content: bytes | memoryview) -> None:
    """The content stands in the file, fsynced; raises RunError if it cannot be written."""
    todo = "Free some space or make the folder writable, and train again."
    with refused_as(RunError, f"models/{path.name} cannot be written", todo):
        write_whole(path, content)


def read_model_file(path: Path, *, tensors: bool = True) -> dict[str, Any]:
    """What the file holds, tensors as arrays; None in their place, unread, without `tensors`.

    Runs no code that the file names. Raises FileNotFoundError if there is none, and one of
    `DAMAGED` if it was changed or is none of ours.
    """
    with ZipFile(path) as archive:
        content = _Unpickler(archive, tensors=tensors).load()
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no values by name")
    return content


class _Unpickler(pickle.Unpickler):
    """Reads plain values and tensors, and refuses everything else that a pickle can name."""

    def __init__(self, archive: ZipFile, *, tensors: bool) -> None:
        self._archive, self._tensors = archive, tensors
        self._folder = archive.namelist()[0].partition("/")[0]
        super().__init__(BytesIO(archive.read(f"{self._folder}/data.pkl")))

    def find_class(self, module: str, name: str) -> object:
        """What stands for a name that `torch.save` writes."""
        if module == "torch" and name in NUMBERS:
            return NUMBERS[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._array
        if (module, name) == ("collections", "OrderedDict"):  # each tensor's hooks: none
            return OrderedDict
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that a model consists of")

    def persistent_load(self, pid: tuple[str, str, str, str, int]) -> tuple[str, str]:
        """(entry, type) of a tensor's numbers, of which there are as many as it says."""
        _, numbers, key, _, count = pid
        entry = f"{self._folder}/data/{key}"
        if self._archive.getinfo(entry).file_size != count * np.dtype(numbers).itemsize:
            raise ValueError(f"{entry} does not hold {count} numbers")
        return entry, numbers

    def _array(
        self,
        stored: tuple[str, str],
        first: int,
        shape: Sequence[int],
        steps: Sequence[int],
        *_: object,
    ) -> NDArray | None:
        """The tensor whose numbers begin with the `first` and lie so many steps apart."""
        if not self._tensors:
            return None
        entry, numbers = stored
        size = np.dtype(numbers).itemsize
        content = bytearray(self._archive.read(entry))  # which can be written to, as torch wants
        return np.ndarray(shape, numbers, content, first * size, [step * size for step in steps])

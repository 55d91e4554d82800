"""Arrays in files: written at once or part by part, and mapped into memory."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

ZEROS = 2**20
"""Written at a time."""


def save_arrays(folder: Path, **arrays: NDArray) -> None:
    """Each array stands in the folder under its name."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def open_arrays(folder: Path, *names: str) -> list[NDArray]:
    """The arrays of these names, mapped into memory. They cannot be written."""
    return [np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names]


def array_to_fill(folder: Path, name: str, dtype: DTypeLike, length: int) -> NDArray:
    """An array of zeros in the folder, mapped to be written. Raises OSError on a full disk.

    The zeros are written first: where there is no room for a page that is only mapped, the process
    would be killed.
    """
    with GrowingArray(folder, name, dtype) as array:
        for start in range(0, length, ZEROS):
            array.append(np.zeros(min(ZEROS, length - start), dtype))
    return np.load(folder / f"{name}.npy", mmap_mode="r+", allow_pickle=False)


class GrowingArray:
    """An array in the folder under its name that grows at its end while it is open."""

    def __init__(
        self, folder: Path, name: str, dtype: DTypeLike, row: tuple[int, ...] = ()
    ) -> None:
        """`row` is the shape of one of its rows, `()` for a number."""
        self._dtype, self._row, self._length = np.dtype(dtype), row, 0
        self._file = (folder / f"{name}.npy").open("wb")
        self._write_header()
        self._start = self._file.tell()

    def __len__(self) -> int:
        return self._length

    def append(self, rows: NDArray) -> None:
        """These rows come after those that are there."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self._length += len(rows)

    def cut(self, length: int) -> None:
        """Only so many of the first rows are left."""
        size = int(np.prod(self._row)) * self._dtype.itemsize
        self._file.truncate(self._start + length * size)
        self._file.seek(0, os.SEEK_END)
        self._length = length

    def close(self) -> None:
        """Its length is known now. numpy leaves room for it: the header stays as long as it was."""
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write_header(self) -> None:
        header = {
            "descr": npy.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._length, *self._row),
        }
        npy.write_array_header_1_0(self._file, header)

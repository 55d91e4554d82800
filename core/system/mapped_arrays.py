"""Arrays, and columns of texts, in files: written part by part, and mapped into memory."""

import io
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray


def save_arrays(folder: Path, **arrays: NDArray) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def encoded(array: NDArray) -> memoryview:
    """The array as the content of an `.npy` file."""
    content = io.BytesIO()
    np.save(content, array)
    return content.getbuffer()


def open_arrays(folder: Path, *names: str) -> list[NDArray]:
    """The arrays of these names, mapped into memory. They cannot be written."""
    return [np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names]


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
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self._length += len(rows)

    def cut(self, length: int) -> None:
        size = int(np.prod(self._row)) * self._dtype.itemsize
        self._file.truncate(self._start + length * size)
        self._file.seek(0, io.SEEK_END)
        self._length = length

    def close(self) -> None:
        """Its length is known now. numpy leaves room for it: the header stays as long as it was."""
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write_header(self) -> None:
        header = {
            "descr": npy.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._length, *self._row),
        }
        npy.write_array_header_1_0(self._file, header)


class GrowingColumn:
    """A column of texts in the folder under its name: their bytes, and where each of them ends."""

    def __init__(self, folder: Path, name: str) -> None:
        self._bytes = (folder / f"{name}.bytes").open("wb")
        self._offsets = GrowingArray(folder, f"{name}.offsets", np.int64)
        self._offsets.append(np.zeros(1))
        self.size = 0

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def append(self, texts: pa.Array) -> None:
        """These texts, none of them null, come after those that are there."""
        texts = texts.cast(pa.large_string())
        _, ends, data = texts.buffers()
        offsets = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        if data is not None:
            self._bytes.write(memoryview(data)[int(offsets[0]) : int(offsets[-1])])
        self._offsets.append(offsets[1:] - offsets[0] + self.size)
        self.size += int(offsets[-1] - offsets[0])

    def cut(self, length: int, size: int) -> None:
        """Only so many of the first texts are left, which have `size` bytes in all."""
        self._offsets.cut(length + 1)
        self._bytes.truncate(size)
        self._bytes.seek(size)
        self.size = size

    def close(self) -> None:
        self._bytes.close()
        self._offsets.close()


def open_column(folder: Path, name: str) -> pa.Array:
    """The texts of this name, mapped into memory: a `large_string` array."""
    (offsets,) = open_arrays(folder, f"{name}.offsets")
    path = folder / f"{name}.bytes"
    data = pa.memory_map(str(path)).read_buffer() if path.stat().st_size else pa.py_buffer(b"")
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), data)

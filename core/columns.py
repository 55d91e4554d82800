"""Columns on disk: arrays and texts that are written bit by bit and then mapped into memory.

What is written never has to fit into memory, and what is read is loaded by the operating system
page by page, shared by all processes that look at it.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

Result = TypeVar("Result")

BLOCK = 100_000
"""Rows that are worked on at a time: few enough for memory, enough to be fast."""

AHEAD = 4
"""Blocks that may wait for the one before them: threads keep busy, and memory stays bounded."""


class ArrayWriter:
    """A one-dimensional `.npy` file that grows at its end."""

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self.dtype, self.rows = np.dtype(dtype), 0
        self._file = path.open("w+b")
        self._write_header()
        self._start = self._file.tell()

    def append(self, values: NDArray) -> None:
        """These values stand behind those before."""
        self._file.write(np.ascontiguousarray(values, self.dtype).data)
        self.rows += len(values)

    def cut(self, rows: int) -> None:
        """Only the first `rows` values are left."""
        self._file.flush()
        self._file.truncate(self._start + rows * self.dtype.itemsize)
        self._file.seek(0, 2)
        self.rows = rows

    def close(self) -> None:
        """The file can be loaded now."""
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        # numpy leaves room in the header for a first axis that grows.
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.rows,)}
        npy.write_array_header_1_0(self._file, header)


class TextWriter:
    """A column of texts: their bytes in one file, where each of them ends in another."""

    def __init__(self, folder: Path, name: str) -> None:
        self._bytes = (folder / f"{name}.bytes").open("w+b")
        self._offsets = ArrayWriter(folder / f"{name}.offsets.npy", np.int64)
        self._offsets.append(np.zeros(1))
        self._size = 0

    @property
    def rows(self) -> int:
        return self._offsets.rows - 1

    def append(self, texts: pa.Array) -> None:
        """These texts, none of them null, stand behind those before."""
        texts = texts.cast(pa.large_string())
        _, ends, data = texts.buffers()
        offsets = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        if data is not None:
            self._bytes.write(memoryview(data)[int(offsets[0]) : int(offsets[-1])])
        self._offsets.append(offsets[1:] - offsets[0] + self._size)
        self._size += int(offsets[-1] - offsets[0])

    def cut(self, rows: int, size: int) -> None:
        """Only the first `rows` texts are left, `size` bytes in all."""
        self._offsets.cut(rows + 1)
        self._bytes.flush()
        self._bytes.truncate(size)
        self._bytes.seek(0, 2)
        self._size = size

    @property
    def size(self) -> int:
        """Bytes of all texts."""
        return self._size

    def close(self) -> None:
        """The column can be loaded now."""
        self._bytes.close()
        self._offsets.close()


@contextmanager
def array_writer(folder: Path, name: str, dtype: DTypeLike) -> Iterator[ArrayWriter]:
    """A new array of this name, whole when the block ends."""
    writer = ArrayWriter(folder / f"{name}.npy", dtype)
    try:
        yield writer
    finally:
        writer.close()


def save_arrays(folder: Path, **arrays: NDArray) -> None:
    """Each array stands under its name."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def load_arrays(folder: Path, *names: str) -> list[NDArray]:
    """The arrays of these names, mapped into memory; they cannot be written."""
    return [np.load(folder / f"{name}.npy", mmap_mode="r") for name in names]


def load_texts(folder: Path, name: str) -> pa.Array:
    """The column of this name, mapped into memory: a `large_string` array."""
    (offsets,) = load_arrays(folder, f"{name}.offsets")
    path = folder / f"{name}.bytes"
    data = pa.memory_map(str(path)).read_buffer() if path.stat().st_size else pa.py_buffer(b"")
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), data)


def blocks_of(rows: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of one block of rows after the other."""
    for start in range(0, rows, BLOCK):
        yield start, min(start + BLOCK, rows)


def in_blocks(rows: int, work: Callable[[int, int], Result]) -> Iterator[Result]:
    """What `work(start, stop)` gives for each block, in order, while threads work ahead."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        waiting = []
        for start, stop in blocks_of(rows):
            waiting.append(threads.submit(work, start, stop))
            if len(waiting) > AHEAD:
                yield waiting.pop(0).result()
        for block in waiting:
            yield block.result()

"""Columns of texts in files: written bit by bit, and mapped into memory.

What is written never has to fit into memory, and what is read is loaded by the operating system
page by page, shared by all processes that look at it.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from core.system.mapped_arrays import GrowingArray, open_arrays


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
        """The column can be opened now."""
        self._bytes.close()
        self._offsets.close()


def save_column(folder: Path, name: str, texts: pa.Array) -> None:
    """These texts stand in the folder under this name."""
    column = GrowingColumn(folder, name)
    column.append(texts)
    column.close()


def open_column(folder: Path, name: str) -> pa.Array:
    """The texts of this name, mapped into memory: a `large_string` array."""
    (offsets,) = open_arrays(folder, f"{name}.offsets")
    path = folder / f"{name}.bytes"
    data = pa.memory_map(str(path)).read_buffer() if path.stat().st_size else pa.py_buffer(b"")
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), data)

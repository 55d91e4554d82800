"""Export of the items that filters leave, as one CSV or Parquet file.

It is written block by block, so that of a large pool never more than a block is held beside the
file itself.
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from core.exchange.table_writers import WRITERS
from core.query.row_set import RowSet
from core.system.parallel import row_blocks

LEFT_BEHIND = ("place", "n_words")
"""Columns that mean something only here, or that everybody can count."""

FIRST = ("item_id", "text")


def write_csv(sheet: pa.Table, places: RowSet, file: BinaryIO) -> None:
    """Writes a header and a row per item; every text in quotes, nothing for null.

    A text that a spreadsheet would run as a formula is guarded, any other stands as it is.
    """
    _write(sheet, places, file, ".csv")


def write_parquet(sheet: pa.Table, places: RowSet, file: BinaryIO) -> None:
    """Writes the items as Parquet, a group of rows for each block."""
    _write(sheet, places, file, ".parquet")


def _write(sheet: pa.Table, places: RowSet, file: BinaryIO, ending: str) -> None:
    with WRITERS[ending](file, arranged(sheet.slice(0, 0)).schema) as write:
        for block in blocks(sheet, places):
            write(block)


def blocks(sheet: pa.Table, places: RowSet) -> Iterator[pa.Table]:
    """The rows of the sheet at these places, in its order, by parts."""
    for start, stop in row_blocks(len(sheet)):
        part = sheet.slice(start, stop - start)
        is_left = places.holds(np.arange(start, stop))
        if is_left.any():
            yield arranged(part.filter(pa.array(is_left)))


def arranged(sheet: pa.Table) -> pa.Table:
    """The sheet as it is taken away: id, text, the pool's own columns, then what is known."""
    last = sheet.column_names.index("predicted") + 1
    known = [name for name in sheet.column_names[:last] if name not in (*FIRST, *LEFT_BEHIND)]
    return sheet.select([*FIRST, *sheet.column_names[last:], *known])

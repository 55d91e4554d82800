"""What is known of many items as one file that other programs read: CSV or Parquet.

It is written block by block, so that of a large pool never more than a block is held beside the
file itself.
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from core.exchange.formula_guard import guarded_table
from core.query.row_set import RowSet

ITEMS_AT_ONCE = 65_536
"""Items that are written at once."""

LEFT_BEHIND = ("place", "n_words")
"""Columns that mean something only here, or that everybody can count."""

FIRST = ("item_id", "text")


def write_csv(sheet: pa.Table, places: RowSet, file: BinaryIO) -> None:
    """Writes a header and a row per item; every text in quotes, nothing for null.

    A text that a spreadsheet would run as a formula is guarded, any other stands as it is.
    """
    schema = guarded_table(arranged(sheet.slice(0, 0))).schema
    with pyarrow.csv.CSVWriter(file, schema) as writer:
        for block in blocks(sheet, places):
            writer.write_table(guarded_table(block))


def write_parquet(sheet: pa.Table, places: RowSet, file: BinaryIO) -> None:
    """Writes the items as Parquet, a group of rows for each block."""
    schema = arranged(sheet.slice(0, 0)).schema
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for block in blocks(sheet, places):
            writer.write_table(block)


def blocks(sheet: pa.Table, places: RowSet) -> Iterator[pa.Table]:
    """The rows of the sheet at these places, in its order, by parts."""
    for start in range(0, len(sheet), ITEMS_AT_ONCE):
        part = sheet.slice(start, ITEMS_AT_ONCE)
        is_left = places.holds(np.arange(start, start + len(part)))
        if is_left.any():
            yield arranged(part.filter(pa.array(is_left)))


def arranged(sheet: pa.Table) -> pa.Table:
    """The sheet as it is taken away: id, text, the pool's own columns, then what is known."""
    last = sheet.column_names.index("predicted") + 1
    known = [name for name in sheet.column_names[:last] if name not in (*FIRST, *LEFT_BEHIND)]
    return sheet.select([*FIRST, *sheet.column_names[last:], *known])

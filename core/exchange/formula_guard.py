"""Guard against spreadsheet formulas: cells that would run are written so that they show.

A leading apostrophe makes a cell a text. Cells that begin with apostrophes before such a character
get one more, so that taking one away gives every cell back.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

STARTERS = "=+\\-@\t\r\n＝＋－＠"
"""What a formula, or a cell that a spreadsheet trims into one, begins with, as regex."""

_RUNS = re.compile(f"'*[{STARTERS}]")
_GUARDED = re.compile(f"'+[{STARTERS}]")


def guarded(cell: str) -> str:
    """The cell as no spreadsheet runs it; `unguarded` gives it back."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def guarded_table(table: pa.Table) -> pa.Table:
    """The table with every text, and every column's name, guarded; numbers stay numbers."""
    columns = [_guarded_column(column) for column in table.columns]
    return pa.table(columns, names=[guarded(name) for name in table.column_names])


def _guarded_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    return pc.replace_substring_regex(column, f"^({_RUNS.pattern})", r"'\1")

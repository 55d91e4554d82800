"""Files that only grow: rows that were read once are not read again.

What was read is believed only while the file still begins with the very bytes that it was read
from: an edited file is read anew. Every label makes pages read logs and label files again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from core.csvfile import CsvFile, Rows, parse_rows
from core.findings import Finding

FILES = 100
"""Files that are remembered: of a few workspaces."""

Record = TypeVar("Record")
Made = tuple[list[Record], list[Finding]]
Make = Callable[[Rows, bool], Made[Record]]
"""What rows come to, as records and findings; the flag says whether they begin with the header."""


@dataclass(frozen=True)
class _Known:
    """The bytes of a file, whose every row is sound, and what the rows came to."""

    data: bytes
    lines: int
    has_rows: bool
    records: tuple[object, ...]


_lock = threading.Lock()
_known: OrderedDict[Hashable, _Known] = OrderedDict()


def read_records(file: CsvFile, key: Hashable, make: Make[Record]) -> Made[Record]:
    """What `make` makes of all rows of the file; `key` names everything else that it goes by.

    Raises LogError if the file cannot be read.
    """
    data = file.read_bytes()
    place = (file.path, key)
    with _lock:
        known = _known.get(place)
    if known is None or not data.startswith(known.data):
        known = _Known(b"", 0, False, ())
    rows = parse_rows(data[len(known.data) :], known.lines)
    records, findings = make(rows, not known.has_rows)
    every = [*known.records, *records]
    # A row that is bad or torn may be whole when more of the file is there.
    if data.endswith(b"\n") and not rows.bad and not findings:
        lines = known.lines + data.count(b"\n", len(known.data))
        has_rows = known.has_rows or bool(rows.rows)
        _remember(place, _Known(data, lines, has_rows, tuple(every)))
    return every, findings


def _remember(place: Hashable, known: _Known) -> None:
    with _lock:
        _known[place] = known
        _known.move_to_end(place)
        while len(_known) > FILES:
            _known.popitem(last=False)

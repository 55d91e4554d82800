"""The last record of an append-only CSV file, if a crash cut it short.

A file is read from its end, a line after the other, until a line that is a whole row. What is torn
is marked here; `⏎` is a line end, `▮` where the file ends:

    1,a⏎                   1,a⏎                    1,a⏎
    2,ha▮                  2,"several⏎             2,"several⏎
    ~~~~                   lin▮                    lines",x▮
    cut within a line      quotes still open       a field is lacking behind closed quotes

and here nothing is torn:

    1,b,"it is whole"▮     1,7" disk⏎              1,"a field⏎
                           2,b⏎▮                   with, "⏎ … "⏎▮
    no line end, but       a stray quote that      the last lines look like an open record, but
    `is_whole` takes it    somebody typed, since   belong to one that began earlier, as the rows
                           whole rows follow       of the whole file show
"""

from collections.abc import Callable, Collection

from core.system.csv_rows import MAX_JOINED_LINES, parse_rows, record_length, split_record
from core.system.durable import read, status

IsWhole = Callable[[list[str]], bool]
"""Says of a last row without a line end whether nothing can be missing."""


def torn_record(file: int, widths: Collection[int], is_whole: IsWhole) -> bytes:
    """What stands behind the open file's last whole row: a part of one; nothing if none is torn.

    `widths` are how many fields a row can have; none: any number above one.
    """
    size = status(file).st_size
    tail = _last_line(file, size)
    rows = parse_rows(tail).rows
    if rows and is_whole(rows[0].fields):
        return b""
    record = _open_record(_lines_behind_rows(file, size - len(tail), widths), tail)
    if len(record) <= len(tail) or not _begins_record(file, size - len(record)):
        return tail
    fields = split_record(record.decode(errors="replace"))
    return b"" if fields is not None and is_whole(fields) else record


def _last_line(file: int, end: int) -> bytes:
    """The bytes after the last line end before byte `end`."""
    parts: list[bytes] = []
    while end and b"\n" not in (parts[-1] if parts else b""):
        start = max(0, end - 65_536)
        parts.append(read(file, start, end))
        end = start
    return b"".join(reversed(parts)).rpartition(b"\n")[2]


def _lines_behind_rows(file: int, end: int, widths: Collection[int]) -> list[bytes]:
    """The last lines before `end` that are no rows: only they can be the rest of a torn one."""
    lines: list[bytes] = []
    while end and len(lines) < MAX_JOINED_LINES:
        line = _last_line(file, end - 1) + b"\n"
        text = line.decode(errors="replace").removesuffix("\n").removesuffix("\r")
        fields = split_record(text) or []
        if len(fields) in widths if widths else len(fields) > 1:
            break
        lines.insert(0, line)
        end -= len(line)
    return lines


def _open_record(lines: list[bytes], tail: bytes) -> bytes:
    """The record that begins in one of these lines and is not over where the file ends."""
    bare = [line.removesuffix(b"\n") for line in lines]
    at = 0
    while at < len(lines):
        record = b"".join(lines[at:]) + tail
        taken = record_length(bare, at)
        is_over = taken > 1 or split_record(bare[at].decode(errors="replace")) is not None
        if not is_over and (_is_open(record) or (tail and record_length([*bare, tail], at) > 1)):
            return record
        at += taken
    return b""


def _is_open(record: bytes) -> bool:
    """Whether the record lacks nothing but the end of its last field's quotes, and what follows."""
    text = record.decode(errors="replace")
    return '"' in text and split_record(text) is None and split_record(text + '"') is not None


def _begins_record(file: int, start: int) -> bool:
    """Whether byte `start` is no part of an earlier record, as the rows of the whole file show."""
    data = read(file, 0, status(file).st_size)
    before = parse_rows(data[:start])
    line = data.count(b"\n", 0, start)
    return before.bad == [bad for bad in parse_rows(data).bad if bad.line <= line]

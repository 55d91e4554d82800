"""The rows of a file that only programs wrote, read by other rules than `core` reads them by."""

import csv
import io


def split_records(data: bytes) -> tuple[list[list[str]], bytes]:
    """The records of what a program wrote, and the rest behind the last whole one."""
    whole, start, is_open = [], 0, False
    for at, byte in enumerate(data):
        is_open ^= byte == 34
        if byte == 10 and not is_open:
            whole.append(data[start:at])
            start = at + 1
    reader = (next(csv.reader(io.StringIO(r.decode(), newline=""))) for r in whole if r)
    return list(reader), data[start:]

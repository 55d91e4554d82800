"""Dates and times as people and programs write them, read into the form of the logs."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from dateutil.parser import ParserError, isoparse, parse

ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "GMT": 0, "UTC": 0, "Z": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
}  # fmt: skip
"""Hours before or behind UTC of the zones whose letters people write."""

_EITHER_FIRST = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\b")
_POINT_TIME = re.compile(r"(?<=\s)(\d{1,2})\.(\d{2})(?:\.(\d{2}))?$")
_ZONE_NAME = re.compile(r"\s*\([^()]*\)$")
_UTC_AND = re.compile(r"\b(?:GMT|UTC)(?=[+-]\d)")
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 01/02/2026 in these texts begin with the day; None if that is open.

    True where none begins with a day or a month. One with points begins with the day.
    """
    orders: set[bool | None] = set()
    for text in texts:
        if found := _EITHER_FIRST.match(text):
            first, second = int(found[1]), int(found[3])
            if second > 12 >= first:
                orders.add(False)
            elif first > 12 or found[2] == ".":
                orders.add(True)
            elif first != second:
                orders.add(None)
    known = orders - {None}
    return None if len(known) == 2 or (orders and not known) else False not in known


def is_moment(text: str) -> bool:
    """Whether this is a date or a time with its year."""
    try:
        return bool(moment(text))
    except ValueError:
        return False


def moment(text: str, *, day_first: bool = True) -> str:
    """A date or a time as the logs write it, in UTC; one without a time zone is taken for UTC.

    Raises ValueError, with a sentence's end, for what is no date, or has no year or no known zone.
    """
    try:
        found = _parsed(text.strip(), day_first=day_first)
        found = found.astimezone(UTC) if found.tzinfo else found
    except (ParserError, ValueError, OverflowError, OSError):
        raise ValueError(
            f"has `{text[:80]}` for when it was labeled, which is not a date such as 2026-01-31"
        ) from None
    return f"{found:%Y-%m-%dT%H:%M:%S}.{found.microsecond // 1000:03d}Z"


def _parsed(text: str, *, day_first: bool) -> datetime:
    if _EPOCH.fullmatch(text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
    try:
        return isoparse(text)
    except ValueError:
        pass
    # JavaScript's `GMT+0100 (Central European Time)` is an hour before UTC; to dateutil, behind it.
    text = _UTC_AND.sub("", _ZONE_NAME.sub("", text))
    text = _POINT_TIME.sub(lambda found: ":".join(filter(None, found.groups())), text)
    # What a text leaves out is taken from the default: two of them tell whether it has a year.
    years = (2000, 2004)
    first, second = (
        parse(text, dayfirst=day_first, tzinfos=_offset, default=datetime(year, 1, 1))
        for year in years
    )
    if first != second:
        raise ValueError("no year")
    return first


def _offset(zone: str | None, offset: int | None) -> int | None:
    """Seconds before or behind UTC; raises ValueError for letters that name no zone here."""
    if zone is None:
        return offset
    if zone not in ZONES or offset:  # `EST+3` means different things to different people
        raise ValueError("no zone")
    return ZONES[zone] * 3600

import pytest

from core.exchange.tables.dates import day_comes_first, moment


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-31", "2026-01-31T00:00:00.000Z"),
        ("2026-01-31T10:00:00.25+02:00", "2026-01-31T08:00:00.250Z"),
        ("2026-01-31 10:00 CET", "2026-01-31T09:00:00.000Z"),
        ("Sat, 31 Jan 2026 10:00:00 GMT", "2026-01-31T10:00:00.000Z"),
        ("Sat Jan 31 2026 10:00:00 GMT+0100 (Central European Time)", "2026-01-31T09:00:00.000Z"),
        ("2026-01-31 10:00:00 UTC+2", "2026-01-31T08:00:00.000Z"),
        ("2026-01-31 10:00:00 UTC-05:30", "2026-01-31T15:30:00.000Z"),
        ("Jan 5, 2026 3pm EST", "2026-01-05T20:00:00.000Z"),
        ("31.01.2026 14.30", "2026-01-31T14:30:00.000Z"),
        ("1769853600", "2026-01-31T10:00:00.000Z"),
        ("1769853600000", "2026-01-31T10:00:00.000Z"),
    ],
)
def test_a_moment_is_told_in_utc(text: str, utc: str):
    assert moment(text) == utc


@pytest.mark.parametrize(
    "text",
    ["soon", "10:30", "January 5", "5 mai 2026", "2026-01-31 10:00 XYZ", "2026-01-31 10:00 EST+3"],
)
def test_what_is_no_moment_is_refused(text: str):
    with pytest.raises(ValueError, match="not a date such as 2026-01-31"):
        moment(text)


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["2026-01-31"], True),
        (["02/02/2026"], True),
        (["01/02/2026"], None),
        (["01/02/2026", "13/02/2026"], True),
        (["01/02/2026", "02/13/2026"], False),
        (["01.02.2026"], True),
        (["31/01/2026", "01/31/2026"], None),
    ],
)
def test_the_order_of_day_and_month_is_known_or_open(texts: list[str], first: bool | None):
    assert day_comes_first(texts) is first

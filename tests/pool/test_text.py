"""Which texts show nothing."""

import pytest

from core.pool.text import is_blank

BLANK = ["", " \t\n", "\u200b", "\u2060 \u200e", "\u0301", "\ufeff\xa0\xad", "\u3164\u2800", "\0"]


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_which_nothing_is_seen_is_blank(text: str):
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["-", "\u200bx", "e\u0301", "😀", "漢", "\u0915\u093f", "ﷺ", "\x85."]
)
def test_a_text_with_anything_to_see_is_not_blank(text: str):
    assert not is_blank(text)

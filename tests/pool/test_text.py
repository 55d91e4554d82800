"""How often words occur: by words as people know them."""

import pytest

from core.pool.text import folded, is_blank, occurrences


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Flood,", "flood"),
        ("flood-hit", "flood-hit"),
        ('"Straße"', "strasse"),
        ("--", "--"),
        ("U.S.", "u.s"),
        ("日本。", "日本"),
    ],
)
def test_a_word_is_folded_without_case_and_edges(word: str, expected: str):
    assert folded(word) == expected


def test_words_are_counted_however_they_are_typed():
    counts = occurrences(["Flood hits  coast", "a flood, a FLOOD!", ""])
    assert counts == {"flood": 3, "hits": 1, "coast": 1, "a": 2}
    assert counts["nothing"] == 0


BLANK = ["", " \t\n", "\u200b", "\u2060 \u200e", "\u0301", "\ufeff\xa0\xad", "\u3164\u2800", "\0"]


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_which_nothing_is_seen_is_blank(text: str):
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["-", "\u200bx", "e\u0301", "😀", "漢", "\u0915\u093f", "ﷺ", "\x85."]
)
def test_a_text_with_anything_to_see_is_not_blank(text: str):
    assert not is_blank(text)

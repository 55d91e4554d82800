"""How often words occur: by words as people know them."""

import pytest

from core.pool.text import folded, occurrences


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

import re

import pytest

from core.system import progress
from core.system.progress import Pace, about, in_words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.1, "a moment"), (40, "about 40 s"), (170, "about 3 min"), (9_000, "about 2.5 h")],
)
def test_time_is_said_as_a_person_says_it(seconds: float, said: str):
    assert about(seconds) == said


def test_a_pace_tells_how_far_it_is_and_how_fast(monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    monkeypatch.setattr(progress, "EVERY", 0)
    pace = Pace(in_words(said.append), "counting words", 5_000, "texts")
    pace.add(1_000)
    pace.add(1_500)
    assert re.fullmatch(r"counting words: 1,000 of 5,000 texts, [\d,]+/s, a moment left", said[0])
    assert said[1].startswith("counting words: 2,500 of 5,000 texts, ")


def test_a_pace_tells_the_numbers_beside_the_words(monkeypatch: pytest.MonkeyPatch):
    said: list[tuple[int, int]] = []
    monkeypatch.setattr(progress, "EVERY", 0)
    for total in (5_000, None):
        pace = Pace(lambda _, *numbers: said.append(numbers), "counting words", total, "texts")
        pace.add(1_000)
    assert said == [(1_000, 5_000), (1_000, 0)]


def test_what_is_over_at_once_is_not_told():
    said: list[str] = []
    pace = Pace(in_words(said.append), "counting words", 5_000, "texts")
    for _ in range(5):
        pace.add(1_000)
    assert said == []

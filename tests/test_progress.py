import pytest

from core.progress import about


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.1, "a moment"), (40, "about 40 s"), (170, "about 3 min"), (9_000, "about 2.5 h")],
)
def test_time_is_said_as_a_person_says_it(seconds: float, said: str):
    assert about(seconds) == said

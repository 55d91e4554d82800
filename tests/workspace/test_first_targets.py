"""How many labels are asked for first grows with the pool, and never takes all of it."""

import pytest

from core.workspace.task import SPLITS
from core.workspace.task_file import first_targets, minutes_to_label
from core.workspace.task_toml import default_task


@pytest.mark.parametrize(
    ("n_items", "test", "training"),
    [
        (0, 0, 0), (9, 1, 4), (100, 20, 50), (5_000, 60, 150), (9_999, 60, 150),
        (10_000, 200, 200), (30_000, 600, 300), (99_999, 600, 300), (100_000, 1_200, 400),
    ],
)  # fmt: skip
def test_the_targets_go_by_the_pool(n_items: int, test: int, training: int):
    assert first_targets(n_items) == {"evaluation": test, "validation": 0, "training": training}


def test_a_large_pool_has_the_chapters_targets():
    assert first_targets(10**7) == default_task().targets


def test_a_larger_pool_never_asks_for_less():
    for split in SPLITS:
        wanted = [first_targets(number)[split] for number in range(0, 200_000, 500)]
        assert wanted == sorted(wanted)


def test_the_time_goes_by_ten_a_minute():
    assert (minutes_to_label(210), minutes_to_label(0)) == (21, 1)

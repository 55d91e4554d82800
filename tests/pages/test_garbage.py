import gc

import pytest

from pages.ui.server import garbage


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


class Ring:
    """Something that only a collection can free."""

    alive = 0

    def __init__(self) -> None:
        self.own = self
        Ring.alive += 1

    def __del__(self) -> None:
        Ring.alive -= 1


def test_what_lives_long_is_not_looked_at_again():
    kept = [[] for _ in range(2 * garbage.MOST)]
    gc.collect()
    garbage.spare()
    assert len(gc.get_objects(generation=2)) < garbage.MOST
    assert gc.get_freeze_count() > len(kept)


def test_frozen_garbage_is_found_in_the_end():
    Ring()
    for _ in range(garbage.FULL + 1):
        kept = [[] for _ in range(2 * garbage.MOST)]
        gc.collect(1)  # into the oldest generation
        garbage.spare()
        del kept
    assert Ring.alive == 0

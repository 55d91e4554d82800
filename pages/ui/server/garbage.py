"""What is kept for long is left out of the garbage collection after every run of a script.

Streamlit collects then, and looks at all that has been made since the last freeze: with five states
of three thousand labels in the caches that took 40 to 160 ms, most of what a click took.
"""

import gc
from itertools import count

MOST = 10_000
"""Objects that a collection may look at: some ten milliseconds."""

FULL = 50
"""Freezes after which everything is looked at once: garbage may have been frozen with the rest."""

_freezes = count(1)


def spare() -> None:
    """To be called before a run: what has outlived the last collection is not looked at again."""
    if len(gc.get_objects(generation=2)) <= MOST:
        return
    if next(_freezes) % FULL == 0:
        gc.unfreeze()
        gc.collect()
    gc.freeze()

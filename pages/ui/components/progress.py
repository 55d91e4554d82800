"""Progress of what a visitor waits for: each step as it begins, with the seconds so far."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.system.progress import Progress, in_words
from pages.ui.cache.keep import Found, Slot


@contextmanager
def progress_shown(doing: str, ending: str = "") -> Iterator[Progress]:
    """A place that tells each step; gone at the end."""
    place = st.empty()
    with place.status(doing, expanded=True) as status:
        began = time.perf_counter()
        yield in_words(
            lambda step: status.write(f"{time.perf_counter() - began:.1f} s: {step}{ending}")
        )
    place.empty()


def filled(slot: Slot[Found], doing: str) -> Found:
    """What stands in the slot; if nobody has asked before, the page tells how far it is."""
    if slot.found is None:
        with progress_shown(doing) as tell:
            slot.fill(tell)
    return slot.found

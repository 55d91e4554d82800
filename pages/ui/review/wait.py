"""Waiting for what is worked out once, with what goes on meanwhile."""

import time

import streamlit as st

from pages.ui.cache.keep import Found
from pages.ui.cache.review import Slot


def filled(slot: Slot[Found], doing: str) -> Found:
    """What stands in the slot; if nobody has asked before, the page tells how far it is."""
    if slot.found is not None:
        return slot.found
    place = st.empty()
    with place.status(doing, expanded=True) as status:
        began = time.perf_counter()
        found = slot.fill(lambda step: status.write(f"{time.perf_counter() - began:.1f} s: {step}"))
    place.empty()
    return found

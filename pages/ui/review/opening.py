"""Ways from an item to where it can be labeled."""

import streamlit as st

from core.loop import Loop
from pages.ui import state


def open_batch(batch_id: str, item_id: str = "") -> None:
    """Goes to the annotate page, into this batch."""
    state.reopen(batch_id, item_id)
    st.switch_page("annotate.py")


def batch_of(loop: Loop, item_id: str) -> str:
    """The batch that proposed the item last; empty if none has."""
    return next((p.batch_id for p in reversed(loop.logs.proposals) if p.item_id == item_id), "")


def open_item_button(loop: Loop, item_id: str, key: str) -> None:
    """A button into the item's batch; nothing for an item that no batch has proposed."""
    batch_id = batch_of(loop, item_id)
    if batch_id and st.button("Open", key=key, help=f"Annotate, at this item of {batch_id}"):
        open_batch(batch_id, item_id)

"""Ways from an item to where it can be labeled."""

import streamlit as st

from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.escape_markdown import plain


def open_batch(batch_id: str, item_id: str = "") -> None:
    """Goes to the annotate page, into this batch."""
    session.reopen(batch_id, item_id)
    st.switch_page("annotate.py")


def batches_of(snapshot: Snapshot) -> dict[str, str]:
    """The batch in which each item is labeled, or waits for its label; not those of files alone."""
    found = {item.item_id: item.batch_id for item in snapshot.labels.items if item.batch_id}
    waiting = ((p.item_id, p.batch_id) for batch in snapshot.open_batches.values() for p in batch)
    return {**found, **dict(waiting)}


def open_item_button(batch_id: str, item_id: str, key: str, name: str = "Open") -> None:
    """A button into the item's batch, at the item; nothing for an item that has none."""
    if batch_id and st.button(name, key=key, help=f"Annotate, at this item of {plain(batch_id)}"):
        open_batch(batch_id, item_id)

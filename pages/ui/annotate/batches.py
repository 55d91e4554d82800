"""The batch that the Annotate page shows: that of now, proposed if none is open, or an earlier."""

import streamlit as st

from core.sampling.next_batch import BatchRequest, batch_to_label
from core.workspace.assignment import batch_for, earlier_batch
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.card import CardBatch
from pages.ui.card.batch_data import card_batch
from pages.ui.components.messages import progress_shown

CARD = "card"
PAUSED = "paused"


def note_save() -> None:
    """Runs before the page does, when a batch was saved: half a batch means a pause.

    After an earlier batch the one of now comes back at once.
    """
    saved = st.session_state[CARD].get("finished")
    st.session_state[PAUSED] = bool(saved) and not saved["complete"] and not session.reopened()
    session.close_reopened()


def open_earlier() -> None:
    """Runs before the page does, when back was pressed at the beginning of a batch."""
    asked = st.session_state[CARD].get("earlier") or {}
    earlier = earlier_batch(session.open_snapshot(), session.annotator(), asked.get("batch_id"))
    if earlier:
        session.reopen(earlier)


def batch_to_show(
    snapshot: Snapshot, annotator: str, request: BatchRequest
) -> tuple[Snapshot, CardBatch]:
    """The batch for the card, an earlier one or the one of now, and the snapshot that knows it."""
    earlier = _reopened_batch(snapshot, annotator)
    if earlier:
        return snapshot, earlier
    snapshot, batch_id = _current_batch(snapshot, annotator, request)
    return snapshot, card_batch(snapshot, batch_id, annotator)


def _reopened_batch(snapshot: Snapshot, annotator: str) -> CardBatch | None:
    """The earlier batch that the person has opened, unless it is the one they are at anyway."""
    batch_id, item_id = session.reopened() or ("", "")
    if batch_id not in snapshot.logs.split_of() or batch_id == batch_for(snapshot, annotator):
        session.close_reopened()
        return None
    return card_batch(snapshot, batch_id, annotator, reopened=True, item_id=item_id)


def _current_batch(
    snapshot: Snapshot, annotator: str, request: BatchRequest
) -> tuple[Snapshot, str]:
    """The batch to go on with, proposed now if none is open, and the snapshot that knows it."""
    batch_id = batch_for(snapshot, annotator)
    if batch_id:
        return snapshot, batch_id
    with progress_shown("Getting the next batch …", " …") as report:
        batch_id = batch_to_label(snapshot, annotator, request, progress=report)
    return session.open_snapshot(), batch_id


def stop_if_paused(snapshot: Snapshot, annotator: str) -> None:
    """After a save in the middle of a batch: nothing is lost, and the rest waits."""
    if not st.session_state.get(PAUSED) or session.reopened():
        return
    batch_id = batch_for(snapshot, annotator)
    waiting = len(snapshot.open_batches[batch_id]) if batch_id else 0
    st.success(
        f"Saved. {waiting:,} items of this batch wait for a label; you go on where you stopped.",
        icon=":material/pause_circle:",
    )
    if st.button("Go on labeling", type="primary", key="resume"):
        st.session_state[PAUSED] = False
        st.rerun()
    st.stop()

"""The batch that the Annotate page shows, that of now or an earlier one, and the line above it."""

import streamlit as st

from core.sampling.next_batch import BatchRequest, batch_to_label
from core.workspace.assignment import batch_for, earlier_batch
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.card import CardBatch
from pages.ui.card.batch_data import card_batch
from pages.ui.components.messages import progress_shown
from pages.ui.escape_markdown import plain

CARD = "card"
PAUSED = "paused"
SPLIT = "split"


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
    """The batch for the card, and the snapshot that knows it.

    It is the earlier one that the person has opened, unless they are at it anyway; else the one to
    go on with, proposed now if none is open.
    """
    current, (earlier, item_id) = batch_for(snapshot, annotator), session.reopened() or ("", "")
    if earlier in snapshot.logs.split_of() and earlier != current:
        return snapshot, card_batch(snapshot, earlier, annotator, reopened=True, item_id=item_id)
    session.close_reopened()
    if not current:
        with progress_shown("Getting the next batch …", " …") as report:
            current = batch_to_label(snapshot, annotator, request, progress=report)
        snapshot = session.open_snapshot()
    return snapshot, card_batch(snapshot, current, annotator)


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


def show_head(snapshot: Snapshot, batch: CardBatch) -> None:
    """Which batch this is, and what the last retraining brought; in one line."""
    if batch.reopened:
        st.caption(plain(f"{batch.batch_id} · an earlier batch, labeled on {batch.reopened}"))
        return
    before = st.session_state.get(SPLIT)
    st.session_state[SPLIT] = batch.split
    if before and before != batch.split:
        st.toast(f"{before.capitalize()} data is complete. Now: {batch.split} data.")
    target = snapshot.workspace.task.targets[batch.split]
    have = len(snapshot.labels.splits[batch.split])
    count = f"{have:,} of {target:,} labels" if have < target else f"{have:,} labels"
    st.caption(plain(f"{batch.batch_id} · {count}{run_line(snapshot.logs.runs, batch.split)}"))


def run_line(runs: list[Run], split: str) -> str:
    """The new scores beside the last ones, where the same evaluation data gave both.

    Held-out data is labeled without a word of the model.
    """
    if not runs or split != "training":
        return ""
    run, before = runs[-1], runs[-2] if len(runs) > 1 else None
    is_other = before is not None and before.evaluation_hash != run.evaluation_hash
    if is_other:
        before = None
    scores = [
        f"{name} {new:.3f}" + ("" if old is None else f" ({new - old:+.3f})")
        for name, new, old in (
            ("F-score", run.fscore, before and before.fscore),
            ("AUC", run.auc, before and before.auc),
        )
        if new is not None
    ]
    mark = " (other evaluation data than before)" if is_other else ""
    return f" · {run.run_id} in {run.seconds:.1f} s: {', '.join(scores)}{mark}"

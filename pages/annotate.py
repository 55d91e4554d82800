"""Annotate: one headline at a time, one key each; then retraining, then the next batch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import PoolExhaustedError, SunlightError
from core.sampling.next_batch import DEFAULT_REQUEST, BatchRequest, batch_to_label, is_active
from core.system.progress import Progress
from core.workspace.assignment import batch_for, earlier_batch
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from pages.ui import page_head, session
from pages.ui.annotate.mix_control import choose_mix
from pages.ui.card import CardBatch, annotation_card
from pages.ui.card.batch_data import card_batch
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
    earlier = earlier_batch(session.open_loop(), session.annotator(), asked.get("batch_id"))
    if earlier:
        session.reopen(earlier)


@contextmanager
def progress_display() -> Iterator[Progress]:
    """A place that tells each step as it begins, with the seconds so far; gone at the end."""
    place = st.empty()
    with place.status("Getting the next batch …", expanded=True) as status:
        began = time.perf_counter()

        def report(step: str) -> None:
            status.write(f"{time.perf_counter() - began:.1f} s: {step} …")

        yield report
    place.empty()


def chosen_request(snapshot: Snapshot) -> BatchRequest:
    """Draws the control for the mix where a model chooses; what the person wants of new batches."""
    return (
        BatchRequest(mix=choose_mix(snapshot.workspace.task))
        if is_active(snapshot)
        else DEFAULT_REQUEST
    )


def current_batch(snapshot: Snapshot, annotator: str, wishes: BatchRequest) -> tuple[Snapshot, str]:
    """The batch to go on with, proposed now if none is open, and the loop that knows it."""
    batch_id = batch_for(snapshot, annotator)
    if batch_id:
        return snapshot, batch_id
    with progress_display() as report:
        batch_id = batch_to_label(snapshot, annotator, wishes, progress=report)
    return session.open_loop(), batch_id


def reopened_batch(snapshot: Snapshot, annotator: str) -> CardBatch | None:
    """The earlier batch that the person has opened, unless it is the one they are at anyway."""
    batch_id, item_id = session.reopened() or ("", "")
    if batch_id not in snapshot.logs.split_of() or batch_id == batch_for(snapshot, annotator):
        session.close_reopened()
        return None
    return card_batch(snapshot, batch_id, annotator, reopened=True, item_id=item_id)


def show_head(snapshot: Snapshot, batch: CardBatch) -> None:
    """Which batch this is, and what the last retraining brought; in one line."""
    if batch.reopened:
        st.caption(plain(f"{batch.batch_id} · an earlier batch, labeled on {batch.reopened}"))
        return
    target = snapshot.workspace.task.targets[batch.split]
    have = len(snapshot.labels.splits[batch.split])
    count = f"{have:,} of {target:,} labels" if have < target else f"{have:,} labels"
    st.caption(plain(f"{batch.batch_id} · {count}{run_line(snapshot.logs.runs, batch.split)}"))


def tell_new_split(split: str) -> None:
    """A word when one kind of data is complete and another begins."""
    before = st.session_state.get(SPLIT)
    st.session_state[SPLIT] = split
    if before and before != split:
        st.toast(f"{before.capitalize()} data is complete. Now: {split} data.")


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


def show_pause(snapshot: Snapshot, annotator: str) -> None:
    """After a save in the middle of a batch: nothing is lost, and the rest waits."""
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


page_head.need_login()
snapshot = session.open_loop()
page_head.need_pool(snapshot)
if refusal := snapshot.workspace.refusal():
    st.error(plain(refusal), icon=":material/lock:")
    st.stop()
annotator = page_head.need_annotator()
if st.session_state.get(PAUSED) and not session.reopened():
    show_pause(snapshot, annotator)
card_place, mix_place = st.container(), st.container()
with mix_place:  # drawn first, since a new batch goes by it; shown below the card
    wishes = chosen_request(snapshot)
with card_place:
    try:
        batch = reopened_batch(snapshot, annotator)
        if batch is None:
            snapshot, batch_id = current_batch(snapshot, annotator, wishes)
            batch = card_batch(snapshot, batch_id, annotator)
    except PoolExhaustedError as error:
        st.success(plain(str(error)), icon=":material/done_all:")
        st.stop()
    except SunlightError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()
    if not batch.reopened:
        tell_new_split(batch.split)
    show_head(snapshot, batch)
    annotation_card(batch, key=CARD, on_finished=note_save, on_earlier=open_earlier)

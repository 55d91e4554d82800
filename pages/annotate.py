"""Annotate: one headline at a time, one key each; then retraining, then the next batch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import PoolExhaustedError, SunlightError
from core.iteration import batch_for, batch_to_label
from core.logs import Run
from core.loop import Loop
from core.runs import Progress
from pages.ui import frame, state
from pages.ui.card import CardBatch, CardItem, annotation_card
from pages.ui.route import PATH
from pages.ui.tokens import Claim, make_token

CARD = "card"
PAUSED = "paused"
SPLIT = "split"


def note_save() -> None:
    """Runs before the page does, when a batch was saved: half a batch means a pause."""
    saved = st.session_state[CARD].get("finished")
    st.session_state[PAUSED] = bool(saved) and not saved["complete"]


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


def current_batch(loop: Loop, annotator: str) -> tuple[Loop, str]:
    """The batch to go on with, proposed now if none is open, and the loop that knows it."""
    batch_id = batch_for(loop, annotator)
    if batch_id:
        return loop, batch_id
    with progress_display() as report:
        batch_id = batch_to_label(loop, annotator, progress=report)
    return state.open_loop(), batch_id


def card_batch(loop: Loop, batch_id: str, annotator: str) -> CardBatch:
    """Everything that the card needs of this batch."""
    task, workspace = loop.workspace.task, loop.workspace
    proposals = loop.logs.batch(batch_id)
    texts = loop.pool_words.pool.texts_of(proposal.item_id for proposal in proposals)
    split = proposals[0].split
    labels = {item.item_id: item.label for item in loop.labels.splits[split]}
    return CardBatch(
        workspace=str(workspace.path),
        annotator=annotator,
        endpoint=PATH,
        token=make_token(Claim(workspace.path, annotator)),
        batch_id=batch_id,
        split=split,
        short=task.short,
        detailed=task.detailed,
        labels=task.labels,
        keys=task.keys,
        items=tuple(
            CardItem(proposal.item_id, texts[proposal.item_id], labels.get(proposal.item_id))
            for proposal in proposals
            if proposal.item_id in texts
        ),
    )


def show_head(loop: Loop, batch_id: str, split: str) -> None:
    """Which batch this is, and what the last retraining brought; in one line."""
    target = loop.workspace.task.targets[split]
    have = len(loop.labels.splits[split])
    count = f"{have:,} of {target:,} labels" if have < target else f"{have:,} labels"
    st.caption(f"{batch_id} · {count}{run_line(loop.logs.runs, split)}")


def tell_new_split(split: str) -> None:
    """A word when one kind of data is complete and another begins."""
    before = st.session_state.get(SPLIT)
    st.session_state[SPLIT] = split
    if before and before != split:
        st.toast(f"{before.capitalize()} data is complete. Now: {split} data.")


def run_line(runs: list[Run], split: str) -> str:
    """The new scores beside the last ones. Held-out data is labeled without a word of the model."""
    if not runs or split != "training":
        return ""
    run, before = runs[-1], runs[-2] if len(runs) > 1 else None
    scores = [
        f"{name} {new:.3f}" + ("" if old is None else f" ({new - old:+.3f})")
        for name, new, old in (
            ("F-score", run.fscore, before and before.fscore),
            ("AUC", run.auc, before and before.auc),
        )
        if new is not None
    ]
    return f" · {run.run_id} in {run.seconds:.1f} s: {', '.join(scores)}"


def show_pause(loop: Loop) -> None:
    """After a save in the middle of a batch: nothing is lost, and the rest waits."""
    batch_id = batch_for(loop, state.annotator())
    waiting = len(loop.open_batches[batch_id]) if batch_id else 0
    st.success(
        f"Saved. {waiting:,} items of this batch wait for a label; you go on where you stopped.",
        icon=":material/pause_circle:",
    )
    if st.button("Go on labeling", type="primary", key="resume"):
        st.session_state[PAUSED] = False
        st.rerun()
    st.stop()


loop = state.open_loop()
frame.need_pool(loop)
if not loop.workspace.is_writable():
    st.error(
        f"The workspace {loop.workspace.name} is read-only: it can be looked at, not labeled. "
        "Make its folder writable.",
        icon=":material/lock:",
    )
    st.stop()
if st.session_state.get(PAUSED):
    show_pause(loop)
annotator = state.annotator()
try:
    loop, batch_id = current_batch(loop, annotator)
    batch = card_batch(loop, batch_id, annotator)
except PoolExhaustedError as error:
    st.success(str(error), icon=":material/done_all:")
    st.stop()
except SunlightError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
tell_new_split(batch.split)
show_head(loop, batch_id, batch.split)
annotation_card(batch, key=CARD, on_finished=note_save)

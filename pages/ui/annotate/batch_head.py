"""The line above the card: which batch it is, and what the last retraining brought."""

import streamlit as st

from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from pages.ui.card import CardBatch
from pages.ui.escape_markdown import plain

SPLIT = "split"


def show_head(snapshot: Snapshot, batch: CardBatch) -> None:
    """Which batch this is, and what the last retraining brought; in one line."""
    if batch.reopened:
        st.caption(plain(f"{batch.batch_id} · an earlier batch, labeled on {batch.reopened}"))
        return
    _tell_new_split(batch.split)
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


def _tell_new_split(split: str) -> None:
    """A word when one kind of data is complete and another begins."""
    before = st.session_state.get(SPLIT)
    st.session_state[SPLIT] = split
    if before and before != split:
        st.toast(f"{before.capitalize()} data is complete. Now: {split} data.")

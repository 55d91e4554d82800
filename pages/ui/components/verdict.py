"""How many positives are left and whether it is time to stop: in a line, and with its reasons."""

import streamlit as st

from core.evaluation.prevalence import Prevalence
from core.evaluation.stopping import WINDOW
from core.workspace.snapshot import Snapshot
from pages.ui.cache import analysis
from pages.ui.escape_markdown import plain

QUESTION = "Is it time to stop?"

VAGUE, FEW = 100, 5
"""Random items, and positives among them, below which a share is told by its ends: of 100 with 5
positives, 2% to 11%."""


def can_estimate(snapshot: Snapshot) -> bool:
    return bool(snapshot.labels.splits["evaluation"])


def show_verdict(snapshot: Snapshot) -> None:
    """The verdict in one line, with a way to its reasons."""
    if len(snapshot.logs.runs) <= WINDOW or not can_estimate(snapshot):
        return
    found = analysis.estimate(snapshot)
    if found.stable.value is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="verdict"):
            st.markdown(f"**{QUESTION}** {found.stable.advice}", width="content")
            if st.button(
                "See why", icon=":material/arrow_forward:", type="tertiary", key="verdict_why"
            ):
                st.switch_page("strategies.py")


def show_estimate(snapshot: Snapshot) -> None:
    positive = snapshot.workspace.task.positive
    name = positive.name if positive else ""
    if positive:
        st.header("How many are left?", anchor=False)
        st.caption(
            f"Estimates how many texts are {plain(name)}, and how many of those you have not "
            "labeled."
        )
    if not can_estimate(snapshot):
        st.caption("Needs a test set.")
        return
    found = analysis.estimate(snapshot)
    if found.prevalence:
        # The positive label is anybody's word: no markup is read in it.
        st.text(left_told(found.prevalence, name))
        st.caption(
            f"Based on {found.prevalence.n_random:,} random items, {found.prevalence.n_positive:,} "
            f"of them {plain(name)}. Ranges in brackets are 95% intervals."
        )
    st.header(QUESTION, anchor=False)
    st.write(f"**{found.stable.advice}** {found.stable.sentence}")
    with st.expander("How this is computed"):
        st.caption(
            "The share is counted among random labels only: those that a model or a person chose "
            "hold more positives than the pool. Agreement is Cohen's kappa between the predictions "
            "of consecutive model versions on random items. A model at rest says nothing of the "
            "positives that nobody has found yet: their number does."
        )


def left_told(found: Prevalence, name: str) -> str:
    share, left = found.share, found.left
    ends = f"{share.low:.1%} to {share.high:.1%}"
    numbers = f"{left.low:,.0f} to {left.high:,.0f}"
    have = f"You found {found.found:,}"
    if found.n_random < VAGUE or found.n_positive < FEW:
        return (
            f"Not sure yet: between {ends.replace(' to ', ' and ')} of all texts are {name}. "
            f"{have}; {numbers} are still unlabeled."
        )
    return (
        f"About {share.value:.1%} of all texts are {name} ({ends}). {have}; about "
        f"{left.value:,.0f} are still unlabeled ({numbers})."
    )

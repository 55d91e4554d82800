"""The section of the Strategies page on what is left: positives unfound, and when to stop."""

import streamlit as st

from core.analysis import estimate
from core.evaluation.prevalence import FEW, Prevalence
from core.evaluation.stopping import Sign
from core.workspace.snapshot import Snapshot
from pages.ui.components.messages import show_job
from pages.ui.components.verdict import (
    QUESTION,
    can_estimate,
    current_estimate,
    estimate_job,
)
from pages.ui.escape_markdown import plain

VAGUE = 100
"""Random items below which a share is told by its ends alone: of 100 items with 5 positives, 2% to
11% of all may be."""


def show_estimate(snapshot: Snapshot) -> None:
    """How many positives are likely still unfound, and each sign for going on or stopping."""
    name = snapshot.workspace.task.positive.name
    st.subheader("How many are left?", anchor=False)
    st.caption(
        f"An estimate of how many texts are {plain(name)}: what a model of the first random labels "
        "says of the whole pool, corrected by what it gets wrong on the held-out items."
    )
    if not can_estimate(snapshot):
        st.caption("It begins with evaluation data and training data of two labels.")
        return
    job = estimate_job(snapshot)
    found = current_estimate(snapshot, job)
    if found:
        show_figures(found, name)
        return
    show_job(job, "Estimating", "outlook", can_stop=False)
    before = estimate.earlier_estimate(snapshot)
    if before:
        st.caption("Until then, what was found before the last labels came:")
        show_figures(before, name)


def show_figures(found: estimate.Estimate, name: str) -> None:
    """What is left, whether it is time to stop, and why."""
    # The positive label is anybody's word: no markup is read in it.
    st.text(left_told(found.prevalence, name))
    st.caption(plain(sample_told(found.prevalence, name)))
    st.subheader(QUESTION, anchor=False)
    st.write(f"**{found.advice}**")
    st.markdown("\n".join(told(sign) for sign in found.signs))


def left_told(found: Prevalence, name: str) -> str:
    """How many positives there are and how many are unfound; by the ends alone if it is vague."""
    share, left = found.share, found.left
    ends = f"{share.low:.1%} to {share.high:.1%}"
    numbers = f"{left.low:,.0f} to {left.high:,.0f}"
    have = f"{found.found:,} are found"
    if found.n_sample < VAGUE or found.sample.value * found.n_sample < FEW:
        return (
            f"Not sure yet: between {ends.replace(' to ', ' and ')} of all texts are {name}. "
            f"{have}, {numbers} have no label yet."
        )
    return (
        f"About {share.value:.1%} of all texts are {name} ({ends}). {have}; about "
        f"{left.value:,.0f} have no label yet ({numbers})."
    )


def sample_told(found: Prevalence, name: str) -> str:
    """What the estimate goes by, and how far the model is heard."""
    number = round(found.sample.value * found.n_sample)
    told = (
        f"It goes by {found.n_sample:,} random items, {number:,} of them {name}; in brackets, "
        "where the figure would be found in 95 of 100 repetitions."
    )
    if not found.trust:
        return f"{told} No model is heard: too few of them could correct it."
    return f"{told} What the model says counts {found.trust:.0%}: more if it tells items apart."


def told(sign: Sign) -> str:
    """The sign, what it says, and why, as one line of a list."""
    says = "nothing yet" if sign.value is None else "stop" if sign.says_stop else "go on"
    return f"- **{sign.name}: {says}.** {sign.sentence}"

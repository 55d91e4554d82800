"""The section of the Strategies page on what is left: positives unfound, and when to stop."""

import streamlit as st

from core.loop import Loop
from core.stopping import Sign
from pages.ui import cache


def show_remaining(loop: Loop) -> None:
    """How many positives are likely still unfound, and each sign for going on or stopping."""
    name = loop.workspace.task.positive.name
    st.subheader("How many are left?", anchor=False)
    st.caption(
        f"An estimate of how many texts are {name}: what a model of the first random labels says "
        "of the whole pool, corrected by what it gets wrong on the held-out items."
    )
    if not loop.can_train or not loop.labels.splits["evaluation"]:
        st.caption("It begins with evaluation data and training data of two labels.")
        return
    found = cache.outlook(loop)
    st.write(str(found.prevalence))
    st.subheader("Is it time to stop?", anchor=False)
    st.write(found.advice)
    st.markdown("\n".join(told(sign) for sign in found.signs))


def told(sign: Sign) -> str:
    """The sign, what it says, and why, as one line of a list."""
    says = "nothing yet" if sign.value is None else "stop" if sign.says_stop else "go on"
    return f"- **{sign.name}: {says}.** {sign.sentence}"

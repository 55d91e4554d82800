"""How far a piece of work is that goes on in a process of its own, and a button that stops it."""

import streamlit as st

from core.system.jobs import Job
from pages.ui.escape_markdown import plain

EVERY = 0.5
"""Seconds between two looks at it."""


def show_job(job: Job, doing: str, key: str, *, can_stop: bool = True) -> None:
    """How far it is while it goes on, looked at anew by itself; then the page runs again."""
    if job.is_running:
        _watch(job, doing, key, can_stop)
    elif job.told.error:
        st.error(plain(job.told.error), icon=":material/error:")


@st.fragment(run_every=EVERY)
def _watch(job: Job, doing: str, key: str, can_stop: bool) -> None:
    if not job.is_running:
        st.rerun()
    with st.container(border=True, key=f"{key}_progress"):
        st.progress(job.told.share, f"{doing} … {job.seconds:.0f} s")
        # Names of strategies are anybody's words: no markup is read in them.
        st.text(job.told.step)
        if can_stop:
            st.button(
                "Stop",
                key=f"{key}_stop",
                icon=":material/stop:",
                on_click=job.stop,
                help="What is finished is kept: it goes on there when it is begun again.",
            )

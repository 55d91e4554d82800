"""Messages on a page: what was refused, what will stand here, how far it is that is waited for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import SunlightError
from core.system.jobs import Job
from core.system.progress import Progress, in_words
from pages.ui.cache.keep import Found, Slot
from pages.ui.escape_markdown import plain

EVERY = 0.5  # seconds between two looks at a job

STOP = "Stop", "Finished steps are kept: starting again continues from there."
"""What the button that ends a job is called, and what stays of the work."""


def show_error(message: object) -> None:
    st.error(plain(str(message)), icon=":material/error:")


@contextmanager
def refusals_shown(*, stop: bool = False) -> Iterator[None]:
    """Shows what the core refuses within; after that the page goes on, or stops."""
    try:
        yield
    except SunlightError as error:
        show_error(error)
        if stop:
            st.stop()


def say_empty(message: str, *, stop: bool = False) -> None:
    """Says what will stand here and how to get there; after that the page goes on, or stops."""
    st.info(message, icon=":material/hourglass_empty:")
    if stop:
        st.stop()


@contextmanager
def progress_shown(doing: str) -> Iterator[Progress]:
    """A place that tells each step; gone at the end."""
    place = st.empty()
    with place.status(doing, expanded=True) as status:
        began = time.perf_counter()
        yield in_words(lambda step: status.write(f"{time.perf_counter() - began:.1f} s: {step} …"))
    place.empty()


def filled(slot: Slot[Found], doing: str) -> Found:
    """The slot's value; the first time it is computed, and the page shows the progress."""
    if slot.found is None:
        with progress_shown(doing) as tell:
            slot.fill(tell)
    return slot.found


def show_job(job: Job, doing: str, key: str, stop: tuple[str, str] | None = STOP) -> None:
    """How far it is while it goes on, and then why it failed if it did."""
    if job.is_running:
        watch(job, doing, key, stop)
    elif job.told.error:
        show_error(job.told.error)


@st.fragment(run_every=EVERY)
def watch(job: Job, doing: str, key: str, stop: tuple[str, str] | None = STOP) -> None:
    """How far a job is, looked at anew by itself; then a new run."""
    if not job.is_running:
        st.rerun()
    with st.container(border=True, key=f"{key}_progress"):
        st.progress(job.told.share, f"{doing} … {job.seconds:.0f} s")
        # Names of strategies are anybody's words: no markup is read in them.
        st.text(job.told.step)
        if stop:
            name, stays = stop
            icon = ":material/stop:"
            st.button(name, key=f"{key}_stop", on_click=job.stop, help=stays, icon=icon)

"""The verdict whether it is time to stop labeling, and the estimate behind it."""

import streamlit as st

from core.analysis import estimate
from core.evaluation.stopping import WINDOW
from core.system.jobs import Job
from core.workspace.snapshot import Snapshot
from pages.ui.cache import analysis

QUESTION = "Is it time to stop?"


def can_estimate(snapshot: Snapshot) -> bool:
    """Whether there are labels to estimate from."""
    return bool(snapshot.can_train and snapshot.labels.splits["evaluation"])


def estimate_job(snapshot: Snapshot) -> Job:
    """The work that makes this workspace's estimate, in a process of its own."""
    path = snapshot.workspace.path
    return analysis.job(f"outlook of {path}", estimate.compute_estimate, path)


def current_estimate(snapshot: Snapshot, job: Job) -> estimate.Estimate | None:
    """The estimate of this state; None: the job is working on it, once for each state."""
    found, state = estimate.kept_estimate(snapshot), estimate.estimate_file(snapshot).stem
    if found or job.is_running:
        return found
    if job.of != state:
        job.start(state)
        return None
    answer = job.told.answer  # where there is no place to keep it
    return estimate.decoded(answer) if answer else None


def show_verdict(snapshot: Snapshot) -> None:
    """The last verdict in one line, with a way to its reasons; nobody waits for a newer one."""
    if len(snapshot.logs.runs) <= WINDOW or not can_estimate(snapshot):
        return
    found = current_estimate(snapshot, estimate_job(snapshot))
    found = found or estimate.earlier_estimate(snapshot)
    if found and any(sign.value is not None for sign in found.signs):
        with st.container(horizontal=True, vertical_alignment="center", key="verdict"):
            st.markdown(f"**{QUESTION}** {found.advice}", width="content")
            if st.button(
                "See why", icon=":material/arrow_forward:", type="tertiary", key="verdict_why"
            ):
                st.switch_page("strategies.py")

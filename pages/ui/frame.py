"""The head of every page: its title, its purpose in one sentence, and what wants to be known."""

import streamlit as st

from core.loop import Loop
from pages.ui import state


def open_page(title: str, purpose: str) -> Loop:
    """The page's head, and the loop that it is about; stops where the workspace cannot be read."""
    st.title(title)
    st.caption(purpose)
    loop = state.open_loop()
    _notices(loop)
    return loop


def need_pool(loop: Loop) -> None:
    """Stops a page that is about items where there are none, and says what to do."""
    if not len(loop.pool_words.pool):
        st.info(
            "There is nothing to look at yet: the pool is empty. Put a CSV file of `item_id,text` "
            f"into `{loop.workspace.name}/unlabeled_data/`, or make the demo on Home.",
            icon=":material/inbox:",
        )
        st.stop()


def empty(message: str) -> None:
    """Says what will stand here and how to get there, and stops the page."""
    st.info(message, icon=":material/hourglass_empty:")
    st.stop()


def _notices(loop: Loop) -> None:
    findings = [*loop.pool_words.pool.findings, *loop.logs.findings, *loop.labels.findings]
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors or loop.labels.conflicts:
        st.warning(
            f"{len(errors):,} rows cannot be read and {len(loop.labels.conflicts):,} items have "
            "two labels; they do not count. The Data page names each one.",
            icon=":material/warning:",
        )

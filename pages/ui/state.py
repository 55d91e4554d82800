"""Place and choice of one browser session: which workspace, which person."""

import os
import sys
from pathlib import Path

import streamlit as st

from core.errors import SunlightError
from core.loop import Loop
from core.simulation import SAMPLE
from pages.ui import cache

ANNOTATOR = "annotator"
DEFAULT_ANNOTATOR = "me"

MAX_NAME = 80
"""Characters."""

DEMO = SAMPLE.parent / "demo"
"""Where Home puts the demo workspace."""


def workspace_path() -> Path:
    """The session's workspace: chosen here, else `--data`, `SUNLIGHT_DATA`, or the sample."""
    return Path(st.session_state.get("workspace") or started_with())


def started_with() -> str:
    """The workspace that the server was started with."""
    arguments = sys.argv[1:]
    for at, argument in enumerate(arguments):
        if argument.startswith("--data="):
            return argument.removeprefix("--data=")
        if argument == "--data" and at + 1 < len(arguments):
            return arguments[at + 1]
    return os.environ.get("SUNLIGHT_DATA") or str(SAMPLE)


def choose_workspace(path: Path) -> None:
    """From the next run on this session looks at another workspace."""
    st.session_state["workspace"] = str(path)


def open_loop() -> Loop:
    """The session's loop; what cannot be opened is told, and the page stops."""
    try:
        return cache.loop(workspace_path().resolve())
    except SunlightError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def annotator() -> str:
    """Who labels: typed in the sidebar, given in the address, or a neutral name."""
    if ANNOTATOR not in st.session_state:
        st.session_state[ANNOTATOR] = st.query_params.get(ANNOTATOR, "")[:MAX_NAME].strip()
    return st.session_state[ANNOTATOR].strip() or DEFAULT_ANNOTATOR


def ask_annotator() -> None:
    """A quiet field in the sidebar for the name that stands with each label."""
    annotator()
    # A widget's own key is forgotten on pages that do not draw it: the name has a key of its own.
    st.sidebar.text_input(
        "Your name",
        value=st.session_state[ANNOTATOR],
        placeholder=DEFAULT_ANNOTATOR,
        max_chars=MAX_NAME,
        key="annotator_field",
        on_change=_remember_annotator,
        help="Stands with each of your labels.",
    )


def _remember_annotator() -> None:
    st.session_state[ANNOTATOR] = st.session_state["annotator_field"]

"""Place and choice of one browser session: which workspace, which person."""

import os
import sys
from pathlib import Path

import streamlit as st

from core.errors import SunlightError
from core.loop import Loop
from core.simulation import SAMPLE
from pages.ui import cache
from pages.ui.plain import plain
from pages.ui.remember import remembered_name

ANNOTATOR = "annotator"
REOPENED = "reopened"

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
    close_reopened()


def open_loop() -> Loop:
    """The session's loop; what cannot be opened is told, and the page stops."""
    try:
        return cache.loop(workspace_path().resolve())
    except SunlightError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()


def annotator() -> str:
    """Who labels; empty before it is known.

    The login's name where there is one; else the name that was typed in this session, given in the
    address, or remembered by the browser.
    """
    if login_is_configured():
        return _login_name()
    if ANNOTATOR not in st.session_state:
        name_annotator(st.query_params.get(ANNOTATOR, "") or remembered_name())
    return st.session_state[ANNOTATOR]


def name_annotator(name: str) -> None:
    """From now on this session labels under this name."""
    st.session_state[ANNOTATOR] = name[:MAX_NAME].strip()


def login_is_configured() -> bool:
    """Whether people log in here (`[auth]` in the secrets file): then they choose no name."""
    return "is_logged_in" in st.user


def reopen(batch_id: str, item_id: str = "") -> None:
    """The annotate page shows this earlier batch next; back goes to this item of it first."""
    st.session_state[REOPENED] = (batch_id, item_id)


def reopened() -> tuple[str, str] | None:
    """The earlier batch that is open, and the item that was asked for; None: the batch of now."""
    return st.session_state.get(REOPENED)


def close_reopened() -> None:
    """The annotate page goes back to the batch of now."""
    st.session_state.pop(REOPENED, None)


def _login_name() -> str:
    if not st.user.get("is_logged_in"):
        return ""
    name = st.user.get("email") or st.user.get("name") or st.user.get("sub")
    return str(name or "")[:MAX_NAME]

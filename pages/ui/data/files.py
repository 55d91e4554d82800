"""Files: every file of the workspace that the loop reads, and how each one begins."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.system.csv_rows import read_bytes
from core.workspace.layout import open_workspace
from pages.ui.components.controls import show_files
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain

SHOWN = 4_000
"""Bytes of a file that are shown."""
ROWS = 20


def show(path: Path) -> None:
    st.caption(f"In {plain(str(path))}. Labels and logs are never rewritten; they only grow.")
    try:
        stamps = open_workspace(path).stamps()
    except SunlightError:
        return  # the page's head has told it
    show_files(pd.DataFrame(stamps, columns=["file", "size", "changed"]), "changed")
    names = [name for name, *_ in stamps]
    name = st.selectbox("Show the first rows of", names, index=None, key="file", width=480)
    if name:
        with refusals_shown():
            content = read_bytes(path / name, name, size=SHOWN).decode(errors="replace")
            st.code("\n".join(content.splitlines()[:ROWS]), language=None, wrap_lines=True)

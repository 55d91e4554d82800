"""Data: what is in the workspace's folder, what is amiss in it, what comes in and what goes out.

Its tabs need no workspace that can be opened: this is where one is mended.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.workspace.layout import open_workspace
from pages.ui import page_head
from pages.ui.components.controls import show_tabs
from pages.ui.data import backups, check, export_labels, import_form, settings, workspaces
from pages.ui.escape_markdown import plain


def show_files(path: Path) -> None:
    """Every file of the workspace that the loop reads, with its size."""
    st.caption(f"In {plain(str(path))}. Nothing in them is ever rewritten; they only grow.")
    try:
        stamps = open_workspace(path).stamps()
    except SunlightError:
        return  # the page's head has told it
    table = pd.DataFrame(stamps, columns=["file", "bytes", "changed"])
    table["changed"] = pd.to_datetime(table["changed"], utc=True)
    bytes_shown = st.column_config.NumberColumn(format="localized")
    st.dataframe(table, hide_index=True, column_config={"bytes": bytes_shown})


path = page_head.open_page_of_files(
    "Data", "The workspace's files: what wants mending, what comes in, what goes out."
)
TABS = {
    "Files": show_files,
    "Check": check.show,
    "Import": import_form.show,
    "Export": export_labels.show,
    "Settings": settings.show,
    "Backups": backups.show,
    "Workspaces": workspaces.show,
}
show_tabs(TABS, "data_tab", path)

"""Files: what the workspace's folder holds."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.workspace.layout import open_workspace
from pages.ui.escape_markdown import plain


def show(path: Path) -> None:
    """Every file of the workspace that the loop reads, with its size."""
    st.caption(f"In {plain(str(path))}. Nothing in them is ever rewritten; they only grow.")
    try:
        stamps = open_workspace(path).stamps()
    except SunlightError:
        return  # the page's head has told it
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "file": name,
                    "bytes": size,
                    "changed": pd.Timestamp(changed, tz="UTC"),
                }
                for name, size, changed in stamps
            ]
        ),
        hide_index=True,
        column_config={"bytes": st.column_config.NumberColumn(format="localized")},
    )

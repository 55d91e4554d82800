"""Export: the labels that count as a file for other programs, with a data card."""

from pathlib import Path

import streamlit as st

from core.errors import SunlightError
from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import export_files, zipped
from core.workspace.task import SPLITS
from pages.ui.cache.snapshot import open_snapshot
from pages.ui.components.messages import refusals_shown

FORMAT = "export_format"
CHOSEN = "export_splits"


def show(path: Path) -> None:
    """A choice of format and splits, and a button that prepares the archive."""
    st.caption(
        "Every label that counts, with why it was proposed and who gave it, and a data card. Items "
        "with two labels and no decision are left out."
    )
    try:
        snapshot = open_snapshot(path)
    except SunlightError:
        return  # the page's head has told it
    form = st.selectbox(
        "Format", [*LAYOUTS], format_func=lambda name: LAYOUTS[name].title, key=FORMAT, width=320
    )
    st.caption(LAYOUTS[form].note)
    for_excel = form == "csv" and st.checkbox("For Excel, which needs a mark in the file")
    splits = st.pills("Splits", SPLITS, selection_mode="multi", default=SPLITS, key=CHOSEN)
    if not st.button("Prepare", icon=":material/inventory_2:", key="prepare_export"):
        return
    folder = f"{snapshot.workspace.name}-{form}"
    with refusals_shown():
        archive = zipped(export_files(snapshot, form, splits, for_excel=for_excel), folder)
        st.download_button(
            f"Download ({len(archive) / 1e3:,.0f} kB)",
            archive,
            f"{folder}.zip",
            "application/zip",
            key="download_export",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
        )

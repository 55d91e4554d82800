"""Export: all current labels as a file for other programs, with a data card."""

from pathlib import Path

import streamlit as st

from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import export_files, zipped
from core.system.findings import counted
from core.workspace.task import SPLIT_NAMES, SPLITS
from pages.ui import session

FORMAT = "export_format"
CHOSEN = "export_splits"


def show(path: Path) -> None:
    st.caption(
        "All current labels, with annotator, date and reason, and a data card. Items with "
        "conflicting labels are left out."
    )
    snapshot = session.snapshot_or_stop()
    form = st.selectbox(
        "Format", [*LAYOUTS], format_func=lambda name: LAYOUTS[name].title, key=FORMAT, width=320
    )
    st.caption(LAYOUTS[form].note)
    splits = st.pills(
        "Labels of",
        SPLITS,
        format_func=lambda split: SPLIT_NAMES[split].capitalize(),
        selection_mode="multi",
        default=SPLITS,
        key=CHOSEN,
    )
    folder = f"{snapshot.workspace.name}-{form}"
    number = sum(len(snapshot.labels.splits[split]) for split in splits)
    st.download_button(
        f"Download {counted(number, 'label')}",
        lambda: zipped(export_files(snapshot, form, splits), folder),
        f"{folder}.zip",
        "application/zip",
        key="download_export",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        disabled=not number,
    )

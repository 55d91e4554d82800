"""What the filters leave as a file, made when somebody asks for it."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import BinaryIO

import pyarrow as pa
import streamlit as st

from core.exchange.item_export import write_csv, write_parquet
from core.query.row_set import RowSet
from core.workspace.snapshot import Snapshot
from pages.ui.cache import runs
from pages.ui.cache.snapshot import tables

Write = Callable[[pa.Table, RowSet, BinaryIO], None]

KINDS: tuple[tuple[str, str, Write], ...] = (
    ("CSV", "text/csv", write_csv),
    ("Parquet", "application/vnd.apache.parquet", write_parquet),
)


def show_downloads(snapshot: Snapshot, places: RowSet) -> None:
    """A button for each kind of file."""
    for name, kind, write in KINDS:
        st.download_button(
            name,
            partial(_file, snapshot, places, write),
            f"{snapshot.workspace.name}-items.{name.lower()}",
            kind,
            key=f"sunlight_{name.lower()}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help=f"Download all {len(places):,} items that the filters leave.",
        )


def _file(snapshot: Snapshot, places: RowSet, write: Write) -> BytesIO:
    file = BytesIO()
    write(tables(snapshot).sheet(runs.shown_predictions(snapshot)), places, file)
    file.seek(0)
    return file

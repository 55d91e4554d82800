"""Import: a table that somebody has, looked at first, then imported, and taken back if wrong."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.exchange.importer import ImportResult
from core.exchange.imports import ImportRecord, read_records, take_back
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.components.messages import progress_shown
from pages.ui.escape_markdown import plain
from pages.ui.importing.labels import choose_for_all, choose_labels
from pages.ui.importing.reading import Upload, choose_reading, show_name, upload_file
from pages.ui.importing.refusal import LEAVE_OUT, refuse

RUN, TAKEN_BACK = "import_run", "import_taken_back"
BEGUN = "import_begun"  # session state: the file whose import has not ended


class Imported(NamedTuple):
    """What an upload came to, in the workspace of this folder."""

    path: Path
    upload: Upload
    result: ImportResult


def show(path: Path) -> None:
    st.caption(
        "Add texts to the pool, with or without labels that were given elsewhere. Every row is "
        "checked before anything is written."
    )
    if not session.may("import"):
        return
    snapshot = session.snapshot_or_stop()
    show_taken_back()
    show_stopped()
    upload = upload_file()
    run = st.session_state.get(RUN)
    if run and run.path == path and upload in (None, run.upload):
        show_result(run.result)
    elif upload:
        _show_form(snapshot, upload)
    show_imports(path)


def _show_form(snapshot: Snapshot, upload: Upload) -> None:
    """What is chosen of an upload, and the button that imports it."""
    show_name(upload)
    try:
        plan = choose_labels(upload, choose_reading(upload), snapshot)
        if plan.columns.label:
            plan = choose_for_all(upload, plan)
    except SunlightError as error:
        refuse(str(error))
        return
    otherwise = "Otherwise such a row refuses the whole table, and nothing is imported."
    leave_out = st.checkbox(LEAVE_OUT, key=upload.key("leave_out"), help=otherwise)
    if plan.waits_for:
        st.text(plan.waits_for)
    go = {"key": "import_go", "disabled": bool(plan.waits_for)}
    is_pressed = st.button("Import", type="primary", icon=":material/upload:", **go)
    if not is_pressed or not session.may("import"):
        return
    path, st.session_state[BEGUN] = snapshot.workspace.path, upload.path.name
    try:
        # Whoever stops the page, or presses something else, stops it before anything is written.
        with progress_shown("Importing … Stay on this page until it is done.") as progress:
            result = plan.carry_out(path, leave_out, progress)
            st.session_state[RUN] = Imported(path, upload, result)
    except SunlightError as error:
        del st.session_state[BEGUN]
        refuse(str(error))
        return
    del st.session_state[BEGUN]
    st.rerun()


def show_stopped() -> None:
    """Which import another page, or another press, has stopped, once."""
    if name := st.session_state.pop(BEGUN, ""):
        told = f"The import of {name} was stopped. Unless it is under Imports below, nothing of it"
        st.warning(plain(f"{told} was written: import it again."))


def show_result(result: ImportResult) -> None:
    with st.container(border=True, key="import_result"):
        st.header("Imported", anchor=False)
        for sentence in result.sentences():
            st.text(sentence)
        with st.container(horizontal=True, vertical_alignment="center"):
            go_on = {"icon": ":material/edit:", "key": "import_label"}
            if st.button("Start labeling", type="primary", **go_on):
                st.switch_page("annotate.py")
            if st.button("Browse the texts", icon=":material/wb_sunny:", key="import_browse"):
                st.switch_page("sunlight.py")


def show_taken_back() -> None:
    """What came of taking an import back, once."""
    if told := st.session_state.pop(TAKEN_BACK, None):
        is_done, sentences = told
        (st.success if is_done else st.error)(plain(" ".join(sentences)))


def show_imports(path: Path) -> None:
    """The imports that were not taken back, the newest first, one of which can be."""
    records = read_records(open_workspace(path))
    if not records:
        return
    st.header("Imports", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"imports_{records[0].import_id}"  # what was just imported is chosen at first
        record = st.selectbox("Import", records, format_func=_told, key=key, width=560)
        _offer_to_take_back(path, record)


def _offer_to_take_back(path: Path, record: ImportRecord) -> None:
    """A button that says what it will do, and does it when asked once more."""
    with st.popover("Take this import back", icon=":material/undo:"):
        moved = f"{record.items:,} texts leave the pool: their file moves to set_aside/."
        undone = f"{record.labels:,} labels are undone."
        told = {moved: record.items, undone: record.labels}
        st.text(" ".join([*(x for x, number in told.items() if number), "Nothing is deleted."]))
        key = f"take_back_{record.import_id}"
        if st.button("Take it back", type="primary", key=key):
            with st.spinner("Taking it back …"):
                _take_back(path, record)
            st.rerun()


def _take_back(path: Path, record: ImportRecord) -> None:
    """It is done, or it is said why it cannot be, when the page runs again."""
    try:
        done = take_back(open_workspace(path), record, session.annotator())
    except SunlightError as error:
        st.session_state[TAKEN_BACK] = False, [str(error)]
        return
    st.session_state[TAKEN_BACK] = True, [f"{record.source}:", *done.sentences()]
    run = st.session_state.get(RUN)
    if run and run.result.record == record.name:
        del st.session_state[RUN]  # what it came to does not stand any more


def _told(record: ImportRecord) -> str:
    moment = pd.Timestamp(record.imported_at)
    return (
        f"{record.source} · {moment.day} {moment:%B %Y, %H:%M} UTC · "
        f"{record.items:,} texts, {record.labels:,} labels"
    )

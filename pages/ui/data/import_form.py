"""Import: a table that somebody has, looked at first, then imported, and taken back if wrong."""

from pathlib import Path

import streamlit as st

from core.errors import SunlightError
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.data import import_run
from pages.ui.importing.labels import choose_for_all, choose_labels
from pages.ui.importing.reading import Upload, choose_reading, show_name, upload_file
from pages.ui.importing.refusal import LEAVE_OUT, refuse


def show(path: Path) -> None:
    st.caption(
        "Add texts to the pool, with or without labels that were given elsewhere. Every row is "
        "checked before anything is written."
    )
    if not session.may("import"):
        return
    snapshot = session.snapshot_or_stop()
    import_run.show_taken_back()
    upload = upload_file()
    run = st.session_state.get(import_run.RUN)
    if run and run.path == path and upload in (None, run.upload):
        import_run.show_result(run.result)
    elif upload:
        _show_form(snapshot, upload)
    import_run.show_imports(path)


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
    leave_out = st.checkbox(
        LEAVE_OUT,
        key=upload.key("leave_out"),
        help="Otherwise such a row refuses the whole table, and nothing is imported.",
    )
    if plan.waits_for:
        st.text(plan.waits_for)
    is_pressed = st.button(
        "Import",
        type="primary",
        icon=":material/upload:",
        key="import_go",
        disabled=bool(plan.waits_for),
    )
    if not is_pressed or not session.may("import"):
        return
    try:
        import_run.carry_out(snapshot.workspace.path, upload, plan, leave_out)
    except SunlightError as error:
        refuse(str(error))
        return
    st.rerun()

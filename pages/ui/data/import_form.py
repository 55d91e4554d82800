"""Import: a table that somebody has, looked at first, then imported, and taken back if wrong."""

from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import SunlightError
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.data import import_run
from pages.ui.importing.labels import choose_for_all, choose_labels
from pages.ui.importing.reading import Plan, Upload, choose_reading, show_name, upload_file
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
    result_place = st.container()
    upload = upload_file()
    run = _run_of(path, upload)
    is_running = run is not None and run.is_running  # asked first: it may end at any moment
    result = run.result if run and not is_running else None
    if run and result:
        with result_place:
            import_run.show_result(run, result)
    elif upload:
        _show_form(snapshot, upload, run, is_running=is_running)
    if run and is_running:
        import_run.watch_import(run)
    import_run.show_imports(path)


def _run_of(path: Path, upload: Upload | None) -> import_run.ImportRun | None:
    """The import of this upload, or one that goes on; raises again what has failed in it."""
    run = st.session_state.get(import_run.RUN)
    if run is None or run.path != path:
        return None
    if run.error and not isinstance(run.error, SunlightError | CancelledError):
        raise st.session_state.pop(import_run.RUN).error
    return run if run.is_running or upload is None or run.upload is upload else None


def _show_form(
    snapshot: Snapshot, upload: Upload, run: import_run.ImportRun | None, *, is_running: bool
) -> None:
    """What is chosen of an upload; without a button while an import goes on."""
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
    if is_running:
        return
    if run and isinstance(run.error, SunlightError):
        refuse(str(run.error))
    elif run:
        st.info("Cancelled. Nothing was imported.", icon=":material/close:")
    if plan.waits_for:
        st.text(plan.waits_for)
    st.button(
        "Import",
        type="primary",
        icon=":material/upload:",
        key="import_go",
        disabled=bool(plan.waits_for),
        on_click=_start,
        args=(snapshot.workspace.path, upload, plan, leave_out),
    )


def _start(path: Path, upload: Upload, plan: Plan, leave_out: bool) -> None:
    """Before the page runs again: the import is on its way, and a small one is over."""
    if not session.may("import"):
        return
    work = partial(plan.carry_out, path, leave_out)
    st.session_state[import_run.RUN] = import_run.ImportRun(path, upload, work)

"""Import: a table that somebody has, looked at first, then imported, and taken back if wrong."""

from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import SunlightError
from core.exchange.import_types import Defaults
from core.exchange.importer import ImportResult, import_data
from core.exchange.tables.roles import Columns
from core.system.progress import Progress
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.data import import_run
from pages.ui.importing.labels import LabelChoice, choose_for_all, choose_labels
from pages.ui.importing.reading import Chosen, Upload, choose_reading, show_name, upload_file
from pages.ui.importing.refusal import LEAVE_OUT, refuse


def show(path: Path) -> None:
    st.caption(
        "Add texts to the pool, with or without labels that were given elsewhere. Every row is "
        "checked before anything is written."
    )
    snapshot = session.snapshot_or_stop()
    import_run.show_taken_back()
    result_place = st.container()
    upload = upload_file()
    run = _run_of(path, upload)
    result = run.result if run else None
    if run and result:
        with result_place:
            import_run.show_result(run, result)
    elif upload:
        _show_form(snapshot, upload, run)
    elif run and run.is_running:
        import_run.watch_import(run)
    import_run.show_earlier(path, but=result.record if result else "")


def _run_of(path: Path, upload: Upload | None) -> import_run.ImportRun | None:
    """The import of this upload, or one that goes on; raises again what has failed in it."""
    run = st.session_state.get(import_run.RUN)
    if run is None or run.path != path:
        return None
    if run.error:
        raise st.session_state.pop(import_run.RUN).error
    return run if run.is_running or upload is None or run.of == upload.file_id else None


def _show_form(snapshot: Snapshot, upload: Upload, run: import_run.ImportRun | None) -> None:
    show_name(upload)
    try:
        chosen = choose_reading(upload)
        labels = _choose_labels(snapshot, upload, chosen)
    except SunlightError as error:
        refuse(str(error))
        if run and run.is_running:
            import_run.watch_import(run)
        return
    leave_out = st.checkbox(
        LEAVE_OUT,
        key=upload.key("leave_out"),
        help="Otherwise such a row refuses the whole table, and nothing is imported.",
    )
    if run and run.is_running:
        import_run.watch_import(run)
        return
    if run and run.refusal:
        refuse(run.refusal)
    elif run:
        st.info("Cancelled. Nothing was imported.", icon=":material/close:")
    if waits_for := chosen.waits_for or labels.waits_for:
        st.text(waits_for)
    st.button(
        "Import",
        type="primary",
        icon=":material/upload:",
        key="import_go",
        disabled=bool(waits_for),
        on_click=_start,
        args=(snapshot.workspace.path, upload, chosen, labels, leave_out),
    )


def _choose_labels(snapshot: Snapshot, upload: Upload, chosen: Chosen) -> LabelChoice:
    columns = chosen.columns
    if columns is None:
        return choose_labels(upload, chosen.table, "label", snapshot, is_export=True)
    if not columns.label:
        return LabelChoice("")
    choice = choose_labels(upload, chosen.table, columns.label, snapshot)
    if not choice.column:
        return choice
    return choose_for_all(upload, choice, splits=not columns.split, people=not columns.annotator)


def _start(
    path: Path, upload: Upload, chosen: Chosen, labels: LabelChoice, leave_out: bool
) -> None:
    """Before the page runs again: the import is on its way, and a small one is over."""
    work = partial(_import, path, chosen, labels, leave_out)
    st.session_state[import_run.RUN] = import_run.ImportRun(path, upload.file_id, work, upload)


def _import(
    path: Path, chosen: Chosen, labels: LabelChoice, leave_out: bool, progress: Progress
) -> ImportResult:
    columns = chosen.columns
    if columns and not labels.column:  # what was to go with labels stays as it is, too
        columns = Columns(columns.text, columns.item_id)
    unsaid = Defaults(
        split=labels.split,
        annotator=labels.annotator,
        labels=labels.labels,
        refuse_unknown=labels.all_known,
        day_first=chosen.day_first,
    )
    return import_data(
        open_workspace(path), chosen.table, columns, unsaid,
        new_task=labels.new_task, leave_out_bad_rows=leave_out, progress=progress,
    )  # fmt: skip

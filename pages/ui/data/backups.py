"""Backups: which there are, one more, and a new workspace of an old one."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import BackupError
from core.workspace.archive import Backup, read_backup
from core.workspace.backup import DAYS, FOLDER, NEWEST, back_up, backup_files
from core.workspace.layout import open_workspace
from core.workspace.registry import free_place, workspaces_folder
from core.workspace.restore import restore
from pages.ui import session
from pages.ui.components.controls import show_files
from pages.ui.components.messages import progress_shown, refusals_shown, say_empty, show_error
from pages.ui.escape_markdown import plain


def show(path: Path) -> None:
    st.caption(
        f"Copies of the settings, logs and labels, made in {FOLDER}/ before the first save of each "
        f"day (UTC). The newest {NEWEST} are kept, one a day for {DAYS} days, and one a month for "
        "good. Items and models are not copied, because they never change."
    )
    if st.button("Make a backup now", icon=":material/save:"):
        with refusals_shown():
            made = back_up(open_workspace(path))
            st.success(plain(f"{FOLDER}/{made.name} is complete and verified."))
    try:
        files = backup_files(path)
    except BackupError as error:
        show_error(error)
        return
    if not files:
        say_empty("No backup yet. The first one is made when labels are saved.")
        return
    if sound := _show_list(files):
        _offer_restore(sound)


def _show_list(files: list[Path]) -> list[Backup]:
    sound, rows = [], []
    for file in files:
        row = {"file": file.name, "size": file.stat().st_size}
        try:
            backup = read_backup(file)
            sound.append(backup)
            made_at = pd.Timestamp(backup.made_at)
            rows.append(row | {"made": made_at, "reason": backup.reason, **backup.counts()})
        except BackupError as error:
            rows.append(row | {"reason": str(error)})
    order = ["file", "made", "reason", "labels", "events", "proposals", "runs", "size"]
    show_files(pd.DataFrame(rows, columns=order), "made")
    return sound


def _offer_restore(sound: list[Backup]) -> None:
    st.header("Restore", anchor=False)
    with st.form("restore", width=480):
        backup = st.selectbox("Backup", sound, format_func=lambda backup: backup.name)
        name = st.text_input("Name of the new workspace", placeholder="e.g. January restored")
        st.caption("This workspace stays as it is.")
        wanted = st.form_submit_button("Restore and open", icon=":material/history:")
    if not wanted:
        return
    with refusals_shown():
        place = free_place(name.strip(), workspaces_folder())
        with progress_shown("Restoring …") as progress:
            restore(backup.path, place, progress)
        session.choose_workspace(place)
        st.rerun()

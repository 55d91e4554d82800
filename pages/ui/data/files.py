"""Files of the workspace, and backups: one more, and a workspace of one."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import BackupError, SunlightError
from core.workspace.archive import Backup, read_backup
from core.workspace.backup import DAYS, FOLDER, NEWEST, back_up, backup_files
from core.workspace.layout import open_workspace
from core.workspace.registry import free_place, workspaces_folder
from core.workspace.restore import restore
from pages.ui import session
from pages.ui.components.messages import progress_shown, refusals_shown, say_empty
from pages.ui.escape_markdown import plain


def show_files(path: Path) -> None:
    st.caption(f"In {plain(str(path))}. Labels and logs are never rewritten; they only grow.")
    try:
        stamps = open_workspace(path).stamps()
    except SunlightError:
        return  # the page's head has told it
    _show_table(pd.DataFrame(stamps, columns=["file", "size", "changed"]), "changed")


def show_backups(path: Path) -> None:
    st.caption(
        f"Copies of the settings, logs and labels, made in {FOLDER}/ before the first save of each "
        f"day (UTC). The newest {NEWEST} are kept, one a day for {DAYS} days, and one a month for "
        "good. Items and models are not copied, because they never change."
    )
    if st.button("Make a backup now", icon=":material/save:"):
        with refusals_shown():
            made = back_up(open_workspace(path))
            st.success(plain(f"{FOLDER}/{made.name} is complete and verified."))
    with refusals_shown():
        files = backup_files(path)
        if not files:
            say_empty("No backup yet. The first one is made when labels are saved.")
        elif sound := _show_list(files):
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
    _show_table(pd.DataFrame(rows, columns=order), "made")
    return sound


def _offer_restore(sound: list[Backup]) -> None:
    st.header("Restore", anchor=False)
    if not session.may("restore a backup"):
        return
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


def _show_table(files: pd.DataFrame, when: str) -> None:
    """A table of files with their `size`, and the times in the column `when` in the local zone."""
    moment = {"format": "D MMM YYYY, HH:mm", "timezone": st.context.timezone}
    st.dataframe(
        files.assign(**{when: pd.to_datetime(files[when], utc=True)}),
        hide_index=True,
        column_config={
            "size": st.column_config.NumberColumn(format="bytes"),
            when: st.column_config.DatetimeColumn(**moment),
        },
    )

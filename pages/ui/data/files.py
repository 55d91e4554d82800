"""Files of the workspace, and backups: one more, and a workspace of one."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.workspace.backup import DAYS, FOLDER, NEWEST, back_up, backup_files, restore
from core.workspace.layout import open_workspace
from core.workspace.registry import free_place, workspaces_folder
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
        else:
            rows = [(file.name, _made(file), file.stat().st_size) for file in files]
            _show_table(pd.DataFrame(rows, columns=["file", "made", "size"]), "made")
            _offer_restore(files)


def _made(backup: Path) -> pd.Timestamp:
    """When a backup was made, by its name."""
    stamp = backup.name.partition("Z")[0]
    return pd.to_datetime(stamp, format="%Y%m%dT%H%M%S", utc=True, errors="coerce")


def _offer_restore(backups: list[Path]) -> None:
    st.header("Restore", anchor=False)
    if not session.may("restore a backup"):
        return
    with st.form("restore", width=480):
        backup = st.selectbox("Backup", backups, format_func=lambda backup: backup.name)
        name = st.text_input("Name of the new workspace", placeholder="e.g. January restored")
        st.caption("This workspace stays as it is.")
        wanted = st.form_submit_button("Restore and open", icon=":material/history:")
    if not wanted:
        return
    with refusals_shown():
        place = free_place(name.strip(), workspaces_folder())
        with progress_shown("Restoring …") as progress:
            restore(backup, place, progress)
        session.choose_workspace(place)
        st.rerun()


def _show_table(files: pd.DataFrame, when: str) -> None:
    """A table of files with their `size`, and the times in the column `when` in the local zone."""
    moment = {"format": "D MMM YYYY, HH:mm", "timezone": st.context.timezone}
    st.dataframe(
        files.assign(**{when: pd.to_datetime(files[when], utc=True, errors="coerce")}),
        hide_index=True,
        column_config={
            "size": st.column_config.NumberColumn(format="bytes"),
            when: st.column_config.DatetimeColumn(**moment),
        },
    )

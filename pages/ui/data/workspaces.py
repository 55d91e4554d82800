"""New workspaces: an empty one, or the book's data."""

from pathlib import Path

import streamlit as st

from core.exchange.book_dataset import REPOSITORY, fetch_book
from core.workspace.registry import create, free_place, workspaces_folder
from core.workspace.task import Label
from core.workspace.task_file import task_text
from core.workspace.task_toml import default_task
from pages.ui import session
from pages.ui.components.messages import progress_shown, refusals_shown
from pages.ui.escape_markdown import plain

FIRST_LABELS = (Label("yes", "Yes", positive=True), Label("no", "No"))
"""Of a new workspace, until somebody says others on Settings or takes those of a file."""


def show(_: Path) -> None:
    if not session.may("change workspaces"):
        return
    _new_workspace()
    _book()


def _new_workspace() -> None:
    st.header("New workspace", anchor=False)
    st.caption("Empty, with the labels Yes and No. Change them on Settings, or import a file.")
    with st.form("new_workspace", width=480):
        name = st.text_input("Name", placeholder="e.g. News 2026", key="new_name").strip()
        if not st.form_submit_button("Create workspace", icon=":material/add:"):
            return
    with refusals_shown():
        text = task_text(name, "", FIRST_LABELS, default_task().targets)
        _go_to(create(name, text, workspaces_folder()).path, f"{name} is open.")


def _go_to(path: Path, told: str) -> None:
    session.choose_workspace(path)
    st.toast(plain(told), icon=":material/check:")
    st.rerun()


def _book() -> None:
    st.header("The book's data", anchor=False)
    st.markdown(
        f"The headlines of the book, with its author's first labels, from [their repository]"
        f"({REPOSITORY}). A few megabytes."
    )
    name = st.text_input("Name of the workspace", value="book", key="book_name", width=480)
    if not st.button("Download and open", icon=":material/download:", key="book"):
        return
    with refusals_shown():
        place = free_place(name.strip(), workspaces_folder())
        with progress_shown("Downloading …") as progress:
            fetch_book(place, progress=progress)
        _go_to(place, f"{place.name} is open.")

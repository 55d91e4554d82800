"""Workspaces: a new one with a task of its own, or with the book's data."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.exchange.book_dataset import REPOSITORY, fetch_book
from core.system.progress import in_words
from core.workspace.registry import create, free_place, workspaces_folder
from core.workspace.task import MAX_LABELS, SPLITS, default_task
from core.workspace.task_file import LabelWish, task_text
from pages.ui import session
from pages.ui.components.messages import refusals_shown

FIRST_LABELS = pd.DataFrame(
    [
        {"value": "1", "name": "Disaster-related", "key": "1", "positive": True},
        {"value": "0", "name": "Not disaster-related", "key": "0", "positive": False},
    ]
)
LABELS = "new_labels"


def show(_: Path) -> None:
    """A form for a new workspace, and the book's data by one button."""
    _new_workspace()
    _book()


def _new_workspace() -> None:
    st.subheader("A new workspace", anchor=False)
    targets = default_task().targets
    with st.form("new_workspace"):
        name = st.text_input("Name", placeholder="for example News 2026", key="new_name")
        title = st.text_input("Title", placeholder="what the pages call it", key="new_title")
        question = st.text_input(
            "Question", placeholder="stands above each item", key="new_question"
        )
        st.caption(
            f"Labels, two to {MAX_LABELS}: the value that stands in the files, the name, the key, "
            "and which one is positive: the scores are about that one."
        )
        labels = st.data_editor(FIRST_LABELS, num_rows="dynamic", hide_index=True, key=LABELS)
        st.caption("How many labels each stage asks for.")
        wanted = {
            split: column.number_input(
                split.capitalize(), min_value=0, value=targets[split], step=10, key=f"new_{split}"
            )
            for split, column in zip(SPLITS, st.columns(len(SPLITS)), strict=True)
        }
        if not st.form_submit_button("Make and open", type="primary", icon=":material/add:"):
            return
    with refusals_shown():
        text = task_text(title.strip() or name.strip(), question.strip(), _wishes(labels), wanted)
        session.choose_workspace(create(name.strip(), text, workspaces_folder()).path)
        st.rerun()


def _wishes(labels: pd.DataFrame) -> list[LabelWish]:
    """The labels of the table; rows that say nothing are passed over."""
    rows = labels.astype(object).where(labels.notna(), "").to_dict("records")
    wishes = [
        LabelWish(
            *(str(row[field]).strip() for field in ("value", "name", "key")), bool(row["positive"])
        )
        for row in rows
    ]
    return [wish for wish in wishes if wish != LabelWish("")]


def _book() -> None:
    st.subheader("The book's data", anchor=False)
    st.markdown(
        f"The headlines of the book, with its author's first labels, from [their repository]"
        f"({REPOSITORY}). A few megabytes; a download that was cut short goes on."
    )
    name = st.text_input("Name of the workspace", value="book", key="book_name", width=480)
    if not st.button("Download and open", icon=":material/download:", key="book"):
        return
    with refusals_shown():
        with st.status("Downloading …") as status:
            place = free_place(name.strip(), workspaces_folder())
            fetch_book(place, progress=in_words(lambda step: status.update(label=f"{step} …")))
        session.choose_workspace(place)
        st.rerun()

"""Import: a table that somebody has, looked at first and then brought in."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import SunlightError
from core.exchange.foreign_table import PREVIEW, label_words, recognized
from core.exchange.import_types import Defaults
from core.exchange.importer import import_data
from core.exchange.own_export import is_export
from core.exchange.tables.reader import KINDS, Reading, SourceTable, open_table
from core.exchange.tables.roles import Columns
from core.system.process import folder_of
from core.system.progress import in_words
from core.workspace.layout import Workspace, open_workspace
from core.workspace.task import SPLITS, Task

UPLOAD, KEPT, RESULT = "import_upload", "import_kept", "import_result"

NAMES = {
    "text": "Text",
    "item_id": "Id",
    "label": "Label",
    "split": "Split",
    "strategy": "Strategy",
    "confidence": "Confidence",
    "annotator": "Who labeled",
    "labeled_at": "When",
}
"""What the page calls each thing that a column can hold."""

NONE = "(none)"
UNLABELED = "(leave unlabeled)"

LOOKED_THROUGH = 1_000
"""Rows whose words for labels are offered to be mapped."""

MOST_WORDS = 20


class Kept:
    """An uploaded file on disk, for as long as its session."""

    def __init__(self, upload: UploadedFile) -> None:
        self.file_id = upload.file_id
        # A session that is forgotten forgets this too, and the folder goes with it.
        self.path = folder_of(self) / (Path(upload.name).name[-100:] or "table.csv")
        self.path.write_bytes(upload.getbuffer())


def show(path: Path) -> None:
    """The upload, how it is read, its first rows, and the button that brings it in."""
    st.caption(
        "Items for the pool, and labels that were given elsewhere. Nothing is written before every "
        "row has been checked; copies are dropped and counted."
    )
    try:
        workspace = open_workspace(path)
    except SunlightError:
        return  # the page's head has told it
    if sentences := st.session_state.get(RESULT):
        with st.container(border=True):
            st.markdown("**Brought in**")
            for sentence in sentences:
                st.text(sentence)
    kinds = sorted({ending.removeprefix(".") for ending in KINDS})
    upload = st.file_uploader("A table", type=kinds, key=UPLOAD, on_change=_forget_result)
    if upload is None:
        return
    try:
        _bring_in(workspace, choose_reading(kept(upload).path))
    except SunlightError as error:
        st.error("Nothing was brought in.", icon=":material/error:")
        st.text(str(error))  # which may hold texts of the table


def _forget_result() -> None:
    st.session_state.pop(RESULT, None)


def _bring_in(workspace: Workspace, table: SourceTable) -> None:
    """The first rows, the choices, and the button after which the page runs again."""
    head = pd.DataFrame(table.head(PREVIEW), columns=list(table.columns))
    st.dataframe(head, hide_index=True)
    columns, unsaid = choose_columns(table, workspace.task)
    leave_out = st.checkbox(
        "Leave out rows that cannot be read",
        key="import_leave_out",
        help="Otherwise such a row refuses the whole table, and nothing is brought in.",
    )
    if not st.button("Bring it in", type="primary", icon=":material/upload:", key="import_go"):
        return
    with st.status("Bringing it in …") as status:
        progress = in_words(status.write)
        found = import_data(
            workspace, table, columns, unsaid, leave_out_bad_rows=leave_out, progress=progress
        )
    st.session_state[RESULT] = found.sentences()
    st.rerun()


def kept(upload: UploadedFile) -> Kept:
    """The upload on disk, written once."""
    found = st.session_state.get(KEPT)
    if found is None or found.file_id != upload.file_id:
        found = st.session_state[KEPT] = Kept(upload)
    return found


def choose_reading(path: Path) -> SourceTable:
    """The table as it is recognized, or as the person says; raises TableError."""
    table = open_table(path)
    called = table.kind.upper() if table.kind == "csv" else table.kind.capitalize()
    with st.expander(f"Read as {', '.join(filter(None, [called, table.encoding]))}"):
        st.caption("Recognized; change it where the first rows below look wrong.")
        encoding, delimiter, sheet, has_header = "", "", "", table.has_header
        if table.encoding:
            encoding = st.text_input("Encoding", value=table.encoding, key="import_encoding")
        if table.delimiter:
            delimiter = st.text_input(
                "Between the cells",
                value=table.delimiter.replace("\t", "tab"),
                max_chars=3,
                key="import_delimiter",
            ).replace("tab", "\t")
        if table.sheets:
            sheet = st.selectbox("Sheet", table.sheets, key="import_sheet")
        if table.kind in ("csv", "excel"):
            has_header = st.checkbox(
                "The first row names the columns", value=table.has_header, key="import_header"
            )
    return open_table(path, Reading(encoding, delimiter, sheet, has_header))


def choose_columns(table: SourceTable, task: Task) -> tuple[Columns | None, Defaults | None]:
    """Which column holds what, and what counts where none does; None for an export of ours."""
    if is_export(table):
        st.info(
            "This is an export of Sunlight: labels come back with all that stood with them.",
            icon=":material/inventory_2:",
        )
        return None, None
    guessed = recognized(table)
    chosen = {}
    for at, (what, called) in enumerate(NAMES.items()):
        if at % 4 == 0:
            places = st.columns(4)  # a row of its own: on a narrow screen the order stays
        options = table.columns if what == "text" else (NONE, *table.columns)
        found = options.index(guessed.get(what, NONE))
        name = places[at % 4].selectbox(called, options, found, key=f"import_column_{what}")
        chosen[what] = "" if name == NONE else name
    columns = Columns(**chosen)
    return columns, choose_unsaid(table, columns, task) if columns.label else Defaults()


def choose_unsaid(table: SourceTable, columns: Columns, task: Task) -> Defaults:
    """What counts for all labels, and what their words mean."""
    split, annotator = "training", ""
    places = st.columns(4)
    if not columns.split:
        split = places[0].selectbox(
            "Split of all labels",
            SPLITS,
            index=SPLITS.index("training"),
            key="import_split",
            help="Evaluation data is only what was drawn at random.",
        )
    if not columns.annotator:
        annotator = places[1].text_input(
            "Who gave all labels", key="import_annotator", help="Empty: not recorded."
        )
    labels, all_known = choose_labels(table, columns.label, task)
    return Defaults(
        split=split, annotator=annotator.strip(), labels=labels, refuse_unknown=all_known
    )


def choose_labels(table: SourceTable, column: str, task: Task) -> tuple[Mapping[str, str], bool]:
    """(the meaning of each word that is no label here, whether none is to stay unlabeled)."""
    at = table.columns.index(column)
    words = dict.fromkeys(row[at].strip() for row in table.head(LOOKED_THROUGH))
    known = label_words(task)
    strange = [word for word in words if word and not {word, word.casefold()} & known.keys()]
    if not strange:
        return {}, True
    st.caption("What these words of the table mean:")
    meanings = {}
    places = st.columns(4)
    names = {label.value: label.name for label in task.labels}
    for number, word in enumerate(strange[:MOST_WORDS]):
        meanings[word] = places[number % 4].selectbox(
            "`" + word[:60].replace("`", "'") + "`",  # the label reads Markdown
            [UNLABELED, *names],
            format_func=lambda value: names.get(value, value),
            key=f"import_word_{word}",
        )
    given = {word: value for word, value in meanings.items() if value != UNLABELED}
    return given, len(given) == len(strange)

"""An import that goes on in the background: how far it is, its end, and its way back."""

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.exchange.importer import ImportResult
from core.exchange.imports import ImportRecord, read_records, take_back
from core.system.jobs import Told
from core.system.progress import Progress
from core.workspace.layout import open_workspace
from pages.ui import session
from pages.ui.components.messages import watch
from pages.ui.escape_markdown import plain
from pages.ui.importing.reading import Upload

AT_ONCE = 0.4  # seconds in which a small table is imported: nothing is shown of how far it is

RUN, TAKEN_BACK = "import_run", "import_taken_back"


class ImportRun:
    """One import, in a thread of its own; it ends whether or not somebody looks on.

    It is stopped only where it tells how far it is, before anything has its name on disk. The
    upload lives as long as the work.
    """

    def __init__(
        self, path: Path, upload: Upload, work: Callable[[Progress], ImportResult]
    ) -> None:
        self.path, self.upload = path, upload
        self.told, self.is_cancelled = Told("reading the table"), False
        self._began = time.monotonic()
        thread = ThreadPoolExecutor(1, "import")
        self._work = thread.submit(work, self._progress)
        thread.shutdown(wait=False)
        wait([self._work], AT_ONCE)

    @property
    def is_running(self) -> bool:
        return not self._work.done()

    @property
    def error(self) -> BaseException | None:
        """Why it came to nothing: it was refused or cancelled, or something failed in it."""
        return None if self.is_running else self._work.exception()

    @property
    def result(self) -> ImportResult | None:
        return None if self.is_running or self.error else self._work.result()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def stop(self) -> None:
        """Lets it end before anything is written, if nothing is yet."""
        self.is_cancelled, self.told = True, Told("cancelling")

    def _progress(self, words: str, done: int = 0, total: int = 0, /) -> None:
        if self.is_cancelled:
            raise CancelledError
        self.told = Told(words, done, total)


def watch_import(run: ImportRun) -> None:
    stays = "Nothing has been written so far, and nothing will be."
    watch(run, "Importing", "import", ("Cancel", stays))


def show_result(run: ImportRun, result: ImportResult) -> None:
    with st.container(border=True, key="import_result"):
        st.header("Imported", anchor=False)
        for sentence in result.sentences():
            st.text(sentence)
        if run.is_cancelled:
            st.text("It was written before you pressed Cancel. You can take it back.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                "Start labeling", type="primary", icon=":material/edit:", key="import_label"
            ):
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
    if run and run.result and run.result.record == record.name:
        del st.session_state[RUN]  # what it came to does not stand any more


def _told(record: ImportRecord) -> str:
    moment = pd.Timestamp(record.imported_at)
    return (
        f"{record.source} · {moment.day} {moment:%B %Y, %H:%M} UTC · "
        f"{record.items:,} texts, {record.labels:,} labels"
    )

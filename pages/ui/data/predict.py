"""Predict: the model labels the pool or an uploaded file; how much of that is right; the file."""

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.evaluation.intervals import right_among
from core.exchange import tagging
from core.exchange.table_writers import LONGEST_SHEET_TEXT, MOST_SHEET_ROWS
from core.exchange.tables.reader import Reading
from core.exchange.tagging import LabelCount, Tagged
from core.system.jobs import Job
from core.workspace.logs import Run, shown_id
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache import analysis
from pages.ui.components import charts
from pages.ui.components.controls import choose_one
from pages.ui.components.figure import show_figure
from pages.ui.components.items import item_html, prediction, show_items
from pages.ui.components.messages import refusals_shown, say_empty, show_job
from pages.ui.components.verdict import show_verdict
from pages.ui.escape_markdown import plain
from pages.ui.importing.reading import Upload, choose_reading, show_name, upload_file
from pages.ui.importing.refusal import refuse

POOL, FILE = "All texts of the pool", "A file"
SLOT, SEED = "predict", "predict_seed"
SHOWN = 10
FORMATS = {"CSV": ".csv", "JSON lines": ".jsonl", "Parquet": ".parquet", "Excel": ".xlsx"}
STOP = "Stop", "Nothing of an unfinished prediction is kept."


def show(path: Path) -> None:
    st.caption(
        "The model labels every text, of the pool or of a file, and you take the table with you. "
        "How many of its labels are right is known from your test set."
    )
    snapshot = session.snapshot_or_stop()
    if not snapshot.logs.runs:
        say_empty("No model yet. The first one is trained after the first training data.")
        return
    show_verdict(snapshot)
    jobs = analysis.taggings(snapshot.workspace.path)
    upload = _offer(snapshot, jobs)
    if jobs and (jobs[-1][0].is_running or jobs[-1][1] is upload):  # not what another file met
        show_job(jobs[-1][0], "Predicting", "predict", STOP)
    _show_kept(snapshot)


def _offer(snapshot: Snapshot, jobs: list[tuple[Job, object]]) -> Upload | None:
    """The file to be predicted, if it is one; the button that begins, off while a job works."""
    is_running = bool(jobs) and jobs[-1][0].is_running
    upload, asked, waits_for = None, (), ""
    if choose_one("Predict", (POOL, FILE), "predict_what") == FILE:
        upload = upload_file(SLOT)
        if upload is None:
            return None
        show_name(upload, SLOT)
        try:
            plan = choose_reading(upload, is_text_alone=True)
        except SunlightError as error:
            refuse(str(error))
            return upload
        asked, waits_for = (
            (upload.path, upload.reading_of(plan.table), plan.columns),
            plan.waits_for,
        )
    run = snapshot.logs.runs[-1]
    if waits_for:
        st.text(waits_for)
    st.button(
        plain(f"Predict with {shown_id(run.run_id)}"),
        type="primary",
        icon=":material/sell:",
        key="predict_go",
        disabled=is_running or bool(waits_for),
        on_click=_start,
        args=(snapshot.workspace.path, run, upload, *asked),
    )
    return upload


def _start(path: Path, run: Run, upload: Upload | None, *asked: Path | Reading | object) -> None:
    """Before the page runs again the job is on its way; the upload's file lives as long as it."""
    jobs = analysis.taggings(path)
    if not (jobs and jobs[-1][0].is_running):
        job = Job(tagging.tag, path, run.run_id, *asked)
        job.start()
        jobs[:] = [(job, upload)]


def _show_kept(snapshot: Snapshot) -> None:
    """What was predicted before, one of which is shown: the newest at first."""
    path = snapshot.workspace.path
    found = tagging.kept(path)
    if not found:
        return
    st.header("Predictions", anchor=False)
    key = f"predict_kept_{found[0].name}"  # what has just been made is chosen at first
    tagged = st.selectbox("Predictions", found, format_func=_told, key=key, width=560)
    for sentence in tagged.sentences:
        st.text(sentence)
    _show_counts(snapshot, tagged)
    with refusals_shown():
        _show_some(snapshot, tagged)
    _show_downloads(path, tagged)


def _told(tagged: Tagged) -> str:
    moment = pd.Timestamp(tagged.made_at)
    return (
        f"{tagged.source or 'The pool'} · {tagged.n_items:,} texts · {shown_id(tagged.run_id)} · "
        f"{moment.day} {moment:%B %Y, %H:%M} UTC"
    )


def _show_counts(snapshot: Snapshot, tagged: Tagged) -> None:
    task = snapshot.workspace.task
    rows = [_row(task.name_of(x.value), x) for x in tagged.labels]
    by_people = [] if any(x.by_people for x in tagged.labels) else ["by people"]
    st.dataframe(pd.DataFrame(rows).drop(columns=by_people), hide_index=True)
    note = "Right: from how many of the same predictions are right in the test set, with a 95% "
    note += "interval. "
    if tagged.source:
        note += "It holds for texts like those of the pool."
    st.caption(note)
    steps = len(tagged.histogram)
    bars = {
        "from": [x / steps for x in range(steps)],
        "to": [x / steps for x in range(1, steps + 1)],
    }
    show_figure(
        "predicted-confidence",
        "How sure the model is",
        "Texts by the confidence of their prediction. Where it is low, labels are worth most.",
        charts.confidences,
        pd.DataFrame(bars | {"texts": tagged.histogram}),
    )


def _row(name: str, label: LabelCount) -> dict[str, object]:
    right = right_among(label.predicted, label.hits, label.calls)
    told = "nobody knows: the test set has none" if label.predicted else ""
    if right:
        told = (
            f"about {right.value:,.0f} of {label.predicted:,} are right "
            f"({right.low:,.0f} to {right.high:,.0f})"
        )
    return {
        "label": name, "by the model": label.predicted, "right": told, "by people": label.by_people,
    }  # fmt: skip


def _show_some(snapshot: Snapshot, tagged: Tagged) -> None:
    """Random texts with their predictions, as typed."""
    st.header("Ten at random", anchor=False)
    seed, task = st.session_state.setdefault(SEED, 0), snapshot.workspace.task
    rows = tagging.some_rows(snapshot.workspace.path, tagged, SHOWN, seed)
    show_items(item_html(text, [prediction(task.name_of(x), sure)]) for text, x, sure in rows)
    if st.button("Another ten", icon=":material/casino:", key="predict_again", type="tertiary"):
        st.session_state[SEED] = seed + 1
        st.rerun()


def formats(tagged: Tagged) -> dict[str, str]:
    """The endings of the formats that can hold as many rows, and texts as long."""
    fits = tagged.n_items <= MOST_SHEET_ROWS and tagged.longest <= LONGEST_SHEET_TEXT
    return {name: ending for name, ending in FORMATS.items() if fits or name != "Excel"}


def _show_downloads(path: Path, tagged: Tagged) -> None:
    stem = f"{Path(tagged.source).stem or 'pool'}-predicted"
    with st.container(horizontal=True):
        for name, ending in formats(tagged).items():
            st.download_button(
                name,
                partial(tagging.as_file, path, tagged, ending),
                f"{stem}{ending}",
                key=f"predict_{ending[1:]}",
                on_click="ignore",
                icon=":material/download:",
                help=f"All {tagged.n_items:,} texts with their predictions.",
            )

"""*Start with your own data*: from a file to the first label, in three steps of one dialog."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import SunlightError, TableError, TaskError
from core.exchange.foreign_table import is_export, kept_columns, row_count
from core.exchange.tables.label_cells import LabelColumn
from core.exchange.tables.reader import SourceTable
from core.system.progress import Progress
from core.workspace.layout import filling
from core.workspace.registry import create, free_name, workspaces_folder
from core.workspace.snapshot import Snapshot
from core.workspace.task import MAX_LABELS, Label
from core.workspace.task_file import (
    LABELS_A_MINUTE,
    completed,
    first_targets,
    labels_of_words,
    minutes_to_label,
    task_toml,
)
from core.workspace.task_toml import default_task
from pages.ui import session
from pages.ui.components.controls import focus
from pages.ui.components.messages import progress_shown
from pages.ui.escape_markdown import plain
from pages.ui.importing import reading
from pages.ui.importing.labels import SEVERAL, choose_positive, choose_several
from pages.ui.importing.reading import Plan, Upload
from pages.ui.importing.refusal import LEAVE_OUT, refuse

TITLE = "Start with your own data"
SLOT, LABELS_OF = "start", "start_labels_of"
NAME = "start_name"
REFUSED = "start_refused"
FEW = 12  # labels that have a field each; of more there is a table, or a line for each

COLUMN, TYPED, KEEP = "column", "typed", "keep"
WAYS = {
    COLUMN: "Take them from a column",
    TYPED: "Type them",
    KEEP: "Keep the labels of this workspace",
}


def offer_start(snapshot: Snapshot, label: str = TITLE, *, is_quiet: bool = False) -> None:
    if not session.may("import"):
        return
    kind = "tertiary" if is_quiet else "primary"
    if st.button(label, type=kind, icon=":material/upload_file:", key="start_own"):
        for key in (SLOT, LABELS_OF, REFUSED):
            st.session_state.pop(key, None)
        _start(snapshot)


@st.dialog(TITLE, width="medium", on_dismiss="rerun")
def _start(snapshot: Snapshot) -> None:
    upload = st.session_state.get(SLOT)
    if upload is None:
        st.caption("Step 1 of 3 · Drop a spreadsheet, or a CSV, JSON, Parquet or text file.")
        reading.upload_file(SLOT, "fragment")
        return
    is_last = st.session_state.get(LABELS_OF) == upload.file_id
    with st.container(key="sl_hidden" if is_last else None):  # out of sight it keeps what is chosen
        st.caption("Step 2 of 3 · What is in it?")
        reading.show_name(upload, SLOT)
        try:
            plan = reading.choose_reading(upload, n_shown=4, is_brief=True)
            show = _choose_shown(upload, plan)
        except SunlightError as error:
            refuse(str(error))
            return
        if plan.waits_for:
            st.text(plan.waits_for)
        st.button(
            "Next", type="primary", key="start_next", disabled=bool(plan.waits_for),
            on_click=st.session_state.update, args=({LABELS_OF: upload.file_id},),
        )  # fmt: skip
    if is_last:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Step 3 of 3 · Which labels?", width="content")
            st.button(
                "Back", type="tertiary", icon=":material/arrow_back:", key="start_back",
                on_click=st.session_state.pop, args=(LABELS_OF,),
            )  # fmt: skip
        try:
            plan = _choose_task(snapshot, upload, plan, show)
        except SunlightError as error:
            plan = plan.waiting(plain(str(error)))
            st.caption(plan.waits_for)
        _finish(snapshot, upload, plan)


def _choose_shown(upload: Upload, plan: Plan) -> list[str]:
    if not (names := [*kept_columns(plan.table, plan.columns)]):
        return []
    return st.multiselect(
        "Also show with each text",
        names,
        key=upload.key("show", *names),
        placeholder="Nothing else",
        help="In a quiet line below the text. Every column is kept, shown or not.",
    )


def _choose_task(snapshot: Snapshot, upload: Upload, plan: Plan, show: Sequence[str]) -> Plan:
    """Labels, question and targets, as far as they are chosen; raises TableError, TaskError."""
    table, columns = plan.table, plan.columns
    found, columns = columns.label, replace(columns, label="")
    ways, key = _ways(snapshot, found), upload.key("way")
    way = st.radio("Labels", ways, format_func=WAYS.get, horizontal=True, key=key)
    if way == KEEP:
        st.text(", ".join(label.name for label in snapshot.workspace.task.labels))
        return replace(plan, columns=columns)
    n_rows, n_given = upload.once("Counting rows …", row_count, table), 0
    if way == TYPED:
        wishes, several = _typed(upload), st.checkbox(SEVERAL, key=upload.key("several"))
    else:
        column = _choose_column(upload, table, found)
        labels = choose_several(upload, table, column)
        several, wishes = labels.several, _labels_of_column(upload, column, labels)
        if _are_taken_over(upload, plan, column, n_rows, labels.answers):
            columns = replace(columns, label=column)
            n_given = labels.answers
    wishes = choose_positive(upload, wishes, several=several)
    asked = "Question above each text"
    question = st.text_input(asked, key=upload.key("question"), placeholder="optional")
    targets = _choose_targets(upload, n_rows - n_given, n_given)
    if len(wishes) < 2:
        return plan.waiting("Name at least two labels.")
    called = kept_columns(table, columns)
    task = replace(
        snapshot.workspace.task if _has_task(snapshot) else default_task(),
        title=_stem(upload), short=question.strip(), detailed="", labels=completed(wishes),
        retired=(), several=several, targets=targets,
        show=tuple(called[name] for name in show if name in called),
    )  # fmt: skip
    return replace(plan, columns=columns, new_task=task_toml(task))


def _ways(snapshot: Snapshot, found: str) -> list[str]:
    """How labels can be chosen, the likeliest first."""
    ways = [TYPED, COLUMN]
    if _has_task(snapshot):
        ways.append(KEEP)
    return sorted(ways, key=lambda way: way != COLUMN) if found else ways


def _choose_column(upload: Upload, table: SourceTable, found: str) -> str:
    """The column that holds the labels; raises TableError if nobody names one."""
    names = [*table.columns]
    at = names.index(found) if found else None
    column = st.selectbox("Column", names, at, key=upload.key("label_column"), width=320)
    if column is None:
        raise TableError("Choose the column that holds the labels.")
    return column


def _labels_of_column(upload: Upload, column: str, labels: LabelColumn) -> list[Label]:
    """A label for each of the column's, with what it means; raises TaskError."""
    if not 2 <= len(labels.counts) <= MAX_LABELS:
        raise TaskError(
            f"{column} holds {len(labels.counts):,} different labels. A task can have 2 to "
            f"{MAX_LABELS}: choose another column, or type the labels."
        )
    wishes = labels_of_words(labels.counts, several=labels.several)
    counts = [labels.counts[wish.name] for wish in wishes]
    meanings = (_define if len(wishes) <= FEW else _define_many)(upload, wishes, counts)
    return [replace(x, description=y) for x, y in zip(wishes, meanings, strict=True)]


def _define(upload: Upload, wishes: Sequence[Label], counts: Sequence[int]) -> list[str]:
    """What each label means, in a field behind it."""
    meanings = []
    for at, (wish, count) in enumerate(zip(wishes, counts, strict=True)):
        left, right = st.columns([2, 3], vertical_alignment="center")
        left.text(f"{wish.name[:60]} ({count:,})")
        meanings.append(_ask_for_meaning(upload, at, wish.value, right))
    return meanings


def _define_many(upload: Upload, wishes: Sequence[Label], counts: Sequence[int]) -> list[str]:
    """What each label means, in a table of them all."""
    groups = [wish.name.rpartition("/")[0].strip() for wish in wishes]
    table = {"Label": [wish.name for wish in wishes], "Rows": counts}
    table |= {"Group": groups} if any(groups) else {}
    means = pd.DataFrame(table | {"What it means": [""] * len(wishes)})
    key = upload.key("means", *(wish.value for wish in wishes))
    st.caption(f"{len(wishes)} labels. Type what they mean, if you like: it is shown on the card.")
    fixed = [*table]
    edited = st.data_editor(means, height=280, hide_index=True, disabled=fixed, key=key)
    return [str(x or "").strip() for x in edited["What it means"]]


def _typed(upload: Upload) -> list[Label]:
    """The labels that somebody types: in a few fields, or, if there are many, one a line."""
    rows, text = upload.key("rows"), upload.key("lines")
    number = st.session_state.setdefault(rows, 2)
    if number > FEW:
        typed = st.text_area(
            "Labels, one a line", key=text, height=280,
            help="After a colon, say what it means. needs/water and needs/food form a group.",
        )  # fmt: skip
        parts = [line.partition(": ") for line in typed.splitlines()]
        return [Label(x.strip(), description=y.strip()) for x, _, y in parts if x.strip()]
    wishes = []
    for at in range(number):
        called = f"Label {at + 1}"
        left, right = st.columns([2, 3], vertical_alignment="center")
        quiet = {"key": upload.key(f"label_{at}"), "label_visibility": "collapsed"}
        name = left.text_input(called, placeholder=called, **quiet).strip()
        meaning = _ask_for_meaning(upload, at, "", right)
        wishes += [Label(name, description=meaning)] if name else []
    if not wishes:
        focus(upload.key("label_0"))
    lines = "".join(f"{x.value}: {x.description}\n".replace(": \n", "\n") for x in wishes)
    with st.container(horizontal=True):
        st.button(
            "Add a label", type="tertiary", icon=":material/add:", key="start_add",
            on_click=st.session_state.update, args=({rows: number + 1, text: lines},),
        )  # fmt: skip
        st.button(
            "Type many, one a line", type="tertiary", icon=":material/list:", key="start_many",
            on_click=st.session_state.update, args=({rows: FEW + 1, text: lines},),
        )  # fmt: skip
    return wishes


def _ask_for_meaning(upload: Upload, at: int, value: str, place: DeltaGenerator) -> str:
    quiet = {"key": upload.key(f"means_{at}", value), "label_visibility": "collapsed"}
    quiet |= {"placeholder": "What it means (optional)"}
    return place.text_input(f"What label {at + 1} means", **quiet).strip()


def _are_taken_over(upload: Upload, plan: Plan, column: str, rows: int, given: int) -> bool:
    """Whether the rows' labels come in, as training data if no column says more; or only names."""
    as_what = "" if plan.columns.split else " as training data"
    ways = {
        True: f"Import the {given:,} labels of {rows:,} rows{as_what}",
        False: "Use only their names: every text is labeled anew",
    }
    # Where nearly everything has a label there is nothing left to label, or to test with.
    is_rest = is_export(plan.table) or rows - given >= sum(first_targets(rows).values())
    what, key = "The labels in this column", upload.key("taken", column)
    return st.radio(what, [*ways], int(not is_rest), format_func=ways.get, key=key)


def _choose_targets(upload: Upload, n_left: int, n_given: int) -> dict[str, int]:
    """How many labels to give first, with the time that they take; `n_given` are there already."""
    targets = first_targets(n_left)
    names = {
        "evaluation": ("Test set", "A random sample that is never used for training."),
        "training": ("First training data", "From these the first model learns."),
    }
    for (split, (name, tells)), place in zip(names.items(), st.columns(2), strict=True):
        key = upload.key(split, str(n_left))
        targets[split] = place.number_input(name, 0, None, targets[split], 10, key=key, help=tells)
    total = targets["evaluation"] + max(0, targets["training"] - n_given)
    st.caption(
        f"{total:,} labels first: about {minutes_to_label(total):,} minutes at {LABELS_A_MINUTE} "
        "a minute. Then the model chooses what to label next."
    )
    return targets


def _finish(snapshot: Snapshot, upload: Upload, plan: Plan) -> None:
    """*Start labeling*: asks for a name that is not known, imports, and opens the card."""
    is_known = bool(session.annotator()) or session.login_is_configured()
    refused = st.session_state.get(REFUSED) == upload.file_id
    leave_out = refused and st.checkbox(LEAVE_OUT, key=upload.key("start_leave_out"))
    with st.form("start_form", border=False):
        name = "" if is_known else st.text_input("Your name", max_chars=session.MAX_NAME, key=NAME)
        is_pressed = st.form_submit_button("Start labeling", type="primary", icon=":material/edit:")
    if not is_known and not plan.waits_for:
        focus(NAME)
    if not is_pressed or not session.may("import"):
        return
    if not is_known and not name.strip():
        plan = replace(plan, waits_for="Type your name: it is saved with each label you give.")
    if plan.waits_for:
        st.error(plan.waits_for, icon=":material/error:")
        return
    try:
        with progress_shown("Importing …") as progress:
            path = _imported(snapshot, upload, plan, leave_out, progress)
    except SunlightError as error:
        st.session_state[REFUSED] = upload.file_id
        refuse(str(error))
        return
    if not is_known:
        session.name_annotator(name)
    st.session_state.pop(SLOT, None)
    session.choose_workspace(path)
    st.switch_page("annotate.py")


def _imported(
    snapshot: Snapshot, upload: Upload, plan: Plan, leave_out: bool, progress: Progress
) -> Path:
    """The workspace that holds the table now: a new one, or the empty one that was open."""
    path, shelf = snapshot.workspace.path, workspaces_folder()
    if is_new := _is_new(snapshot):
        path = create(free_name(_stem(upload), shelf), plan.new_task, shelf).path
    with filling(path, is_new=is_new):
        plan.carry_out(path, leave_out, progress)
    return path


def _stem(upload: Upload) -> str:
    return upload.path.name.partition(".")[0] or "texts"


def _has_task(snapshot: Snapshot) -> bool:
    """Whether the table comes into a workspace that has a task of its own."""
    return not _is_new(snapshot) and (snapshot.workspace.path / "task.toml").exists()


def _is_new(snapshot: Snapshot) -> bool:
    """Whether the table gets a workspace of its own: an empty one is filled."""
    return len(snapshot.pool_words.pool) > 0

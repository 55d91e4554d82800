"""What the values of a table's label column mean: new labels, labels of the task, or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.errors import TaskError
from core.exchange.foreign_table import label_words, meaning
from core.exchange.tables.label_cells import LabelColumn, are_joined
from core.exchange.tables.reader import SourceTable
from core.exchange.tables.roles import Columns
from core.workspace.snapshot import Snapshot
from core.workspace.task import MAX_LABELS, SPLIT_NAMES, SPLITS, Label
from core.workspace.task_file import labels_of_words, task_with_labels, why_labels_stay
from pages.ui.escape_markdown import plain
from pages.ui.importing.reading import Plan, Upload

UNLABELED = ""
SEVERAL = "A text can have several labels"
ON_A_PAGE = 20  # values that are matched at a time

AS_THEY_ARE, MAKE, MATCH, LEAVE = "as they are", "make", "match", "leave"
WAYS = {
    AS_THEY_ARE: "Take them as they are",
    MAKE: "Make these the labels",
    MATCH: "Match them to the labels of this task",
    LEAVE: "Leave the texts unlabeled",
}


def choose_labels(upload: Upload, plan: Plan, snapshot: Snapshot) -> Plan:
    """The label column's values with their counts, and what each means; raises TableError."""
    table, columns, task = plan.table, plan.columns, snapshot.workspace.task
    column = columns.label
    if not column:
        return _unlabeled(plan)
    stay = why_labels_stay(snapshot)
    if stay:
        found = upload.labels(table, column, task.several)
    else:
        found = choose_several(upload, table, column)
    counts, several, number = found
    if not counts:
        st.caption(plain(f"No row has a value in {column}: all texts come in unlabeled."))
        return plan
    st.markdown(plain(f"{len(counts):,} labels on {number:,} rows of {column}"))
    known = label_words(task)
    means = {value: meaning(value, known) for value in counts}
    are_known = all(means.values()) and several == task.several
    ways = list(_ways(counts, are_known, stay))
    key = upload.key("labels", column, *table.columns)
    way = st.radio("What do they mean?", ways, format_func=WAYS.get, key=key)
    if way == MAKE:
        return _make(upload, plan, snapshot, found)
    if way == MATCH:
        means = _match(upload, snapshot, column, counts, means)
    elif way == LEAVE:
        means = dict.fromkeys(counts, UNLABELED)
    if way != MATCH:
        names = {label.value: label.name for label in task.labels}
        _show_values(counts, {value: names.get(x, "unlabeled") for value, x in means.items()})
    _tell_unlabeled(column, counts, means)
    if way == LEAVE:
        return _unlabeled(plan)
    given = {value: label for value, label in means.items() if label}
    are_known = len(given) == len(counts)
    return replace(plan, unsaid=replace(plan.unsaid, labels=given, refuse_unknown=are_known))


def _unlabeled(plan: Plan) -> Plan:
    """All texts come in without labels: what was to go with these stays as it is, too."""
    of = plan.columns
    return replace(plan, columns=Columns(of.text, of.item_id, further_texts=of.further_texts))


def choose_for_all(upload: Upload, plan: Plan) -> Plan:
    """What counts for all labels, where no column says it: their split, and who gave them."""
    places, unsaid = st.columns(3), plan.unsaid
    if not plan.columns.split:
        split = places[0].selectbox(
            "Use the labels for", SPLITS, SPLITS.index("training"), key=upload.key("for_split"),
            format_func=lambda split: SPLIT_NAMES[split].capitalize(),
            help="Only texts that were drawn at random make a fair test set.",
        )  # fmt: skip
        unsaid = replace(unsaid, split=split)
    if not plan.columns.annotator:
        who = places[1].text_input(
            "All labeled by", key=upload.key("for_annotator"), help="Empty: nobody is named."
        )
        unsaid = replace(unsaid, annotator=who.strip())
    return replace(plan, unsaid=unsaid)


def choose_several(upload: Upload, table: SourceTable, column: str) -> LabelColumn:
    """The column, read as one label for each text or as several."""
    key = upload.key("several", column, *table.columns)
    found = upload.labels(table, column)
    is_told = found.several or are_joined(found.counts)
    help_text = "Then the labels in a cell are a list, or joined by | or ;"
    is_said = st.checkbox(SEVERAL, is_told, key=key, help=help_text)
    return upload.labels(table, column, is_said)


def choose_positive(upload: Upload, wishes: Sequence[Label], *, several: bool) -> list[Label]:
    """The labels, one of which may be the one that scores are about: of two it must be."""
    values = [wish.value for wish in wishes]
    options = values if len(values) == 2 and not several else ["", *values]
    first = next((wish.value for wish in wishes if wish.positive), next(iter(options), ""))
    positive = st.selectbox(
        "The label you are looking for", options, options.index(first) if options else None,
        format_func=lambda value: value or "None: all labels count alike",
        key=upload.key("positive", *values), placeholder="Name the labels first", width=320,
        help="The one that matters most: scores are about it.",
    )  # fmt: skip
    chosen = [replace(wish, positive=wish.value == positive) for wish in wishes]
    return sorted(chosen, key=lambda wish: not wish.positive)


def _ways(counts: Mapping[str, int], are_known: bool, stay: str) -> Iterator[str]:
    """What can become of these values, the likeliest first; tells why a way is closed."""
    if are_known:
        yield AS_THEY_ARE
    elif stay:
        st.caption(plain(stay))
    elif not 2 <= len(counts) <= MAX_LABELS:
        st.caption(f"They cannot become the labels: a task has 2 to {MAX_LABELS} of them.")
    else:
        yield MAKE
    yield MATCH
    yield LEAVE


def _make(upload: Upload, plan: Plan, snapshot: Snapshot, found: LabelColumn) -> Plan:
    """The task gets these values for its labels when the table is imported."""
    counts, several, _ = found
    wishes = labels_of_words(counts, several=several)
    wishes = choose_positive(upload, wishes, several=several)
    try:
        title = plan.table.path.stem
        text = task_with_labels(snapshot.workspace, title, wishes, several=several)
    except TaskError as error:
        return plan.waiting(f"These cannot be labels. {error}")
    _show_values(counts, dict.fromkeys(counts, "a new label"))
    st.caption(
        "The task gets these labels with the import. What it was before is kept in `set_aside/`."
    )
    return replace(plan, new_task=text)


def _match(
    upload: Upload, snapshot: Snapshot, column: str, counts: Mapping[str, int],
    means: Mapping[str, str],
) -> dict[str, str]:  # fmt: skip
    """What each value means, page by page; what was chosen on another page, or before, is kept."""
    chosen = st.session_state.setdefault(upload.key("chosen", column, *counts), dict(means))
    names = {label.value: label.name for label in snapshot.workspace.task.labels}
    shown = _page_of(upload, column, [*counts])
    places = [place for _ in range(-(-len(shown) // 4)) for place in st.columns(4)]
    for value, place in zip(shown, places, strict=False):
        options = [*names] if means[value] else [UNLABELED, *names]
        chosen[value] = place.selectbox(
            plain(f"{value[:60]} ({counts[value]:,})"), options, options.index(chosen[value]),
            format_func=lambda label: names.get(label, "(leave unlabeled)"),
            key=upload.key("value", column, value),
        )  # fmt: skip
    return chosen


def _page_of(upload: Upload, column: str, values: list[str]) -> list[str]:
    """The values of the page that is open, of those that are searched for."""
    if len(values) <= ON_A_PAGE:
        return values
    wanted = st.text_input("Find a value", key=upload.key("find", column), width=320)
    found = [value for value in values if wanted.casefold() in value.casefold()]
    pages = -(-len(found) // ON_A_PAGE)
    if pages < 2:
        return found
    page = st.pagination(pages, key=upload.key("page", column, wanted))
    return found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]


def _show_values(counts: Mapping[str, int], means: Mapping[str, str]) -> None:
    rows = pd.DataFrame(
        [(value, number, means[value]) for value, number in counts.items()],
        columns=["In the table", "Rows", "Here"],
    )
    st.dataframe(rows, hide_index=True, width=560)


def _tell_unlabeled(column: str, counts: Mapping[str, int], means: Mapping[str, str]) -> None:
    total = sum(counts.values())
    left = sum(number for value, number in counts.items() if not means[value])
    if left:
        st.warning(
            f"{left:,} of {total:,} rows with a label stay unlabeled. "
            + plain(f"Their labels are kept as the column {column}."),
            icon=":material/label_off:",
        )

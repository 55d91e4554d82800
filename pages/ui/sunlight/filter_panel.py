"""Filters and controls of the Sunlight page, as widgets and in words."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from core.query.filters import AGREEMENTS, MAX_WHERE, Choices, Filters
from core.workspace.task import Task
from pages.ui.escape_markdown import plain
from pages.ui.sunlight import state
from pages.ui.sunlight.state import HAS, IS, KEY
from pages.ui.sunlight.steps import SIZES, Trail

CONDITION = """What would stand behind WHERE in DuckDB: one expression of `item_id`, `text`,
`n_words`, `split`, `label`, `strategy`, `batch_id`, `annotator`, `labeled_at`, `confidence`,
`predicted` and the pool's own columns. What is not known of an item is NULL."""

SYNTAX = """Words that a text must hold, all of them, in any order: `flood river`. Words in quotes
stand side by side: `"river flood"`. Whole words count, without case or punctuation: `flood` finds
*Flood,* and *flood-hit*, not *floodlight*."""

STEPS = ("Back", -1, "arrow_back", "Left"), ("Forth", 1, "arrow_forward", "Right")
SIZE_NAMES = {1: "1 item", 10: "10", 50: "50"}
SAID_AGREEMENT = dict(zip(AGREEMENTS, ("as the model says", "not as the model says"), strict=True))


def show_filters(task: Task, choices: Choices) -> None:
    """The common filters at once, the others behind a button."""
    st.text_input(
        "Words",
        placeholder='in the text, such as  flood  or  "police seek"',
        max_chars=200,
        icon=":material/search:",
        help=SYNTAX,
        key=KEY + "words",
    )
    names = {label.value: label.name for label in task.labels}
    columns = st.columns([3, 3, 3, 2], vertical_alignment="bottom")
    with columns[0]:
        _several("Split", "splits", choices.splits, "every split")
    with columns[1]:
        _several("Label", "labels", choices.labels, "any label or none", names)
    with columns[2]:
        _several("Strategy", "strategies", choices.strategies, "any strategy or none")
    with columns[3].popover("More filters", icon=":material/tune:", width="stretch"):
        _further_filters(names, choices)


def show_active(filters: Filters, task: Task, choices: Choices) -> None:
    """One sentence that says which filters are at work, and a way to clear them."""
    if left_out := st.session_state.get(state.LEFT_OUT):
        told = ", ".join(f"{name}={value}" for name, of in left_out.items() for value in of)
        st.html(f'<p class="sl-quiet">Left out of the address: {escape(told)}.</p>')
    told = "; ".join(filters_in_words(filters, task))
    if not told:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="sl-quiet" data-testid="active-filters">Only {escape(told)}.</p>')
        st.button(
            "Clear",
            type="tertiary",
            icon=":material/close:",
            on_click=state.clear,
            args=(choices,),
            key="sunlight_clear",
        )


def filters_in_words(filters: Filters, task: Task) -> list[str]:
    """The filters in words, one by one."""
    named = [task.label(value).name for value in filters.labels]
    guessed = [task.label(value).name for value in filters.predicted]
    low, high = filters.confidence or state.WHOLE
    one_of = " or ".join
    told = [
        (filters.words, f"with {filters.words}"),
        (filters.splits, f"in {one_of(filters.splits)}"),
        (named, f"labeled {one_of(named)}"),
        (filters.strategies, f"by {one_of(filters.strategies)}"),
        (filters.batches, f"of {one_of(filters.batches)}"),
        (filters.annotators, f"labeled by {one_of(filters.annotators)}"),
        (filters.since, f"labeled from {filters.since}"),
        (filters.until, f"labeled up to {filters.until}"),
        (guessed, f"predicted {one_of(guessed)}"),
        (filters.confidence, f"confidence {low:.2f} to {high:.2f}"),
        (filters.agreement, f"labeled {SAID_AGREEMENT.get(filters.agreement)}"),
        (filters.lengths, f"{one_of(filters.lengths)} texts"),
        *((values, f"{name}: {one_of(values)}") for name, values in filters.columns),
        *((piece, f"{name} with {piece}") for name, piece in filters.pieces),
        (filters.where, f"where {filters.where}"),
    ]
    return [sentence for asked, sentence in told if asked]


def show_controls(choices: Choices) -> None:
    """How many items, drawn at random or in the pool's order; back and forth; the stream."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Random",
            type="primary",
            icon=":material/casino:",
            on_click=state.press_random,
            shortcut="Space",
            key="random",
        )
        trail: Trail = st.session_state[state.TRAIL]
        for label, by, icon, shortcut in STEPS:
            st.button(
                label,
                icon=f":material/{icon}:",
                on_click=state.go,
                args=(by, choices),
                disabled=not trail.can_go(by),
                shortcut=shortcut,
                key=f"sunlight_go_{label.lower()}",
            )
        st.segmented_control(
            "Items",
            SIZES,
            format_func=SIZE_NAMES.__getitem__,
            disabled=st.session_state.get(state.ORDER) == state.FIRST,
            key=state.SIZE,
            label_visibility="collapsed",
        )
        orders = state.RANDOM, state.FIRST
        st.segmented_control("Show", orders, key=state.ORDER, label_visibility="collapsed")
        st.toggle(
            "Stream",
            on_change=state.begin_stream,
            key=state.STREAM,
            help=f"One item at a time, the next every {state.SECONDS} seconds, until you switch it "
            "off.",
        )


def _further_filters(names: Mapping[str, str], choices: Choices) -> None:
    _several("Length", "lengths", tuple(choices.lengths), "any length", choices.lengths)
    if choices.has_model:
        _several("Predicted", "predicted", choices.labels, "whatever the model says", names)
        st.slider("Confidence", *state.WHOLE, step=0.01, key=KEY + "confidence")
        said = SAID_AGREEMENT.__getitem__
        st.segmented_control("Labeled", AGREEMENTS, format_func=said, key=KEY + "agreement")
    if choices.batches:
        _several("Batch", "batches", choices.batches, "in any batch or none")
    if choices.annotators:
        _several("Annotator", "annotators", choices.annotators, "labeled by anybody or nobody")
        since, until = st.columns(2)
        since.date_input("Labeled from", None, key=KEY + "since", format="YYYY-MM-DD")
        until.date_input("Labeled up to", None, key=KEY + "until", format="YYYY-MM-DD")
    for name, values in choices.columns.items():
        if values is None:
            st.text_input(plain(name), placeholder="a part of it", max_chars=200, key=HAS + name)
        elif values:
            st.multiselect(plain(name), values, placeholder="any", key=IS + name)
    st.text_input(
        "Condition",
        placeholder="n_words > 8 AND text ILIKE '%flood%'",
        max_chars=MAX_WHERE,
        icon=":material/code:",
        help=CONDITION,
        key=KEY + "where",
    )


def _several(
    label: str,
    field: str,
    options: tuple[str, ...],
    placeholder: str,
    names: Mapping[str, str] | None = None,
) -> None:
    def name(value: str) -> str:
        return (names or {}).get(value, value)

    st.multiselect(label, options, format_func=name, placeholder=placeholder, key=KEY + field)

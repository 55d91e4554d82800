"""Filters and controls of Explore, as widgets and in words."""

from collections.abc import Mapping
from html import escape
from itertools import cycle

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.query.filters import AGREEMENTS, UNLABELED, Choices, Filters
from core.workspace.logs import shown_id
from core.workspace.task import BULK, SPLIT_NAMES, SUNLIGHT, Task
from pages.ui.components.items import percent
from pages.ui.escape_markdown import plain
from pages.ui.sunlight import state
from pages.ui.sunlight.state import HAS, IS, key
from pages.ui.sunlight.steps import SIZES, Trail

SYNTAX = """Finds texts with all of these words, in any order: `flood river`. Quotes keep words
together: `"river flood"`. Case and punctuation do not matter, but words have to be whole: `flood`
finds *Flood,* and *flood-hit*, not *floodlight*. Between slashes stands a regular expression (RE2):
`/flood(s|ed)?/`."""

LIKE = "Shows the unlabeled items most like a sentence (`houses under water`) or an item (its id)."

STEPS = ("Back", -1, "arrow_back", "Left"), ("Next", 1, "arrow_forward", "Right")
SIZE_NAMES = {1: "1 item", 10: "10", 50: "50"}
SAID_AGREEMENT = dict(zip(AGREEMENTS, ("agree", "differ"), strict=True))
SET_NAMES = {**SPLIT_NAMES, UNLABELED: "unlabeled"}
CHOSEN_BY = {SUNLIGHT: "you, on this page", BULK: "label many"}


def show_filters(task: Task, choices: Choices) -> None:
    places = st.columns(4)
    places[0].text_input(
        "Words",
        placeholder="in the text",
        max_chars=200,
        icon=":material/search:",
        help=SYNTAX,
        key=key("words"),
    )
    names = {value: task.name_of(value) for value in choices.labels}
    _several(places[1], "Set", "splits", choices.splits, SET_NAMES)
    _several(places[2], "Label", "labels", choices.labels, names)
    _several(places[3], "Chosen by", "strategies", choices.strategies, CHOSEN_BY)
    with st.expander("More filters", icon=":material/tune:", key="sunlight_more"):
        _further_filters(names, choices)


def show_active(filters: Filters, task: Task, choices: Choices) -> None:
    """One line that says which filters are at work, and a way to clear them."""
    if left_out := st.session_state.get(state.LEFT_OUT):
        told = ", ".join(f"{name}={value}" for name, of in left_out.items() for value in of)
        st.html(f'<p class="sl-quiet">Ignored in the address: {escape(told)}.</p>')
    told = " · ".join(filters_in_words(filters, task))
    if not told:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="sl-quiet" data-testid="active-filters">Filters: {escape(told)}</p>')
        st.button(
            "Clear",
            type="tertiary",
            icon=":material/close:",
            on_click=state.show_filters,
            args=(Filters(), choices),
            key="sunlight_clear",
        )


def filters_in_words(filters: Filters, task: Task) -> list[str]:
    named = [task.name_of(value) for value in filters.labels]
    predicted = [task.name_of(value) for value in filters.predicted]
    strategies = [CHOSEN_BY.get(name, name) for name in filters.strategies]
    low, high = map(percent, filters.confidence or state.WHOLE)
    one_of = " or ".join
    told = [
        (filters.words, f"contains {filters.words}"),
        (filters.like, f"like {filters.like}"),
        (filters.splits, one_of(SET_NAMES[split] for split in filters.splits)),
        (named, f"labeled {one_of(named)}"),
        (strategies, f"chosen by {one_of(strategies)}"),
        (filters.batches, one_of(map(shown_id, filters.batches))),
        (filters.annotators, f"labeled by {one_of(filters.annotators)}"),
        (filters.since, f"labeled on or after {filters.since}"),
        (filters.until, f"labeled on or before {filters.until}"),
        (predicted, f"predicted {one_of(predicted)}"),
        (filters.confidence, f"confidence {low} to {high}"),
        (filters.agreement, f"label and prediction {SAID_AGREEMENT.get(filters.agreement)}"),
        (filters.lengths, f"{one_of(filters.lengths)} texts"),
        *((values, f"{name}: {one_of(values)}") for name, values in filters.columns),
        *((piece, f"{name} contains {piece}") for name, piece in filters.pieces),
    ]
    return [sentence for asked, sentence in told if asked]


def show_controls(choices: Choices) -> None:
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
        kinds, hidden = (state.RANDOM, state.LIST), {"label_visibility": "collapsed"}
        if st.session_state.get(state.KIND) != state.LIST:
            names = SIZE_NAMES.__getitem__
            st.segmented_control("Items", SIZES, format_func=names, key=state.SIZE, **hidden)
        st.segmented_control("Show", kinds, key=state.KIND, required=True, **hidden)


def _further_filters(names: Mapping[str, str], choices: Choices) -> None:
    columns = cycle(st.columns(3))
    next(columns).text_input(
        "More like", max_chars=2_000, help=LIKE, key=key("like"), on_change=state.like_comes_first
    )
    _several(next(columns), "Length", "lengths", tuple(choices.lengths), choices.lengths)
    if choices.has_model:
        _several(next(columns), "Prediction", "predicted", choices.labels, names)
        with next(columns):
            st.slider(
                "Confidence", *state.WHOLE, step=0.01, format="percent", key=key("confidence")
            )
        said = SAID_AGREEMENT.__getitem__
        with next(columns):
            st.segmented_control(
                "Label and prediction", AGREEMENTS, format_func=said, key=key("agreement")
            )
    if choices.batches:
        shown = {batch: shown_id(batch) for batch in choices.batches}
        _several(next(columns), "Batch", "batches", choices.batches, shown)
    if choices.annotators:
        _several(next(columns), "Annotator", "annotators", choices.annotators, {})
        for label, name in (("Labeled from", "since"), ("Labeled until", "until")):
            next(columns).date_input(label, None, key=key(name), format="YYYY-MM-DD")
    for name, values in choices.columns.items():
        if values is None:
            next(columns).text_input(
                plain(name), placeholder="contains", max_chars=200, key=key(HAS + name)
            )
        elif values:
            next(columns).multiselect(plain(name), values, placeholder="any", key=key(IS + name))


def _several(
    place: DeltaGenerator,
    label: str,
    field: str,
    options: tuple[str, ...],
    names: Mapping[str, str],
) -> None:
    show = {option: names.get(option, option) for option in options}.get
    place.multiselect(label, options, format_func=show, placeholder="any", key=key(field))

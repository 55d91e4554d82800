"""What a person chooses on the Sunlight page: filters and controls, as session state holds them."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html import escape

import streamlit as st

from core.query.filters import (
    AGREEMENTS,
    LENGTH_NAMES,
    LENGTH_SAID,
    MAX_WHERE,
    UNLABELED,
    Choices,
    Filters,
    active,
)
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLITS, Task
from pages.ui.cache.snapshot import tables
from pages.ui.escape_markdown import plain
from pages.ui.sunlight.steps import SIZES, USUAL, Step, Trail, new_seed, read_step, step_address

CONDITION = """What would stand behind WHERE in DuckDB: one expression of `item_id`, `text`,
`n_words`, `split`, `label`, `strategy`, `batch_id`, `annotator`, `labeled_at`, `confidence`,
`predicted` and the pool's own columns. What is not known of an item is NULL."""

TRAIL = "sunlight_trail"
LEFT_OUT = "sunlight_left_out"
SECONDS = 4
"""Between two items of the stream: enough to read a headline and to stop at it."""

SHOWN_AT = "sunlight_shown_at"
SEED, SIZE, ORDER, STREAM = "sunlight_seed", "sunlight_size", "sunlight_order", "sunlight_stream"
RANDOM, FIRST = "Random", "First 100"
SIZE_NAMES = {1: "1 item", 10: "10", 50: "50"}

WORDS, SINCE, UNTIL = "sunlight_words", "sunlight_since", "sunlight_until"
AGREEMENT, CONFIDENCE, WHERE = "sunlight_agreement", "sunlight_confidence", "sunlight_where"
IS, HAS = "sunlight_is_", "sunlight_has_"
LISTS = ("splits", "labels", "strategies", "batches", "annotators", "predicted", "lengths")
WHOLE = (0.0, 1.0)

SAID_AGREEMENT = dict(zip(AGREEMENTS, ("as the model says", "not as the model says"), strict=True))

SYNTAX = """Words that a text must hold, all of them, in any order: `flood river`. Words in quotes
stand side by side: `"river flood"`. Whole words count, without case or punctuation: `flood` finds
*Flood,* and *flood-hit*, not *floodlight*."""


def choices_of(snapshot: Snapshot) -> Choices:
    """What the filters can name at this moment."""
    known = tables(snapshot)
    return Choices(
        splits=(*SPLITS, UNLABELED),
        labels=snapshot.workspace.task.values,
        strategies=tuple(known.strategies()),
        batches=tuple(sorted(snapshot.logs.split_of(), reverse=True)),
        annotators=tuple(known.who()),
        columns=known.column_values,
        has_model=bool(snapshot.logs.runs),
    )


def arrive(snapshot: Snapshot, choices: Choices) -> None:
    """Makes the page's state that of the address, or of the last look where the address is none.

    What the person has just chosen goes before an address that the browser went back to.
    """
    workspace, address = str(snapshot.workspace.path), _address()
    trail: Trail | None = st.session_state.get(TRAIL)
    st.session_state[LEFT_OUT] = {}
    if trail is None or trail.workspace != workspace:
        trail = Trail(workspace, (_read(address, choices),))
    elif WORDS not in st.session_state and not address:
        pass  # back from another page: the last look is still there
    elif address != trail.written and (
        WORDS not in st.session_state or chosen(choices) == trail.current
    ):
        trail = trail.seen(_read(address, choices))
    else:
        return
    st.session_state[TRAIL] = trail
    _put(trail.current, choices)


def keep(step: Step) -> None:
    """The step is on the screen: it stands in the trail."""
    st.session_state[TRAIL] = st.session_state[TRAIL].seen(step)


def write_address() -> None:
    """The browser's address becomes that of the step on the screen.

    Comes after the controls: who reads in the address that a step is shown can press them already.
    """
    trail: Trail = st.session_state[TRAIL]
    address = step_address(trail.current)
    st.session_state[TRAIL] = replace(trail, written=address)
    others = {name: st.query_params.get_all(name) for name in st.query_params if not _ours(name)}
    if _address() != address:
        st.query_params.from_dict(others | address)


def chosen(choices: Choices) -> Step:
    """What the widgets say."""
    state = st.session_state
    return Step(
        seed=state.get(SEED, 0),
        size=state.get(SIZE) or USUAL,
        is_random=state.get(ORDER) != FIRST,
        filters=_filters(state, choices),
    )


def show_filters(snapshot: Snapshot, choices: Choices) -> None:
    """The common filters at once, the others behind a button."""
    task = snapshot.workspace.task
    st.text_input(
        "Words",
        placeholder='in the text, such as  flood  or  "police seek"',
        max_chars=200,
        icon=":material/search:",
        help=SYNTAX,
        key=WORDS,
    )
    columns = st.columns([3, 3, 3, 2], vertical_alignment="bottom")
    with columns[0]:
        _several("Split", "splits", choices.splits, "every split")
    with columns[1]:
        _several("Label", "labels", choices.labels, "any label or none", task)
    with columns[2]:
        _several("Strategy", "strategies", choices.strategies, "any strategy or none")
    with columns[3].popover("More filters", icon=":material/tune:", width="stretch"):
        _further_filters(task, choices)


def show_active(filters: Filters, task: Task, choices: Choices) -> None:
    """One sentence that says which filters are at work, and a way to clear them."""
    if left_out := st.session_state.get(LEFT_OUT):
        told = ", ".join(f"{name}={value}" for name, of in left_out.items() for value in of)
        st.html(f'<p class="sl-quiet">Left out of the address: {escape(told)}.</p>{_QUIET}')
    if not active(filters):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        told = "; ".join(said(filters, task))
        st.html(
            f'<p class="sl-quiet" data-testid="active-filters">Only {escape(told)}.</p>{_QUIET}'
        )
        st.button(
            "Clear",
            type="tertiary",
            icon=":material/close:",
            on_click=_clear,
            args=(choices,),
            key="sunlight_clear",
        )


def show_controls(choices: Choices) -> None:
    """How many items, drawn at random or in the pool's order; back and forth; the stream."""
    trail: Trail = st.session_state[TRAIL]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Random",
            type="primary",
            icon=":material/casino:",
            on_click=press_random,
            shortcut="Space",
            key="random",
        )
        for by, label, icon, shortcut in (
            (-1, "Back", "arrow_back", "Left"),
            (1, "Forth", "arrow_forward", "Right"),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                on_click=_go,
                args=(by, choices),
                disabled=not trail.can_go(by),
                shortcut=shortcut,
                key=f"sunlight_go_{label.lower()}",
            )
        is_first = st.session_state.get(ORDER) == FIRST
        st.segmented_control(
            "Items",
            SIZES,
            format_func=SIZE_NAMES.__getitem__,
            disabled=is_first,
            key=SIZE,
            label_visibility="collapsed",
        )
        st.segmented_control("Show", (RANDOM, FIRST), key=ORDER, label_visibility="collapsed")
        st.toggle(
            "Stream",
            on_change=_begin_stream,
            key=STREAM,
            help=f"One item at a time, the next every {SECONDS} seconds, until you switch it off.",
        )


def press_random() -> None:
    """Draws anew, whatever was shown before."""
    st.session_state[SHOWN_AT] = time.monotonic()
    st.session_state[SEED] = new_seed()
    st.session_state[ORDER] = RANDOM


def is_streaming() -> bool:
    """Whether the next item comes by itself."""
    return bool(st.session_state.get(STREAM))


def next_of_stream(choices: Choices) -> Step:
    """The step that the stream shows now: a new one if its time has come."""
    if time.monotonic() - st.session_state.get(SHOWN_AT, 0.0) > 0.7 * SECONDS:
        st.session_state[SEED] = new_seed()
    step = chosen(choices)
    if step != st.session_state[TRAIL].current:
        st.session_state[SHOWN_AT] = time.monotonic()
    keep(step)
    write_address()
    return step


def said(filters: Filters, task: Task) -> list[str]:
    """The filters in words, one by one."""
    named = [task.label(value).name for value in filters.labels]
    guessed = [task.label(value).name for value in filters.predicted]
    low, high = filters.confidence or WHOLE
    told = [
        (filters.words, f"with {filters.words}"),
        (filters.splits, f"in {_or(filters.splits)}"),
        (named, f"labeled {_or(named)}"),
        (filters.strategies, f"by {_or(filters.strategies)}"),
        (filters.batches, f"of {_or(filters.batches)}"),
        (filters.annotators, f"labeled by {_or(filters.annotators)}"),
        (filters.since, f"labeled from {filters.since}"),
        (filters.until, f"labeled up to {filters.until}"),
        (guessed, f"predicted {_or(guessed)}"),
        (filters.confidence, f"confidence {low:.2f} to {high:.2f}"),
        (filters.agreement, f"labeled {SAID_AGREEMENT.get(filters.agreement)}"),
        (filters.lengths, f"{_or(filters.lengths)} texts"),
        *((values, f"{name}: {_or(values)}") for name, values in filters.columns),
        *((piece, f"{name} with {piece}") for name, piece in filters.pieces),
        (filters.where, f"where {filters.where}"),
    ]
    return [sentence for asked, sentence in told if asked]


_QUIET = """<style>.sl-quiet {font-size: .875rem; opacity: .8; margin: 0; overflow-wrap: anywhere}
</style>"""

_OURS = ("seed", "size", "order", "split", "label", "strategy", "batch", "by", "predicted")
_OURS += ("length", "words", "since", "until", "agreement", "where", "confidence")


def _ours(name: str) -> bool:
    return name in _OURS or name.startswith(("is.", "has."))


def _address() -> dict[str, list[str]]:
    """What the browser's address says of this page."""
    return {name: st.query_params.get_all(name) for name in st.query_params if _ours(name)}


def _read(address: Mapping[str, list[str]], choices: Choices) -> Step:
    step, st.session_state[LEFT_OUT] = read_step(address, choices)
    return step


def _filters(state: Mapping[str, object], choices: Choices) -> Filters:
    confidence = state.get(CONFIDENCE, WHOLE)
    listed = [name for name, values in choices.columns.items() if values is not None]
    many = [name for name, values in choices.columns.items() if values is None]
    columns = ((name, tuple(state.get(IS + name, ()))) for name in sorted(listed))
    pieces = ((name, str(state.get(HAS + name, ""))) for name in sorted(many))
    return Filters(
        **{field: tuple(state.get(f"sunlight_{field}", ())) for field in LISTS},
        words=str(state.get(WORDS, "")).strip(),
        since=_day(state.get(SINCE)),
        until=_day(state.get(UNTIL)),
        agreement=str(state.get(AGREEMENT) or ""),
        confidence=None if confidence == WHOLE else confidence,
        columns=tuple((name, values) for name, values in columns if values),
        pieces=tuple((name, piece) for name, piece in pieces if piece),
        where=str(state.get(WHERE, "")).strip(),
    )


def _put(step: Step, choices: Choices) -> None:
    """The widgets say this step when they are drawn next."""
    state, filters = st.session_state, step.filters
    state[SEED], state[SIZE] = step.seed, step.size
    state[ORDER] = RANDOM if step.is_random else FIRST
    for field in LISTS:
        possible = getattr(choices, "labels" if field == "predicted" else field, LENGTH_NAMES)
        state[f"sunlight_{field}"] = [x for x in getattr(filters, field) if x in possible]
    state[WORDS], state[WHERE] = filters.words, filters.where
    state[SINCE] = date.fromisoformat(filters.since) if filters.since else None
    state[UNTIL] = date.fromisoformat(filters.until) if filters.until else None
    state[AGREEMENT], state[CONFIDENCE] = filters.agreement or None, filters.confidence or WHOLE
    of, pieces = dict(filters.columns), dict(filters.pieces)
    for name, values in choices.columns.items():
        if values is None:
            state[HAS + name] = pieces.get(name, "")
        else:
            state[IS + name] = [value for value in of.get(name, ()) if value in values]


def _further_filters(task: Task, choices: Choices) -> None:
    _several("Length", "lengths", LENGTH_NAMES, "any length", said=LENGTH_SAID)
    if choices.has_model:
        _several("Predicted", "predicted", choices.labels, "whatever the model says", task)
        st.slider("Confidence", *WHOLE, step=0.01, key=CONFIDENCE)
        st.segmented_control(
            "Labeled", AGREEMENTS, format_func=SAID_AGREEMENT.__getitem__, key=AGREEMENT
        )
    if choices.batches:
        _several("Batch", "batches", choices.batches, "in any batch or none")
    if choices.annotators:
        _several("Annotator", "annotators", choices.annotators, "labeled by anybody or nobody")
        since, until = st.columns(2)
        since.date_input("Labeled from", None, key=SINCE, format="YYYY-MM-DD")
        until.date_input("Labeled up to", None, key=UNTIL, format="YYYY-MM-DD")
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
        key=WHERE,
    )


def _several(
    label: str,
    field: str,
    options: tuple[str, ...],
    placeholder: str,
    task: Task | None = None,
    said: Mapping[str, str] | None = None,
) -> None:
    def name(value: str) -> str:
        return task.label(value).name if task else (said or {}).get(value, value)

    st.multiselect(
        label, options, format_func=name, placeholder=placeholder, key=f"sunlight_{field}"
    )


def _go(by: int, choices: Choices) -> None:
    trail: Trail = st.session_state[TRAIL].gone(by)
    st.session_state[TRAIL] = trail
    _put(trail.current, choices)


def _begin_stream() -> None:
    """A stream is of single items: so the one that it stops at stays."""
    st.session_state[SHOWN_AT] = time.monotonic()
    st.session_state[SIZE], st.session_state[ORDER] = 1, RANDOM


def _clear(choices: Choices) -> None:
    trail: Trail = st.session_state[TRAIL]
    step = trail.current
    _put(Step(step.seed, step.size, step.is_random), choices)


def _day(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else ""


def _or(values: object) -> str:
    return " or ".join(values)

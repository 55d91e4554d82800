"""What a person has chosen on Explore: in session state, in the address, in the trail.

The browser tells a widget's value with every press, also one that it was not told has changed. So
what sets the filters from outside (Clear, Back, the address) gives their widgets new keys.
"""

import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date

import streamlit as st

from core.pool.words import LENGTHS
from core.query.filters import UNLABELED, Choices, Filters, fitted
from core.workspace.snapshot import Snapshot
from core.workspace.task import NONE, SPLITS
from pages.ui.cache.snapshot import tables
from pages.ui.sunlight.steps import (
    USUAL,
    Listed,
    Step,
    Trail,
    fitted_list,
    is_ours,
    new_seed,
    read_step,
    step_address,
)

IS, HAS = "is_", "has_"
"""With a column's name they name its filter, as other filters are named by their field."""

TRAIL, LEFT_OUT, SETTING = "sunlight_trail", "sunlight_left_out", "sunlight_setting"
SEED, SIZE, KIND = "sunlight_seed", "sunlight_size", "sunlight_kind"
RANDOM, LIST = "Random", "List"
WHOLE = (0.0, 1.0)
OF_MODEL = ("predicted", "confidence")

USUALLY = {field.name: field.default for field in fields(Filters)}
PLAIN = [name for name in USUALLY if name not in ("columns", "pieces")]


def key(name: str) -> str:
    """The key of this filter's widget, until filters are set from outside again."""
    return f"sunlight_{name}_{st.session_state.get(SETTING, '')}"


def choices_of(snapshot: Snapshot) -> Choices:
    """What the filters can name at this moment."""
    known, task = tables(snapshot), snapshot.workspace.task
    return Choices(
        splits=(*SPLITS, UNLABELED),
        labels=task.values + (NONE,) * task.several,
        strategies=tuple(known.strategies()),
        batches=tuple(sorted(snapshot.logs.split_of(), reverse=True)),
        annotators=tuple(known.who()),
        columns=known.columns.values,
        has_model=bool(snapshot.logs.runs),
        lengths=dict(zip(LENGTHS, snapshot.pool_words.length_thirds.told, strict=True)),
        listed=tuple(x for x in known.names if snapshot.logs.runs or x not in OF_MODEL),
    )


def arrive(snapshot: Snapshot, choices: Choices) -> None:
    """The state is that of the address or of the last look, unless something was just chosen."""
    workspace, address = str(snapshot.workspace.path), _address()
    trail: Trail | None = st.session_state.get(TRAIL)
    is_drawn = key("words") in st.session_state
    st.session_state[LEFT_OUT] = {}
    if trail is None or trail.workspace != workspace:
        trail = Trail(workspace, (_read(address, choices),))
    elif not is_drawn and not address:
        pass  # back from another page: the last look is still there
    elif address != trail.written and (not is_drawn or chosen(choices) == trail.current):
        trail = trail.seen(_read(address, choices))
    else:
        return
    st.session_state[TRAIL] = trail
    _put(trail.current, choices)


def keep(step: Step) -> None:
    """Adds the step that is shown to the trail."""
    st.session_state[TRAIL] = st.session_state[TRAIL].seen(step)


def drawn(step: Step, pool: Hashable, draw: Callable[[], Sequence[str]]) -> Sequence[str]:
    """The ids of the items that this step shows: those that it has drawn when it was new."""
    trail: Trail = st.session_state[TRAIL]
    if not trail.drawn.get((step, pool)):
        trail = st.session_state[TRAIL] = trail.showing(step, pool, draw())
    return trail.drawn[step, pool]


def write_address() -> None:
    """The address becomes that of the step, last of all: who reads it can press the controls."""
    trail: Trail = st.session_state[TRAIL]
    address = step_address(trail.current)
    st.session_state[TRAIL] = replace(trail, written=address)
    others = {name: st.query_params.get_all(name) for name in st.query_params if not is_ours(name)}
    if _address() != address:
        st.query_params.from_dict(others | address)


def chosen(choices: Choices) -> Step:
    state, columns, pieces = st.session_state, {}, {}
    for name, values in sorted(choices.columns.items()):
        if values is None:
            pieces[name] = str(state.get(key(HAS + name), ""))
        else:
            columns[name] = tuple(state.get(key(IS + name), ()))
    filters = Filters(
        **{name: _of_widget(USUALLY[name], state.get(key(name))) for name in PLAIN},
        columns=tuple((name, values) for name, values in columns.items() if values),
        pieces=tuple((name, piece) for name, piece in pieces.items() if piece),
    )
    if state.get(KIND) != LIST:
        return Step(state.get(SEED, 0), state.get(SIZE) or USUAL, None, filters)
    before: Step = state[TRAIL].current
    listed = fitted_list(before.listed or Listed(), choices)
    listed = listed if before.filters == filters else replace(listed, page=1)
    return Step(0, USUAL, listed, filters)


def list_by(step: Step, **changes: object) -> None:
    """The next step is the list with another page, order, or columns."""
    keep(replace(step, listed=replace(step.listed, **changes)))


def press_random() -> None:
    st.session_state[SEED] = new_seed()
    st.session_state[KIND] = RANDOM


def like_comes_first() -> None:
    """What is most like the sentence is listed; without one it is a draw again."""
    st.session_state[KIND] = LIST if st.session_state[key("like")].strip() else RANDOM


def go(by: int, choices: Choices) -> None:
    """Another step of the trail is on the screen."""
    trail: Trail = st.session_state[TRAIL].gone(by)
    st.session_state[TRAIL] = trail
    _put(trail.current, choices)


def show_filters(filters: Filters, choices: Choices) -> None:
    """These filters alone are at work when the page is drawn next."""
    step: Step = st.session_state[TRAIL].current
    _put(replace(step, filters=filters), choices)


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params if is_ours(name)}


def _read(address: Mapping[str, list[str]], choices: Choices) -> Step:
    step, st.session_state[LEFT_OUT] = read_step(address, choices)
    return step


def _of_widget(usual: object, value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(usual, str):
        return str(value or "").strip()
    if isinstance(usual, tuple):
        return tuple(value or ())
    return None if value == WHOLE else value


def _put(step: Step, choices: Choices) -> None:
    """The widgets say this step when they are drawn next."""
    state, filters = st.session_state, fitted(step.filters, choices)
    state[SETTING] = secrets.token_hex(4)
    state[SEED], state[SIZE] = step.seed, step.size
    state[KIND] = LIST if step.listed else RANDOM
    for name in PLAIN:
        value = getattr(filters, name)
        state[key(name)] = list(value) if isinstance(USUALLY[name], tuple) else value
    for name in ("since", "until"):
        day = getattr(filters, name)
        state[key(name)] = date.fromisoformat(day) if day else None
    state[key("agreement")] = filters.agreement or None
    state[key("confidence")] = filters.confidence or WHOLE
    of, pieces = dict(filters.columns), dict(filters.pieces)
    for name, values in choices.columns.items():
        if values is None:
            state[key(HAS + name)] = pieces.get(name, "")
        else:
            state[key(IS + name)] = list(of.get(name, ()))

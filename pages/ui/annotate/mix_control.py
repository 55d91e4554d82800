"""The mix of the next batch: one that has a name, or how many items each strategy may choose."""

from collections.abc import Mapping

import streamlit as st

from core.sampling.catalog import CATALOG, PRESETS, preset_of
from core.workspace.task import Task, apportion, check_mix

USUAL = "mix_usual"
"""Session state: the task's mix in items and its name, by which the control was filled in."""
NAMED = "mix_named"
CUSTOM = "Custom"

COLUMNS = 3
MOST = 1_000
"""Items of one strategy in a batch."""


def choose_mix(task: Task) -> dict[str, int] | None:
    """Draws the control; the mix that was chosen for the next batch, or None: as the task says."""
    presets = {preset.name: preset for preset in PRESETS}
    asked = apportion(task.batch_size, task.mix)
    usual = {name: min(asked.get(name, 0), MOST) for name in CATALOG}
    named = preset_of(task.mix)
    default = (usual, named.name if named else CUSTOM)
    if st.session_state.get(USUAL) != default:  # at first, and where the task is another one
        _fill_in(*default)
    with st.expander("What the next batch is made of", icon=":material/tune:"):
        st.caption("For your next batches here. To keep a mix, choose it in Data → Settings.")
        name = st.segmented_control(
            "Mix", [*presets, CUSTOM], required=True, key=NAMED, persist_state="session"
        )
        if name == CUSTOM:
            chosen = _fields(task)
        else:
            st.caption(presets[name].when)
            chosen = dict.fromkeys(CATALOG, 0) | apportion(task.batch_size, presets[name].mix)
        size = sum(chosen.values())
        st.caption(f"{size:,} items; a batch usually has {task.batch_size:,}.")
        if chosen == usual or not size:
            return None
        st.button("Reset to default", key="mix_reset", on_click=_fill_in, args=default)
    return check_mix(chosen, "the mix on this page")


def _fields(task: Task) -> dict[str, int]:
    """How many items each strategy adds."""
    places = st.columns(COLUMNS)
    offered = [each for each in CATALOG.values() if task.stratify_by or not each.asks_a_column]
    numbers = {
        strategy.name: places[at % COLUMNS].number_input(
            strategy.name.capitalize(),
            min_value=0,
            max_value=MOST,
            key=_key(strategy.name),
            help=strategy.when,
            persist_state="session",
        )
        for at, strategy in enumerate(offered)
    }
    return dict.fromkeys(CATALOG, 0) | numbers


def _key(name: str) -> str:
    return f"mix_{name.replace(' ', '_')}"


def _fill_in(mix: Mapping[str, int], name: str) -> None:
    """The control says this when it is drawn next."""
    st.session_state[USUAL] = (mix, name)
    st.session_state[NAMED] = name
    st.session_state.update({_key(name): number for name, number in mix.items()})

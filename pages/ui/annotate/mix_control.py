"""The mix of the next batch: how many items each strategy may choose."""

import streamlit as st

from core.sampling.catalog import CATALOG, Strategy
from core.workspace.task import Task, apportion, check_mix

MIX = "mix"
"""Session state: items per strategy, where they are not the task's."""

COLUMNS = 3
MOST = 1_000
"""Items of one strategy in a batch."""


def choose_mix(task: Task) -> dict[str, int] | None:
    """Draws the control; the mix that was chosen for the next batch, or None: as the task says."""
    offered = [each for each in CATALOG.values() if task.stratify_by or not each.asks_a_column]
    asked = apportion(task.batch_size, task.mix)
    usual = {strategy.name: asked.get(strategy.name, 0) for strategy in offered}
    with st.expander("What the next batch is made of", icon=":material/tune:"):
        st.caption("Items per strategy. It holds for the batches that are proposed from now on.")
        places = st.columns(COLUMNS)
        chosen = {
            strategy.name: _number(strategy, usual[strategy.name], places[at % COLUMNS])
            for at, strategy in enumerate(offered)
        }
        size = sum(chosen.values())
        if not size:
            st.warning("No items at all: the next batch is made as the task says.")
        if not size or chosen == usual:
            return None
        st.caption(f"{size:,} items instead of the task's {task.batch_size:,}.")
        st.button("As the task says", key="mix_reset", on_click=_forget)
    return check_mix(chosen, "the mix on this page")


def _number(strategy: Strategy, usual: int, place: st.delta_generator.DeltaGenerator) -> int:
    # A widget's own key is forgotten on pages that do not draw it: the mix has a key of its own.
    value = st.session_state.get(MIX, {}).get(strategy.name, usual)
    return place.number_input(
        strategy.name,
        min_value=0,
        max_value=MOST,
        value=min(value, MOST),
        key=_key(strategy.name),
        help=strategy.when,
        on_change=_remember,
        args=(strategy.name,),
    )


def _key(name: str) -> str:
    return f"mix_{name.replace(' ', '_')}"


def _remember(name: str) -> None:
    st.session_state.setdefault(MIX, {})[name] = st.session_state[_key(name)]


def _forget() -> None:
    st.session_state.pop(MIX, None)
    for name in CATALOG:
        st.session_state.pop(_key(name), None)

"""The mix of the next batch: how many items each strategy may choose."""

from collections.abc import Mapping

import streamlit as st

from core.sampling.catalog import CATALOG
from core.workspace.task import Task, apportion, check_mix

USUAL = "mix_usual"
"""Session state: the task's items per strategy, by which the fields were filled in."""

COLUMNS = 3
MOST = 1_000
"""Items of one strategy in a batch."""


def choose_mix(task: Task) -> dict[str, int] | None:
    """Draws the control; the mix that was chosen for the next batch, or None: as the task says."""
    offered = [each for each in CATALOG.values() if task.stratify_by or not each.asks_a_column]
    asked = apportion(task.batch_size, task.mix)
    usual = {strategy.name: min(asked.get(strategy.name, 0), MOST) for strategy in offered}
    if st.session_state.get(USUAL) != usual:  # at first, and where the task is another one
        _fill_in(usual)
    with st.expander("What the next batch is made of", icon=":material/tune:"):
        st.caption("Items per strategy. It holds for the batches that are proposed from now on.")
        places = st.columns(COLUMNS)
        chosen = {
            strategy.name: places[at % COLUMNS].number_input(
                strategy.name,
                min_value=0,
                max_value=MOST,
                key=_key(strategy.name),
                help=strategy.when,
                persist_state="session",
            )
            for at, strategy in enumerate(offered)
        }
        size = sum(chosen.values())
        if not size:
            st.warning("No items at all: the next batch is made as the task says.")
        if not size or chosen == usual:
            return None
        st.caption(f"{size:,} items instead of the task's {task.batch_size:,}.")
        st.button("As the task says", key="mix_reset", on_click=_fill_in, args=(usual,))
    return check_mix(chosen, "the mix on this page")


def _key(name: str) -> str:
    return f"mix_{name.replace(' ', '_')}"


def _fill_in(mix: Mapping[str, int]) -> None:
    """The fields say this when they are drawn next."""
    st.session_state[USUAL] = mix
    st.session_state.update({_key(name): number for name, number in mix.items()})

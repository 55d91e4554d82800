"""What can be done with items that are selected in the list: label, flag, take back, undo."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import streamlit as st

from core.query.filters import Filters
from core.workspace import relabel
from core.workspace.assignment import owed
from core.workspace.bulk import CHECKED
from core.workspace.relabel import Changes, Hand
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache.snapshot import tables
from pages.ui.components import item_details as by_hand
from pages.ui.components import label_many
from pages.ui.escape_markdown import plain
from pages.ui.sunlight.filter_panel import filters_in_words

SELECTED = "sunlight_selected"
TURN = "sunlight_turn"  # how often a selection was cleared: what comes then are new widgets
LAST = "sunlight_last"
"""The last action: in which workspace, in words, its changes."""


def selected(snapshot: Snapshot, filters: Filters) -> list[str]:
    """The ids that were selected of what these filters leave, on any page."""
    of, item_ids = st.session_state.get(SELECTED, (None, []))
    return item_ids if of == (snapshot.workspace.path, filters) else []


def select(snapshot: Snapshot, filters: Filters, item_ids: Iterable[str]) -> None:
    st.session_state[SELECTED] = (snapshot.workspace.path, filters), [*item_ids]


def turn() -> int:
    return st.session_state.get(TURN, 0)


def show_actions(snapshot: Snapshot, item_ids: Sequence[str], filters: Filters) -> None:
    """Buttons that act on these items, which were selected of what the filters leave."""
    hand, path = Hand(session.annotator(), bool(snapshot.logs.runs)), snapshot.workspace.path
    if not hand.annotator:
        by_hand.ask_name(f"{by_hand.NAME}_selection")
        return

    def clear() -> None:
        select(snapshot, filters, ())
        st.session_state[TURN] = turn() + 1

    def do(told: str, what: Callable[..., Changes], *of: object) -> None:
        if done := by_hand.write(what, snapshot, SELECTED, *of, hand):
            st.session_state[LAST] = path, f"{len(done):,} {told}", done
            clear()

    def undo(changes: Sequence[relabel.Change]) -> None:
        del st.session_state[LAST]
        by_hand.write(relabel.take_back_by_hand, snapshot, SELECTED, changes, hand)

    with st.container(horizontal=True, vertical_alignment="center", key="sunlight_actions"):
        if item_ids:
            st.markdown(f"**{len(item_ids):,} selected**", width="content")
            _show_buttons(snapshot, item_ids, hand, do)
            if len(item_ids) > CHECKED:
                words = "; ".join(filters_in_words(filters, snapshot.workspace.task))
                rows = partial(tables(snapshot).rows_of, item_ids)
                label_many.offer(snapshot, rows, f"selected: {words}", "label_many_selected")
            st.button("Clear selection", type="tertiary", on_click=clear, key="sunlight_unselect")
        of, told, changes = st.session_state.get(LAST, (None, "", ()))
        if of == path:
            act = {"on_click": undo, "args": (changes,), "key": "sunlight_undo"}
            st.button(f"{plain(told)} · Undo", icon=":material/undo:", type="tertiary", **act)
    by_hand.show_refused(SELECTED)


def _show_buttons(
    snapshot: Snapshot, item_ids: Sequence[str], hand: Hand, do: Callable[..., None]
) -> None:
    """The labels, *Flag* and *Take back*; not for items of which an opinion is owed."""
    labeled, task, blind = (
        snapshot.labels.by_id,
        snapshot.workspace.task,
        owed(snapshot, hand.annotator),
    )
    free, key = [item for item in item_ids if item not in blind], f"{SELECTED}_{turn()}"

    def give(label: str) -> None:
        todo = [x for x in free if x not in labeled or labeled[x].label != label]
        do(f"labeled {task.name_of(label)}", relabel.label_by_hand, todo, label)

    def take_back() -> None:
        given = relabel.given_here(snapshot, free, hand.annotator)
        do("taken back", relabel.take_back_by_hand, given)
        if not given:
            st.toast("None of these items has a label that you gave by hand.")

    by_hand.show_label_buttons(task, "", key, give)
    by_hand.show_flag_button(key, lambda note: do("flagged", relabel.flag_by_hand, free, note))
    told = "Takes back the labels that you gave to these items by hand."
    st.button("Take back", help=told, on_click=take_back, key="sunlight_take_back")
    if left := len(item_ids) - len(free):
        st.caption(f"Without {left:,} of which you owe an opinion on Annotate.")

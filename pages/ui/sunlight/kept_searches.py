"""Kept searches on Explore: what each finds, how precisely, and what the model misses of it."""

from collections.abc import Callable

import streamlit as st

from core.query.filters import Choices, Filters
from core.query.search_figures import SearchFigures
from core.system.findings import counted
from core.workspace.searches import COLORS, Search, forget_search, keep_search, read_searches
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui import session
from pages.ui.cache import runs
from pages.ui.components.items import percent
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain
from pages.ui.sunlight import state


def show_searches(snapshot: Snapshot, words: str, choices: Choices) -> None:
    """Each kept search with its figures, and a way to keep the one that is typed."""
    with refusals_shown():
        searches = read_searches(snapshot.workspace)
        if not searches and not words:
            return
        named = f"Kept searches ({len(searches)})" if searches else "Keep this search"
        with st.expander(named, icon=":material/bookmark:", key="sunlight_searches"):
            if searches:
                st.caption("Batches can draw from them. Precision is that of random labels alone.")
            for at, search in enumerate(searches):
                _show_search(snapshot, at, search, choices)
            if words and words not in {search.query for search in searches}:
                _offer_to_keep(snapshot, words)


def _show_search(snapshot: Snapshot, at: int, search: Search, choices: Choices) -> None:
    with st.container(horizontal=True, vertical_alignment="center"), refusals_shown():
        _button(plain(search.name), f"search_{at}", Filters(words=search.query), choices)
        if snapshot.workspace.is_writable() and session.is_lead():
            args = (forget_search, snapshot, search.name)
            st.button("Remove", key=f"search_gone_{at}", type="tertiary", on_click=_do, args=args)
        found = runs.search_figures(snapshot, search)
        st.caption(plain(_told(found, search, snapshot.workspace.task)))
        if found.n_missed:
            told = f"{found.n_missed:,} that the model predicts otherwise"
            _button(told, f"search_missed_{at}", found.missed, choices)


def _button(label: str, key: str, filters: Filters, choices: Choices) -> None:
    show = {"on_click": state.show_filters, "args": (filters, choices)}
    st.button(label, key=key, type="tertiary", **show)


def _told(found: SearchFigures, search: Search, task: Task) -> str:
    told, share = f"{search.query}: {counted(found.n_items, 'item')}", found.precision
    if not search.label:
        return told
    if share is None:
        return f"{told}, no random label yet"
    ends = f"{percent(share.low)} to {percent(share.high)}"
    of = counted(found.n_random, "random label")
    return f"{told}, {percent(share.value)} {task.name_of(search.label)} ({ends}, by {of})"


def _offer_to_keep(snapshot: Snapshot, words: str) -> None:
    if not snapshot.workspace.is_writable() or not session.may("keep searches"):
        return
    task = snapshot.workspace.task
    with st.form("sunlight_keep", border=False):
        places = st.columns(2)
        name = places[0].text_input("Name", words, max_chars=60)
        label = places[1].selectbox(
            "Label that it speaks for",
            ["", *task.values],
            index=1 + (task.positive_index or 0),
            format_func=lambda value: task.name_of(value) if value else "none",
        )
        row = st.container(horizontal=True, vertical_alignment="center")
        is_shown = row.checkbox("Underline on the card")
        if row.form_submit_button("Keep this search", icon=":material/bookmark_add:"):
            used = [each.color for each in read_searches(snapshot.workspace)]
            color = min(COLORS, key=used.count)
            kept = Search(name.strip(), words, label, color if is_shown else "")
            _do(keep_search, snapshot, kept)
            st.rerun()


def _do(change: Callable, snapshot: Snapshot, what: Search | str) -> None:
    with refusals_shown(stop=True):
        change(snapshot.workspace, what)

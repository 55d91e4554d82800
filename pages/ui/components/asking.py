"""Asking for second opinions: a set of items goes to whoever labels next."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from core.sampling.second_opinions import ask_about
from core.system.findings import counted
from core.workspace.opinions import opinions_awaited
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache.snapshot import open_snapshot
from pages.ui.components.messages import refusals_shown

ICON = ":material/group_add:"
ASK = "ask for second opinions"
MENDS = "This mends labels: what others say of chosen items never enters the figures on Quality."


def offer_to_ask(snapshot: Snapshot, item_ids: Sequence[str], key: str) -> None:
    """A button that asks one more person about each of the items that a page shows."""
    if not item_ids or not snapshot.workspace.is_writable() or not session.may(ASK):
        return
    if left := _not_asked(snapshot, item_ids):
        work = partial(ask, snapshot, lambda: left)
        st.button("Ask somebody else", key=key, icon=ICON, on_click=queue, args=(work,))
        st.caption(f"About {counted(len(left), 'item')} shown here. {MENDS}")
    else:
        st.caption("Somebody else is asked about all that is shown here.")


def ask(snapshot: Snapshot, item_ids: Callable[[], Sequence[str]], people: int = 2) -> int:
    """Queues items for so many people in all, but for those that wait for an opinion already."""
    now = open_snapshot(snapshot.workspace.path)
    return ask_about(now.workspace, _not_asked(now, item_ids()), people)


def queue(work: Callable[[], int]) -> None:
    """Does what a lead asks for before the page runs again, and says how many items are queued."""
    if not session.may(ASK):
        return
    with refusals_shown():
        number = work()
        told = f"{counted(number, 'item')} queued, for whoever labels next."
        st.toast(told if number else "Nothing was queued: no item is left that can be asked about.")


def _not_asked(snapshot: Snapshot, item_ids: Sequence[str]) -> list[str]:
    awaited = {p.item_id for p in opinions_awaited(snapshot.logs, snapshot.labels.words)}
    return [item for item in item_ids if item not in awaited]

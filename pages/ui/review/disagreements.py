"""Disagreements: items that people labeled differently, decided one at a time.

Who gave which opinion, and what was noted, is shown after the decision: it goes by the text alone.
"""

from dataclasses import replace
from functools import partial
from hashlib import blake2b
from string import ascii_uppercase

import streamlit as st

from core.errors import EventError
from core.system.findings import counted
from core.workspace.definitions import wanting
from core.workspace.logs import Event
from core.workspace.opinions import REASONS
from core.workspace.relabel import adjudicate, as_they_stand
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLIT_NAMES
from pages.ui import page_head, session
from pages.ui.cache.snapshot import inbox, open_snapshot
from pages.ui.components.items import item_html, show_items
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain
from pages.ui.review.label_issues import DECIDE, SHOWN, label_buttons

LAST = "disagreements_last"  # session state: the item that this session decided last
IS_ASKED = "disagreements_is_asked"
"""Session state: whether that item waits for the reason why opinions differed."""


def show_disagreements(snapshot: Snapshot) -> None:
    """One item to decide, or the reason for the last decision; then what definitions lack."""
    if not snapshot.workspace.is_writable():
        st.caption("This workspace is read-only: you can look at opinions, but not decide.")
    else:
        page_head.need_annotator()
    last = _last(snapshot)
    if last and st.session_state.get(IS_ASKED):
        _ask_why(snapshot, last)
    else:
        if last:
            _show_last(snapshot, last)
        _show_next(snapshot)
    _show_wanting(snapshot)


def _open_items(snapshot: Snapshot) -> list[str]:
    """The disputed items, without those that have no label that could be decided about."""
    return [item for item in snapshot.labels.words.disputed if item in snapshot.labels.by_id]


def _show_item(snapshot: Snapshot, item_id: str, *, named: bool) -> None:
    """The item with what was said of it, in an order that is random by the item.

    So the order tells neither who said it nor when.
    """

    item, name_of = snapshot.labels.by_id[item_id], snapshot.workspace.task.name_of
    show_items([item_html(item.text, [SPLIT_NAMES[item.split]], big=True)])
    opinions = {
        blake2b(f"{item_id}\0{said.annotator}".encode()).digest(): said
        for said in snapshot.labels.words.by_item[item_id]
    }
    for letter, (_, said) in zip(ascii_uppercase, sorted(opinions.items()), strict=False):
        by = f", by {said.annotator}" if named else ""
        st.text(f"{letter}: {name_of(said.answer)}{by}")


def _show_next(snapshot: Snapshot) -> None:
    items = _open_items(snapshot)
    if not items:
        st.success("Nothing to decide.", icon=":material/done_all:")
        return
    st.caption(
        f"{counted(len(items), 'item')} left to decide. Names and notes are shown after your "
        "decision, which gives the label that counts."
    )
    _show_item(snapshot, items[0], named=False)
    # Without the label that counts, which would tell the first opinion.
    item = replace(snapshot.labels.by_id[items[0]], label="")
    give = partial(_decide, snapshot, item.item_id, is_new=True)
    label_buttons(snapshot, [item], True, give=lambda found: give(found[0].label))


def _ask_why(snapshot: Snapshot, last: Event) -> None:
    """The decided item with names and notes, and a key for each reason; none is needed."""
    item_id = last.item_id
    _show_item(snapshot, item_id, named=True)
    for event in snapshot.logs.events:
        if event.action == "flag" and event.item_id == item_id and event.note.strip():
            st.text(f"Note by {event.annotator}: {event.note}")
    name = snapshot.workspace.task.name_of(last.label)
    st.markdown(plain(f"Saved: {name}. Why did the opinions differ?"))
    with st.container(horizontal=True, gap="small"):
        for number, reason in enumerate(REASONS, start=1):
            key, letter = f"why {item_id} {number}", reason[0]  # a label's digit, twice, gives none
            told = {"on_click": _decide, "args": (snapshot, item_id, last.label, reason)}
            st.button(reason.capitalize(), key=key, shortcut=letter, **told)
        go_on = {"on_click": st.session_state.update, "args": ({IS_ASKED: False},)}
        st.button("No reason", key="why_skip", shortcut="n", type="tertiary", **go_on)
        _offer_undo(snapshot, last)


def _show_last(snapshot: Snapshot, last: Event) -> None:
    text, name = snapshot.labels.by_id[last.item_id].text, snapshot.workspace.task.name_of
    reason = f" ({last.note})" if last.note else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(plain(f"Saved: “{text[:80]}”: {name(last.label)}{reason}"), width="stretch")
        _offer_undo(snapshot, last)


def _offer_undo(snapshot: Snapshot, last: Event) -> None:
    args = (snapshot, last.item_id, "")
    st.button("Undo", key="undecide", icon=":material/undo:", on_click=_decide, args=args)


def _last(snapshot: Snapshot) -> Event | None:
    """The last decision of this session, as long as it stands."""
    event = snapshot.labels.words.adjudicated.get(st.session_state.get(LAST, ""))
    is_own = event is not None and event.annotator == session.annotator()
    return event if is_own and event.item_id in snapshot.labels.by_id else None


def _decide(
    snapshot: Snapshot, item_id: str, label: str, reason: str = "", *, is_new: bool = False
) -> None:
    """Saves a new decision, or changes the last one: its reason, or without a label all of it."""
    workspace, annotator = snapshot.workspace, session.annotator()
    if not session.may(DECIDE):
        return
    with refusals_shown():
        now = open_snapshot(workspace.path)
        last = _last(now)
        is_last = last is not None and last.item_id == item_id
        if is_new and is_last:
            return  # the key was pressed twice
        if not (item_id in _open_items(now) if is_new else is_last):
            raise EventError("Somebody else has decided this item since. Look at it again first.")
        adjudicate(workspace, inbox(workspace.path), item_id, label, annotator, reason)
        st.session_state.update({LAST: item_id, IS_ASKED: is_new})


def _show_wanting(snapshot: Snapshot) -> None:
    """The labels whose definition has gaps, with the items that found them."""
    for label, item_ids in wanting(snapshot):
        with st.container(border=True):
            st.markdown(plain(f"The definition of {label.name} wants a sentence."))
            st.caption(f"{counted(len(item_ids), 'decision')} found a gap in it.")
            for item in as_they_stand(snapshot, item_ids[:SHOWN]):
                show_items([item_html(item.text, [])])
            if st.button("Open Settings", key=f"define {label.value}"):
                st.session_state["data_tab"] = "Settings"
                st.switch_page("data.py")

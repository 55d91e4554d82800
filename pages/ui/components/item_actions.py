"""Labeling, correcting and flagging an item from where it is seen."""

import streamlit as st

from core.errors import SunlightError
from core.workspace.events import MAX_NOTE
from core.workspace.relabel import Hand, flag_by_hand, flag_of, label_by_hand, label_of
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache.snapshot import inbox
from pages.ui.escape_markdown import plain

REFUSED = "sunlight_refused"
NAME = "sunlight_name"


def show_hand(snapshot: Snapshot, item_id: str, refusal: str, *, assisted: bool) -> None:
    """A button for each label, unless the item must not be labeled here; and the flag."""
    if not session.annotator():
        _ask_name()
        return
    hand = Hand(session.annotator(), assisted)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not refusal:
            _show_labels(snapshot, item_id, hand)
        _show_flag(snapshot, item_id, hand)
    if refusal:
        st.caption(plain(refusal))
    said_of, said = st.session_state.pop(REFUSED, ("", ""))
    if said_of == item_id:
        st.error(plain(said), icon=":material/error:")


def _show_labels(snapshot: Snapshot, item_id: str, hand: Hand) -> None:
    labeled = label_of(snapshot, item_id)
    for label in snapshot.workspace.task.labels:
        is_given = labeled is not None and labeled.label == label.value
        st.button(
            plain(label.name),
            icon=":material/check:" if is_given else None,
            disabled=is_given,
            help="It has this label." if is_given else "Training data; stands in the logs at once.",
            on_click=_label,
            args=(snapshot, item_id, label.value, hand),
            key=f"byhand_{label.value}_{item_id}",
        )


def _show_flag(snapshot: Snapshot, item_id: str, hand: Hand) -> None:
    flag, key = flag_of(snapshot, item_id), f"byhand_note_{item_id}"
    if flag:
        st.button(
            "Take the flag back",
            icon=":material/flag:",
            help=plain(f"{flag.annotator}: {flag.note}"),
            on_click=_flag,
            args=(snapshot, item_id, "", hand),
            key=f"byhand_unflag_{item_id}",
        )
        return
    with st.popover("Flag", icon=":material/flag:"):
        st.text_input("What should be looked at?", max_chars=MAX_NOTE, key=key)
        st.button(
            "Flag it",
            on_click=_flag_noted,
            args=(snapshot, item_id, key, hand),
            key=f"byhand_flag_{item_id}",
        )


def _label(snapshot: Snapshot, item_id: str, label: str, hand: Hand) -> None:
    workspace = snapshot.workspace
    try:
        label_by_hand(workspace, inbox(workspace.path), item_id, label, hand)
    except SunlightError as error:
        st.session_state[REFUSED] = (item_id, str(error))


def _flag_noted(snapshot: Snapshot, item_id: str, key: str, hand: Hand) -> None:
    _flag(snapshot, item_id, st.session_state.get(key, "").strip() or "look again", hand)


def _flag(snapshot: Snapshot, item_id: str, note: str, hand: Hand) -> None:
    workspace = snapshot.workspace
    try:
        flag_by_hand(workspace, inbox(workspace.path), item_id, note, hand)
    except SunlightError as error:
        st.session_state[REFUSED] = (item_id, str(error))


def _ask_name() -> None:
    if session.login_is_configured():
        st.caption("Log in on the Annotate page to label or flag it.")
        return
    st.text_input(
        "Your name, to label or flag it",
        max_chars=session.MAX_NAME,
        key=NAME,
        on_change=_take_name,
        width=320,
    )


def _take_name() -> None:
    session.name_annotator(st.session_state[NAME])

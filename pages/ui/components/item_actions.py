"""What can be done with an item from where it is seen: label, correct, flag, go to its batch."""

from collections.abc import Callable

import streamlit as st

from core.errors import SunlightError
from core.workspace.events import MAX_NOTE, Inbox
from core.workspace.layout import Workspace
from core.workspace.relabel import Hand, flag_by_hand, flag_of, label_by_hand
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache.snapshot import inbox
from pages.ui.components.messages import show_error
from pages.ui.escape_markdown import plain

REFUSED = "sunlight_refused"
NAME = "sunlight_name"

ByHand = Callable[[Workspace, Inbox, str, str, Hand], object]


def open_batch(batch_id: str, item_id: str = "") -> None:
    """Goes to the annotate page, into this batch."""
    session.reopen(batch_id, item_id)
    st.switch_page("annotate.py")


def batches_of(snapshot: Snapshot) -> dict[str, str]:
    """The batch in which each item is labeled, or waits for its label; not those of files alone."""
    found = {item.item_id: item.batch_id for item in snapshot.labels.items if item.batch_id}
    waiting = ((p.item_id, p.batch_id) for batch in snapshot.open_batches.values() for p in batch)
    return {**found, **dict(waiting)}


def open_item_button(batch_id: str, item_id: str, key: str, name: str = "Open") -> None:
    """A button into the item's batch, at the item; nothing for an item that has none."""
    if batch_id and st.button(name, key=key, help=f"Annotate, at this item of {plain(batch_id)}"):
        open_batch(batch_id, item_id)


def show_actions(snapshot: Snapshot, item_id: str, refusal: str, *, assisted: bool) -> None:
    """A button for each label, unless the item must not be labeled here; and the flag."""
    if not session.annotator():
        _ask_name(f"{NAME}_{item_id}")
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
        show_error(said)


def _show_labels(snapshot: Snapshot, item_id: str, hand: Hand) -> None:
    labeled = snapshot.labels.by_id.get(item_id)
    for label in snapshot.workspace.task.labels:
        is_given = labeled is not None and labeled.label == label.value
        st.button(
            plain(label.name),
            icon=":material/check:" if is_given else None,
            disabled=is_given,
            help="It has this label." if is_given else "Training data; stands in the logs at once.",
            on_click=_write,
            args=(label_by_hand, snapshot, item_id, label.value, hand),
            key=f"byhand_{label.value}_{item_id}",
        )


def _show_flag(snapshot: Snapshot, item_id: str, hand: Hand) -> None:
    flag, key = flag_of(snapshot, item_id), f"byhand_note_{item_id}"
    if flag:
        st.button(
            "Take the flag back",
            icon=":material/flag:",
            help=plain(f"{flag.annotator}: {flag.note}"),
            on_click=_write,
            args=(flag_by_hand, snapshot, item_id, "", hand),
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


def _write(by_hand: ByHand, snapshot: Snapshot, item_id: str, value: str, hand: Hand) -> None:
    """Writes a label or a flag down, before the page runs again; a refusal is told then."""
    workspace = snapshot.workspace
    try:
        by_hand(workspace, inbox(workspace.path), item_id, value, hand)
    except SunlightError as error:
        st.session_state[REFUSED] = (item_id, str(error))


def _flag_noted(snapshot: Snapshot, item_id: str, key: str, hand: Hand) -> None:
    note = st.session_state.get(key, "").strip() or "look again"
    _write(flag_by_hand, snapshot, item_id, note, hand)


def _ask_name(key: str) -> None:
    if session.login_is_configured():
        st.caption("Log in on the Annotate page to label or flag it.")
        return
    st.text_input(
        "Your name, to label or flag it",
        max_chars=session.MAX_NAME,
        key=key,
        on_change=session.name_annotator_by,
        args=(key,),
        width=320,
    )

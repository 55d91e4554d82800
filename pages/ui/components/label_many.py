"""Label many: one label for many items at once, after a look at ten of them."""

from collections.abc import Callable

import pyarrow as pa
import streamlit as st

from core.evaluation.intervals import wilson
from core.query.order import Rows
from core.system.findings import counted
from core.workspace import bulk
from core.workspace.relabel import Hand
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache.snapshot import inbox
from pages.ui.components import item_details as by_hand
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain

GO = "label_many_go"
"""Session state: the page that comes next: a callback cannot open one."""
DONE = "label_many_done"  # the group that was labeled last in this session


def offer(snapshot: Snapshot, rows: Callable[[], Rows], reason: str, key: str) -> None:
    """A button that asks for one label for all these items; ten of them go to Annotate first."""
    _go()
    with st.popover(
        "Label many", type="tertiary", icon=":material/library_add_check:", key=key,
        on_change="rerun",
    ) as place:  # fmt: skip
        if not place.open:
            return
        if not session.annotator():
            by_hand.ask_name(f"{by_hand.NAME}_{key}")
            return
        asked = rows()
        _choose(snapshot, asked, reason, key)
        offer_undo(snapshot, key)


def _choose(snapshot: Snapshot, asked: Rows, reason: str, key: str) -> None:
    """The labels, and how many items would get one; or why none can."""
    free = bulk.free_rows(snapshot, asked)
    if left := bulk.left_out(snapshot, asked):
        told = ", ".join(f"{number:,} {why}" for why, number in left.items())
        st.caption(f"{counted(len(free), 'item')}. Left out: {told}.")
    if refusal := bulk.refused(snapshot, len(free)):
        st.caption(plain(refusal))
        return

    def give(label: str) -> None:
        ids = snapshot.pool_words.pool.ids.take(pa.array(free)).to_pylist()
        if _done(bulk.begin, snapshot, ids, label, reason, _hand(snapshot)):
            st.session_state[GO] = "annotate.py"

    st.markdown(f"Label these {len(free):,} as")
    by_hand.show_label_buttons(snapshot.workspace.task, "", key, give)
    st.caption(f"You look at {bulk.CHECKED} of them first, drawn at random.")


def offer_undo(snapshot: Snapshot, key: str, only: str = "") -> None:
    """A button for each group that was labeled, or for `only` one, that takes its labels back."""
    for event, number in bulk.given(snapshot):
        if only in ("", event.batch_id):
            name = plain(snapshot.workspace.task.name_of(event.label))
            st.button(
                f"{number:,} labeled {name} · Undo",
                key=f"{key}_{event.batch_id}",
                type="tertiary",
                icon=":material/undo:",
                help=plain(f"{event.annotator}, {event.labeled_at[:10]}, {event.note}"),
                on_click=_done,
                args=(bulk.take_back, snapshot, event.batch_id, _hand(snapshot)),
            )


def stop_for_result(snapshot: Snapshot, annotator: str) -> None:
    """What the check of a group has shown, and what is to become of it: until then no batch."""
    _go()
    checked = (group for group in bulk.groups(snapshot, annotator) if group.is_checked)
    group = None if session.reopened() else next(checked, None)
    if group is None:
        return
    batch_id, hand, rest = group.about.batch_id, _hand(snapshot), len(group.rest)
    name = snapshot.workspace.task.name_of(group.about.label)
    share = wilson(group.hits, len(group.answers))
    told = f"{group.hits} of the {len(group.answers)} items that you looked at are {name}."
    sure = (
        f"With 95% confidence, {share.low:.0%} to {share.high:.0%} of the other {rest:,} are too."
    )
    told += f" {sure}" if rest else " No other item is left to label."
    (st.success if group.passed else st.warning)(plain(told))
    st.caption(plain(f"The group: {group.about.note}."))

    def label() -> None:
        if _done(bulk.label_rest, snapshot, batch_id, hand):
            st.session_state[DONE], st.session_state[GO] = batch_id, "sunlight.py"

    def leave() -> None:
        _done(bulk.end, snapshot, batch_id, hand)
        st.session_state[GO] = "sunlight.py"

    with st.container(horizontal=True):
        first = {"type": "primary", "key": "label_many", "shortcut": "Enter"}
        if rest and group.passed:
            st.button(plain(f"Label the other {rest:,} as {name}"), on_click=label, **first)
        elif rest:
            of = (bulk.check_more, snapshot, batch_id, hand)
            st.button("Look at ten more", on_click=_done, args=of, **first)
        st.button("Back to the list", on_click=leave, key="label_many_leave")
    st.stop()


def _hand(snapshot: Snapshot) -> Hand:
    return Hand(session.annotator(), bool(snapshot.logs.runs))


def _done(what: Callable[..., object], snapshot: Snapshot, *of: object) -> bool:
    """Whether it was written down, before the page runs again; a refusal is shown."""
    with refusals_shown():
        what(snapshot, inbox(snapshot.workspace.path), *of)
        return True
    return False


def _go() -> None:
    if page := st.session_state.pop(GO, ""):
        st.switch_page(page)

"""Review: why items were chosen; labels to look at again or to decide; what was labeled earlier."""

from functools import partial

import pandas as pd
import streamlit as st

from core.workspace.assignment import batch_for, flags
from core.workspace.logs import Event, new_event, shown_id
from core.workspace.relabel import as_they_stand
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLIT_NAMES
from pages.ui import page_head, session
from pages.ui.cache import analysis
from pages.ui.cache.snapshot import inbox, tables
from pages.ui.components.asking import offer_to_ask
from pages.ui.components.controls import offer_more_like, show_tabs
from pages.ui.components.items import item_html, show_items
from pages.ui.components.messages import refusals_shown, say_empty
from pages.ui.review.disagreements import show_disagreements
from pages.ui.review.label_issues import label_buttons, show_label_issues, take
from pages.ui.review.picks import (
    batches_of,
    choose_batch,
    newest_run,
    open_batch,
    open_item_button,
    picks_shown,
    show_sides,
)

SHOWN = 50
DECIDED = 20  # flagged items with a button for each label: buttons cost more time than texts


def show_choice(snapshot: Snapshot) -> None:
    """Two strategies' picks of a batch, of the next one, or of all."""
    batch = choose_batch(snapshot, analysis.picks(snapshot))
    if batch is None:
        say_empty(
            "Here you will see which items the model chose, and why. Label the test set and the "
            "first training data on Annotate; the batch after that is chosen by the model."
        )
        return
    show_sides(snapshot, picks_shown(snapshot, batch), newest_run(snapshot))


def show_flagged(snapshot: Snapshot) -> None:
    """What somebody flagged: label it, open it in its batch, or remove the flag."""
    flagged = flags(snapshot.logs.events)
    if not flagged:
        key = snapshot.workspace.task.keys.flag
        say_empty(f"Nothing is flagged. Press `{key}` while labeling to flag an item.")
        return
    found = as_they_stand(snapshot, [flag.item_id for flag in flagged[:SHOWN]])
    offer_to_ask(snapshot, [item.item_id for item in found], "ask_flagged")
    batches = batches_of(snapshot)
    for at, (flag, item) in enumerate(zip(flagged, found, strict=False)):
        name = item.label and snapshot.workspace.task.name_of(item.label)
        labeled = f"labeled {name}" if name else "no label yet"
        told = [f"flagged by {flag.annotator}: {flag.note}", labeled]
        show_items([item_html(item.text, told)])
        with st.container(horizontal=True, gap="small"):
            done, item_id = partial(remove_flag, snapshot, flag), flag.item_id
            if at < DECIDED and session.annotator():
                give = partial(take, snapshot, then=done)
                label_buttons(snapshot, [item], at == 0, give=give)
            st.button("Remove flag", key=f"done {item_id}", icon=":material/flag:", on_click=done)
            open_item_button(batches.get(item_id, ""), item_id, f"open {item_id}")
            offer_more_like(snapshot, item_id, item.text)
    if len(flagged) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(flagged):,} are shown.")


def remove_flag(snapshot: Snapshot, flag: Event) -> None:
    with refusals_shown():
        event = new_event(flag.batch_id, session.annotator(), "flag", flag.item_id)
        inbox(snapshot.workspace.path).receive([event])


def show_earlier(snapshot: Snapshot) -> None:
    """Batches with labels, but the one that is under way; each item opens and can be corrected."""
    batches = tables(snapshot).batches
    under_way = batch_for(snapshot, session.annotator())
    others = (batches["labeled"] > 0) & (batches["batch_id"] != under_way)
    batches = batches[others].set_index("batch_id")
    if not len(batches):
        say_empty("Here you will find every batch with labels, to check and correct them.")
        return
    titles = {batch_id: earlier_title(batch_id, of) for batch_id, of in batches.iterrows()}
    batch_id = st.selectbox("Batch", titles, format_func=titles.get, key="review_earlier")
    if st.button("Open in Annotate", icon=":material/undo:", key="reopen"):
        open_batch(batch_id)
    task = snapshot.workspace.task
    labeled = [item for item in snapshot.labels.items if item.batch_id == batch_id]
    labeled.sort(key=lambda item: item.labeled_at, reverse=True)
    for item in labeled[:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            show_items(
                [item_html(item.text, [f"labeled {task.name_of(item.label)}", item.annotator])]
            )
            open_item_button(batch_id, item.item_id, f"earlier {item.item_id}")
            offer_more_like(snapshot, item.item_id, item.text)
    if len(labeled) > SHOWN:
        st.caption(f"The newest {SHOWN} of {len(labeled):,} are shown.")


def earlier_title(batch_id: str, batch: pd.Series) -> str:
    person = batch["annotator"] or "nobody yet"
    return (
        f"{shown_id(batch_id)} · {SPLIT_NAMES[batch['split']]} · {person} · "
        f"{batch['labeled']} labeled · {str(batch['created_at'])[:10]}"
    )


snapshot = page_head.open_page(
    "Review",
    "Why items were chosen, labels that may be wrong or differ, and your earlier batches.",
)
page_head.need_pool(snapshot)
TABS = {
    "Why these items": show_choice,
    "Second look": show_label_issues,
    "Flagged": show_flagged,
    "Disagreements": show_disagreements,
    "Labeled earlier": show_earlier,
}
show_tabs(TABS, "review_tab", snapshot)

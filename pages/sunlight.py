"""Sunlight: large numbers of random, granular examples, with what the model sees in each."""

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from core.models.predict import score_texts
from core.pool.text import words_of
from core.query.row_set import RowSet
from core.query.tables import UNLABELED, Drawn
from core.workspace.snapshot import Snapshot, being_held_out
from core.workspace.task import SPLITS
from pages.ui import page_head, session
from pages.ui.cache import runs
from pages.ui.cache.snapshot import tables
from pages.ui.components.item_details import show_details
from pages.ui.components.items import item_html, show_items
from pages.ui.components.messages import empty, refusals_shown
from pages.ui.escape_markdown import plain
from pages.ui.sunlight import filter_panel, state
from pages.ui.sunlight.item_download import show_downloads
from pages.ui.sunlight.steps import Step


def show_draw(snapshot: Snapshot, items: pd.DataFrame) -> None:
    """The items with words that the model does not know marked, and its probability."""
    model = runs.model(snapshot, snapshot.logs.runs[-1]) if snapshot.logs.runs else None
    texts = items["text"].tolist()
    words = [word for text in texts for word in words_of(text)]
    known = None if model is None else model.known(words)
    opinions = [None] * len(texts) if model is None else score_texts(model, texts)
    # An evaluation item that waits for its label must not be shown with the model's opinion.
    hidden = being_held_out(snapshot)
    for item, opinion in zip(items.itertuples(), opinions, strict=True):
        is_held_out = item.item_id in hidden
        told = facts(snapshot, item, None if is_held_out else opinion)
        is_big = len(items) == 1
        shown = item_html(item.text, told, known, big=is_big, item_id=item.item_id)
        with st.container(gap=None):
            show_items([shown])
            # Nothing of an item is worked out before somebody opens it.
            place = st.container() if is_big else more_of(item.item_id)
            if is_big or place.open:
                with place:
                    show_details(snapshot, item.item_id, item.text, is_held_out=is_held_out)


def more_of(item_id: str) -> ExpanderContainer:
    """Where more of the item is shown, if somebody opens it."""
    return st.expander("More", type="compact", key=f"more_{item_id}", on_change="rerun")


def facts(snapshot: Snapshot, item: tuple, probability: np.ndarray | None) -> list[str]:
    """What is known of an item, in the order in which one asks."""
    task = snapshot.workspace.task
    told = [item.item_id, item.split]
    if item.label:
        told.append(f"labeled {task.label(item.label).name}")
    if item.strategy:
        told.append(f"by {item.strategy}")
    if probability is not None:
        told.append(f"P({task.positive.name}) = {probability[task.positive_index]:.2f}")
    return told


def count_sentence(drawn: Drawn, is_random: bool) -> str:
    """How many items the filters leave, and which of them are shown."""
    if is_random:
        return f"{len(drawn.items):,} drawn at random from {drawn.matching:,} items"
    return f"The first {len(drawn.items):,} of {drawn.matching:,} items, in the order of the pool"


def kinds_sentence(snapshot: Snapshot, counts: pd.DataFrame) -> str:
    """How many of the items each split has, and how many each label; empty if none is labeled."""
    if not (counts["split"] != UNLABELED).any():
        return ""
    by_split = counts.groupby("split")["items"].sum()
    told = [
        f"{by_split[split]:,} {split}" for split in (UNLABELED, *SPLITS) if split in by_split.index
    ]
    by_label = counts[counts["split"] != UNLABELED].groupby("label")["items"].sum()
    names = [snapshot.workspace.task.label(value).name for value in by_label.index]
    labeled = [f"{items:,} {name}" for items, name in zip(by_label, names, strict=True)]
    return f"{' · '.join(told)}; labeled: {', '.join(labeled)}"


def show_count(snapshot: Snapshot, step: Step, places: RowSet, drawn: Drawn) -> None:
    """How many items the filters leave, and the ways to take them all away."""
    told = count_sentence(drawn, step.is_random)
    told += "; words that the model does not know are underlined" if snapshot.logs.runs else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(gap=None, width="stretch"):
            st.caption(told)
            counts = tables(snapshot).counts(places) if step.filters.words else None
            if counts is not None and (kinds := kinds_sentence(snapshot, counts)):
                st.caption(plain(kinds))
        if len(places):
            show_downloads(snapshot, places)


def show_look(snapshot: Snapshot, step: Step) -> None:
    """The items of this step, under a line that says how many the filters leave."""
    table = tables(snapshot)
    # Takes long only while the pool's words are read first.
    with st.spinner("Looking through the pool …"), refusals_shown(stop=True):
        places = runs.places(snapshot, step.filters)
    drawn = table.draw(places, step.size, step.seed) if step.is_random else table.first(places)
    show_count(snapshot, step, places, drawn)
    if not len(drawn.items):
        empty("No item matches these filters. Take one of them away.")
    show_draw(snapshot, drawn.items)


@st.fragment(run_every=state.SECONDS)
def stream() -> None:
    """One item, and after some seconds the next."""
    snapshot = session.open_snapshot()
    show_look(snapshot, state.next_of_stream(state.choices_of(snapshot)))


snapshot = page_head.open_page(
    "Sunlight", "Random items, as they are: the best way to know your data."
)
page_head.need_pool(snapshot)
choices = state.choices_of(snapshot)
state.arrive(snapshot, choices)
step = state.chosen(choices)
state.keep(step)
filter_panel.show_filters(snapshot.workspace.task, choices)
filter_panel.show_controls(choices)
filter_panel.show_active(step.filters, snapshot.workspace.task, choices)
state.write_address()
if state.is_streaming():
    stream()
else:
    show_look(snapshot, step)

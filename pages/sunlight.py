"""Sunlight: large numbers of random, granular examples, with what the model sees in each."""

import secrets

import numpy as np
import pandas as pd
import streamlit as st

from core.loop import Loop
from core.scoring import score_texts
from core.tables import UNLABELED, Filters
from core.task import SPLITS
from core.word_index import words_of
from pages.ui import cache, frame
from pages.ui.items import item_html, show_items

SEED = "sunlight_seed"
SIZES = (1, 10, 50)


def new_draw() -> None:
    """The next run draws anew."""
    st.session_state[SEED] = secrets.randbelow(2**31)


def read_filters(loop: Loop) -> Filters:
    """What the person wants to draw from."""
    task = loop.workspace.task
    columns = st.columns(3)
    splits = columns[0].multiselect(
        "Split", (*SPLITS, UNLABELED), placeholder="every split", key="sunlight_splits"
    )
    labels = columns[1].multiselect(
        "Label",
        task.values,
        format_func=lambda value: task.label(value).name,
        placeholder="any label or none",
        key="sunlight_labels",
    )
    strategies = columns[2].multiselect(
        "Strategy",
        cache.tables(loop).strategies(),
        placeholder="any strategy or none",
        key="sunlight_strategies",
    )
    return Filters(tuple(splits), tuple(labels), tuple(strategies))


def draw_seed() -> int:
    """The seed of the draw on the screen; it stands in the address, so that it can be shared."""
    if SEED not in st.session_state:
        given = st.query_params.get("seed", "")
        st.session_state[SEED] = int(given) if given.isdecimal() and len(given) < 19 else 0
        if not given:
            new_draw()
    st.query_params["seed"] = str(st.session_state[SEED])
    return st.session_state[SEED]


def show_draw(loop: Loop, items: pd.DataFrame) -> None:
    """The items with words that the model does not know marked, and its probability."""
    runs = loop.logs.runs
    model = cache.model(loop, runs[-1]) if runs else None
    words = [word for text in items["text"] for word in words_of(text)]
    known = None if model is None else model.known(words)
    probability = None if model is None else score_texts(model, items["text"].tolist())
    show_items(
        [
            item_html(
                item.text,
                facts(loop, item, None if probability is None else probability[at]),
                known,
                big=len(items) == 1,
            )
            for at, item in enumerate(items.itertuples())
        ]
    )


def facts(loop: Loop, item: tuple, probability: np.ndarray | None) -> list[str]:
    """What is known of an item, in the order in which one asks."""
    task = loop.workspace.task
    told = [item.item_id, item.split]
    if item.label:
        told.append(f"labeled {task.label(item.label).name}")
    if item.strategy:
        told.append(f"by {item.strategy}")
    # An evaluation item that waits for its label must not be shown with the model's opinion.
    if probability is not None and not is_being_held_out(loop, item):
        told.append(f"P({task.positive.name}) = {probability[task.positive_index]:.2f}")
    return told


def is_being_held_out(loop: Loop, item: tuple) -> bool:
    """Whether the item waits in an open batch for its evaluation or validation label."""
    return any(
        proposal.item_id == item.item_id and proposal.split != "training"
        for waiting in loop.open_batches.values()
        for proposal in waiting
    )


loop = frame.open_page("Sunlight", "Random items, as they are: the best way to know your data.")
frame.need_pool(loop)
filters = read_filters(loop)
left, right = st.columns([1, 2], vertical_alignment="bottom")
left.button(
    "Random",
    type="primary",
    icon=":material/casino:",
    on_click=new_draw,
    width="stretch",
    key="random",
)
size = right.segmented_control("Items", SIZES, default=10, key="sunlight_size") or 10
drawn = cache.tables(loop).draw(filters, size, draw_seed())
st.caption(
    f"{len(drawn.items):,} drawn at random from {drawn.matching:,} items"
    + ("; words that the model does not know are underlined" if loop.logs.runs else "")
)
if not len(drawn.items):
    frame.empty("No item matches these filters. Take one of them away.")
show_draw(loop, drawn.items)

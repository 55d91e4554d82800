"""Sunlight: large numbers of random, granular examples, with what the model sees in each."""

import secrets

import numpy as np
import pandas as pd
import streamlit as st

from core.loop import Loop
from core.scoring import score_texts
from core.tables import SHOWN_FIRST, UNLABELED, Drawn, Filters
from core.task import SPLITS
from core.word_index import words_of
from pages.ui import cache, frame
from pages.ui.items import item_html, show_items

SEED = "sunlight_seed"
SIZES = (1, 10, 50)

RANDOM, FIRST = "Random", f"First {SHOWN_FIRST}"
ORDER = "sunlight_order"

SYNTAX = """Words that a text must hold, all of them, in any order: `flood river`. Words in quotes
stand side by side: `"river flood"`. Whole words count, without case or punctuation: `flood` finds
*Flood,* and *flood-hit*, not *floodlight*."""


def new_draw() -> None:
    """The next run draws anew."""
    st.session_state[SEED] = secrets.randbelow(2**31)


def press_random() -> None:
    """Draws anew, whatever was shown before."""
    new_draw()
    st.session_state[ORDER] = RANDOM


def read_filters(loop: Loop) -> Filters:
    """What the person wants to draw from."""
    task = loop.workspace.task
    words = st.text_input(
        "Words",
        placeholder='in the text, such as  flood  or  "police seek"',
        max_chars=200,
        icon=":material/search:",
        help=SYNTAX,
        key="sunlight_words",
    )
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
    return Filters(tuple(splits), tuple(labels), tuple(strategies), words)


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
    texts = items["text"].tolist()
    words = [word for text in texts for word in words_of(text)]
    known = None if model is None else model.known(words)
    opinions = [None] * len(texts) if model is None else score_texts(model, texts)
    # An evaluation item that waits for its label must not be shown with the model's opinion.
    hidden = being_held_out(loop)
    show_items(
        [
            item_html(
                item.text,
                facts(loop, item, None if item.item_id in hidden else opinion),
                known,
                big=len(items) == 1,
            )
            for item, opinion in zip(items.itertuples(), opinions, strict=True)
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
    if probability is not None:
        told.append(f"P({task.positive.name}) = {probability[task.positive_index]:.2f}")
    return told


def being_held_out(loop: Loop) -> set[str]:
    """The items that wait in an open batch for their evaluation or validation label."""
    return {
        proposal.item_id
        for waiting in loop.open_batches.values()
        for proposal in waiting
        if proposal.split != "training"
    }


def show_controls() -> tuple[bool, int]:
    """(whether the items are drawn at random, how many), as the person has chosen."""
    button, number, order = st.columns([2, 2, 2], vertical_alignment="bottom")
    button.button(
        "Random",
        type="primary",
        icon=":material/casino:",
        on_click=press_random,
        width="stretch",
        key="random",
    )
    st.session_state.setdefault(ORDER, RANDOM)
    shown = order.segmented_control("Show", (RANDOM, FIRST), key=ORDER)
    size = number.segmented_control(
        "Items", SIZES, default=10, disabled=shown == FIRST, key="sunlight_size"
    )
    return shown != FIRST, size or 10


def count_sentence(drawn: Drawn, is_random: bool) -> str:
    """How many items the filters leave, and which of them are shown."""
    if is_random:
        return f"{len(drawn.items):,} drawn at random from {drawn.matching:,} items"
    return f"The first {len(drawn.items):,} of {drawn.matching:,} items, in the order of the pool"


def kinds_sentence(loop: Loop, counts: pd.DataFrame) -> str:
    """How many of the items each split has, and how many each label; empty if none is labeled."""
    if not (counts["split"] != UNLABELED).any():
        return ""
    by_split = counts.groupby("split")["items"].sum()
    told = [
        f"{by_split[split]:,} {split}" for split in (UNLABELED, *SPLITS) if split in by_split.index
    ]
    by_label = counts[counts["split"] != UNLABELED].groupby("label")["items"].sum()
    names = [loop.workspace.task.label(value).name for value in by_label.index]
    labeled = [f"{items:,} {name}" for items, name in zip(by_label, names, strict=True)]
    return f"{' · '.join(told)}; labeled: {', '.join(labeled)}"


loop = frame.open_page("Sunlight", "Random items, as they are: the best way to know your data.")
frame.need_pool(loop)
filters = read_filters(loop)
is_random, size = show_controls()
tables, seed = cache.tables(loop), draw_seed()
with st.spinner("Looking through the pool …"):  # for long only while its words are read first
    drawn = tables.draw(filters, size, seed) if is_random else tables.first(filters)
st.caption(
    count_sentence(drawn, is_random)
    + ("; words that the model does not know are underlined" if loop.logs.runs else "")
)
if not len(drawn.items):
    frame.empty("No item matches these filters. Take one of them away.")
if filters.words and (kinds := kinds_sentence(loop, tables.counts(filters))):
    st.caption(kinds)
show_draw(loop, drawn.items)

"""Review: the outliers beside the low-confidence picks, with why each was picked."""

import pandas as pd
import streamlit as st

from core.iteration import training_word_counts
from core.loop import Loop
from core.task import Task
from pages.ui import cache, frame
from pages.ui.items import item_html, show_items

ALL = "all batches"
SHOWN = 100


def choose_batch(batches: pd.DataFrame) -> str | None:
    """The batch to look at; None for all of them."""
    chosen = st.selectbox("Batch", [*batches["batch_id"], ALL], key="review_batch")
    return None if chosen == ALL else chosen


def verdict(task: Task, pick: tuple) -> str:
    """The label given, and whether the model's guess was right."""
    if not pick.label:
        return "no label yet"
    right = "the model guessed right" if pick.label == pick.predicted else "the model guessed wrong"
    return f"labeled {task.label(pick.label).name}: {right}"


def outlier_reason(task: Task, pick: tuple) -> list[str]:
    """Why an outlier was picked."""
    return [
        f"its words occurred {pick.score:.2f} times on average in the training data",
        verdict(task, pick),
    ]


def confidence_reason(task: Task, pick: tuple) -> list[str]:
    """Why a low-confidence item was picked."""
    return [
        f"{task.label(pick.predicted).name} with confidence {pick.confidence:.3f}",
        verdict(task, pick),
    ]


def familiar_words(loop: Loop) -> frozenset[str]:
    """The words that occur in today's training data."""
    seen = training_word_counts(loop) > 0
    return frozenset(loop.pool_words.words.filter(seen).to_pylist())


loop = frame.open_page(
    "Review", "What the model asked for: things it has never seen, and things it cannot decide."
)
frame.need_pool(loop)
task = loop.workspace.task
tables = cache.tables(loop)
batches = tables.batches()
batches = batches[batches["active"]]
if not len(batches):
    frame.empty(
        "Here you will see the outliers beside the low-confidence picks. They come with the first "
        "active-learning batch, after evaluation data and first training data are labeled."
    )
batch_id = choose_batch(batches)
known = familiar_words(loop)
for column, (strategy, title, reason) in zip(
    st.columns(2, gap="large"),
    (
        ("outlier", "Outliers: rarest words first", outlier_reason),
        ("low confidence", "Low confidence: least sure first", confidence_reason),
    ),
    strict=True,
):
    with column:
        picks = tables.picks(batch_id, strategy)
        st.subheader(f"{title} ({len(picks):,})", anchor=False)
        show_items(
            [
                item_html(pick.text, reason(task, pick), known)
                for pick in picks.head(SHOWN).itertuples()
            ]
        )
        if len(picks) > SHOWN:
            st.caption(f"The first {SHOWN} are shown.")
st.caption("Underlined: words that do not occur in today's training data.")

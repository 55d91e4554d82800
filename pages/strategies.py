"""Strategies: what each way of sampling brought in, which one pays, and what is left."""

import streamlit as st

from pages.ui import cache, charts, frame
from pages.ui.harvest import show_harvest
from pages.ui.remaining import show_remaining
from pages.ui.replay import show_replay

loop = frame.open_page(
    "Strategies", "What each way of choosing brought in, which one pays here, and what is left."
)
frame.need_pool(loop)
brought = cache.brought(loop)
if not brought:
    frame.empty(
        "Here you will see what each strategy found. It begins with the first training labels."
    )
show_harvest(loop, brought)
st.subheader("Do they prefer short or long texts?", anchor=False)
st.caption("Bars beside the grey one of the pool: where they differ, the training data is biased.")
st.altair_chart(charts.lengths(cache.tables(loop).lengths()))
show_remaining(loop)
show_replay(loop)

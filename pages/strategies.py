"""Strategies: what each way of sampling brought in, which one pays, and what is left."""

import pandas as pd
import streamlit as st

from core.loop import Loop
from pages.ui import cache, charts, frame
from pages.ui.remaining import show_remaining
from pages.ui.replay import show_replay

COLUMNS = {
    "batch_id": st.column_config.TextColumn("iteration"),
    "positive_share": st.column_config.NumberColumn("positive share", format="percent"),
    "differing_share": st.column_config.NumberColumn(
        "differs from prediction",
        format="percent",
        help="Share of the labels that are not what the model predicted when it chose the item.",
    ),
}


def with_shares(yields: pd.DataFrame) -> pd.DataFrame:
    """The counts with shares; a share of nothing is empty."""
    predicted = yields["predicted"].where(yields["predicted"] > 0)
    return yields.assign(
        positive_share=yields["positive"] / yields["labeled"],
        differing_share=yields["differing"] / predicted,
    )


def show_totals(yields: pd.DataFrame) -> None:
    """One line per strategy over all iterations."""
    counts = ["labeled", "positive", "predicted", "differing"]
    totals = with_shares(yields.groupby("strategy", as_index=False)[counts].sum())
    st.dataframe(totals.drop(columns="predicted"), hide_index=True, column_config=COLUMNS)


def show_iterations(loop: Loop, yields: pd.DataFrame) -> None:
    """The share of positives over time, and the numbers behind it."""
    name = loop.workspace.task.positive.name
    st.subheader(f"How often was it {name}?", anchor=False)
    st.caption("Each point is one strategy in one iteration; large points have many labels.")
    st.altair_chart(charts.positive_share(with_shares(yields)))
    with st.expander("The numbers of each iteration"):
        shares = with_shares(yields).drop(columns="predicted")
        st.dataframe(shares, hide_index=True, column_config=COLUMNS)


loop = frame.open_page(
    "Strategies", "What each way of choosing brought in, which one pays here, and what is left."
)
frame.need_pool(loop)
tables = cache.tables(loop)
yields = tables.strategy_yield(loop.workspace.task.positive.value)
if not len(yields):
    frame.empty(
        "Here you will see what each strategy found. It begins with the first training labels."
    )
show_totals(yields)
show_iterations(loop, yields)
st.subheader("Do they prefer short or long texts?", anchor=False)
st.caption("Bars beside the grey one of the pool: where they differ, the training data is biased.")
st.altair_chart(charts.lengths(tables.lengths()))
show_remaining(loop)
show_replay(loop)

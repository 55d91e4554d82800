"""Charts whose specification is worked out once, whatever rows they show."""

from collections.abc import Callable, Hashable

import altair as alt
import pandas as pd
import streamlit as st

from pages.ui import cache

POINTS = alt.NamedData("points")
"""What such a chart is made over: its rows come when it is shown. Every field has its type."""


def plot(make: Callable[..., alt.LayerChart], points: pd.DataFrame, *arguments: Hashable) -> None:
    """The chart that `make` gives for these arguments, with these rows.

    Altair takes some 40 ms for a chart, more than all that a page computes; rows take one.
    """
    st.vega_lite_chart(cache.chart_spec(make, *arguments) | {"datasets": {POINTS.name: points}})

"""A figure: a chart with its title and one sentence on how to read it.

A chart is made over the rows `POINTS`, whichever these are: its specification is worked out once,
which takes altair some 40 ms, and only rows travel after that. Streamlit has PNG in its toolbar.
"""

from collections.abc import Callable, Hashable

import altair as alt
import pandas as pd
import streamlit as st

from pages.ui.cache.keep import chart_spec
from pages.ui.escape_markdown import plain

POINTS = alt.NamedData("points")
"""What a chart is made over: its rows come when it is shown, so that every field has its type."""

CANVAS_FROM = 2_000
"""Rows from which a chart is painted, not built of elements."""

INKS = {"light": "#1c1917", "dark": "#f0eee9", None: "#767676"}
"""Colors of a chart's words, which Streamlit leaves pale; gray while nobody knows the theme."""


def show_figure(
    name: str,
    title: str,
    aid: str,
    make: Callable[..., alt.TopLevelMixin],
    rows: pd.DataFrame,
    *arguments: Hashable,
) -> None:
    """The chart that `make` gives for these arguments, with title and reading aid.

    `name` is the figure's own among all pages, of letters, digits and hyphens.
    """
    renderer = "canvas" if len(rows) > CANVAS_FROM else "svg"
    with st.container(key=name, gap="small"):
        st.markdown(f"**{plain(title)}**")
        st.caption(plain(aid))
        spec = chart_spec(make, *arguments)
        spec = spec | {
            "datasets": spec.get("datasets", {}) | {POINTS.name: rows},
            # The height is the plot's alone, and a width where the chart has one.
            "autosize": {"type": "pad" if "width" in spec else "fit-x", "contains": "padding"},
            "usermeta": {"embedOptions": {"renderer": renderer}},
            "config": _config(INKS[st.context.theme.type]),
            "description": f"{title}. {aid}",
        }
        width = "content" if "width" in spec else "stretch"
        st.vega_lite_chart(spec, width=width, key=f"{name}-chart")


def _config(ink: str) -> dict[str, object]:
    """Words in this color, and numbers that stay under their grid lines."""
    words = {"labelColor": ink, "titleColor": ink}
    return {
        "text": {"color": ink},
        "legend": words,
        "axis": words | {"labelFlush": False, "labelSeparation": 6},
        "axisXQuantitative": {"tickCount": {"expr": "ceil(width / 64)"}},  # room for each number
    }

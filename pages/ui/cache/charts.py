"""Specifications of charts, worked out once for the values that they are made of."""

from collections.abc import Callable, Hashable
from types import FunctionType
from typing import Any

import altair as alt
import streamlit as st

CHARTS = 200
"""Specifications of charts that are kept, some 5 KB each."""


def _name(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@st.cache_data(show_spinner=False, max_entries=CHARTS, hash_funcs={FunctionType: _name})
def chart_spec(make: Callable[..., alt.TopLevelMixin], *arguments: Hashable) -> dict[str, Any]:
    """The Vega-Lite of the chart that `make` gives for these arguments and nothing else."""
    spec = make(*arguments).to_dict()
    spec.pop("config", None)  # altair's own sizes: Streamlit has better ones
    return spec

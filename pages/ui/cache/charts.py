"""Specifications of charts, worked out once for the values that they are made of."""

from collections.abc import Callable, Hashable
from typing import Any

import altair as alt

from pages.ui.cache.keep import kept

CHARTS = 200
"""Specifications of charts that are kept, some 5 KB each."""


@kept(lambda make, *of: (make.__module__, make.__qualname__, of), most=CHARTS)
def chart_spec(make: Callable[..., alt.TopLevelMixin], *arguments: Hashable) -> dict[str, Any]:
    """The Vega-Lite of the chart that `make` gives for these arguments; nobody may change it."""
    spec = make(*arguments).to_dict()
    spec.pop("config", None)  # altair's own sizes: Streamlit has better ones
    return spec

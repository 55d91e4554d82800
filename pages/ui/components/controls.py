"""Controls that several pages have: tabs of which one is worked out, and a choice of one."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st


def show_tabs(tabs: Mapping[str, Callable[..., None]], key: str, *arguments: object) -> None:
    """Tabs by their titles. Only the open one is worked out: the others would cost time."""
    places = st.tabs([*tabs], key=key, on_change="rerun")
    for place, show in zip(places, tabs.values(), strict=True):
        if place.open:
            with place:
                show(*arguments)


def choose_one(label: str, options: Sequence[str], key: str, **further: object) -> str:
    """One of the options, side by side; the first one at first."""
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, **further
    )

"""Controls that several pages have: tabs of which one is worked out, a choice, a list of files."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
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


def show_files(files: pd.DataFrame, when: str) -> None:
    """A table of files with their `size`, and the times in the column `when` in the local zone."""
    times = pd.to_datetime(files[when], utc=True).dt.tz_convert(st.context.timezone or "UTC")
    st.dataframe(
        files.assign(**{when: times.dt.tz_localize(None)}),
        hide_index=True,
        column_config={
            "size": st.column_config.NumberColumn(format="bytes"),
            when: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )

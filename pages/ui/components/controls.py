"""Controls that several pages have: tabs, a choice, and the focus in a field."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

JS = """
// For a second: the field may come a moment later, and a dialog takes the focus back to itself
// when the button goes that had it.
export default function ({ data }) {
  const until = performance.now() + 1000;
  const look = () => {
    const field = document.querySelector(`.st-key-${data.key} input`);
    if (!document.activeElement?.matches("input, textarea")) field?.focus();
    if (performance.now() < until) requestAnimationFrame(look);
  };
  look();
}
"""

_focus = st.components.v2.component("sunlight_focus", js=JS)


def show_tabs(tabs: Mapping[str, Callable[..., None]], key: str, *arguments: object) -> None:
    """Tabs by their titles. Only the open one is worked out: the others would cost time."""
    places = st.tabs([*tabs], key=key, on_change="rerun")
    for place, show in zip(places, tabs.values(), strict=True):
        if place.open:
            with place:
                show(*arguments)


def choose_one(label: str, options: Sequence[str], key: str, **further: object) -> str:
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, **further
    )


def focus(key: str) -> None:
    """Once the field of this key stands there one can type into it, unless one types elsewhere."""
    _focus(key=f"focus_{key}", data={"key": key})

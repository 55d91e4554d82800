"""The keyboard's focus in the field that somebody fills in next."""

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


def focus(key: str) -> None:
    """Once the field of this key stands there one can type into it, unless one types elsewhere."""
    _focus(key=f"focus_{key}", data={"key": key})

"""The keyboard's focus in the field that somebody fills in next."""

import streamlit as st

JS = """
export default function ({ data }) {
  const field = document.querySelector(`.st-key-${data.key} input`);
  const isIdle = !document.activeElement?.matches("input, textarea");
  if (isIdle) field?.focus();
}
"""

_focus = st.components.v2.component("sunlight_focus", js=JS)


def focus(key: str) -> None:
    """Once the field of this key stands there one can type into it, unless one types elsewhere."""
    _focus(key=f"focus_{key}", data={"key": key})

"""The person's name, remembered by their browser: asked once, known at the next start."""

from urllib.parse import quote, unquote

import streamlit as st

_COOKIE = "sunlight-annotator"

_write_cookie = st.components.v2.component(
    "sunlight_remember",
    js="""
// The name only: it opens nothing that its owner could not type. A year.
export default function ({ data }) {
  document.cookie = `${data.cookie}=${data.value}; path=/; max-age=31536000; samesite=lax`;
}
""",
)


def remembered_name() -> str:
    """The name that this browser sent when the session began; empty if it knows none."""
    return unquote(dict(st.context.cookies).get(_COOKIE, ""))


def remember_name(name: str) -> None:
    """Lets the browser keep the name for the next session, if it does not have it yet."""
    if name != remembered_name():
        _write_cookie(key="remember", data={"cookie": _COOKIE, "value": quote(name, safe="")})

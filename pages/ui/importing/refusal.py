"""Refusals of an import, in the words of a page."""

import re

import streamlit as st

LEAVE_OUT = "Leave out rows that cannot be read"

ON_THE_PAGE = {
    "leave them out with --leave-out-bad-rows": f"tick “{LEAVE_OUT}”",
    "Say what they mean with --label-map word=value,…, leave their items unlabeled with "
    "--leave-unlabeled, or keep the column as it is with --no-label": (
        "say above what they mean, or leave them unlabeled"
    ),
    "--no-id makes ids from the texts": "choose (none) for Id, and ids are made from the texts",
}
"""What messages say of options, as it is done on the page."""

_READ_OTHERWISE = re.compile(r"--(delimiter|quote) '(\S+)'")
_CONTROLS = {"delimiter": "Separator", "quote": "Quotes"}


def refuse(message: str) -> None:
    """Why nothing was imported, which may hold texts of the table."""
    for said, done in ON_THE_PAGE.items():
        message = message.replace(said, done)
    message = _READ_OTHERWISE.sub(lambda told: f"“{_CONTROLS[told[1]]}: {told[2]}”", message)
    st.error("Nothing was imported.", icon=":material/error:")
    st.text(message)

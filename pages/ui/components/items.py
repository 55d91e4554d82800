"""One item on a page: its text as typed, with unknown words marked."""

from collections.abc import Collection, Iterable, Sequence
from html import escape

import streamlit as st

from core.features.attribution import fine_pieces_of
from core.pool.tokens import PAIRS

MOST, SHOWN = 5_000, 2_000
"""Characters: a longer text is shown in lists by its beginning, so that a page stays a page."""


def show_items(items: Iterable[str]) -> None:
    if html := "".join(items):
        st.html(html)


def item_html(
    text: str,
    facts: Sequence[str],
    known: Collection[str] | None = None,
    splitting: int = PAIRS,
    *,
    big: bool = False,
    item_id: str = "",
) -> str:
    """The text over a quiet line of facts; words that are not `known` stand out."""
    if len(text) > MOST:
        rest = len(text) - SHOWN
        facts = [f"… and {rest:,} more characters; open the item to read them all", *facts]
        text = text[:SHOWN]
    shown = escape(text) if known is None else _marked(text, known, splitting)
    # Each fact by itself: one that is written from right to left does not turn the others around.
    line = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in facts if fact)
    below = f'<p class="sl-facts">{line}</p>' if line else ""
    named = f' data-item-id="{escape(item_id)}"' if item_id else ""
    return (
        f'<div class="sl-item{" sl-big" if big else ""}" data-testid="item"{named}>'
        f'<p class="sl-text" dir="auto">{shown}</p>{below}</div>'
    )


def percent(confidence: float) -> str:
    """A confidence as people read it; what is not certain is never called so."""
    told = f"{confidence:.0%}"
    return ">99%" if told == "100%" and confidence < 1 else told


def prediction(name: str, confidence: float) -> str:
    """A predicted label and its confidence: `Not disaster-related, 96%`."""
    return f"{name}, {percent(confidence)}"


def _marked(text: str, known: Collection[str], splitting: int) -> str:
    """The text as typed, in white space too."""
    return "".join(
        escape(piece)
        if piece.isspace() or piece in known
        else f'<span class="sl-new">{escape(piece)}</span>'
        for piece in fine_pieces_of(text, splitting)
    )

"""One item on a page: its text as typed, with unknown words marked or each word's push shaded."""

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape
from itertools import accumulate

import streamlit as st

from core.models.explain import Explanation

MOST, SHOWN = 5_000, 2_000
"""Characters: a longer text is shown in lists by its beginning, so that a page stays a page."""

FULL = 1.5  # log-odds at which the shade of a word that pushed the model is at its strongest

_PIECES = re.compile(r"\s+|\S+")


def show_items(items: Iterable[str]) -> None:
    if html := "".join(items):
        st.html(html)


def item_html(
    text: str,
    facts: Sequence[str],
    known: Collection[str] | None = None,
    *,
    big: bool = False,
    item_id: str = "",
) -> str:
    """The text over a quiet line of facts; words that are not `known` stand out."""
    shortened, rest = (text[:SHOWN], len(text) - SHOWN) if len(text) > MOST else (text, 0)
    if rest:
        text = shortened
        facts = [f"… and {rest:,} more characters; open the item to read them all", *facts]
    shown = escape(text) if known is None else _marked(text, known)
    return _framed(shown, facts, big, item_id)


def pushes_html(found: Explanation, towards: str, away: str, facts: Sequence[str]) -> str:
    """The text over its facts, shaded towards the explanation's label and away from it."""
    ends = [*accumulate(len(piece) for piece, _ in found.pieces)]
    whole = ends[-1] if ends else 0
    shown = "".join(
        _shaded(piece[:SHOWN], push, towards if push > 0 else away)
        for (piece, push), end in zip(found.pieces, ends, strict=True)
        if whole <= MOST or end - len(piece) < SHOWN
    )
    if whole > MOST:
        facts = [f"the beginning of {whole:,} characters", *facts]
    if found.whole:
        facts = [*facts, f"the text as a whole {found.whole:+.2f}"]
    return _framed(shown, facts)


def percent(confidence: float) -> str:
    """A confidence as people read it; what is not certain is never called so."""
    told = f"{confidence:.0%}"
    return ">99%" if told == "100%" and confidence < 1 else told


def prediction(name: str, confidence: float) -> str:
    """A predicted label and its confidence: `Not disaster-related, 96%`."""
    return f"{name}, {percent(confidence)}"


def _shaded(piece: str, push: float, color: str) -> str:
    if not piece.strip() or not push:
        return escape(piece)
    share = round(min(abs(push) / FULL, 1) * 60)
    shade = f"color-mix(in srgb, {color} {share}%, transparent)"
    style = f"background: {shade}; border-radius: 3px"
    return f'<span style="{style}" title="{push:+.2f}">{escape(piece)}</span>'


def _framed(shown: str, facts: Iterable[str], big: bool = False, item_id: str = "") -> str:
    # Each fact by itself: one that is written from right to left does not turn the others around.
    line = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in facts if fact)
    below = f'<p class="sl-facts">{line}</p>' if line else ""
    named = f' data-item-id="{escape(item_id)}"' if item_id else ""
    return (
        f'<div class="sl-item{" sl-big" if big else ""}" data-testid="item"{named}>'
        f'<p class="sl-text" dir="auto">{shown}</p>{below}</div>'
    )


def _marked(text: str, known: Collection[str]) -> str:
    """The text as typed, in white space too."""
    return "".join(
        escape(piece)
        if piece.isspace() or piece in known
        else f'<span class="sl-new">{escape(piece)}</span>'
        for piece in _PIECES.findall(text)
    )

"""One item on a page: its text as typed, with the words marked that the model does not know."""

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape
from pathlib import Path

import streamlit as st

from core.pool.text import words_of

MOST, SHOWN = 5_000, 2_000
"""Characters: a longer text is shown in lists by its beginning, so that a page stays a page."""

_PIECES = re.compile(r"\s+|\S+")

STYLE = f"<style>{Path(__file__).with_name('items.css').read_text(encoding='utf-8')}</style>"


def show_items(items: Iterable[str]) -> None:
    """Draws items that `item_html` made."""
    st.html(STYLE + "".join(items))


def item_html(
    text: str,
    facts: Sequence[str],
    known: Collection[str] | None = None,
    *,
    marked: Sequence[bool] | None = None,
    big: bool = False,
    item_id: str = "",
) -> str:
    """The text over a quiet line of facts; with `known`, every other word is marked as new.

    `marked` says of each word whether it is marked, whatever is known.
    """
    shortened, rest = (text[:SHOWN], len(text) - SHOWN) if len(text) > MOST else (text, 0)
    if rest:
        text, marked = shortened, marked and marked[: len(words_of(shortened))]
        facts = [f"… and {rest:,} characters more: under “More” or in the file", *facts]
    if known is not None:
        marked = [word not in known for word in words_of(text)]
    shown = escape(text) if marked is None else _marked(text, marked)
    # Each fact by itself: one that is written from right to left does not turn the others around.
    line = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in facts if fact)
    return _framed(shown, f'<p class="sl-facts">{line}</p>', big, item_id)


def item_with_rows(text: str, rows: Sequence[tuple[str, str]], known: Collection[str]) -> str:
    """The text over facts by their names, one below the other; words not known are marked."""
    told = "".join(
        f'<dt>{escape(name)}</dt><dd dir="auto">{escape(fact)}</dd>' for name, fact in rows if fact
    )
    shown = _marked(text, [word not in known for word in words_of(text)])
    return _framed(shown, f'<dl class="sl-facts">{told}</dl>', False, "")


def _framed(shown: str, below: str, big: bool, item_id: str) -> str:
    named = f' data-item-id="{escape(item_id)}"' if item_id else ""
    return (
        f'<div class="sl-item{" sl-big" if big else ""}" data-testid="item"{named}>'
        f'<p class="sl-text" dir="auto">{shown}</p>{below}</div>'
    )


def _marked(text: str, marked: Sequence[bool]) -> str:
    """The text as typed, in white space too."""
    turns = iter(marked)
    return "".join(
        escape(piece) if piece.isspace() or not next(turns) else _as_new(piece)
        for piece in _PIECES.findall(text)
    )


def _as_new(word: str) -> str:
    return f'<span class="sl-new">{escape(word)}</span>'

"""A text whose pieces are shaded by how far they pushed the model."""

from collections.abc import Sequence
from html import escape
from itertools import accumulate

from core.models.explain import Explanation
from pages.ui.components.items import MOST, SHOWN

FULL = 1.5
"""Log-odds at which a shade is at its strongest."""


def pushes_html(found: Explanation, towards: str, away: str, facts: Sequence[str]) -> str:
    """The text in shades of two colors, towards the explanation's label and away, over its facts.

    For `pages.ui.items.show_items`.
    """
    reached = [*accumulate(len(piece) for piece, _ in found.pieces)]
    spans = "".join(
        _shaded(piece[:SHOWN], push, towards, away)
        for (piece, push), end in zip(found.pieces, reached, strict=True)
        if reached[-1] <= MOST or end - len(piece) < SHOWN
    )
    if reached and reached[-1] > MOST:
        facts = [f"the beginning of {reached[-1]:,} characters", *facts]
    whole = [f"the text as a whole {found.whole:+.2f}"] if found.whole else []
    line = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in (*facts, *whole) if fact)
    return (
        f'<div class="sl-item" data-testid="item"><p class="sl-text" dir="auto">{spans}</p>'
        f'<p class="sl-facts">{line}</p></div>'
    )


def _shaded(piece: str, push: float, towards: str, away: str) -> str:
    if not piece.strip() or not push:
        return escape(piece)
    share = round(min(abs(push) / FULL, 1) * 60)
    shade = f"color-mix(in srgb, {towards if push > 0 else away} {share}%, transparent)"
    style = f"background: {shade}; border-radius: 3px"
    return f'<span style="{style}" title="{push:+.2f}">{escape(piece)}</span>'

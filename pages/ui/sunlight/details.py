"""All that is known of one item: what the model sees in it, what is like it, what has happened."""

from collections.abc import Sequence
from contextlib import suppress
from html import escape

import streamlit as st

from core.byhand import refused
from core.errors import RunError
from core.explanations import Explanation, explain
from core.history import Happening, history
from core.logs import Run
from core.loop import Loop
from core.model import Model
from core.neighbours import Neighbour
from core.word_index import words_of
from pages.ui import cache
from pages.ui.sunlight.byhand import show_hand

NEIGHBOURS = 5

STYLE = """<style>
.sl-more {font-size: .9rem; overflow-x: auto}
.sl-more table {border-collapse: collapse; margin: .1rem 0 .9rem}
.sl-more th {font-weight: 600; text-align: left; opacity: .8; padding: .1rem 1.1rem .2rem 0}
.sl-more td {padding: .12rem 1.1rem .12rem 0; vertical-align: top; overflow-wrap: break-word}
.sl-more .sl-number {text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap}
.sl-more .sl-unseen {text-decoration: underline dotted 2px; text-underline-offset: .22em}
.sl-more .sl-bar {display: flex; width: 8rem; height: .7rem; margin-top: .3rem}
.sl-more .sl-bar span {flex: 1; display: flex}
.sl-more .sl-bar span:first-child {justify-content: flex-end; border-right: 1px solid currentColor}
.sl-more i {background: currentColor; opacity: .55; height: 100%}
.sl-more p {font-size: inherit; margin: 0 0 .9rem; opacity: .85}
</style>"""


def show_details(loop: Loop, item_id: str, text: str, *, is_held_out: bool) -> None:
    """The item's words, neighbours and history; and the ways to label or flag it."""
    run = loop.logs.runs[-1] if loop.logs.runs else None
    model = cache.model(loop, run) if run else None
    parts = []
    if is_held_out:
        parts.append(
            "<p>It waits for its evaluation or validation label, or is a copy of an item that "
            "does. Until then it is not said what the model thinks of it.</p>"
        )
    elif model:
        parts += _of_model(loop, run, model, item_id, text)
    parts.append(_history(history(loop, item_id)))
    st.html(f'{STYLE}<div class="sl-more" data-testid="details">{"".join(parts)}</div>')
    show_hand(loop, item_id, refused(loop, item_id), assisted=not is_held_out and model is not None)


def _of_model(loop: Loop, run: Run, model: Model, item_id: str, text: str) -> list[str]:
    """Words and neighbours; without what an encoder that is gone would have said."""
    parts = []
    with suppress(RunError):
        positive = loop.workspace.task.positive
        (explanation,) = explain(model, [text], [positive.value])
        parts.append(_words(loop, model, explanation, positive.name))
        found = cache.neighbourhood(loop, run).nearest(text, NEIGHBOURS, but=item_id)
        parts.append(_neighbours(loop, found))
    return parts


def _words(loop: Loop, model: Model, explanation: Explanation, towards: str) -> str:
    """Each word: how often the training data has it, and its push."""
    pieces = [(piece, push) for piece, push in explanation.pieces if piece.strip()]
    if not pieces:
        return ""
    known, counts = model.known([piece for piece, _ in pieces]), cache.training_words(loop)
    most = max(abs(push) for _, push in pieces) or 1.0
    rows = "".join(
        f'<tr><td class="{"" if piece in known else "sl-unseen"}" dir="auto">{escape(piece)}</td>'
        f'<td class="sl-number">{counts.get(piece, 0):,}</td>'
        f'<td class="sl-number">{push:+.2f}</td><td>{_bar(push / most)}</td></tr>'
        for piece, push in pieces
    )
    whole = f" The whole text (encoder): {explanation.whole:+.2f}." if explanation.whole else ""
    return (
        "<table><tr><th>Word</th><th>In training data</th>"
        f'<th colspan="2">Push towards {escape(towards)}</th></tr>{rows}</table>'
        f"<p>Pushes are log-odds: they add up from {explanation.base:+.2f}, a text without words, "
        f"to {explanation.score:+.2f}.{whole} Underlined words the model has never seen.</p>"
    )


def _bar(share: float) -> str:
    """A bar to the left or right of a middle line, `share` in [-1, 1] of its half."""
    left, right = (f'<i style="width:{abs(s):.0%}"></i>' for s in (min(share, 0), max(share, 0)))
    return f'<div class="sl-bar" aria-hidden="true"><span>{left}</span><span>{right}</span></div>'


def _neighbours(loop: Loop, found: Sequence[Neighbour]) -> str:
    if not found:
        return "<p>No labeled item has anything in common with it.</p>"
    rows = "".join(
        f'<tr><td class="sl-number">{neighbour.likeness:.2f}</td>'
        f"<td>{escape(loop.workspace.task.label(neighbour.item.label).name)}</td>"
        f'<td dir="auto">{escape(" ".join(words_of(neighbour.item.text)))}</td>'
        f"<td>{neighbour.item.split}</td></tr>"
        for neighbour in found
    )
    return (
        '<table data-testid="neighbours"><tr><th>Likeness</th><th>Label</th>'
        f"<th>Most alike of the labeled items</th><th>Split</th></tr>{rows}</table>"
    )


def _history(happenings: Sequence[Happening]) -> str:
    if not happenings:
        return "<p>Nothing has happened to it yet: neither proposed nor labeled.</p>"
    rows = "".join(
        f'<tr><td class="sl-number">{escape(each.at[:16].replace("T", " ")) or "–"}</td>'
        f"<td>{escape(each.what)}</td><td>{escape(each.who)}</td></tr>"
        for each in happenings
    )
    return (
        '<table data-testid="history"><tr><th>When (UTC)</th><th>What</th><th>Who</th></tr>'
        f"{rows}</table>"
    )

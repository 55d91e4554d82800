"""One item: its label and flag, its text with its strongest words, similar items, its history."""

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from core.errors import RunError, SunlightError
from core.models.explain import Explanation, explain
from core.models.model import Model
from core.models.predict import score_texts
from core.workspace import relabel
from core.workspace.assignment import owed
from core.workspace.events import MAX_NOTE
from core.workspace.item_history import Happening, history
from core.workspace.relabel import Change, Changes, Hand
from core.workspace.snapshot import Snapshot, being_held_out
from core.workspace.task import SPLIT_NAMES, Task
from pages.ui import session
from pages.ui.cache import runs
from pages.ui.cache.snapshot import inbox
from pages.ui.components.charts import label_colors, two_colors
from pages.ui.components.controls import (
    choose_label,
    is_chosen_from_list,
    name_field,
    offer_more_like,
)
from pages.ui.components.items import MOST, item_html, show_items
from pages.ui.components.messages import show_error
from pages.ui.escape_markdown import plain

REFUSED = "sunlight_refused"
NAME = "sunlight_name"
GIVEN = "sunlight_given"
"""The last label that this session gave by hand to one item, as a change."""

NEIGHBORS = 5

LONGEST = 160  # characters of a neighbor's text; one line of it is shown, and more under the mouse

LEAST_PUSH = 0.05  # of the strongest push of a text, the share below which a word is not marked
MOST_MARKED = 200  # words; a headline has ten
NAMED = 3  # words that a sentence names


def show_item(
    snapshot: Snapshot,
    item_id: str,
    text: str,
    facts: Sequence[str],
    known: Collection[str] | None,
    splitting: int,
    *,
    is_alone: bool = False,
) -> None:
    """An item; its details where it is alone or opened: nothing is worked out before."""
    told = facts if is_alone else []
    show_items([item_html(text, told, known, splitting, big=is_alone, item_id=item_id)])
    if is_alone:
        show_details(snapshot, item_id, text)
        return
    # What is known of it is the line that opens it: so each has a name of its own. With a new label
    # it is another line, which would be closed.
    name, key = " · ".join(plain(fact) for fact in facts if fact), f"more_{item_id}"
    st.session_state[key] = st.session_state.get(key, False)
    with st.expander(name, type="compact", key=key, on_change="rerun") as place:
        if place.open:
            show_details(snapshot, item_id, text)


def show_details(snapshot: Snapshot, item_id: str, text: str) -> None:
    if item_id in owed(snapshot, session.annotator()):
        st.caption("Hidden until you have given your own opinion on this item on Annotate.")
        return
    is_held_out = item_id in being_held_out(snapshot)
    run = snapshot.logs.runs[-1] if snapshot.logs.runs else None
    model = runs.model(snapshot, run) if run else None
    _show_actions(snapshot, item_id, assisted=not is_held_out and model is not None)
    offer_more_like(snapshot, item_id, text)
    parts = [_whole(escape(text)) if len(text) > MOST else ""]
    if is_held_out:
        parts.append(
            '<p class="sl-title">This item, or a copy of it, is waiting for its label in the test '
            "or validation set. Until then its prediction is hidden, so that it influences "
            "nobody.</p>"
        )
    elif model:
        parts = _of_model(snapshot, model, item_id, text, *parts)
    parts.append(_history(history(snapshot, item_id, is_held_out=is_held_out)))
    told = "".join(f"<div>{part}</div>" for part in parts if part)
    st.html(f'<div class="sl-more" data-testid="details">{told}</div>')


def _show_actions(snapshot: Snapshot, item_id: str, *, assisted: bool) -> None:
    """A button for each label, unless the item must not be labeled here; and the flag."""
    if not session.annotator():
        ask_name(f"{NAME}_{item_id}")
        return
    hand, refusal = Hand(session.annotator(), assisted), relabel.refused(snapshot, item_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not refusal:
            _show_labels(snapshot, item_id, hand)
        _show_flag(snapshot, item_id, hand)
    if refusal:
        st.caption(plain(refusal))
    show_refused(item_id)


def _show_labels(snapshot: Snapshot, item_id: str, hand: Hand) -> None:
    """The label that counts is highlighted; behind the one that was given last, a way back."""
    labeled, task = snapshot.labels.by_id.get(item_id), snapshot.workspace.task
    give = partial(_give, snapshot, item_id, hand)
    show_label_buttons(task, labeled.label if labeled else "", item_id, give)
    change: Change | None = st.session_state.get(GIVEN)
    event = change and change.event
    if event and event.item_id == item_id and labeled and labeled.label == event.label:
        name, key = f"Labeled {plain(task.name_of(event.label))} · Undo", f"byhand-undo_{item_id}"
        undo = {"on_click": _take_back, "args": (snapshot, change, hand)}
        st.button(name, icon=":material/undo:", type="tertiary", key=key, **undo)


def show_label_buttons(task: Task, given: str, key: str, give: Callable[[str], object]) -> None:
    """A button for each label, or a field for many; the one that is `given` is highlighted."""
    if is_chosen_from_list(task):
        choose_label(task, given, f"byhand_{key}", give)
        return
    colors = label_colors(task.labels)
    for label in task.labels:
        is_given = label.value == given
        st.button(
            plain(label.name),
            type="primary" if is_given else "secondary",
            icon=":material/check:" if is_given else None,
            help="Its label." if is_given else "Adds this label to the training data.",
            on_click=give,
            args=(label.value,),
            key=f"byhand_{label.value}_{key}",
        )
        shown = re.sub("[^a-zA-Z0-9_-]", "-", label.value)  # as Streamlit makes a class of a key
        color = colors[label.name]
        st.html(f"<style>[class*='st-key-byhand_{shown}_'] {{--label: {color}}}</style>")


def _show_flag(snapshot: Snapshot, item_id: str, hand: Hand) -> None:
    by_hand = partial(write, relabel.flag_by_hand, snapshot, item_id, [item_id])
    if flag := relabel.flag_of(snapshot, item_id):
        told, key = plain(f"{flag.annotator}: {flag.note}"), f"byhand-unflag_{item_id}"
        remove = {"on_click": by_hand, "args": ("", hand)}
        st.button("Remove flag", icon=":material/flag:", help=told, key=key, **remove)
    else:
        show_flag_button(item_id, lambda note: by_hand(note, hand))


def show_flag_button(item_id: str, flag: Callable[[str], object]) -> None:
    """A button that asks what should be checked, and flags with that note."""
    key = f"byhand-note_{item_id}"

    def add() -> None:
        flag(st.session_state.get(key, "").strip() or "to be checked")

    with st.popover("Flag", icon=":material/flag:"):
        st.text_input("What should be checked?", max_chars=MAX_NOTE, key=key)
        st.button("Add flag", on_click=add, key=f"byhand-flag_{item_id}")


def write(
    by_hand: Callable[..., Changes], snapshot: Snapshot, key: str, *arguments: object
) -> tuple[Change, ...]:
    """What was written down, before the page runs again; the refusals are told then."""
    try:
        changes = by_hand(snapshot.workspace, inbox(snapshot.workspace.path), *arguments)
    except SunlightError as error:
        st.session_state[f"{REFUSED}_{key}"] = [str(error)]
        return ()
    st.session_state[f"{REFUSED}_{key}"] = [*changes.refused.values()]
    return changes.done


def show_refused(key: str) -> None:
    if reasons := st.session_state.pop(f"{REFUSED}_{key}", []):
        more = f" {len(reasons) - 1:,} more were refused." if len(reasons) > 1 else ""
        show_error(reasons[0] + more)


def _give(snapshot: Snapshot, item_id: str, hand: Hand, label: str) -> None:
    labeled = snapshot.labels.by_id.get(item_id)
    if labeled and labeled.label == label:
        return
    for change in write(relabel.label_by_hand, snapshot, item_id, [item_id], label, hand):
        st.session_state[GIVEN] = change


def _take_back(snapshot: Snapshot, change: Change, hand: Hand) -> None:
    if write(relabel.take_back_by_hand, snapshot, change.event.item_id, [change], hand):
        del st.session_state[GIVEN]


def ask_name(key: str) -> None:
    if session.login_is_configured():
        st.caption("Log in on the Annotate page to label or flag this item.")
        return
    name_field("Your name, to label or flag this item", key, width=320)


def _of_model(snapshot: Snapshot, model: Model, item_id: str, text: str, shown: str) -> list[str]:
    """The text with its words, else as `shown`, and neighbors; without what an encoder would say.

    An encoder may be gone; and `book` has no words to show.
    """
    parts = [shown]
    with suppress(RunError):
        (predicted,) = model.columns.answers(score_texts(model, [text]))
        (explanation,) = explain(model, [text], [predicted])
        parts = [_words(snapshot.workspace.task, explanation)]
    with suppress(RunError):
        parts.append(_neighbors(snapshot, runs.labeled_like(snapshot, item_id, text, NEIGHBORS)))
    return parts


def _words(task: Task, explanation: Explanation) -> str:
    """The text with its strongest words in the colors of the card, and a sentence on them."""
    towards, pieces = task.label(explanation.label).name, explanation.pieces
    words = [at for at, (piece, _) in enumerate(pieces) if piece.strip()]
    strongest = sorted(words, key=lambda at: -abs(pieces[at][1]))[:MOST_MARKED]
    most = max((abs(pieces[at][1]) for at in strongest), default=0.0)
    colors = two_colors(label_colors(task.labels), towards)
    marked = {at for at in strongest if abs(pieces[at][1]) > LEAST_PUSH * most}
    shown = "".join(
        _shaded(piece, push, abs(push) / most, colors) if at in marked else escape(piece)
        for at, (piece, push) in enumerate(pieces)
    )
    named = [*dict.fromkeys(pieces[at] for at in strongest if at in marked)][:NAMED]
    told = ", ".join(f"“{piece}” {signed(push)}" for piece, push in named)
    whole = f", the whole text (encoder) {signed(explanation.whole)}" if explanation.whole else ""
    return _whole(shown) + (
        f"<p>What moved the prediction most towards {escape(towards)} (+) or away from it (−), in "
        f"log-odds: {escape(told) or 'no word'}{whole}. An empty text scores "
        f"{signed(explanation.base)}, this one {signed(explanation.score)}.</p>"
    )


def _shaded(piece: str, push: float, strength: float, colors: tuple[str, str]) -> str:
    """A word in the color of what it speaks for, as deep as its push is strong, in [0, 1]."""
    color, line = (colors[0], "solid") if push > 0 else (colors[1], "dotted")
    wash = f"color-mix(in oklab, {color} {6 + 26 * strength:.0f}%, transparent)"
    return (
        f'<span class="sl-pushes" style="background:{wash};text-decoration-style:{line}" '
        f'title="{signed(push)} log-odds">{escape(piece)}</span>'
    )


def _whole(shown: str) -> str:
    return f'<p class="sl-whole" dir="auto" data-testid="whole">{shown}</p>'


def signed(number: float) -> str:
    """The number with its sign, as it is set: +0.31, −1.20."""
    return f"{number:+.2f}".replace("-", "−")


def _neighbors(snapshot: Snapshot, found: pd.DataFrame) -> str:
    if found.empty:
        return '<p class="sl-title">No similar labeled items.</p>'
    rows = ""
    for item in found.itertuples():
        line = " ".join(item.text[: 4 * LONGEST].split())
        shown = f"{line[:LONGEST]}…" if len(line) > LONGEST else line
        label = snapshot.workspace.task.name_of(item.label)
        rows += (
            f'<li><span dir="auto" title="{escape(line)}">{escape(shown)}</span><small><bdi>'
            f"{escape(label)}</bdi> · {SPLIT_NAMES[item.split]} · {item.likeness:.0%} similar"
            "</small></li>"
        )
    return f'<p class="sl-title">Similar labeled items</p><ol data-testid="neighbours">{rows}</ol>'


def _history(happenings: Sequence[Happening]) -> str:
    if not happenings:
        return '<p class="sl-title">Not labeled yet.</p>'
    rows = ""
    for each in happenings:
        when = f"{escape(each.at[:16].replace('T', ' '))} UTC" if each.at else ""
        rows += (
            f"<li><bdi>{escape(each.what)}</bdi><br><small>{when}"
            f"{' · ' if when and each.who else ''}<bdi>{escape(each.who)}</bdi></small></li>"
        )
    return f'<p class="sl-title">History</p><ol data-testid="history">{rows}</ol>'

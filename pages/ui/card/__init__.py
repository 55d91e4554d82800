"""The annotation card: a batch in the browser, one key per item, events sent in the background.

The card talks to two sides. Every label is an event that it keeps in the browser and posts to
`endpoint` until the server acknowledges it; the page hears nothing of that. When a batch is
saved and all its events are acknowledged, the page reruns once, with `Finished`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from core.task import Keys, Label

_FOLDER = Path(__file__).parent

_SCRIPTS = ("store.js", "outbox.js", "batch.js", "keys.js", "view.js", "card.js")
"""One module for the browser, in this order: Streamlit takes its JavaScript as one text."""


@dataclass(frozen=True)
class CardItem:
    """An item to label; `label` is the one that it already has on the server."""

    item_id: str
    text: str
    label: str | None = None


@dataclass(frozen=True)
class CardBatch:
    """All that the browser needs to label a batch without asking the server.

    `endpoint` takes the events by POST, and `token` tells it whose they are. `short` stands over
    every item, `detailed` opens on a key. `items` are in rank order.
    """

    workspace: str
    annotator: str
    endpoint: str
    token: str
    batch_id: str
    split: str
    short: str
    detailed: str
    labels: tuple[Label, ...]
    keys: Keys
    items: tuple[CardItem, ...]


@dataclass(frozen=True)
class Finished:
    """A batch was saved; `complete` if each of its items has a label that the server took."""

    batch_id: str
    complete: bool


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "sunlight_annotation_card",
    html=_read("card.html"),
    css=_read("card.css"),
    js="\n".join(_read(name) for name in _SCRIPTS),
    isolate_styles=False,
)


def annotation_card(
    batch: CardBatch, *, key: str, on_finished: Callable[[], None]
) -> Finished | None:
    """Shows the card; returns `Finished` in the run that follows a save, else None.

    `on_finished` is called once per save, normally at the start of that run; meanwhile
    `st.session_state[key]["finished"]` holds `batch_id`, `complete` and the save's `event_id`.
    After a restart of the server this run is the session's first, in which Streamlit calls no
    callbacks: then it is called here, and the page runs again. Never mount the card in a
    fragment: after such a restart an idle page would drop the save in silence.
    """

    def tell() -> None:
        value = st.session_state[key]["finished"]
        if _read_finished(value):
            st.session_state[_told(key)] = value
            on_finished()

    value = _mount(key=key, data=asdict(batch), on_finished_change=tell).get("finished")
    finished = _read_finished(value)
    if finished and st.session_state.get(_told(key)) != value:
        tell()
        st.rerun()
    return finished


def _told(key: str) -> str:
    """Where a session keeps the last save that `on_finished` was called for."""
    return f"{key}: told"


def _read_finished(value: object) -> Finished | None:
    """What the browser says, unless it is malformed: the browser is not to be trusted."""
    match value:
        case {"batch_id": str(batch_id), "complete": bool(complete)}:
            return Finished(batch_id, complete)
    return None

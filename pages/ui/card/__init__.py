"""The annotation card: a batch in the browser, one key per item, events sent in the background.

The card talks to two sides. Every label is an event that it keeps in the browser and posts to
`endpoint` until the server acknowledges it; the page hears nothing of that. When a batch is
saved and all its events are acknowledged, the page reruns once.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.workspace.searches import Pieces
from core.workspace.task import Keys, Label

_FOLDER = Path(__file__).parent

_SCRIPTS = (
    "store", "outbox", "item", "batch", "tempo", "labels", "keys", "touch", "dom",
    "words", "text", "reader", "panels", "flag", "find", "end", "view", "actions", "card", "page",
)  # fmt: skip
"""One module for the browser, in this order: Streamlit takes its JavaScript as one text."""


@dataclass(frozen=True)
class CardPrediction:
    """What the model thinks of an item. Never made for evaluation or validation data.

    `why` says in a sentence why the item was chosen. `pieces` join to the text, each with its push
    towards `predicted` (below 0: away from it), in log-odds; empty where it cannot be computed.
    """

    predicted: str
    confidence: float
    why: str
    pieces: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class CardItem:
    """An item to label, and what the server knows of it.

    `label` is the one that it has, given at `labeled_at`; `skips` how often it was skipped since;
    `flag` the note of its flag, empty if it has none. Of an item that is asked about once more all
    three are this person's own, and its label `adds` none to its split. `columns` are name and
    value of what stands under the text, `before` the messages above it. `found` are the pieces of
    the text, each with the color of the kept search that finds it.
    """

    item_id: str
    text: str
    label: str | None = None
    labeled_at: str = ""
    adds: bool = True
    skips: int = 0
    flag: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()
    found: Pieces = ()
    opinion: CardPrediction | None = None


@dataclass(frozen=True)
class CardBatch:
    """All that the browser needs to label a batch without asking the server.

    `endpoint` takes the events by POST, and `token` tells it whose they are. `short` stands over
    every item, `detailed` opens on a key. `items` are in rank order.

    `labels` stand in the task's order, with the keys that they have in this batch; `order` are
    their values as the card shows them, empty for that same order. With `several`, an item has any
    number of them. `retired` labels only have names here.

    `name` and `set_name` say batch and split as people read them, the second of which is empty
    where all items are asked about once more. This split has `have` labels of
    the `target` that the task asks for, and this person gave `today` labels since midnight.

    `reopened` says in words when an earlier batch was labeled, and is empty for the batch of now;
    back goes to `item_id` of it first. `has_earlier`: there is a batch before this one to go to.
    """

    workspace: str
    annotator: str
    endpoint: str
    token: str
    batch_id: str
    name: str
    split: str
    set_name: str
    have: int
    target: int
    today: int
    short: str
    detailed: str
    labels: tuple[Label, ...]
    keys: Keys
    items: tuple[CardItem, ...]
    order: tuple[str, ...] = ()
    retired: tuple[Label, ...] = ()
    several: bool = False
    reopened: str = ""
    item_id: str = ""
    has_earlier: bool = False


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _component(name: str, html: str, css: str) -> Callable[..., Any]:
    script = "\n".join(_read(f"{each}.js") for each in _SCRIPTS)
    return st.components.v2.component(name, html=html, css=css, js=script, isolate_styles=False)


_mount = _component("sunlight_annotation_card", _read("card.html"), _read("card.css"))

_courier = '<div class="sl-courier" hidden></div>'
_mount_courier = _component("sunlight_courier", _courier, _read("courier.css"))
"""The card's own script without anything to see: a page never shows a card for a moment."""


def annotation_card(
    batch: CardBatch, *, key: str, on_finished: Callable[[], None], on_earlier: Callable[[], None]
) -> None:
    """Shows the card, and tells of each save and each wish to go back further than its batch.

    `on_finished` is called once per save, normally at the start of the run that follows; meanwhile
    `st.session_state[key]["finished"]` holds `batch_id`, the save's `event_id`, and `complete`: no
    item is left to ask now. `on_earlier` is called so when somebody goes back further than this
    batch; meanwhile `st.session_state[key]["earlier"]["batch_id"]` is the batch that they leave.
    After a restart of the server this run is the session's first, in which Streamlit calls no
    callbacks: then they are called here, and the page runs again. Never mount the card in a
    fragment: after such a restart an idle page would drop the save in silence.
    """
    callbacks = {"finished": on_finished, "earlier": on_earlier}
    told = {name: f"{key}: told {name}" for name in callbacks}  # what each was called for last

    def tell(name: str) -> None:
        value = st.session_state[key][name]
        if _is_sound(name, value):
            st.session_state[told[name]] = value
            callbacks[name]()

    result = _mount(
        key=key,
        data=asdict(batch),
        on_finished_change=lambda: tell("finished"),
        on_earlier_change=lambda: tell("earlier"),
    )
    for name in callbacks:
        value = result.get(name)
        if _is_sound(name, value) and st.session_state.get(told[name]) != value:
            tell(name)
            st.rerun()


def deliver_kept(workspace: str, annotator: str, endpoint: str, token: str) -> None:
    """Sends the events that this browser has kept for this person; shows nothing.

    A browser that was closed while the server was away delivers at its next start, whichever page
    it opens. The page may have the card as well: both share what is kept.
    """
    whose = {"workspace": workspace, "annotator": annotator}
    _mount_courier(key="courier", data={**whose, "endpoint": endpoint, "token": token})


def _is_sound(name: str, value: object) -> bool:
    """Whether the browser says this in the form in which it should: it is not to be trusted."""
    match name, value:
        case "finished", {"batch_id": str(), "complete": bool()}:
            return True
        case "earlier", {"batch_id": str()}:
            return True
    return False

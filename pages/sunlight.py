"""Explore: large numbers of random, granular examples, with what the model sees in each."""

from collections import Counter
from functools import partial
from io import BytesIO
from textwrap import shorten

import pandas as pd
import streamlit as st

from core.exchange.table_writers import LONGEST_SHEET_TEXT, MOST_SHEET_ROWS, write_items
from core.features.attribution import fine_pieces_of
from core.models.model import Model
from core.models.neighbors import text_like
from core.models.predict import score_texts
from core.pool.tokens import PAIRS
from core.query.order import Rows
from core.query.row_set import RowSet
from core.sampling.second_opinions import ask_about_random
from core.system.findings import counted
from core.workspace.assignment import owed
from core.workspace.snapshot import Snapshot, being_held_out
from pages.ui import page_head, session
from pages.ui.cache import runs
from pages.ui.cache.snapshot import tables
from pages.ui.components import label_many
from pages.ui.components.asking import ASK, ICON, MENDS, ask, queue
from pages.ui.components.item_details import show_item
from pages.ui.components.items import prediction
from pages.ui.components.messages import refusals_shown, say_empty
from pages.ui.escape_markdown import plain
from pages.ui.sunlight import filter_panel, state
from pages.ui.sunlight.filter_panel import CHOSEN_BY, SET_NAMES
from pages.ui.sunlight.item_list import show_list, show_sorting
from pages.ui.sunlight.kept_searches import show_searches
from pages.ui.sunlight.steps import Listed, Step

LONGEST = 100  # characters of the text that others are like
MOST_ASKED = 1_000  # items that others are asked about at once: hours of work
PEOPLE = {2: "two", 3: "three", 4: "four", 5: "five"}

KINDS = (
    ("CSV", "text/csv", ".csv"),
    ("Parquet", "application/vnd.apache.parquet", ".parquet"),
    ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
)


def show_draw(snapshot: Snapshot, items: pd.DataFrame, model: Model | None) -> None:
    texts = items["text"].tolist()
    splitting = model.source.splitting if model else PAIRS
    known = model.known(p for t in texts for p in fine_pieces_of(t, splitting)) if model else None
    said = [""] * len(texts)
    if model:
        columns, probability = model.columns, score_texts(model, texts)
        told = zip(columns.answers(probability), columns.confidence(probability), strict=True)
        name_of = snapshot.workspace.task.name_of
        said = [prediction(name_of(answer), sure) for answer, sure in told]
    # An evaluation item that waits for its label must not be shown with what the model says.
    hidden, blind = being_held_out(snapshot), owed(snapshot, session.annotator())
    with st.container(gap=None):
        for item, predicted in zip(items.itertuples(), said, strict=True):
            told = facts(snapshot, item, "" if item.item_id in hidden else predicted)
            told = [item.item_id] if item.item_id in blind else told
            alone = len(items) == 1
            show_item(snapshot, item.item_id, item.text, told, known, splitting, is_alone=alone)


def facts(snapshot: Snapshot, item: tuple, predicted: str) -> list[str]:
    """What is known of an item, in the order in which one asks."""
    task = snapshot.workspace.task
    told = [item.item_id, SET_NAMES[item.split]]
    told += [f"labeled {task.name_of(item.label)}"] if item.label else []
    told += [f"chosen by {CHOSEN_BY.get(item.strategy, item.strategy)}"] if item.strategy else []
    return [*told, f"Model: {predicted}"] if predicted else told


def kinds_sentence(snapshot: Snapshot, places: RowSet) -> str:
    """How many of the items each split has, and how many each label; empty if none is labeled."""
    by_split, by_label, task = Counter(), Counter(), snapshot.workspace.task
    for (split, label), items in tables(snapshot).counts(places).items():
        by_split[split] += items
        for value in task.chosen(label) or (label,):
            by_label[value] += items
    del by_label[""]
    told = [f"{by_split[s]:,} {name}" for s, name in SET_NAMES.items() if by_split[s]]
    labeled = [f"{items:,} {task.name_of(value)}" for value, items in sorted(by_label.items())]
    return f"{' · '.join(told)}. Labels: {', '.join(labeled)}." if labeled else ""


def show_count(snapshot: Snapshot, step: Step, places: RowSet, shown: int, is_marked: bool) -> None:
    """How many items the filters leave, and the ways to take them all away."""
    told = f"{len(places):,} items." if step.listed else ""
    if told and step.filters.like:
        like = shorten(text_like(snapshot, step.filters.like), LONGEST, placeholder="…")
        told = f"The {len(places):,} unlabeled items most like “{like}”."
    if not told:
        told = f"{shown:,} drawn at random from {len(places):,} items."
        told += " Underlined words are new to the model." if is_marked else ""
    if step.filters.words and (kinds := kinds_sentence(snapshot, places)):
        told += f" {kinds}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(plain(told), width="stretch")
        if len(places):
            show_downloads(snapshot, step, places)
            if snapshot.workspace.is_writable():
                show_asking(snapshot, places)
                every = partial(places.first, len(places))
                words = filter_panel.filters_in_words(step.filters, snapshot.workspace.task)
                label_many.offer(snapshot, every, "; ".join(words) or "all items", "label_many")
                if group := st.session_state.get(label_many.DONE):
                    label_many.offer_undo(snapshot, "label_many_done", group)


def show_downloads(snapshot: Snapshot, step: Step, places: RowSet) -> None:
    fits = len(places) <= MOST_SHEET_ROWS and tables(snapshot).longest <= LONGEST_SHEET_TEXT
    told = "Download all items that match the filters, in the order of the list."
    too_much = f"A sheet holds {MOST_SHEET_ROWS:,} rows, and cells of {LONGEST_SHEET_TEXT:,} bytes."
    for name, kind, ending in KINDS:
        can = fits or name != "Excel"
        st.download_button(
            name,
            partial(download, snapshot, step, hidden_here(snapshot), ending),
            f"{snapshot.workspace.name}-items{ending}",
            kind,
            key=f"sunlight_{name.lower()}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            disabled=not can,
            help=told if can else f"{too_much} Take CSV.",
        )


def download(snapshot: Snapshot, step: Step, blind: tuple[str, ...], ending: str) -> BytesIO:
    file = BytesIO()
    sheet = runs.sheet_of(snapshot, step.filters, blind)
    write_items(sheet, rows_of(snapshot, step, blind), file, ending)
    file.seek(0)
    return file


def hidden_here(snapshot: Snapshot) -> tuple[str, ...]:
    """The items of which this person must not see what others have said."""
    return tuple(sorted(owed(snapshot, session.annotator())))


def rows_of(snapshot: Snapshot, step: Step, blind: tuple[str, ...]) -> Rows:
    """The rows of all items that the filters leave, as the list has them, or as the pool."""
    listed = step.listed or Listed()
    return runs.rows(snapshot, step.filters, listed.sort, listed.down, blind)


def show_asking(snapshot: Snapshot, places: RowSet) -> None:
    """What a lead asks others about: the first items of the filters, or random labeled ones."""
    with st.popover("Second opinions", type="tertiary", icon=ICON):
        if not session.may(ASK):
            return
        people = st.segmented_control(
            "People in all", [*PEOPLE], default=2, required=True, key="sunlight_people"
        )
        items = counted(min(len(places), MOST_ASKED), "item")
        work = partial(ask, snapshot, partial(first_ids, snapshot, places), people)
        named = f"Ask {PEOPLE[people]} people about the {items} that match"
        st.button(named, key="sunlight_ask", on_click=queue, args=(work,))
        st.caption(MENDS)
        number = st.number_input("Random items", 1, MOST_ASKED, 100, key="sunlight_random")
        work = partial(ask_about_random, snapshot.workspace, number)
        named = f"Ask one more person about up to {number:,} random labeled items"
        st.button(named, key="sunlight_ask_random", on_click=queue, args=(work,))
        st.caption("These measure how far people agree: they enter the figures on Quality.")


def first_ids(snapshot: Snapshot, places: RowSet) -> list[str]:
    return tables(snapshot).items(places.first(MOST_ASKED))["item_id"].tolist()


def show_look(snapshot: Snapshot, step: Step) -> None:
    """The items of this step, under a line that says how many the filters leave."""
    with st.spinner("Searching …"), refusals_shown(stop=True):
        places = runs.places(snapshot, step.filters)
    model = runs.model(snapshot, snapshot.logs.runs[-1]) if snapshot.logs.runs else None
    items = None if step.listed else items_drawn(snapshot, step, places)
    show_count(snapshot, step, places, 0 if items is None else len(items), model is not None)
    if not len(places):
        say_empty("Nothing matches. Remove a filter.", stop=True)
    if items is None:
        show_sorting(step, choices)
        blind = hidden_here(snapshot)
        opened = show_list(snapshot, step, rows_of(snapshot, step, blind), choices, blind)
        items = tables(snapshot).items(tables(snapshot).rows_of([opened])[:1])
    show_draw(snapshot, items, model)


def items_drawn(snapshot: Snapshot, step: Step, places: RowSet) -> pd.DataFrame:
    """The items that the step has drawn, as they are now; those that are gone are left out."""

    def draw() -> list[str]:
        return tables(snapshot).items(places.draw(step.size, step.seed))["item_id"].tolist()

    ids = state.drawn(step, snapshot.pool_words.pool.key, draw)
    found = tables(snapshot).items(tables(snapshot).rows_of(ids)).drop_duplicates("item_id")
    found = found.set_index("item_id", drop=False)
    return found.loc[[item_id for item_id in ids if item_id in found.index]]


snapshot = page_head.open_page("Explore", "Browse random items to get a feel for your data.")
page_head.need_pool(snapshot)
choices = state.choices_of(snapshot)
state.arrive(snapshot, choices)
step = state.chosen(choices)
state.keep(step)
filter_panel.show_controls(choices)
filter_panel.show_filters(snapshot.workspace.task, choices)
show_searches(snapshot, step.filters.words, choices)
filter_panel.show_active(step.filters, snapshot.workspace.task, choices)
state.write_address()
show_look(snapshot, step)

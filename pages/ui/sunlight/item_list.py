"""The list of all items that the filters leave: sorted by any column, page by page."""

from collections.abc import Sequence
from hashlib import sha256

import pandas as pd
import pyarrow as pa
import streamlit as st

from core.query.filters import Choices
from core.query.order import Rows
from core.query.tables import KNOWN
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui.cache import runs
from pages.ui.cache.runs import LIKENESS
from pages.ui.components.items import percent
from pages.ui.sunlight import selection
from pages.ui.sunlight.filter_panel import CHOSEN_BY, SET_NAMES
from pages.ui.sunlight.state import list_by
from pages.ui.sunlight.steps import Listed, Step

ROWS = 100  # of a page
LONGEST = 300  # characters of a cell: an item that is opened stands there whole
HEIGHT = 420
OPENED = "sunlight_opened"

FIRST, LAST = ("text", "label", "predicted", "confidence", "strategy"), ("item_id",)
"""The usual columns, before the pool's own ones and behind them."""

TITLES = {
    "item_id": "Item", "text": "Text", "split": "Set", "label": "Label", "strategy": "Chosen by",
    "batch_id": "Batch", "annotator": "Annotator", "labeled_at": "Labeled at",
    "confidence": "Confidence", "predicted": "Prediction", LIKENESS: "Similarity",
}  # fmt: skip


def show_sorting(step: Step, choices: Choices) -> None:
    """By which column the list is sorted, and which columns it has."""
    listed, named = step.listed, {"format_func": lambda name: TITLES.get(name, name)}
    orders = [("", False), *((x, down) for x in choices.listed for down in (False, True))]
    sort, columns = (f"sunlight_{x}_{_digest(listed)}" for x in ("sort", "columns"))

    def sort_by() -> None:
        name, down = st.session_state[sort]
        list_by(step, sort=name, down=down, page=1)

    def choose() -> None:
        list_by(step, columns=tuple(st.session_state[columns]))

    usual = "Most similar first" if step.filters.like else "Order of your files"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at, told = orders.index((listed.sort, listed.down)), lambda order: _order(order) or usual
        st.selectbox("Sorted by", orders, at, told, key=sort, on_change=sort_by, width=220)
        with st.popover("Columns", icon=":material/view_column:"):
            shown = columns_shown(choices, listed)
            st.multiselect("Columns", choices.listed, shown, key=columns, on_change=choose, **named)


def _order(order: tuple[str, bool]) -> str:
    name, down = order
    return f"{TITLES.get(name, name)} {'↓' if down else '↑'}" if name else ""


def columns_shown(choices: Choices, listed: Listed) -> Sequence[str]:
    own = [name for name in choices.listed if name not in (*KNOWN, "text", *LAST)]
    return listed.columns or [x for x in (*FIRST, *own, *LAST) if x in choices.listed]


def show_list(
    snapshot: Snapshot, step: Step, rows: Rows, choices: Choices, blind: tuple[str, ...]
) -> str:
    """A page of the list, and what can be done with the selected; the id of the item to open."""
    listed, filters, pages = step.listed, step.filters, max(1, -(-len(rows) // ROWS))
    page, names = min(listed.page, pages), columns_shown(choices, listed)
    names = [LIKENESS, *names] if filters.like else names
    part = pa.array(rows[(page - 1) * ROWS : page * ROWS])
    part = runs.sheet_of(snapshot, filters, blind).take(part)
    ids, picked = part["item_id"].to_pylist(), selection.selected(snapshot, filters)
    # What is selected are rows: another table has another key, so that they are never others.
    key = f"sunlight_list_{_digest(ids, step, selection.turn())}"
    pager = f"sunlight_page_{_digest(page, pages)}"

    def choose() -> None:
        found = st.session_state[key].selection
        others = [x for x in selection.selected(snapshot, filters) if x not in ids]
        selection.select(snapshot, filters, [*others, *(ids[row] for row in found.rows)])
        st.session_state[OPENED] = ids[found.cells[0][0]] if found.cells else ""
        for name in (names[int(at)] for at in found.columns):
            down = listed.sort == name and not listed.down
            list_by(step, sort="" if name == LIKENESS else name, down=down, page=1)

    if not picked:
        st.caption("Tick items to label or flag them. Click a text to open it, a heading to sort.")
    selection.show_actions(snapshot, picked, filters)
    st.dataframe(
        _cells(part, names, snapshot.workspace.task),
        height=HEIGHT,
        hide_index=True,
        column_config=_heads(names, listed),
        key=key,
        on_select=choose,
        selection_mode=["multi-row", "single-column", "single-cell"],
        selection_default={"selection": {"rows": [i for i, x in enumerate(ids) if x in picked]}},
    )
    turn = lambda: list_by(step, page=st.session_state[pager])  # noqa: E731
    st.pagination(pages, default=page, key=pager, on_change=turn)
    opened = st.session_state.get(OPENED) or "".join(picked[:1] if len(picked) == 1 else ())
    return opened if opened in ids else ""


def _digest(*of: object) -> str:
    return sha256(repr(of).encode()).hexdigest()[:12]


def _cells(part: pa.Table, names: Sequence[str], task: Task) -> pd.DataFrame:
    """These columns of the items as people read them, by their places; long texts are cut."""
    read = {"label": task.name_of, "predicted": task.name_of}
    read |= {"confidence": percent, LIKENESS: percent}
    read |= {"split": lambda x: SET_NAMES[x], "strategy": lambda x: CHOSEN_BY.get(x, x)}

    def cell(value: object, name: str) -> str:
        told = "" if value is None else read.get(name, str)(value)
        return f"{told[:LONGEST]}…" if len(told) > LONGEST else told

    columns = {str(at): part[name].to_pylist() for at, name in enumerate(names)}
    return pd.DataFrame({at: [cell(x, names[int(at)]) for x in columns[at]] for at in columns})


def _heads(names: Sequence[str], listed: Listed) -> dict[str, object]:
    def head(name: str) -> str:
        return _order((name, listed.down)) if name == listed.sort else TITLES.get(name, name)

    wide = {"text": "large"}
    column = st.column_config.TextColumn
    return {str(at): column(head(x), width=wide.get(x)) for at, x in enumerate(names)}
